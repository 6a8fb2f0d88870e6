"""Compliance: users with their wallets, KYC sessions, and money on its way in and out.

Where one stands is in its instance. Written by hand and frozen; a test compares the result with
`orderwright.app.compliance_tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create tables, which are empty."""
    for number in ("payin_number", "payout_number", "kyc_number", "user_number"):
        op.execute(f"create sequence {_SCHEMA}.{number}")
    _create_user()
    _create_wallet()
    _create_kyc()
    _create_payin()
    _create_payout()


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.Text, primary_key=True)


def _number() -> sa.Column[str]:
    return sa.Column("number", sa.Text, nullable=False, unique=True)


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _minor(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _index(name: str, table: str, *columns: str) -> None:
    op.create_index(name, table, list(columns), schema=_SCHEMA)


def _create_user() -> None:
    op.create_table(
        "user_record",
        _id(),
        _number(),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        _words("country", nullable=True),
        _words("customer_id", nullable=True),
        _moment("created_at"),
        schema=_SCHEMA,
    )
    _index("user_record_created", "user_record", "created_at", "id")
    _index("user_record_customer", "user_record", "customer_id")


def _create_wallet() -> None:
    op.create_table(
        "wallet",
        _id(),
        _words("user_id"),
        _words("address"),
        _words("crypto_type"),
        _words("country", nullable=True),
        _moment("added_at"),
        schema=_SCHEMA,
    )
    _index("wallet_user", "wallet", "user_id", "added_at", "id")


def _create_kyc() -> None:
    op.create_table(
        "kyc_record",
        _id(),
        _number(),
        _words("user_id"),
        _moment("created_at"),
        schema=_SCHEMA,
    )
    _index("kyc_record_created", "kyc_record", "created_at", "id")
    _index("kyc_record_user", "kyc_record", "user_id")


def _create_payin() -> None:
    op.create_table(
        "payin_record",
        _id(),
        _number(),
        _words("payment_id", nullable=True),
        _words("order_id", nullable=True),
        _words("customer_id", nullable=True),
        _words("user_id", nullable=True),
        _words("method"),
        _minor("expected_minor"),
        _words("currency"),
        _moment("created_at"),
        schema=_SCHEMA,
    )
    _index("payin_record_created", "payin_record", "created_at", "id")
    _index("payin_record_order", "payin_record", "order_id")
    _index("payin_record_user", "payin_record", "user_id")


def _create_payout() -> None:
    op.create_table(
        "payout_record",
        _id(),
        _number(),
        _words("refund_id", nullable=True),
        _words("order_id", nullable=True),
        _words("customer_id", nullable=True),
        _words("user_id", nullable=True),
        _words("approval_id"),
        _minor("amount_minor"),
        _words("currency"),
        _words("requested_by"),
        _moment("created_at"),
        schema=_SCHEMA,
    )
    _index("payout_record_created", "payout_record", "created_at", "id")
    _index("payout_record_order", "payout_record", "order_id")
    _index("payout_record_user", "payout_record", "user_id")
