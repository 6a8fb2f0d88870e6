"""Executions as screens and programs want them: pages of them, or one with what policies came to and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.json_text import is_storable, load

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.policies.execution import Recorded
    from orderwright.runtime.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionsWanted:
    """Which executions.

    Attributes:
        policy_id: those that a policy has not missed.
        outcome: those at which that policy, or else any, came to it.
    """

    trigger: str | None = None
    entity_type: str | None = None
    entity_id: str | None = None
    policy_id: str | None = None
    status: str | None = None
    outcome: Recorded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRow:
    """An execution; `facts` are masked, `flagged` names what was no fact or not of its type."""

    id: str
    trigger: str
    entity_type: str
    entity_id: str
    root_id: str
    event_id: str | None
    source: str
    facts: Mapping[str, object]
    flagged: Sequence[str]
    set_revision: int
    decision: Mapping[str, object]
    status: str
    occurred_at: datetime
    started_at: datetime
    duration_us: int
    correlation_id: str
    causation_id: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRow:
    """What a policy came to; `tree` holds the evaluation of each condition on the way, masked."""

    execution_id: str
    policy_id: str
    policy_name: str
    version: int
    outcome: str
    mode: str
    path: object
    tree: object
    actions: object
    error: str | None
    duration_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRow:
    """An action that follows, and what has become of it.

    `follows_from` is the action on which people have answered, where a host is to do what they have.
    """

    id: str
    execution_id: str
    policy_id: str
    policy_name: str
    version: int
    node: str
    action: str
    config: Mapping[str, object]
    entity_type: str
    entity_id: str
    status: str
    code: str | None
    message: str | None
    planned_at: datetime
    done_at: datetime | None
    result: object
    follows_from: str | None


class ExecutionList:
    """Reads executions; each call with a person raises `RoleMissing` for who may not see them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, by: Identity, wanted: ExecutionsWanted, *, first: int, after: str | None
    ) -> Page[ExecutionRow]:
        """Return a page of executions, the newest first.

        Raises:
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "policy.read")
        most, place = size(first), Place.read(after) if after is not None else None
        where, values = _narrowed(wanted, place)
        found = await self._pool.fetch(f"{_LIST}{where}{_ORDER}limit {most + 1}", *values)
        rows = [(Place(row["started_at"], row["id"]), _execution(row)) for row in found]
        return Page(rows=rows[:most], has_next=len(rows) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: ExecutionsWanted) -> int:
        """Return how many there are."""
        require(by, "policy.read")
        where, values = _narrowed(wanted, None)
        found: int = await self._pool.fetchval(f"{_COUNT}{where}", *values)
        return found

    async def one(self, by: Identity, execution_id: str) -> ExecutionRow | None:
        """Return an execution, or None if there is none."""
        require(by, "policy.read")
        known = is_storable(execution_id)
        row = (
            await self._pool.fetchrow(f"{_LIST} where x.id = $1", execution_id) if known else None
        )
        return _execution(row) if row else None

    async def evaluations(self, executions: Sequence[str]) -> dict[str, list[EvaluationRow]]:
        """Return what policies came to, by execution, in the order of evaluation."""
        found: dict[str, list[EvaluationRow]] = {one: [] for one in executions}
        for row in await self._pool.fetch(_EVALUATIONS, list(executions)):
            read = {key: load_any(row[key]) for key in ("path", "tree", "actions")}
            found[row["execution_id"]].append(EvaluationRow(**{**dict(row), **read}))
        return found

    async def actions(self, executions: Sequence[str]) -> dict[str, list[ActionRow]]:
        """Return actions, by execution: in the order of the decision, and then what has followed from answers."""
        found: dict[str, list[ActionRow]] = {one: [] for one in executions}
        for row in await self._pool.fetch(_ACTIONS, list(executions)):
            found[row["execution_id"]].append(_action(row))
        return found

    async def consequences(self, actions: Sequence[str]) -> dict[str, list[ActionRow]]:
        """Return what hosts were asked to do because of the answers to actions, by those, in the order of asking."""
        found: dict[str, list[ActionRow]] = {one: [] for one in actions}
        for row in await self._pool.fetch(_CONSEQUENCES, list(actions)):
            found[row["follows_from"]].append(_action(row))
        return found


def load_any(text: str) -> object:
    """Read any JSON value that was stored as text."""
    return load(f'{{"value":{text}}}')["value"]


def _action(row: Record) -> ActionRow:
    result = load_any(row["result"]) if row["result"] is not None else None
    read = {"config": load(row["config"]), "result": result}
    return ActionRow(**{**dict(row), **read})


def _execution(row: Record) -> ExecutionRow:
    read = {"facts": load(row["facts"]), "decision": load(row["decision"])}
    return ExecutionRow(**{**dict(row), **read})


def _narrowed(wanted: ExecutionsWanted, after: Place | None) -> tuple[str, list[object]]:
    """Return what is asked as SQL with its values: only what is there, so that indexes serve."""
    clauses, values = ["true"], list[object]()
    for clause, value in (
        ("x.trigger = {}", wanted.trigger),
        ("x.entity_type = {}", wanted.entity_type),
        ("x.entity_id = {}", wanted.entity_id),
        ("x.status = {}", wanted.status),
    ):
        if value:
            values.append(value)
            clauses.append(clause.format(f"${len(values)}"))
    evaluated = [
        (column, value)
        for column, value in (("policy_id", wanted.policy_id), ("outcome", wanted.outcome))
        if value
    ]
    if evaluated:
        same = [f"e.{column} = ${len(values) + n}" for n, (column, _) in enumerate(evaluated, 1)]
        if wanted.outcome not in (None, _COMMON):
            same.append(_RARE)
        clauses.append(_EVALUATED.format(" and ".join(same)))
        values += [value for _, value in evaluated]
    if after is not None:
        clauses.append(f"(x.started_at, x.id) < (${len(values) + 1}, ${len(values) + 2})")
        values += [after.at, after.id]
    return " where " + " and ".join(clauses), values


_COMMON: Final = "hit"
_RARE: Final = f"e.outcome <> '{_COMMON}'"
"""Says so whatever the parameter is: else a plan that was made before it is known could not use the index of these."""
_EVALUATED: Final = """
exists (select 1 from orderwright.policy_evaluation as e where e.execution_id = x.id and {})
"""
_LIST: Final = """
select x.id, x.trigger, x.entity_type, x.entity_id, x.root_id, x.event_id, x.source, x.facts, x.flagged,
       x.set_revision, x.decision, x.status, x.occurred_at, x.started_at, x.duration_us, x.correlation_id,
       x.causation_id, x.error
