"""What is asked of others: one row for each approval, so that they can be listed.

Written by hand and frozen; a test compares the result with the tables of the code.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

_SCHEMA: Final = "orderwright"


def upgrade() -> None:
    """Create the table and its indexes."""
    op.create_table(
        "approval",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("subject_type", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="approval_pk"),
        schema=_SCHEMA,
    )
    op.create_index("approval_requested", "approval", ["requested_at", "id"], schema=_SCHEMA)
    op.create_index("approval_subject", "approval", ["subject_type", "subject_id"], schema=_SCHEMA)
