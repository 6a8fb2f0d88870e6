"""The tables of people, trade and master data; lifecycles live in the runtime's tables.

No table here has a state column: where an order stands is read from its instance.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

import orderwright.app.compliance_tables
import orderwright.app.policy_tables
import orderwright.runtime.webhook.tables  # noqa: F401 (they stand in the same metadata)
from orderwright.runtime.tables import SCHEMA, metadata


def _id(name: str = "id") -> Column[str]:
    return Column(name, Text, primary_key=True)


def _words(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _link(name: str, to: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, ForeignKey(f"{SCHEMA}.{to}"), nullable=nullable)


def _minor(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


customer = Table(
    "customer",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    _words("name"),
    _words("currency"),
    _minor("credit_limit_minor"),
)

product = Table(
    "product",
    metadata,
    _id("sku"),
    _words("name"),
    _words("currency"),
    _minor("unit_price_minor"),
    Column("in_stock", Boolean, nullable=False),  # of before there were ledgers; nothing reads it
    Column(
        "kind",
        Text,
        CheckConstraint("kind in ('GOODS', 'SERVICE')", name="product_kind"),
        nullable=False,
        server_default="GOODS",
    ),
)

location = Table(
    "location",
    metadata,
    Column(
        "id",
        Text,
        CheckConstraint("id <> '' and strpos(id, '/') = 0", name="location_id"),
        primary_key=True,
    ),
    _words("name"),
    Column("rank", Integer, nullable=False),
    _moment("closed_at", nullable=True),
)

stock_item = Table(
    "stock_item",
    metadata,
    _id("instance_id"),
    _link("sku", "product.sku"),
    _link("location", "location.id"),
    UniqueConstraint("sku", "location", name="stock_item_place"),
    Index("stock_item_location", "location", "sku"),
)

person = Table(
    "person",
    metadata,
    _id(),
    Column("login", Text, nullable=False, unique=True),
    _words("name"),
    _words("password_hash"),
    Column("roles", ARRAY(Text), nullable=False),
    _link("customer_id", "customer.id", nullable=True),
    Column("is_active", Boolean, nullable=False),
    _moment("created_at"),
    _words("email", nullable=True),
    Column("language", Text, nullable=False, server_default="en"),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _link("person_id", "person.id"),
    _moment("created_at"),
    _moment("expires_at"),
)

quotation = Table(
    "quotation",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    _words("channel"),
    _link("customer_id", "customer.id"),
    _words("currency"),
    _moment("created_at"),
    Index("quotation_created", "created_at", "id"),
)

sale_order = Table(
    "sale_order",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    _words("channel"),
    _link("customer_id", "customer.id"),
    _words("currency"),
    _minor("shipping_minor"),
    _minor("grand_total_minor"),
    _words("quotation_id", nullable=True),
    Column("quotation_version", Integer, nullable=True),
    _moment("placed_at"),
    Index("sale_order_placed", "placed_at", "id"),
    Index("sale_order_customer", "customer_id"),
    Index("sale_order_quotation", "quotation_id"),
)

sale_order_line = Table(
    "sale_order_line",
    metadata,
    _link("order_id", "sale_order.id"),
    Column("line_no", Integer, nullable=False),
    _words("sku"),
    _words("name"),
    Column("quantity", Integer, nullable=False),
    _minor("unit_price_minor"),
    _minor("discount_minor"),
    _minor("tax_minor"),
    PrimaryKeyConstraint("order_id", "line_no"),
)

fulfilment = Table(
    "fulfilment",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    _link("order_id", "sale_order.id"),
    _moment("created_at"),
    Index("fulfilment_order", "order_id"),
    Index("fulfilment_created", "created_at", "id"),
)

fulfilment_line = Table(
    "fulfilment_line",
    metadata,
    _link("fulfilment_id", "fulfilment.id"),
    Column("line_no", Integer, nullable=False),
    _words("sku"),
    _words("name"),
    Column("quantity", Integer, nullable=False),
    PrimaryKeyConstraint("fulfilment_id", "line_no"),
)

backorder = Table(
    "backorder",
    metadata,
    _words("sku"),
    _moment("since"),
    _words("fulfilment_id"),
    PrimaryKeyConstraint("sku", "fulfilment_id", name="backorder_pk"),
    Index("backorder_queue", "sku", "since", "fulfilment_id"),
    Index("backorder_fulfilment", "fulfilment_id"),
)

package = Table(
    "package",
    metadata,
    _words("tracking"),  # in lower case
    _words("fulfilment_id"),
    _words("order_id"),
    PrimaryKeyConstraint("tracking", "fulfilment_id", name="package_pk"),
)

goods_return = Table(
    "goods_return",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    _link("order_id", "sale_order.id"),
    _link("fulfilment_id", "fulfilment.id"),
    _moment("created_at"),
    Index("goods_return_created", "created_at", "id"),
    Index("goods_return_order", "order_id"),
    Index("goods_return_fulfilment", "fulfilment_id"),
)

case_record = Table(
    "case_record",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    _words("case_type"),
    _words("role"),
    _words("root_id"),
    _moment("opened_at"),
    Index("case_record_opened", "opened_at", "id"),
    Index("case_record_root", "root_id"),
)

approval = Table(
    "approval",
    metadata,
    _id(),
    _words("subject_type"),
    _words("subject_id"),
    _words("kind"),
    _words("requested_by"),
    _moment("requested_at"),
    Index("approval_requested", "requested_at", "id"),
    Index("approval_subject", "subject_type", "subject_id"),
)

payment = Table(
    "payment",
    metadata,
    _id(),
    _link("order_id", "sale_order.id", nullable=True),
    _words("channel"),
    _words("method", nullable=True),
    _minor("amount_minor"),
    _words("currency"),
    _words("provider", nullable=True),
    _words("reference", nullable=True),
    _words("receipt_bucket", nullable=True),
    _words("receipt_key", nullable=True),
    _words("receipt_url", nullable=True),
    _words("receipt_type", nullable=True),
    _moment("created_at"),
    Index("payment_created", "created_at", "id"),
    Index("payment_order", "order_id"),
    Index("payment_reference", "provider", "reference"),
    Index("payment_known_as", text("lower(reference)")),
)

provider_report = Table(
    "provider_report",
    metadata,
    _words("provider"),
    _words("event_id"),
    _words("channel"),
    _words("reference"),
    _words("report"),
    _moment("received_at"),
    PrimaryKeyConstraint("provider", "event_id", name="provider_report_pk"),
    Index("provider_report_reference", "provider", "reference", "received_at"),
)

signing_key = Table(
    "signing_key",
    metadata,
    _id("purpose"),
    Column("key", LargeBinary, nullable=False),
    _moment("created_at"),
)

notification = Table(
    "notification",
    metadata,
    _id(),
    _link("person_id", "person.id"),
    _words("event_id"),
    _words("event"),
    _words("subject"),
    _words("body"),
    _words("link"),
    Column("in_app", Boolean, nullable=False),
    _moment("created_at"),
    Column("read_at", DateTime(timezone=True)),
    UniqueConstraint("person_id", "event_id", name="notification_once"),
    Index("notification_old", "created_at"),
    Index("notification_created", "person_id", "created_at", "id"),
    Index("notification_unread", "person_id", postgresql_where=text("in_app and read_at is null")),
)

notification_preference = Table(
    "notification_preference",
    metadata,
    _link("person_id", "person.id"),
    _words("event"),
    Column("channel", Text, CheckConstraint("channel in ('APP', 'MAIL')"), nullable=False),
    Column("is_wanted", Boolean, nullable=False),
    PrimaryKeyConstraint("person_id", "event", "channel"),
)

live_setting = Table(
    "live_setting",
    metadata,
    _id("name"),
    Column("value", Integer),
    _words("words", nullable=True),
    CheckConstraint("num_nonnulls(value, words) = 1", name="live_setting_one"),
)

live_setting_change = Table(
    "live_setting_change",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _words("name"),
    Column("before", Integer),
    Column("after", Integer),
    _words("person_id"),
    _words("reason", nullable=True),
    _moment("changed_at"),
    _words("before_words", nullable=True),
    _words("after_words", nullable=True),
    CheckConstraint(
        "num_nonnulls(before, before_words) = 1 and num_nonnulls(after, after_words) = 1",
        name="live_setting_change_one",
    ),
    Index("live_setting_change_name", "name", "id"),
)

applied_setting = Table(
    "applied_setting",
    metadata,
    _id("name"),
    Column("value", Integer, nullable=False),
    _moment("begun_at"),
)

compatibility = Table(
    "compatibility",
    metadata,
    Column("is_only", Boolean, CheckConstraint("is_only"), primary_key=True, autoincrement=False),
    _words("oldest_code"),
)

order_number = Sequence("order_number", metadata=metadata)
quotation_number = Sequence("quotation_number", metadata=metadata)
fulfilment_number = Sequence("fulfilment_number", metadata=metadata)
case_number = Sequence("case_number", metadata=metadata)
return_number = Sequence("return_number", metadata=metadata)
