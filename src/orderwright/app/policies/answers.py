"""Answers: what people decide about what policies have begun, and what follows for the entity.

A consumer of the outbox, of approvals of the kind POLICY and of escalations.

    approval.approved           the hold is lifted
    approval.denied             as `on_deny` says: the entity is rejected, or frozen
    approval.expired            undecided: as `on_timeout` says, denied or escalated; once it was approved nothing
    approval.revoked            compliance decides; of an entity that has ended nothing is left to decide
    case.resolved               DECLINED confirms it: rejected, or frozen where it cannot be; all else lifts it
    case.reopened               the entity is held anew

What cannot be carried out, and whatever nobody has answered for, leaves a hold and a case, never a free way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from orderwright.app.policies import action_record as record
from orderwright.app.policies.consenting import POLICY
from orderwright.app.policies.effects import EFFECTS
from orderwright.app.policies.entity import Work
from orderwright.app.policies.reviewing import ESCALATION, REVIEW, WITHDRAWN, escalate_anew
from orderwright.domain.reading import mapping, text
from orderwright.runtime.consumer import Consumer, work_of
from orderwright.runtime.instance import found
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.action_record import Done
    from orderwright.app.policies.entity import House
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

Confirm = Literal["reject", "freeze"]

_NAME: Final = "policy-answers"
_CONFIRMING: Final[Mapping[Confirm, str]] = {
    "reject": "REJECT_TRANSACTION",
    "freeze": "FREEZE_ORDER",
}
_FROZEN: Final = "policy.frozen_already"
"""Why a freeze adds nothing: what it asks for is there."""
_OTHER: Final[Mapping[Confirm, Confirm]] = {"reject": "freeze", "freeze": "reject"}


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
        action = await record.find(connection, action_id) if action_id else None
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
    await _confirm(work, _on_deny(work), f"consent was denied: {event.data['reason']}")


async def _expired(work: Work, event: DomainEvent) -> None:
    approval = found(
        await work.house.engine.read(event.instance_id, connection=work.connection),
        event.instance_id,
    )
    if approval.snapshot.context["approvedMinor"] is not None:
        return
    if work.action.told("on_timeout", "deny") == "escalate":
        await escalate_anew(work, "undecided", "nobody has decided in time")
        await work.lift_own("escalated")
    else:
        await _confirm(work, _on_deny(work), "nobody has consented in time")


async def _revoked(work: Work, event: DomainEvent) -> None:
    if await work.ended() is not None:
        return await work.lift("ended")
    reason = f"the request for consent, or the consent, was taken back: {event.data['reason']}"
    await escalate_anew(work, "revoked", reason)
    return await work.lift_own("escalated")


async def _resolved(work: Work, event: DomainEvent) -> None:
    if event.data["resolution"] == "DECLINED":
        await _confirm(work, "reject", f"compliance has declined it: {event.data['note']}")
        return
    await work.lift(text(event.data, "resolution").lower())
    if work.action.action == "REQUEST_DOCUMENT":
        settled = Event("CANCEL", {"reason": "compliance has decided without them"})
        await work.send(work.action.id, settled)  # refused where it is settled already


async def _reopened(work: Work, event: DomainEvent) -> None:
    reason = f"its case is looked into again: {event.data['reason']}"
    await work.hold(f"{work.action.id}/{event.event_id}", "escalation", reason)


def _on_deny(work: Work) -> Confirm:
    """A KYC session does not freeze: its user would, and the session would go on."""
    freezes = work.action.told("on_deny") == "freeze" and work.action.entity_type != "KYC"
    return "freeze" if freezes else "reject"


async def _confirm(work: Work, how: Confirm, reason: str) -> None:
    """Reject the entity or freeze it; one that takes neither is left held, for compliance to see to."""
    for way in (how, _OTHER[how]):
        done = await _carry_out(work, way, reason)
        if done.status == "applied" or done.code == _FROZEN:
            return await work.lift(f"{way}ed" if way == "reject" else "frozen")
    if (
        await work.entity() is not None
    ):  # of what lives with its host, the host hears the answer itself
        await escalate_anew(work, "unconfirmed", f"it takes neither end: {reason}")
    return None


async def _carry_out(work: Work, how: Confirm, reason: str) -> Done:
    """Do what the answer asks for, as if a policy had."""
    asked = replace(work.action, config={"reason": reason}, action=_CONFIRMING[how])
    return await EFFECTS[asked.action][asked.entity_type](replace(work, action=asked))


_RESOLVED: Final = """
update orderwright.policy_case set resolution = $2, resolved_at = $3
where case_id = $1 and resolution is distinct from $4
"""
_REOPENED: Final = """
update orderwright.policy_case set resolution = null, resolved_at = null where case_id = $1
"""
