"""A step that is written says from which log row it was computed, since that may have been kept in memory.

Written by hand and frozen.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the call that knows it; that of the release before goes through it."""
    for name in ("guess", "forward"):
        source = Path(__file__).with_name(f"0033_{name}.sql").read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(source)
