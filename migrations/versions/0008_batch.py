"""The write path for a batch of steps, given as columns; the one that takes JSON stays for the release before."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the functions."""
    for name in ("0008_effects.sql", "0008_batch.sql"):
        source = Path(__file__).with_name(name).read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(source)
