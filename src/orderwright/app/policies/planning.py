"""From results to a decision, and from the decision to actions that can be stored. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.app.policies.execution import StoredAction
from orderwright.app.policies.wording import doubt_action
from orderwright.policy import Decision, decide
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from orderwright.app.policies.wording import Words
    from orderwright.policy import Doubt, Dropped, Planned, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A decision with its actions; doubts are actions too, so that all that restricts an entity is a row."""

    decision: Decision
    actions: tuple[StoredAction, ...]
    dropped: tuple[StoredAction, ...]


def plan(
    execution_id: str,
    results: Sequence[Result],
    words: Words,
    *,
    standing: Collection[str],
    beside: Collection[str],
) -> Plan:
    """Decide, and fill in what the actions are told."""
    decision = decide(results, standing=standing, beside=beside)
    asked = [*(_planned(one, words) for one in decision.actions), *_doubted(decision, words)]
    gone = [_dropped(one, words) for one in decision.dropped]
    stored = [_stored(execution_id, rank, fields) for rank, fields in enumerate([*asked, *gone])]
    return Plan(
        decision=decision,
        actions=tuple(stored[: len(asked)]),
        dropped=tuple(stored[len(asked) :]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fields:
    policy: str
    policy_name: str
    version: int
    node: str
    action: str
    config: dict[str, object]
    kind: str = "action"
    code: str | None = None
    by: tuple[str, ...] = ()


def _planned(one: Planned, words: Words) -> _Fields:
    return _Fields(
        policy=one.deployment.id,
        policy_name=one.deployment.policy.name,
        version=one.deployment.version,
        node=one.node.id,
        action=one.node.action,
        config=words.config(one.node.config),
    )


def _dropped(one: Dropped, words: Words) -> _Fields:
    kept = _planned(one.planned, words)
    return _Fields(
        policy=kept.policy,
        policy_name=kept.policy_name,
        version=kept.version,
        node=kept.node,
        action=kept.action,
        config=kept.config,
        code=one.code,
        by=one.by,
    )


def _doubted(decision: Decision, words: Words) -> Iterator[_Fields]:
    for doubt in decision.doubts:
        action, config = doubt_action(doubt, words)
        yield _Fields(
            policy=doubt.deployment.id,
            policy_name=doubt.deployment.policy.name,
            version=doubt.deployment.version,
            node=_node(doubt),
            action=action,
            config=config,
            kind="doubt",  # a node of the graph may have the same name
        )


def _node(doubt: Doubt) -> str:
    return "on_unknown" if doubt.outcome == "unknown" else "on_error"


def _stored(execution_id: str, rank: int, fields: _Fields) -> StoredAction:
    return StoredAction(
        id=derived_id(f"{fields.kind}/{execution_id}/{fields.policy}/{fields.node}"),
        policy=fields.policy,
        policy_name=fields.policy_name,
        version=fields.version,
        node=fields.node,
        action=fields.action,
        config=fields.config,
        rank=rank,
        status="dropped" if fields.code else "planned",
        code=fields.code,
        message=f"against it: {', '.join(fields.by)}" if fields.code else None,
    )
