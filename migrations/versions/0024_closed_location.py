"""Locations that are closed keep their history and take nothing in any more.

Written by hand and frozen; a test compares the result with the tables of the application.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; every location is open."""
    op.add_column(
        "location",
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        schema="orderwright",
    )
