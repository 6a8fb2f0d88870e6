"""Stored actions: the rows of `policy_action`, read with what led to them, and what has become of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from orderwright.app.policies.restricting import ELSEWHERE, REFUSED
from orderwright.json_text import dump, keep, load
from orderwright.runtime.instance import hold

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.app.policies.occurrence import Entity
    from orderwright.runtime.pool import Connection, Pool

OPEN: Final = frozenset({"planned", "queued"})
"""What is still to be done."""
REVIVED: Final = "revived"
"""The code of what a rejection had overridden, and is done because that was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRow:
    """An action that was decided on.

    Attributes:
        id: also of its hold, and of whatever is begun for it: an approval, a case, a request for documents.
        config: what it is told, its templates filled in.
        rank: its place among the actions of its execution; what follows from answers comes last.
        source: who told of what happened: the relay, a host, or somebody over HTTP.
        event_id: the domain event that was decided on; None where a host called.
        occurrence: tells what was decided on from others of its trigger and entity.
        submission: of a KYC session, on which was decided.
        transfer: of a pay-in, on which was decided.
        follows_from: the action whose answer this one follows from, where its host is to do what people have
            answered; None of what was decided.
        answer_id: the domain event of that answer.
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
    root_id: str
    rank: int
    status: str
    code: str | None
    message: str | None
    planned_at: datetime
    trigger: str
    source: str
    event_id: str | None
    occurrence: str
    submission: int | None
    transfer: int | None
    correlation_id: str
    follows_from: str | None
    answer_id: str | None

    @property
    def causation_id(self) -> str:
        """Return what this one is due to: an answer, an event that was decided on, or else a host's call."""
        return self.answer_id or self.event_id or self.execution_id

    def told(self, key: str, otherwise: str = "") -> str:
        """Return a text of the config, or something else where it is not there."""
        value = self.config.get(key)
        return str(value) if value is not None else otherwise

    def number(self, key: str, otherwise: int) -> int:
        """Return a whole number of the config, or another one where it is not there."""
        value = self.config.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What has become of an action.

    Attributes:
        status: `skipped` where it does not apply or its lifecycle refuses it.
        code, message: why it was skipped.
        lifts: whether its hold has served its purpose.
        result: what there is to know beside it, JSON-ready.
    """

    status: Literal["applied", "skipped"] = "applied"
    code: str | None = None
    message: str | None = None
    lifts: bool = True
    result: Mapping[str, object] | None = None

    @classmethod
    def skipped(cls, code: str, message: str) -> Done:
        """Return that nothing was done, and why."""
        return cls(status="skipped", code=code, message=message)


APPLIED: Final = Done()
BEGUN: Final = Done(lifts=False)
"""Applied; the hold stays until people have answered."""


async def find(connection: Connection, action_id: str) -> ActionRow | None:
    """Return an action as it stands."""
    row = await connection.fetchrow(f"{_READ} where a.id = $1", action_id)
    return _stored(row) if row else None


async def lock(connection: Connection, action_id: str) -> ActionRow | None:
    """Lock an action until the transaction ends, after the entity that it may move, and return it."""
    await _hold(connection, _REACHED, action_id)
    row = await connection.fetchrow(f"{_READ} where a.id = $1 for update of a", action_id)
    return _stored(row) if row else None


async def all_of(connection: Connection, execution_id: str) -> list[ActionRow]:
    """Return the actions of an execution in the order in which they are to be done, without those that it dropped."""
    return [_stored(row) for row in await connection.fetch(_ALL, execution_id)]


async def lock_all(connection: Connection, execution_id: str) -> list[ActionRow]:
    """Lock the actions of an execution as `lock` does, and return them as `all_of` does."""
    await _hold(connection, _ALL_REACHED, execution_id)
    return [_stored(row) for row in await connection.fetch(_LOCK_ALL, execution_id)]


async def planned(connection: Connection, execution_id: str) -> list[ActionRow]:
    """Return the actions of an execution that nobody has begun to do."""
    return [_stored(row) for row in await connection.fetch(_PLANNED, execution_id)]


async def plan_what_follows(  # noqa: PLR0913 (what an action is)
    connection: Connection,
    answered: str,
    *,
    action_id: str,
    answer_id: str,
    action: str,
    config: Mapping[str, object],
    at: datetime,
) -> ActionRow | None:
    """Plan an action that follows from the answer to another one, and return it; None if it is there already."""
    row = (answered, action_id, answer_id, action, dump(config), at)
    if await connection.fetchval(_FOLLOWING, *row) is None:
        return None
    return await find(connection, action_id)


async def revive_overridden(
    connection: Connection, rejection: ActionRow, why: str
) -> list[ActionRow]:
    """Plan what was dropped because of a rejection, with the reason for that, and return it; nothing a second time."""
    about = (rejection.entity_type, rejection.entity_id, rejection.planned_at)
    ids = [row["id"] for row in await connection.fetch(_REVIVE, *about, REVIVED, why)]
    return [_stored(row) for row in await connection.fetch(_THESE, ids)] if ids else []


async def done_elsewhere(
    connection: Connection, entity: Entity, known: Collection[str]
) -> list[ActionRow]:
    """Plan once more what restricts an entity and was done, or refused, before it lived here, and return that.

    Actions that are `known` to the entity, by holds of their ids that are placed or lifted, are left as they are.
    """
    await connection.execute(_LOCK_OF, *entity)  # waits for what is being done at this moment
    ids = [row["id"] for row in await connection.fetch(_AGAIN, *entity, list(known))]
    return [_stored(row) for row in await connection.fetch(_THESE, ids)] if ids else []


async def enqueued(connection: Connection, action_ids: Sequence[str]) -> None:
    """Note that jobs do these actions; what has ended meanwhile stays as it is."""
    await connection.execute(_ENQUEUED, list(action_ids))


async def ended(connection: Connection, action: ActionRow, done: Done, at: datetime) -> None:
    """Note what has become of an action."""
    result = keep(done.result) if done.result is not None else None
    row = (action.id, done.status, done.code, done.message, at, result)
    await connection.execute(_ENDED, *row)


async def failing(connection: Connection | Pool, action_id: str, code: str, message: str) -> None:
    """Note that an action has failed for the last time, unless it has ended."""
    await connection.execute(_FAILED, action_id, code, message)


async def _hold(connection: Connection, reached: str, key: str) -> None:
    """Lock what actions may move: who decides on an entity has locked it when it comes to the actions."""
    await hold(connection, [row["id"] for row in await connection.fetch(reached, key)])


def _stored(row: Record) -> ActionRow:
    columns = {name: row[name] for name in ActionRow.__slots__ if name != "config"}
    config = load(row["config"])
    if not isinstance(config, Mapping):
        raise TypeError(f"the config of action {row['id']} is no object")
    return ActionRow(config=config, **columns)


_READ: Final = """
select a.*, coalesce(p.name, a.policy_id) as policy_name, e.trigger, e.source, e.event_id, e.occurrence,
       e.submission, e.transfer, e.correlation_id
