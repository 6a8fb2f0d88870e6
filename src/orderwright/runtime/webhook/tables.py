"""What webhooks store: subscriptions, deliveries, and the attempts at them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from orderwright.runtime.tables import metadata, moment, number, words

webhook_subscription = Table(
    "webhook_subscription",
    metadata,
    words("subscription_id"),
    words("url"),
    Column("patterns", ARRAY(Text), nullable=False),
    words("secret"),
    words("created_by"),
    moment("created_at"),
    moment("paused_at", nullable=True),
    words("pause_reason", nullable=True),
    moment("failing_since", nullable=True),
    moment("not_before", nullable=True),
    PrimaryKeyConstraint("subscription_id", name="webhook_subscription_pk"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    words("subscription_id"),
    words("message_id"),
    words("event_id"),
    words("name"),
    words("body"),
    words("status"),
    number("attempts"),
    moment("next_attempt_at"),
    words("lease", nullable=True),
    moment("lease_until", nullable=True),
    moment("created_at"),
    moment("delivered_at", nullable=True),
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
    words("subscription_id"),
    words("message_id"),
    moment("attempted_at"),
    number("milliseconds"),
    Column("response_status", Integer, nullable=True),
    words("error", nullable=True),
    PrimaryKeyConstraint("attempt_id", name="webhook_attempt_pk"),
    Index("webhook_attempt_delivery", "subscription_id", "message_id"),
)
