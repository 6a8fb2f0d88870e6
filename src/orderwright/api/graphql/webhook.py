"""Webhook subscriptions and their deliveries as the API shows them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.app.page import Page
from orderwright.app.subscribers import Subscribed
from orderwright.runtime.webhook.delivery_list import Attempted, DeliveryState
from orderwright.runtime.webhook.subscription import Subscription


@strawberry.enum
class WebhookDeliveryStatus(Enum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@strawberry.type(description="An endpoint that gets domain events as webhooks.")
class WebhookSubscription:
    id: strawberry.ID
    url: str
    patterns: list[str]
    created_by: str
    created_at: datetime
    paused_at: datetime | None
    pause_reason: str | None
    failing_since: datetime | None

    @classmethod
    def of(cls, one: Subscription) -> WebhookSubscription:
        """Show a subscription, without its secret."""
        return cls(
            id=strawberry.ID(one.subscription_id),
            url=one.url,
            patterns=list(one.patterns),
            created_by=one.created_by,
            created_at=one.created_at,
            paused_at=one.paused_at,
            pause_reason=one.pause_reason,
            failing_since=one.failing_since,
        )


@strawberry.type
class WebhookAttempt:
    attempted_at: datetime
    milliseconds: int
    response_status: int | None
    error: str | None

    @classmethod
    def of(cls, one: Attempted) -> WebhookAttempt:
        """Show an attempt."""
        return cls(
            attempted_at=one.attempted_at,
            milliseconds=one.milliseconds,
            response_status=one.response_status,
            error=one.error,
        )


@strawberry.type(description="One domain event on its way to one subscription.")
class WebhookDelivery:
    message_id: strawberry.ID
    event_id: strawberry.ID
    name: str
    status: WebhookDeliveryStatus
    created_at: datetime
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    attempts: list[WebhookAttempt]

    @classmethod
    def of(cls, one: DeliveryState, attempts: list[Attempted]) -> WebhookDelivery:
        """Show a delivery."""
        return cls(
            message_id=strawberry.ID(one.message_id),
            event_id=strawberry.ID(one.event_id),
            name=one.name,
            status=WebhookDeliveryStatus(one.status),
            created_at=one.created_at,
            next_attempt_at=one.next_attempt_at if one.status == "waiting" else None,
            delivered_at=one.delivered_at,
            attempts=[WebhookAttempt.of(attempt) for attempt in attempts],
        )


@strawberry.type
class WebhookDeliveryEdge:
    node: WebhookDelivery
    cursor: str


@strawberry.type
class WebhookDeliveryConnection:
    subscription_id: strawberry.Private[str]
    status: strawberry.Private[WebhookDeliveryStatus | None]
    edges: list[WebhookDeliveryEdge]
    page_info: PageInfo

    @classmethod
    def of(
        cls,
        page: Page[tuple[DeliveryState, list[Attempted]]],
        subscription_id: str,
        status: WebhookDeliveryStatus | None,
    ) -> WebhookDeliveryConnection:
        """Show a page of deliveries."""
        edges = [
            WebhookDeliveryEdge(node=WebhookDelivery.of(*one), cursor=at.cursor())
            for at, one in page.rows
        ]
        return cls(
            subscription_id=subscription_id,
            status=status,
            edges=edges,
            page_info=PageInfo.of(page),
        )

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.subscribers.count(
            info.context.by,
            self.subscription_id,
            status=self.status.value if self.status else None,
        )


@strawberry.type(description="A secret that is shown this once.")
class WebhookSecret:
    subscription: WebhookSubscription
    secret: str
    replayed: bool

    @classmethod
    def of(cls, done: Subscribed) -> WebhookSecret:
        """Show a subscription with its new secret."""
        return cls(
            subscription=WebhookSubscription.of(done.subscription),
            secret=done.secret,
            replayed=done.replayed,
        )


@strawberry.type
class WebhookChanged:
    subscription: WebhookSubscription


@strawberry.type
class WebhookDeleted:
    id: strawberry.ID


@strawberry.type
class WebhooksRedelivered:
    message_ids: list[strawberry.ID]


WebhookSecretResult = Annotated[WebhookSecret | Refusal, strawberry.union("WebhookSecretResult")]
WebhookChangedResult = Annotated[
    WebhookChanged | Refusal, strawberry.union("WebhookChangedResult")
]
WebhookDeletedResult = Annotated[
    WebhookDeleted | Refusal, strawberry.union("WebhookDeletedResult")
]
RedeliverResult = Annotated[WebhooksRedelivered | Refusal, strawberry.union("RedeliverResult")]


async def with_secret(context: Context, command: Awaitable[Subscribed]) -> WebhookSecret | Refusal:
    """Await what makes a secret, and show it."""
    return await answered_plainly(command, WebhookSecret.of, context)


async def changed(context: Context, command: Awaitable[Subscription]) -> WebhookChanged | Refusal:
    """Await a change to a subscription, and show it."""
    return await answered_plainly(
        command, lambda one: WebhookChanged(subscription=WebhookSubscription.of(one)), context
    )


async def deleted(context: Context, command: Awaitable[str]) -> WebhookDeleted | Refusal:
    """Await the end of a subscription."""
    return await answered_plainly(
        command, lambda one: WebhookDeleted(id=strawberry.ID(one)), context
    )


async def redelivered(
    context: Context, command: Awaitable[list[str]]
) -> WebhooksRedelivered | Refusal:
    """Await that deliveries are sent again."""
    return await answered_plainly(
        command,
        lambda ids: WebhooksRedelivered(message_ids=[strawberry.ID(one) for one in ids]),
        context,
    )
