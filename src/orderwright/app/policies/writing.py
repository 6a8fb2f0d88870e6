"""Write an execution down: the decision, what each policy came to, the actions, and the event for later velocities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.condition import Json, plain
from orderwright.domain.event_trigger import SENSITIVE
from orderwright.json_text import dump
from orderwright.policy import masked_facts, masked_tree
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.app.policies.execution import Execution, StoredAction
    from orderwright.app.policies.occurrence import Occurrence
    from orderwright.app.policies.velocity import Counted
    from orderwright.app.policies.wording import Words
    from orderwright.condition import Schema
    from orderwright.policy import Result
    from orderwright.runtime.pool import Connection, Pool

_PATIENCE: Final = 5.0
"""Seconds to wait for a connection on which a failure is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What is to be written.

    Attributes:
        execution: with the actions that are to be done.
        dropped: the actions that the decision dropped.
        results: what policies came to that did not miss.
        snoozed: the policies that are snoozed for the entity.
        facts: all that was known, by dotted path.
        schema: of the facts; what is sensitive by it is masked.
        root_id: what the entity belongs to.
        event: as velocities count it; None where it counts for none.
        started_at: when deciding began.
    """

    occurrence: Occurrence
    execution: Execution
    dropped: Sequence[StoredAction]
    results: Sequence[Result]
    snoozed: frozenset[str]
    facts: Mapping[str, Json]
    schema: Schema
    words: Words
    root_id: str
    event: Counted | None
    started_at: datetime


async def write(connection: Connection, decided: Decided) -> None:
    """Write an execution in the caller's transaction, by one statement."""
    columns = [*_execution(decided), *_event(decided.event)]
    await connection.execute(_WRITE, *columns, *_evaluations(decided), *_actions(decided))


def _execution(decided: Decided) -> list[object]:
    one, execution = decided.occurrence, decided.execution
    return [
        execution.id,
        execution.trigger,
        one.entity.type,
        one.entity.id,
        one.kept_key,
        decided.root_id,
        one.event_id,
        one.source,
        dump(plain(masked_facts(decided.facts, decided.schema, SENSITIVE))),
        list(execution.flagged),
        execution.revision,
        dump(plain(execution.decision)),
        execution.status,
        one.occurred_at,
        decided.started_at,
        execution.duration_us,
        one.correlation_id or execution.id,
        one.causation_id,
        execution.error,
        one.submission,
        one.transfer,
    ]


def _event(event: Counted | None) -> list[object]:
    if event is None:
        return [False, None, None, None, None, None]
    amount = event.amount
    money = (amount.currency, amount.minor) if amount else (None, None)
    return [True, event.user, event.wallet, event.country, *money]


def _evaluations(decided: Decided) -> list[list[object]]:
    results = decided.results
    told = [result.to_json() for result in results]
    return [
        [one.deployment.id for one in results],
        [one.deployment.version for one in results],
        ["snoozed" if one.deployment.id in decided.snoozed else one.outcome for one in results],
        [one.deployment.mode for one in results],
        [dump(one["path"]) for one in told],
        [dump(_masked(one["evaluations"], decided.schema)) for one in told],
        [dump({key: one[key] for key in _ASKED_FOR}) for one in told],
        [decided.words.clean(one.error) if one.error else None for one in results],
        [one.duration_ns for one in results],
    ]


def _masked(trees: Json, schema: Schema) -> dict[str, Json]:
    found = trees if isinstance(trees, Mapping) else {}
    return {node: masked_tree(tree, schema, SENSITIVE) for node, tree in found.items()}


_ASKED_FOR: Final = ("actions", "possible", "consequence", "missing")


def _actions(decided: Decided) -> list[list[object]]:
    actions = [*decided.execution.actions, *decided.dropped]
    return [
        [one.id for one in actions],
        [one.policy for one in actions],
        [one.version for one in actions],
        [one.node for one in actions],
        [one.action for one in actions],
        [dump(dict(one.config)) for one in actions],
        [one.rank for one in actions],
        [one.status for one in actions],
        [one.code for one in actions],
        [one.message for one in actions],
    ]


async def record_failure(pool: Pool, one: Occurrence, error: str, at: datetime) -> str:
    """Record on a connection of its own that a trigger failed as a whole; return the id. One row for each occurrence.

    Raises:
        TimeoutError: every connection is in use.
    """
    failed = derived_id(f"failed/{one.path}")
    async with pool.acquire(timeout=_PATIENCE) as connection:
        await connection.execute(
            _FAILED,
            failed,
            one.trigger_name,
            one.entity.type,
            one.entity.id,
            one.kept_key,
            one.event_id,
            one.source,
            one.occurred_at,
            at,
            one.correlation_id or failed,
            one.causation_id,
            error,
        )
    return failed


# An event stays when its execution is let go of; who tells of it again after that is decided on again.
# The numbers: 1-21 the execution, 22-27 the event, 28-36 the evaluations, 37-46 the actions.
_WRITE: Final = """
with execution as (
    insert into orderwright.policy_execution
        (id, trigger, entity_type, entity_id, occurrence, root_id, event_id, source, facts, flagged, set_revision,
         decision, status, occurred_at, started_at, duration_us, correlation_id, causation_id, error,
         submission, transfer)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text[], $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)),
event as (
    insert into orderwright.policy_event
        (execution_id, trigger, entity_type, entity_id, user_id, wallet, country, currency, amount_minor, occurred_at)
    select $1, $2, $3, $4, $23, $24, $25, $26, $27, $14 where $22::boolean
    on conflict (execution_id) do nothing),
evaluation as (
    insert into orderwright.policy_evaluation
        (execution_id, policy_id, version, outcome, mode, path, tree, actions, error, duration_ns, decided_at)
    select $1, e.*, $15
    from unnest($28::text[], $29::int[], $30::text[], $31::text[], $32::text[], $33::text[], $34::text[],
                $35::text[], $36::bigint[]) as e)
insert into orderwright.policy_action
    (execution_id, entity_type, entity_id, root_id, planned_at, id, policy_id, version, node, action, config, rank,
     status, code, message)
select $1, $3, $4, $6, $15, a.*
from unnest($37::text[], $38::text[], $39::int[], $40::text[], $41::text[], $42::text[], $43::int[], $44::text[],
            $45::text[], $46::text[]) as a
"""
_FAILED: Final = """
insert into orderwright.policy_execution
    (id, trigger, entity_type, entity_id, occurrence, root_id, event_id, source, facts, flagged, set_revision,
     decision, status, occurred_at, started_at, duration_us, correlation_id, causation_id, error)
values ($1, $2, $3, $4, $5, $4, $6, $7, '{}', '{}', 0, '{}', 'failed', $8, $9, 0, $10, $11, $12)
on conflict (id) do update set started_at = excluded.started_at, error = excluded.error
"""