from orderwright.policy_execution as x"""
_COUNT: Final = "select count(*) from orderwright.policy_execution as x"
_ORDER: Final = " order by x.started_at desc, x.id desc "
_EVALUATIONS: Final = """
select e.execution_id, e.policy_id, coalesce(p.name, e.policy_id) as policy_name, e.version, e.outcome, e.mode,
       e.path, e.tree, e.actions, e.error, e.duration_ns
from orderwright.policy_evaluation as e
left join orderwright.policy as p on p.id = e.policy_id
left join orderwright.policy_version as v on v.policy_id = e.policy_id and v.version = e.version
where e.execution_id = any($1::text[])
order by e.execution_id, (v.document::jsonb ->> 'priority')::int desc nulls last, e.policy_id
"""
_ACTION: Final = """
select a.id, a.execution_id, a.policy_id, coalesce(p.name, a.policy_id) as policy_name, a.version, a.node, a.action,
       a.config, a.entity_type, a.entity_id, a.status, a.code, a.message, a.planned_at, a.done_at, a.result,
       a.follows_from
from orderwright.policy_action as a left join orderwright.policy as p on p.id = a.policy_id
"""
_ACTIONS: Final = f"""{_ACTION}
where a.execution_id = any($1::text[]) order by a.execution_id, a.rank
"""
_CONSEQUENCES: Final = f"""{_ACTION}
where a.follows_from = any($1::text[]) order by a.follows_from, a.rank
"""
