"""The heads of cases; where each stands is read from its instance.

Written by hand and frozen; a test compares the result with `orderwright.app.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create the table, which is empty, and the sequence of its numbers."""
    op.execute(f"create sequence {_SCHEMA}.case_number")
    op.create_table(
        "case_record",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, nullable=False, unique=True),
        sa.Column("case_type", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("root_id", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        schema=_SCHEMA,
    )
    op.create_index("case_record_opened", "case_record", ["opened_at", "id"], schema=_SCHEMA)
    op.create_index("case_record_root", "case_record", ["root_id"], schema=_SCHEMA)
