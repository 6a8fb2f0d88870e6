"""The oldest code that may run on the schema: see ADR 22.

Written by hand and frozen; a test compares the result with `orderwright.app.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and its one row; code from before this revision never asks."""
    op.create_table(
        "compatibility",
        sa.Column("is_only", sa.Boolean, sa.CheckConstraint("is_only"), nullable=False),
        sa.Column("oldest_code", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("is_only", name="compatibility_pk"),
        schema="orderwright",
    )
    op.execute("insert into orderwright.compatibility values (true, '0013')")
