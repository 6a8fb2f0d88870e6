"""People, master data, and the tables of the order trade.

Written by hand and frozen; a test compares the result with `orderwright.app.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create the tables and the sequences of human numbers."""
    _create_master_data()
    _create_people()
    _create_quotation()
    _create_sale_order()
    _create_fulfilment()
    for name in ("order_number", "quotation_number", "fulfilment_number"):
        op.execute(f"create sequence {_SCHEMA}.{name}")


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _words(name: str, *, nullable: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, unique=unique)


def _link(name: str, to: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(f"{_SCHEMA}.{to}"), nullable=nullable)


def _minor(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _create_master_data() -> None:
    op.create_table(
        "customer",
        _id(),
        _words("number", unique=True),
        _words("name"),
        _words("currency"),
        _minor("credit_limit_minor"),
        schema=_SCHEMA,
    )
    op.create_table(
        "product",
        _id("sku"),
        _words("name"),
        _words("currency"),
        _minor("unit_price_minor"),
        sa.Column("in_stock", sa.Boolean, nullable=False),
        schema=_SCHEMA,
    )


def _create_people() -> None:
    op.create_table(
        "person",
        _id(),
        _words("login", unique=True),
        _words("name"),
        _words("password_hash"),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        _link("customer_id", "customer.id", nullable=True),
        sa.Column("is_active", sa.Boolean, nullable=False),
        _moment("created_at"),
        schema=_SCHEMA,
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        _link("person_id", "person.id"),
        _moment("created_at"),
        _moment("expires_at"),
        schema=_SCHEMA,
    )


def _create_quotation() -> None:
    op.create_table(
        "quotation",
        _id(),
        _words("number", unique=True),
        _words("channel"),
        _link("customer_id", "customer.id"),
        _words("currency"),
        _moment("created_at"),
        sa.Index("quotation_created", "created_at", "id"),
        schema=_SCHEMA,
    )


def _create_sale_order() -> None:
    op.create_table(
        "sale_order",
        _id(),
        _words("number", unique=True),
        _words("channel"),
        _link("customer_id", "customer.id"),
        _words("currency"),
        _minor("shipping_minor"),
        _minor("grand_total_minor"),
        _words("quotation_id", nullable=True),
        _number("quotation_version", nullable=True),
        _moment("placed_at"),
        sa.Index("sale_order_placed", "placed_at", "id"),
        sa.Index("sale_order_customer", "customer_id"),
        sa.Index("sale_order_quotation", "quotation_id"),
        schema=_SCHEMA,
    )
    op.create_table(
        "sale_order_line",
        _link("order_id", "sale_order.id"),
        _number("line_no"),
        _words("sku"),
        _words("name"),
        _number("quantity"),
        _minor("unit_price_minor"),
        _minor("discount_minor"),
        _minor("tax_minor"),
        sa.PrimaryKeyConstraint("order_id", "line_no"),
        schema=_SCHEMA,
    )


def _create_fulfilment() -> None:
    op.create_table(
        "fulfilment",
        _id(),
        _words("number", unique=True),
        _link("order_id", "sale_order.id"),
        _moment("created_at"),
        sa.Index("fulfilment_order", "order_id"),
        schema=_SCHEMA,
    )
    op.create_table(
        "fulfilment_line",
        _link("fulfilment_id", "fulfilment.id"),
        _number("line_no"),
        _words("sku"),
        _words("name"),
        _number("quantity"),
        sa.PrimaryKeyConstraint("fulfilment_id", "line_no"),
        schema=_SCHEMA,
    )
