"""Entities that live in a host's own system: who does an action on them, and how the host hears of it.

A host that runs Orderwright in its own process registers handlers, which a job calls. Others subscribe to
`policy.action_requested` and get a signed webhook. Both hear of an action at least once, under its id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import structlog

from orderwright.app.policies.action_record import Done
from orderwright.app.policies.entity import ActionFailed
from orderwright.errors import RefusedError
from orderwright.json_text import is_storable_json, keep
from orderwright.runtime.command import Create
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from orderwright.app.policies.action_record import ActionRow
    from orderwright.app.policies.entity import Work

_logger = structlog.get_logger(__name__)

REQUESTED: Final = "policy.action_requested"
"""The domain event that a host is told of an action by."""


class ActionSkipped(RefusedError):
    """A handler says that an action does not apply to its entity; that is recorded, and nothing is tried again."""

    code = "policy.action_skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAction:
    """What a handler is given.

    Attributes:
        key: the same at every attempt; with it the host tells a repetition.
        config: what the action is told, its templates filled in.
        attempt: counts from 1, and from 1 again after a retry by hand.
        follows_from: the key of the action on which people have answered, where this one follows from their answer.
    """

    key: str
    execution_id: str
    trigger: str
    action: str
    config: Mapping[str, object]
    entity_type: str
    entity_id: str
    policy_id: str
    policy: str
    version: int
    attempt: int
    follows_from: str | None = None


ActionHandler: TypeAlias = Callable[[HostAction], "Awaitable[object] | object"]
"""Does an action in the host's system; returns something JSON-ready to be kept, or None. It may raise `ActionSkipped`;
after any other error it is called again. An answer that cannot be kept is left out."""
ActionHandlers: TypeAlias = Mapping[str, ActionHandler]
"""Handlers by the name of the action."""


def host_action(action: ActionRow, attempt: int) -> HostAction:
    """Return an action as its host's handler sees it."""
    return HostAction(
        key=action.id,
        execution_id=action.execution_id,
        trigger=action.trigger,
        action=action.action,
        config=action.config,
        entity_type=action.entity_type,
        entity_id=action.entity_id,
        policy_id=action.policy_id,
        policy=action.policy_name,
        version=action.version,
        attempt=attempt,
        follows_from=action.follows_from,
    )


def kept_answer(action: ActionRow, answer: object) -> object:
    """Return what a handler has answered, or None where that is nothing to keep: it has acted all the same."""
    try:
        text = keep({"handler": answer})
    except (TypeError, ValueError) as error:
        wrong = str(error)
    else:
        if is_storable_json(text):
            return answer
        wrong = "text that cannot be kept"
    _logger.warning("handler_answer_left_out", action_id=action.id, error=wrong)
    return None


async def tell_subscribers(work: Work) -> Done:
    """Have those who subscribe to it told of an action, if anybody does."""
    if not await work.connection.fetchval(_ANYBODY, REQUESTED):
        message = "nothing here has this id, no handler is registered, and nobody subscribes to it"
        return Done.skipped("entity.not_found", message)
    action, cause = work.action, work.cause
    result = await work.house.engine.carry_out(
        Create(
            chart_id="host_action",
            instance_id=derived_id(f"host_action/{action.id}"),
            root_id=action.root_id,
            context=_told(action),
            cause=cause,
        ),
        connection=work.connection,
    )
    if result.refused is not None and result.refused.code != "instance_exists":
        raise ActionFailed(result.refused.message)
    return Done(result={"told": REQUESTED})


def _told(action: ActionRow) -> Mapping[str, object]:
    return {
        "actionId": action.id,
        "executionId": action.execution_id,
        "trigger": action.trigger,
        "action": action.action,
        "config": dict(action.config),
        "entityType": action.entity_type,
        "entityId": action.entity_id,
        "policyId": action.policy_id,
        "policy": action.policy_name,
        "version": action.version,
        "followsFrom": action.follows_from,
    }


_ANYBODY: Final = """
select exists (select from orderwright.webhook_subscription as s, unnest(s.patterns) as p
    where p in ('*', $1) or (right(p, 2) = '.*' and starts_with($1, left(p, -1))))
"""
