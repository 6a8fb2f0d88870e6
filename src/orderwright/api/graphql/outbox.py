"""The outbox as the API shows it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from orderwright.api.graphql.belonging import Belonging, belonging
from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.scalars import JSON
from orderwright.app.outbox import Wanted
from orderwright.app.page import Page
from orderwright.runtime import acknowledgement as runtime
from orderwright.runtime.event_list import ListedEvent


@strawberry.enum
class AcknowledgementStatus(Enum):
    ACKNOWLEDGED = "acknowledged"
    PENDING = "pending"
    PARKED = "parked"
    DEAD = "dead"


@strawberry.type(description="How an event stands with a consumer.")
class Acknowledgement:
    consumer: str
    status: AcknowledgementStatus
    acknowledged_at: datetime | None

    @classmethod
    def of(cls, one: runtime.Acknowledgement) -> Acknowledgement:
        """Show how an event stands with a consumer."""
        return cls(
            consumer=one.consumer,
            status=AcknowledgementStatus(one.status),
            acknowledged_at=one.acknowledged_at,
        )


@strawberry.type(description="Something that happened to an instance, for others to act on.")
class DomainEvent:
    id: strawberry.ID
    name: str
    data: JSON
    instance_id: strawberry.ID
    root_id: strawberry.ID
    version: int
    correlation_id: str
    causation_id: str
    origin: str
    occurred_at: datetime
    recorded_at: datetime
    acknowledgements: list[Acknowledgement]

    @strawberry.field
    async def belongs_to(self, info: Info) -> Belonging | None:
        """The order or quotation to which it happened."""
        return await belonging(info.context, self.instance_id)

    @classmethod
    def of(cls, listed: ListedEvent) -> DomainEvent:
        """Show an event."""
        event = listed.event
        return cls(
            id=strawberry.ID(event.event_id),
            name=event.name,
            data=JSON(event.data),
            instance_id=strawberry.ID(event.instance_id),
            root_id=strawberry.ID(event.root_id),
            version=event.version,
            correlation_id=event.correlation_id,
            causation_id=event.causation_id,
            origin=event.origin,
            occurred_at=event.occurred_at,
            recorded_at=event.recorded_at,
            acknowledgements=[Acknowledgement.of(one) for one in listed.acknowledgements],
        )


@strawberry.type
class DomainEventEdge:
    node: DomainEvent
    cursor: str


@strawberry.type
class DomainEventConnection:
    wanted: strawberry.Private[Wanted]
    edges: list[DomainEventEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[ListedEvent], wanted: Wanted) -> DomainEventConnection:
        """Show a page of events."""
        edges = [
            DomainEventEdge(node=DomainEvent.of(one), cursor=at.cursor()) for at, one in page.rows
        ]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        """How many there are, counted up to 10,000."""
        return await info.context.app.outbox.count(info.context.by, self.wanted)
