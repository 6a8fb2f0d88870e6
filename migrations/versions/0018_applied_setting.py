"""What was brought about of settings that the house has to act on when they change; a way to old notifications.

Written by hand and frozen; a test compares the result with the tables of the code.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SCHEMA: Final = "orderwright"


def upgrade() -> None:
    """Create the table and the index."""
    op.create_table(
        "applied_setting",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        schema=_SCHEMA,
    )
    op.create_index("notification_old", "notification", ["created_at"], schema=_SCHEMA)
