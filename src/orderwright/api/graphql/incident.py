"""Incidents as the API shows them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from orderwright.api.graphql.belonging import Belonging, belonging
from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.api.graphql.scalars import JSON
from orderwright.app.incidents import Wanted
from orderwright.app.orders import Asked
from orderwright.app.page import Page
from orderwright.runtime import incident as runtime
from orderwright.runtime.remedy import has_remedy


@strawberry.enum
class IncidentStatus(Enum):
    OPEN = "open"
    RESOLVED = "resolved"


@strawberry.enum
class IncidentKind(Enum):
    STEP = "step"
    TIMER_REFUSED = "timer_refused"
    TIMER_FAILED = "timer_failed"
    SLOT_FAILED = "slot_failed"
    CONSUMER_LAGGING = "consumer_lagging"
    INSTANCE_STUCK = "instance_stuck"
    ANCHOR_DIFFERS = "anchor_differs"


@strawberry.input
class IncidentFilter:
    status: IncidentStatus = IncidentStatus.OPEN
    kind: IncidentKind | None = None

    def wanted(self) -> Wanted:
        """Return it in the application's words."""
        return Wanted(status=self.status.value, kind=self.kind.value if self.kind else None)


@strawberry.type(description="Trouble that somebody must look at, however often it was seen.")
class Incident:
    incident: strawberry.Private[runtime.Incident]
    id: strawberry.ID
    kind: IncidentKind
    subject: str
    owner: str
    status: IncidentStatus
    code: str
    cause: str
    details: JSON
    retry: str = strawberry.field(description="What is to be done about it.")
    can_retry: bool = strawberry.field(
        description="Whether `retryIncident` can have what failed tried again."
    )
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    instance_id: strawberry.ID | None

    @strawberry.field
    async def belongs_to(self, info: Info) -> Belonging | None:
        """The order or quotation that has the trouble, if it is one's."""
        return await belonging(info.context, self.incident.instance_id)

    @classmethod
    def of(cls, incident: runtime.Incident) -> Incident:
        """Show an incident."""
        instance_id = incident.instance_id
        return cls(
            incident=incident,
            id=strawberry.ID(incident.incident_id),
            kind=IncidentKind(incident.kind),
            subject=incident.subject,
            owner=incident.owner,
            status=IncidentStatus(incident.status),
            code=incident.code,
            cause=incident.cause,
            details=JSON(incident.details),
            retry=incident.retry,
            can_retry=has_remedy(incident),
            count=incident.count,
            first_seen_at=incident.first_seen_at,
            last_seen_at=incident.last_seen_at,
            resolved_at=incident.resolved_at,
            resolved_by=incident.resolved_by,
            resolution=incident.resolution,
            instance_id=strawberry.ID(instance_id) if instance_id else None,
        )


@strawberry.type
class IncidentEdge:
    node: Incident
    cursor: str


@strawberry.type
class IncidentConnection:
    wanted: strawberry.Private[Wanted]
    edges: list[IncidentEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[runtime.Incident], wanted: Wanted) -> IncidentConnection:
        """Show a page of incidents."""
        edges = [IncidentEdge(node=Incident.of(one), cursor=at.cursor()) for at, one in page.rows]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.incidents.count(info.context.by, self.wanted)


@strawberry.type
class IncidentResolved:
    incident: Incident


@strawberry.type(
    description="What failed is tried again; the incident closes by itself if it helps."
)
class IncidentRetried:
    incident: Incident


ResolveIncidentResult = Annotated[
    IncidentResolved | Refusal, strawberry.union("ResolveIncidentResult")
]
RetryIncidentResult = Annotated[IncidentRetried | Refusal, strawberry.union("RetryIncidentResult")]


async def resolved(
    context: Context, incident_id: str, resolution: str, asked: Asked
) -> IncidentResolved | Refusal:
    """Close an incident."""
    command = context.app.incidents.resolve(incident_id, resolution, asked)
    return await answered_plainly(
        command, lambda one: IncidentResolved(incident=Incident.of(one)), context
    )


async def retried(context: Context, incident_id: str, asked: Asked) -> IncidentRetried | Refusal:
    """Have what failed tried again."""
    command = context.app.incidents.retry(incident_id, asked)
    return await answered_plainly(
        command, lambda one: IncidentRetried(incident=Incident.of(one)), context
    )
