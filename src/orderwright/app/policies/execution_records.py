"""Executions as they are stored, read for those who decide and those who ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.app.policies.execution import Execution, ExecutionNotFound, StoredAction
from orderwright.app.policies.occurrence import Entity
from orderwright.app.policies.restricting import HOLDING
from orderwright.json_text import is_storable, load

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.runtime.pool import Connection


async def stored(connection: Connection, execution_id: str) -> Execution:
    """Return an execution with its actions as they stand.

    Raises:
        ExecutionNotFound: there is none of this id.
    """
    known = is_storable(execution_id)
    row = await connection.fetchrow(_EXECUTION, execution_id) if known else None
    if row is None:
        raise ExecutionNotFound(
            f"no execution {execution_id!r}", values={"execution": execution_id}
        )
    rows = await connection.fetch(_ACTIONS, execution_id)
    return Execution(
        id=row["id"],
        trigger=row["trigger"],
        entity=Entity(row["entity_type"], row["entity_id"]),
        status=row["status"],
        actions=tuple(_action(one) for one in rows if one["status"] != "dropped"),
        decision=load(row["decision"]),
        flagged=tuple(row["flagged"]),
        revision=row["set_revision"],
        duration_us=row["duration_us"],
        is_repeated=True,
        error=row["error"],
        submission=row["submission"],
    )


async def holding(connection: Connection, entity: Entity) -> list[StoredAction]:
    """Return the actions that hold an entity, whatever they were decided on, in the order of the decisions."""
    return [_action(row) for row in await connection.fetch(_HOLDING, entity.type, entity.id)]


def _action(row: Record) -> StoredAction:
    return StoredAction(
        id=row["id"],
        policy=row["policy_id"],
        policy_name=row["policy_name"],
        version=row["version"],
        node=row["node"],
        action=row["action"],
        config=load(row["config"]),
        rank=row["rank"],
        status=row["status"],
        code=row["code"],
        message=row["message"],
    )


_EXECUTION: Final = """
select id, trigger, entity_type, entity_id, status, decision, flagged, set_revision, duration_us, error,
       submission
from orderwright.policy_execution where id = $1
"""
_READ: Final = """
select a.id, a.policy_id, coalesce(p.name, a.policy_id) as policy_name, a.version, a.node, a.action, a.config, a.rank,
       a.status, a.code, a.message
from orderwright.policy_action as a left join orderwright.policy as p on p.id = a.policy_id
"""
_ACTIONS: Final = f"{_READ} where a.execution_id = $1 and a.follows_from is null order by a.rank"
_HOLDING: Final = f"""{_READ}
where a.entity_type = $1 and a.entity_id = $2 and {HOLDING} order by a.planned_at, a.execution_id, a.rank
"""
