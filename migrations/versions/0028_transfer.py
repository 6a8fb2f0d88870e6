"""Executions keep the transfer of a pay-in that they decided on.

It has a column beside that of submissions, for a number of the one says nothing in the place of the other.
Written by hand and frozen; a test compares the result with the tables of the application.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column, of which what was decided before says nothing."""
    op.add_column(
        "policy_execution",
        sa.Column("transfer", sa.Integer(), nullable=True),
        schema="orderwright",
    )
