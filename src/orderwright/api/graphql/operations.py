"""What those who run the house ask and do: incidents, the outbox, webhooks."""

from __future__ import annotations

from typing import Annotated

import strawberry

from orderwright.api.graphql import incident, webhook
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.incident import (
    IncidentConnection,
    IncidentFilter,
    ResolveIncidentResult,
    RetryIncidentResult,
)
from orderwright.api.graphql.outbox import DomainEventConnection
from orderwright.api.graphql.webhook import (
    RedeliverResult,
    WebhookChangedResult,
    WebhookDeletedResult,
    WebhookDeliveryConnection,
    WebhookDeliveryStatus,
    WebhookSecretResult,
    WebhookSubscription,
)
from orderwright.app.outbox import Wanted
from orderwright.app.page import LARGEST

First = Annotated[int, strawberry.argument(description=f"How many rows, from 1 to {LARGEST}.")]


@strawberry.type
class OperationsQuery:
    @strawberry.field
    async def incidents(
        self,
        info: Info,
        filter: IncidentFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> IncidentConnection:
        """What is in trouble, the latest seen first; without a filter what is open."""
        wanted = (filter or IncidentFilter()).wanted()
        page = await info.context.app.incidents.page(
            info.context.by, wanted, first=first, after=after
        )
        return IncidentConnection.of(page, wanted)

    @strawberry.field
    async def outbox(
        self,
        info: Info,
        root_id: strawberry.ID | None = None,
        number: str | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> DomainEventConnection:
        """Domain events, the latest first; of one root if it is given, by its id or its number."""
        wanted = Wanted(root_id=root_id, number=number)
        page = await info.context.app.outbox.page(
            info.context.by, wanted, first=first, after=after
        )
        return DomainEventConnection.of(page, wanted)

    @strawberry.field
    async def webhook_subscriptions(self, info: Info) -> list[WebhookSubscription]:
        """Every subscription, the oldest first; secrets are never shown again."""
        found = await info.context.app.subscribers.subscriptions(info.context.by)
        return [WebhookSubscription.of(one) for one in found]

    @strawberry.field
    async def webhook_deliveries(
        self,
        info: Info,
        subscription_id: strawberry.ID,
        status: WebhookDeliveryStatus | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> WebhookDeliveryConnection:
        """What a subscription was or will be sent, with every attempt, the newest first."""
        page = await info.context.app.subscribers.deliveries(
            info.context.by,
            subscription_id,
            status=status.value if status else None,
            first=first,
            after=after,
        )
        return WebhookDeliveryConnection.of(page, subscription_id, status)


@strawberry.type
class OperationsMutation:
    @strawberry.mutation
    async def resolve_incident(
        self,
        info: Info,
        id: strawberry.ID,
        resolution: str,
        idempotency_key: str | None = None,
    ) -> ResolveIncidentResult:
        """Close an incident, and keep what is said about it."""
        asked = info.context.asked(info, idempotency_key)
        return await incident.resolved(info.context, id, resolution, asked)

    @strawberry.mutation
    async def retry_incident(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> RetryIncidentResult:
        """Have what failed tried again at once: a timer, a slot, or all dead letters of a consumer."""
        asked = info.context.asked(info, idempotency_key, reason)
        return await incident.retried(info.context, id, asked)

    @strawberry.mutation
    async def create_webhook_subscription(
        self,
        info: Info,
        url: str,
        patterns: list[str],
        idempotency_key: str | None = None,
    ) -> WebhookSecretResult:
        """Subscribe an endpoint to events from now on; the answer shows the secret, this once."""
        asked = info.context.asked(info, idempotency_key)
        command = info.context.app.subscribers.subscribe(url, patterns, asked)
        return await webhook.with_secret(info.context, command)

    @strawberry.mutation
    async def rotate_webhook_secret(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> WebhookSecretResult:
        """Give a subscription a new secret, which signs what is sent from now on."""
        asked = info.context.asked(info, idempotency_key)
        command = info.context.app.subscribers.rotate(id, asked)
        return await webhook.with_secret(info.context, command)

    @strawberry.mutation
    async def pause_webhook_subscription(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookChangedResult:
        """Stop sending; what would be sent waits."""
        asked = info.context.asked(info, idempotency_key, reason)
        return await webhook.changed(info.context, info.context.app.subscribers.pause(id, asked))

    @strawberry.mutation
    async def resume_webhook_subscription(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> WebhookChangedResult:
        """Send again, at once, what is waiting."""
        asked = info.context.asked(info, idempotency_key)
        return await webhook.changed(info.context, info.context.app.subscribers.resume(id, asked))

    @strawberry.mutation
    async def delete_webhook_subscription(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> WebhookDeletedResult:
        """Remove a subscription with its deliveries."""
        asked = info.context.asked(info, idempotency_key)
        command = info.context.app.subscribers.unsubscribe(id, asked)
        return await webhook.deleted(info.context, command)

    @strawberry.mutation
    async def redeliver(
        self,
        info: Info,
        subscription_id: strawberry.ID,
        message_ids: list[strawberry.ID] | None = None,
        idempotency_key: str | None = None,
    ) -> RedeliverResult:
        """Send dead deliveries again, all of a subscription or those that are named."""
        asked = info.context.asked(info, idempotency_key)
        command = info.context.app.subscribers.redeliver(subscription_id, message_ids, asked)
        return await webhook.redelivered(info.context, command)
