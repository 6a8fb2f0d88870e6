"""Tell an entity that lives here what was decided: the decision on its beginning, or holds that came later.

It is told in the transaction of the decision, so that nothing passes between a decision and what holds the entity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.app.policies.execution import BLOCKING, StoredAction
from orderwright.app.policies.occurrence import BEGINNINGS, event_of, newest_key
from orderwright.app.policies.wording import hold_reason
from orderwright.domain.reading import mapping
from orderwright.errors import RuntimeFault
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.joining import Owned
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.ground import Ground
    from orderwright.app.policies.in_force import InForce
    from orderwright.app.policies.occurrence import Occurrence
    from orderwright.app.policies.scene import Home
    from orderwright.condition import Json
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

POLICIES: Final = Actor("policies", "system")
"""Who acts when policies have decided."""
DECIDED: Final = Event("DECISION_RECORDED")
"""What an entity is told on which nothing holds; its cause is the domain event that was decided on."""
_LATE: Final = frozenset({"unhandled", "blocked", "done"})

_logger = structlog.get_logger(__name__)


class DecisionRefused(RuntimeFault):
    """An entity did not take the decision on it; it stays undecided and held."""

    code = "policy.decision_refused"


class Telling:
    """Tells entities."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def tell(
        self,
        connection: Connection,
        ground: Ground,
        one: Occurrence,
        actions: Sequence[StoredAction],
    ) -> None:
        """Tell the entity of an occurrence, if it lives here, what follows from all that was decided on it.

        Raises:
            DecisionRefused: it did not take that.
        """
        home = ground.home(one)
        if home is None:
            return
        holds = {action.id: _hold(action) for action in actions if action.action in BLOCKING}
        if one.entity.id not in ground.decided and _is_awaited(home, one, ground.in_force):
            ground.decided.add(one.entity.id)
            await self._send(connection, one, _decision(home, one, holds))
            return
        for hold_id, hold in holds.items():
            await self._send(connection, one, Event("HOLD_PLACED", {"holdId": hold_id, **hold}))

    async def _send(self, connection: Connection, one: Occurrence, event: Event) -> None:
        result = await self._engine.carry_out(
            Send(
                instance_id=one.entity.id,
                event=event,
                cause=Cause(
                    actor=POLICIES,
                    correlation_id=one.correlation_id or one.execution_id,
                    causation_id=one.causation_id or one.execution_id,
                    occurred_at=one.occurred_at if one.source == "relay" else None,
                    origin=one.origin,
                ),
            ),
            connection=Owned(connection),
        )
        if result.refused is None:
            return
        if result.refused.code not in _LATE:
            raise DecisionRefused(f"{event.type} to {one.entity.id}: {result.refused.message}")
        _logger.debug("decision_late", instance_id=one.entity.id, code=result.refused.code)


def _is_awaited(home: Home, one: Occurrence, in_force: InForce) -> bool:
    """Whether the decision that an entity waits for is complete with this occurrence, which is its newest.

    Policies that decide on the domain event under its own name do so when the relay tells of it: what a host has told
    before that holds the entity, and decides nothing yet.
    """
    if home.is_decided or BEGINNINGS[one.entity.type] != one.trigger_name:
        return False
    event = event_of(one.trigger_name)
    if one.source != "relay" and event is not None and in_force.decides_on(event):
        return False
    return newest_key(one.entity.type, home.context) in (None, one.key)


def _decision(home: Home, one: Occurrence, holds: Mapping[str, Json]) -> Event:
    of = _NEWEST.get(one.entity.type, _nothing)(home.context)
    asked = {"holds": holds} if holds else {}
    return Event(DECIDED.type, {"executionId": one.execution_id, **of, **asked})


def _nothing(_: Mapping[str, Json]) -> dict[str, Json]:
    return {}


_NEWEST: Final[Mapping[str, Callable[[Mapping[str, Json]], dict[str, Json]]]] = {
    "KYC": lambda context: {"submission": context["submissions"]},
    "PayIn": lambda context: {"transfer": len(mapping(context, "receipts"))},
}
"""What a decision is on, for entities that are decided on more than once."""


def _hold(action: StoredAction) -> Mapping[str, object]:
    return {
        "kind": "action",
        "reason": hold_reason(action.action, action.config),
        "policy": action.policy,
        "policyName": action.policy_name,
        "version": action.version,
    }
