"""A step that is not applied takes with it what was computed from it: the batch function is replaced."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the function."""
    source = Path(__file__).with_name("0010_chain.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(source)
