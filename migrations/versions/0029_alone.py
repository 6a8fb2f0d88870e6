"""Jobs say whether they are to run alone on their host, because one was lost that ran them beside others.

The index holds what is rare, so that it is made in one look at the table.
Written by hand and frozen; a test compares the result with the tables of the application.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column, of which what was put down before says no, and an index."""
    op.add_column(
        "job",
        sa.Column("alone", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        schema="orderwright",
    )
    op.create_index(
        "job_alone",
        "job",
        ["next_attempt_at", "job_id"],
        schema="orderwright",
        postgresql_where=sa.text("status = 'waiting' and alone"),
    )
