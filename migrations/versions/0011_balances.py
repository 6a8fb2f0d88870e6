"""Ledgers with balances: what a row books, the balance of each account, and the write path that guards it.

Written by hand and frozen; a test compares the result with `orderwright.runtime.tables`.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create the table and the functions; rows of before have no account."""
    for name, kind in (("account", sa.Text), ("amount", sa.BigInteger)):
        op.add_column("ledger_entry", sa.Column(name, kind, nullable=True), schema=_SCHEMA)
    op.create_index(
        "ledger_entry_account",
        "ledger_entry",
        ["ledger", "account", "recorded_at"],
        schema=_SCHEMA,
        postgresql_where=sa.text("account is not null"),
    )
    op.create_table(
        "balance",
        sa.Column("ledger", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "account", name="balance_pk"),
        schema=_SCHEMA,
        postgresql_with={"fillfactor": "50"},
    )
    for name in ("lock", "book", "effects", "batch", "forward"):
        source = Path(__file__).with_name(f"0011_{name}.sql").read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(source)
