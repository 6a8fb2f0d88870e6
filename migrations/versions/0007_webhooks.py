"""Subscriptions to webhooks, their deliveries, and each attempt at one.

Written by hand and frozen; a test compares the result with `orderwright.runtime.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create the tables."""
    _create_subscription()
    _create_delivery()
    _create_attempt()


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_subscription() -> None:
    op.create_table(
        "webhook_subscription",
        _words("subscription_id"),
        _words("url"),
        sa.Column("patterns", ARRAY(sa.Text), nullable=False),
        _words("secret"),
        _words("created_by"),
        _moment("created_at"),
        _moment("paused_at", nullable=True),
        _words("pause_reason", nullable=True),
        _moment("failing_since", nullable=True),
        _moment("not_before", nullable=True),
        sa.PrimaryKeyConstraint("subscription_id", name="webhook_subscription_pk"),
        schema=_SCHEMA,
    )


def _create_delivery() -> None:
    op.create_table(
        "webhook_delivery",
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
        sa.PrimaryKeyConstraint("subscription_id", "message_id", name="webhook_delivery_pk"),
        schema=_SCHEMA,
    )
    op.create_index(
        "webhook_delivery_due",
        "webhook_delivery",
        ["subscription_id", "next_attempt_at"],
        schema=_SCHEMA,
        postgresql_where=sa.text("status = 'waiting'"),
    )


def _create_attempt() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("attempt_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        _words("subscription_id"),
        _words("message_id"),
        _moment("attempted_at"),
        _number("milliseconds"),
        _number("response_status", nullable=True),
        _words("error", nullable=True),
        sa.PrimaryKeyConstraint("attempt_id", name="webhook_attempt_pk"),
        schema=_SCHEMA,
    )
    op.create_index(
        "webhook_attempt_delivery",
        "webhook_attempt",
        ["subscription_id", "message_id"],
        schema=_SCHEMA,
    )
