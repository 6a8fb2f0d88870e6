"""Entities as actions meet them: those that live here are sent events, held and let go; others are their host's.

Everything here works on the caller's connection. A lifecycle that refuses an event is an outcome, with the first of
its reasons; a refusal because something is not in order is an error, after which the action is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.compliance.payins import LAPSED
from orderwright.app.policies.action_record import APPLIED, Done
from orderwright.domain.entity import ENTITIES
from orderwright.domain.hold import known_holds
from orderwright.domain.reading import mapping
from orderwright.errors import RuntimeFault
from orderwright.runtime.alarm import FAULTS
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.instance import InstanceNotFound
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.policies.action_record import ActionRow
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.instance import Instance
    from orderwright.runtime.job_queue import JobQueue
    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Refused

ACTING: Final = Actor("policies", "policy")
"""Who acts when an action of a policy is done."""
_OVER: Final[Mapping[str, frozenset[str]]] = {
    "sale": frozenset({"COMPLETED"}),
    "payin": LAPSED,
}
"""Where a lifecycle stays open for what comes late, and nothing is left to be held back."""
_MISSPELT: Final = frozenset({"event_unknown", "event_data", "event_reserved"})


class ActionFailed(RuntimeFault):
    """An action met something that is not in order; it is tried again, and its entity stays held."""

    code = "policy.action_failed"
    retryable = True


class ActionBroken(RuntimeFault):
    """An action cannot be done as it is written; its entity stays held until somebody has seen to it."""

    code = "policy.action_broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What actions are done with."""

    engine: Engine
    jobs: JobQueue
    settings: LiveSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An action in hand: on whose connection, and with what.

    Who acts, or carries an answer, has locked the action and what it may move.
    """

    house: House
    connection: Connection
    action: ActionRow

    @property
    def cause(self) -> Cause:
        """Return who acts, and what for."""
        return Cause(
            actor=ACTING,
            correlation_id=self.action.correlation_id,
            causation_id=self.action.causation_id,
        )

    async def entity(self) -> Instance | None:
        """Return the entity where it lives here, else None."""
        found = await self.house.engine.read(self.action.entity_id, connection=self.connection)
        chart = ENTITIES.get(self.action.entity_type)
        return found if found is not None and found.chart_id == chart else None

    async def ended(self) -> Done | None:
        """Return why nothing is begun for the entity where it lives here and has ended, else None."""
        entity = await self.entity()
        if entity is None or not has_ended(entity):
            return None
        return Done.skipped("entity.ended", f"it has ended: {entity.state}")

    async def send(self, instance_id: str, event: Event) -> Done:
        """Send an event; what refuses it, or is not there, makes the action one that is skipped.

        Raises:
            ActionFailed: the refusal is a fault of ours.
        """
        cause = self.cause
        try:
            result = await self.house.engine.carry_out(
                Send(instance_id=instance_id, event=event, cause=cause), connection=self.connection
            )
        except InstanceNotFound:
            return Done.skipped("entity.not_found", f"nothing here has the id {instance_id!r}")
        if result.refused is None:
            return APPLIED
        return refusal(event, instance_id, result.refused)

    async def lift(self, outcome: str) -> None:
        """Take the action's hold away, and those that have followed from it; what has ended needs none."""
        context = await self._held()
        if context is not None:
            more = f"{self.action.id}/"
            followed = [one for one in mapping(context, "holds") if one.startswith(more)]
            await self._lift(context, [self.action.id, *followed], outcome)

    async def lift_own(self, outcome: str) -> None:
        """Take the action's first hold away, in whose place another one stands."""
        context = await self._held()
        if context is not None:
            await self._lift(context, [self.action.id], outcome)

    async def hold(self, hold_id: str, kind: str, reason: str) -> None:
        """Hold the entity back with something more that follows from the action; each hold is placed once."""
        context = await self._held()
        if context is None or hold_id in known_holds(context):
            return
        data = {"holdId": hold_id, "kind": kind, "reason": reason, **policy_of(self.action)}
        await self._told(Event("HOLD_PLACED", data))

    async def has_let_go(self) -> bool:
        """Whether the entity lives here and the action's first hold is lifted."""
        context = await self._held()
        return context is not None and self.action.id in _lifted(context)

    async def _held(self) -> Mapping[str, object] | None:
        """Return the context of an entity that lives here and has not ended."""
        entity = await self.entity()
        if entity is None or entity.status != "active":
            return None
        return entity.snapshot.context

    async def _lift(
        self, context: Mapping[str, object], holds: Sequence[str], outcome: str
    ) -> None:
        for hold in holds:
            if hold not in _lifted(context):
                await self._told(Event("HOLD_LIFTED", {"holdId": hold, "outcome": outcome}))

    async def _told(self, event: Event) -> None:
        done = await self.send(self.action.entity_id, event)
        if done.status != "applied":
            raise ActionFailed(f"{event.type}: {done.message}", values={"code": done.code})


def has_ended(entity: Instance) -> bool:
    """Whether nothing is left that an entity could be held back from, and so nothing to decide about it."""
    if entity.status != "active" or entity.state in _OVER.get(entity.chart_id, ()):
        return True
    is_final = entity.snapshot.context.get("isFinal") is True
    return entity.chart_id == "kyc" and entity.state == "REJECTED" and is_final


def _lifted(context: Mapping[str, object]) -> Sequence[str]:
    lifted = context.get("lifted", [])
    if not isinstance(lifted, list):
        raise ActionFailed(f"lifted is {lifted!r}, not a list")
    return lifted


def refusal(event: Event, instance_id: str, refused: Refused) -> Done:
    """Return a lifecycle's refusal as the outcome of an action, with the code of its first reason.

    Raises:
        ActionFailed: something is not in order.
        ActionBroken: the lifecycle does not know the event, or not in this shape.
    """
    values = {"code": refused.code, "instance": instance_id}
    if refused.code in FAULTS:
        raise ActionFailed(f"{event.type}: {refused.message}", values=values)
    if refused.code in _MISSPELT:
        raise ActionBroken(f"{event.type}: {refused.message}", values=values)
    reasons = refused.reasons
    code = reasons[0].code if reasons else f"lifecycle.{refused.code}"
    message = "; ".join(reason.message for reason in reasons) or refused.message
    return Done.skipped(code, f"{event.type} is refused: {message}")


def policy_of(action: ActionRow) -> Mapping[str, object]:
    """Return by which policy an entity is stopped, as lifecycles keep it."""
    return {
        "policy": action.policy_id,
        "policyName": action.policy_name,
        "version": action.version,
    }


def because(action: ActionRow, reason: str) -> Mapping[str, object]:
    """Return the data of an event that an action sends: why, and by which policy."""
    return {"reason": reason or f"policy {action.policy_name}", "policy": action.policy_id}