from orderwright.policy_action as a
join orderwright.policy_execution as e on e.id = a.execution_id
left join orderwright.policy as p on p.id = a.policy_id
"""
# Entities, and what a freeze stops beside them: the order of a pay-in, the user of a session.
_REACHED: Final = """
select a.entity_id as id from orderwright.policy_action as a where a.id = $1
union
select beside.id from orderwright.policy_action as a
cross join lateral (
    select e.snapshot::jsonb -> 'context' ->> case a.entity_type when 'PayIn' then 'orderId' else 'userId' end as id
    from orderwright.instance as e where e.instance_id = a.entity_id offset 0) as beside
where a.id = $1 and a.entity_type in ('PayIn', 'KYC') and beside.id is not null
    and a.action not in ('SEND_NOTIFICATION', 'FLAG_FOR_REVIEW', 'AUTO_APPROVE')
"""
_ALL_REACHED: Final = _REACHED.replace("a.id = $1", "a.execution_id = $1")
_ALL: Final = f"""{_READ}
where a.execution_id = $1 and a.status <> 'dropped' and a.follows_from is null order by a.rank, a.id
"""
_LOCK_ALL: Final = f"{_ALL} for update of a"
_PLANNED: Final = (
    f"{_READ} where a.execution_id = $1 and a.status = 'planned' order by a.rank, a.id"
)
_LOCK_OF: Final = """
select 1 from orderwright.policy_action where entity_type = $1 and entity_id = $2
order by execution_id, rank, id for update
"""
_AGAIN: Final = f"""
update orderwright.policy_action as a
set status = 'planned', code = null, message = null, done_at = null, result = null
where a.entity_type = $1 and a.entity_id = $2 and a.id <> all($3::text[]) and ({ELSEWHERE} or {REFUSED})
returning a.id
"""  # noqa: S608 (ours)
_THESE: Final = (
    f"{_READ} where a.id = any($1::text[]) order by a.planned_at, a.execution_id, a.rank"
)
# A rejection overrides what its own event sets off beside it, by whatever name and whoever tells of that; that is
# decided with it or, where a host has told of the event first, after it.
_REVIVE: Final = """
update orderwright.policy_action
set status = 'planned', code = $4, message = $5
where entity_type = $1 and entity_id = $2 and planned_at >= $3 and status = 'dropped' and code = 'overridden'
returning id
"""
_FOLLOWING: Final = """
insert into orderwright.policy_action
    (id, execution_id, policy_id, version, node, action, config, entity_type, entity_id, root_id, rank, status,
     planned_at, follows_from, answer_id)
select $2, execution_id, policy_id, version, node, $4, $5, entity_type, entity_id, root_id,
       (select max(rank) + 1 from orderwright.policy_action as o where o.execution_id = a.execution_id), 'planned', $6,
       id, $3
from orderwright.policy_action as a where id = $1
on conflict (id) do nothing
returning id
"""
_ENQUEUED: Final = """
update orderwright.policy_action set status = 'queued' where id = any($1::text[]) and status = 'planned'
"""
_ENDED: Final = """
update orderwright.policy_action
set status = $2, code = $3, message = $4, done_at = $5, result = $6 where id = $1
"""
_FAILED: Final = """
update orderwright.policy_action set status = 'failed', code = $2, message = $3
where id = $1 and status in ('planned', 'queued', 'failed')
"""
