"""Executions keep the submission of a KYC session that they decided on, and are found by what policies came to.

The index holds what is rare: hits, which are nearly all that is on record, are found by walking back in time. So it
is small, and made in one look at the table.
Written by hand and frozen; a test compares the result with the tables of the application.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column, of which what was decided before says nothing, and an index."""
    op.add_column(
        "policy_execution",
        sa.Column("submission", sa.Integer(), nullable=True),
        schema="orderwright",
    )
    op.create_index(
        "policy_evaluation_outcome",
        "policy_evaluation",
        ["outcome", "execution_id"],
        schema="orderwright",
        postgresql_where=sa.text("outcome <> 'hit'"),
    )
