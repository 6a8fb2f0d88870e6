"""Pay-outs that go on although people are against them: a case tells compliance.

People may take their consent back when the money is under way or has arrived, or say no while a policy consents. Their
answer stands with the approval, and stops nothing; nobody is to believe that it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.app.cases import NewCase, Opening, in_time, open_case
from orderwright.app.permissions import Role
from orderwright.app.phases import PhaseBroken
from orderwright.domain.entity import ENTITY_TYPES
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from orderwright.app.settings import Settings
    from orderwright.runtime.command import Actor
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.instance import Instance
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

_NOT_STOPPED: Final = Opening(
    case_type="PAYOUT_NOT_STOPPED",
    title="A pay-out goes on although people are against it",
    role=Role.COMPLIANCE,
    priority="HIGH",
)
_STOPPED: Final = frozenset({"CANCELLED", "REJECTED"})


async def tell_unstopped(
    engine: Engine,
    connection: Connection,
    settings: Settings,
    payout: Instance,
    event: DomainEvent,
    actor: Actor,
) -> None:
    """Open a case about a pay-out that an answer of people has not stopped; one that is there stays as it is.

    Raises:
        PhaseBroken: the engine refuses to open it.
    """
    if payout.state in _STOPPED:
        return
    new = NewCase(
        id=derived_id(f"case/{event.event_id}"),
        kind=in_time(_NOT_STOPPED, settings),
        subject_type=ENTITY_TYPES[payout.chart_id],
        subject_id=payout.instance_id,
        root_id=payout.root_id,
        opened_at=event.occurred_at,
        evidence={
            "event": event.name,
            "eventId": event.event_id,
            "data": event.data,
            "state": payout.state,
        },
    )
    result = await open_case(engine, new, event.cause(actor), connection=connection)
    if result.refused is not None and result.refused.code != "instance_exists":
        raise PhaseBroken(f"case of {event.event_id}: {result.refused.message}")
