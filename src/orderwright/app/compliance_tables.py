"""The tables of compliance. They link to nothing: what is written at every payment locks no other row."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Index, Sequence, Table, Text

from orderwright.runtime.tables import metadata


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _number() -> Column[str]:
    return Column("number", Text, nullable=False, unique=True)


def _words(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _minor(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False)


user_record = Table(
    "user_record",
    metadata,
    _id(),
    _number(),
    Column("email", Text, nullable=False, unique=True),
    _words("country", nullable=True),
    _words("customer_id", nullable=True),
    _moment("created_at"),
    Index("user_record_created", "created_at", "id"),
    Index("user_record_customer", "customer_id"),
)

wallet = Table(
    "wallet",
    metadata,
    _id(),
    _words("user_id"),
    _words("address"),
    _words("crypto_type"),
    _words("country", nullable=True),
    _moment("added_at"),
    Index("wallet_user", "user_id", "added_at", "id"),
)

kyc_record = Table(
    "kyc_record",
    metadata,
    _id(),
    _number(),
    _words("user_id"),
    _moment("created_at"),
    Index("kyc_record_created", "created_at", "id"),
    Index("kyc_record_user", "user_id"),
)

payin_record = Table(
    "payin_record",
    metadata,
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
    Index("payin_record_created", "created_at", "id"),
    Index("payin_record_order", "order_id"),
    Index("payin_record_user", "user_id"),
)

payout_record = Table(
    "payout_record",
    metadata,
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
    Index("payout_record_created", "created_at", "id"),
    Index("payout_record_order", "order_id"),
    Index("payout_record_user", "user_id"),
)

payin_number = Sequence("payin_number", metadata=metadata)
payout_number = Sequence("payout_number", metadata=metadata)
kyc_number = Sequence("kyc_number", metadata=metadata)
user_number = Sequence("user_number", metadata=metadata)
