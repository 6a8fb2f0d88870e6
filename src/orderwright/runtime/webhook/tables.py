"""What webhooks store: subscriptions, deliveries, and the attempts at them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from orderwright.runtime.tables import metadata


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _words(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


webhook_subscription = Table(
    "webhook_subscription",
    metadata,
    _words("subscription_id"),
    _words("url"),
    Column("patterns", ARRAY(Text), nullable=False),
    _words("secret"),
    _words("created_by"),
    _moment("created_at"),
    _moment("paused_at", nullable=True),
    _words("pause_reason", nullable=True),
    _moment("failing_since", nullable=True),
    _moment("not_before", nullable=True),
    PrimaryKeyConstraint("subscription_id", name="webhook_subscription_pk"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    _words("subscription_id"),
    _words("message_id"),
    _words("event_id"),
    _words("name"),
    _words("body"),
    _words("status"),
    _number("attempts"),
    _moment("next_attempt_at"),
    _words("lease", nullable=True),
    _moment("lease_until", nullable=True),
    _moment("created_at"),
    _moment("delivered_at", nullable=True),
    PrimaryKeyConstraint("subscription_id", "message_id", name="webhook_delivery_pk"),
    Index(
        "webhook_delivery_due",
        "subscription_id",
        "next_attempt_at",
        postgresql_where=text("status = 'waiting'"),
    ),
    Index("webhook_delivery_created", "subscription_id", "created_at", "message_id"),
    Index("webhook_delivery_waiting", "event_id", postgresql_where=text("status = 'waiting'")),
    Index(
        "webhook_delivery_settled",
        "next_attempt_at",
        postgresql_where=text("status <> 'waiting'"),
    ),
)

webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    Column("attempt_id", BigInteger, Identity(always=True), nullable=False),
    _words("subscription_id"),
    _words("message_id"),
    _moment("attempted_at"),
    _number("milliseconds"),
    Column("response_status", Integer, nullable=True),
    _words("error", nullable=True),
    PrimaryKeyConstraint("attempt_id", name="webhook_attempt_pk"),
    Index("webhook_attempt_delivery", "subscription_id", "message_id"),
)
