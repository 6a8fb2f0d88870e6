"""Payments, what their providers have reported, and the keys that links to receipts are signed with.

Written by hand and frozen; a test compares the result with `orderwright.app.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create the tables."""
    _create_payment()
    _create_provider_report()
    _create_signing_key()


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _create_payment() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("order_id", sa.Text, sa.ForeignKey(f"{_SCHEMA}.sale_order.id"), nullable=True),
        _words("channel"),
        _words("method", nullable=True),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        _words("currency"),
        _words("provider", nullable=True),
        _words("reference", nullable=True),
        _words("receipt_bucket", nullable=True),
        _words("receipt_key", nullable=True),
        _words("receipt_url", nullable=True),
        _words("receipt_type", nullable=True),
        _moment("created_at"),
        schema=_SCHEMA,
    )
    op.create_index("payment_created", "payment", ["created_at", "id"], schema=_SCHEMA)
    op.create_index("payment_order", "payment", ["order_id"], schema=_SCHEMA)
    op.create_index("payment_reference", "payment", ["provider", "reference"], schema=_SCHEMA)


def _create_provider_report() -> None:
    op.create_table(
        "provider_report",
        _words("provider"),
        _words("event_id"),
        _words("channel"),
        _words("reference"),
        _words("report"),
        _moment("received_at"),
        sa.PrimaryKeyConstraint("provider", "event_id", name="provider_report_pk"),
        schema=_SCHEMA,
    )
    op.create_index(
        "provider_report_reference",
        "provider_report",
        ["provider", "reference", "received_at"],
        schema=_SCHEMA,
    )


def _create_signing_key() -> None:
    op.create_table(
        "signing_key",
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        _moment("created_at"),
        schema=_SCHEMA,
    )
