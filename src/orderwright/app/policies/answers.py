"""Answers: what people decide about what policies have begun, and what follows for the entity.

A consumer of the outbox, of approvals of the kind POLICY and of escalations.

    approval.approved           the hold is lifted
    approval.denied             consent is denied
    approval.expired            nobody has consented in time; once it was approved nothing
    approval.revoked            taken back
    case.resolved               DECLINED confirms it; all else lifts it
    case.reopened               the entity is held anew

What follows from each is told in `answering`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderwright.app.approvals import was_consented
from orderwright.app.policies import action_record as record, answering
from orderwright.app.policies.consenting import POLICY
from orderwright.app.policies.entity import Work
from orderwright.app.policies.reviewing import ESCALATION, REVIEW, WITHDRAWN
from orderwright.domain.reading import mapping, text
from orderwright.runtime.consumer import Consumer, work_of
from orderwright.runtime.instance import found
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.entity import House
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

_NAME: Final = "policy-answers"


class PolicyAnswers:
    """Carries answers to the entities that wait for them."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._reactions: Mapping[str, Callable[[Work, DomainEvent], Awaitable[None]]] = {
            "approval.approved": _approved,
            "approval.denied": _denied,
            "approval.expired": _expired,
            "approval.revoked": _revoked,
            "case.resolved": _resolved,
            "case.reopened": _reopened,
        }

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        # One event a transaction: an answer locks an entity, and perhaps a customer's credit.
        events = frozenset(self._reactions)
        return Consumer(name=_NAME, events=events, handle=self._react, batch=1)

    async def _react(self, connection: Connection, event: DomainEvent) -> None:
        action_id = await self._about(connection, event)
        action = await record.lock(connection, action_id) if action_id else None
        if action is None:
            return
        # What follows has the chain of the answer.
        caused = replace(action, event_id=event.event_id, correlation_id=event.correlation_id)
        work = Work(house=self._house, connection=connection, action=caused)
        with work_of(_NAME, event):
            await self._reactions[event.name](work, event)

    async def _about(self, connection: Connection, event: DomainEvent) -> str | None:
        """Return the action that an event is an answer to; None where it is about something else."""
        if event.name.startswith("approval."):
            return text(event.data, "approvalId") if event.data["kind"] == POLICY else None
        case_id = text(event.data, "caseId")
        if event.name == "case.resolved":
            await connection.execute(
                _RESOLVED, case_id, event.data["resolution"], event.occurred_at, WITHDRAWN
            )
        else:
            await connection.execute(_REOPENED, case_id)
        return await self._escalated(connection, case_id)

    async def _escalated(self, connection: Connection, case_id: str) -> str | None:
        instance = await self._house.engine.read(case_id, connection=connection)
        context = found(instance, case_id).snapshot.context
        evidence = mapping(context, "evidence")
        named = evidence.get("actionId")
        # A review may be given any type, this one too; nothing ever waits for it.
        waits = context["caseType"] == ESCALATION and evidence.get("action") != REVIEW
        return str(named) if waits and named else None


async def _approved(work: Work, _: DomainEvent) -> None:
    await work.lift("approved")


async def _denied(work: Work, event: DomainEvent) -> None:
    await answering.denied(work, text(event.data, "reason"))


async def _expired(work: Work, event: DomainEvent) -> None:
    read = await work.house.engine.read(event.instance_id, connection=work.connection)
    if not was_consented(found(read, event.instance_id)):
        await answering.undecided(work)


async def _revoked(work: Work, event: DomainEvent) -> None:
    await answering.taken_back(work, text(event.data, "reason"))


async def _resolved(work: Work, event: DomainEvent) -> None:
    if event.data["resolution"] == "DECLINED":
        await answering.declined(work, text(event.data, "note"))
        return
    await work.lift(text(event.data, "resolution").lower())
    if work.action.action == "REQUEST_DOCUMENT":
        settled = Event("CANCEL", {"reason": "compliance has decided without them"})
        await work.send(work.action.id, settled)  # refused where it is settled already


async def _reopened(work: Work, event: DomainEvent) -> None:
    reason = f"its case is looked into again: {event.data['reason']}"
    await work.hold(f"{work.action.id}/{event.event_id}", "escalation", reason)


_RESOLVED: Final = """
update orderwright.policy_case set resolution = $2, resolved_at = $3
where case_id = $1 and resolution is distinct from $4
"""
_REOPENED: Final = """
update orderwright.policy_case set resolution = null, resolved_at = null where case_id = $1
"""
