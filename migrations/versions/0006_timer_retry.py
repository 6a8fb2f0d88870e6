"""An index for timers that are to be tried again, so that a worker learns at once how long it may sleep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index; few timers are in it."""
    op.create_index(
        "timer_retry_at",
        "timer",
        ["retry_at"],
        schema="orderwright",
        postgresql_where=sa.text("retry_at is not null"),
    )
