"""Where a migration is: its row, and the instances that it could not move; written with the moves themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from orderwright.json_text import dump
from orderwright.runtime.identity import fresh_id
from orderwright.runtime.move import Moves, Route, Stuck
from orderwright.statechart import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True)
class Run:
    """A migration under way; `resumed` when it had been interrupted."""

    migration_id: str
    resumed: bool


async def begin(connection: Connection, route: Route, mapping: str, *, at: datetime) -> Run:
    """Find the interrupted run of this very migration, or begin one.

    One with another mapping is given up, and so is one that goes the other way.
    """
    chart_id, version, to = route.before.id, route.before.version, route.after.version
    await connection.execute("select pg_advisory_xact_lock(hashtext($1))", chart_id)
    await connection.execute(_GIVE_UP, chart_id, version, to, mapping, at)
    found = await connection.fetchval(_INTERRUPTED, chart_id, version)
    if found is not None:
        return Run(found, resumed=True)
    migration_id = fresh_id()
    await connection.execute(_BEGIN, migration_id, chart_id, version, to, mapping, at)
    return Run(migration_id, resumed=False)


async def passed(connection: Connection, migration_id: str) -> str | None:
    """Lock a run and return the last instance that it has dealt with; None when it does not run any more."""
    found = await connection.fetchval(_PASSED, migration_id)
    return cast("str | None", found)


async def ahead(
    connection: Connection, route: Route, migration_id: str, *, passed: str, limit: int
) -> list[str]:
    """Return the instances that come next, in the order of their ids; none when the run has looked at all.

    Behind the last one it begins anew, for whoever was born behind its place. Whom it could not move it leaves out.
    """
    key = (route.before.id, route.before.version, migration_id, limit)
    rows = await connection.fetch(_AHEAD, *key, passed) or await connection.fetch(
        _AHEAD, *key, _BEGINNING
    )
    return [row["instance_id"] for row in rows]


async def advance(
    connection: Connection, migration_id: str, moves: Moves, *, at: datetime
) -> None:
    """Note what a batch came to."""
    await connection.execute(_ADVANCE, migration_id, moves.last, len(moves.roots), at)
    await _note(connection, migration_id, moves)


async def settle(
    connection: Connection, migration_id: str, instance_id: str, moves: Moves, *, at: datetime
) -> None:
    """Note what became of an instance that had been busy."""
    await connection.execute(_FORGET, migration_id, instance_id)
    await connection.execute(_ADVANCE, migration_id, None, len(moves.roots), at)
    await _note(connection, migration_id, moves)


async def finish(connection: Connection, migration_id: str, *, at: datetime) -> None:
    """Close a run."""
    await connection.execute(_FINISH, migration_id, at)


async def outcome(connection: Connection, migration_id: str) -> tuple[int, bool]:
    """Return how many instances a run has moved, and whether it was given up."""
    [row] = await connection.fetch(_OUTCOME, migration_id)
    return row["moved"], row["given_up"]


async def stuck(connection: Connection, migration_id: str) -> list[Stuck]:
    """Return the instances that a run could not move."""
    rows = await connection.fetch(_STUCK, migration_id)
    return [
        Stuck(
            instance_id=row["instance_id"],
            version=row["version"],
            state=row["state"],
            reasons=tuple(Reason(**one) for one in json.loads(row["reasons"])),
        )
        for row in rows
    ]


async def running(connection: Connection, chart_id: str, version: int) -> int:
    """Count the running instances of a version."""
    return cast("int", await connection.fetchval(_RUNNING, chart_id, version))


async def _note(connection: Connection, migration_id: str, moves: Moves) -> None:
    rows = [
        (migration_id, one.instance_id, one.version, one.state, _reasons(one))
        for one in moves.stuck
    ]
    if rows:
        await connection.executemany(_NOTE, rows)


def _reasons(one: Stuck) -> str:
    return dump(
        [
            {"code": reason.code, "message": reason.message, "values": dict(reason.values)}
            for reason in one.reasons
        ]
    )


_BEGINNING: Final = ""  # of the ids
_GIVE_UP = """
update orderwright.chart_migration set status = 'given_up', updated_at = $5
where chart_id = $1 and status = 'running'
  and (from_version = $2 and (to_version <> $3 or mapping <> $4) or from_version = $3 and to_version = $2)
"""
_INTERRUPTED = """
select migration_id from orderwright.chart_migration
where chart_id = $1 and from_version = $2 and status = 'running'
"""
_BEGIN = """
insert into orderwright.chart_migration (
    migration_id, chart_id, from_version, to_version, mapping, status, passed, moved, started_at, updated_at)
values ($1, $2, $3, $4, $5, 'running', '', 0, $6, $6)
"""
_PASSED = """
select passed from orderwright.chart_migration
where migration_id = $1 and status = 'running' for update
"""
_AHEAD = """
select instance_id from orderwright.instance as i
where chart_id = $1 and chart_version = $2 and status = 'active' and instance_id > $5
  and not exists (
    select from orderwright.chart_migration_stuck as s
    where s.migration_id = $3 and s.instance_id = i.instance_id
      and s.instance_id > $5 -- follows, but the planner does not see that it need not read those behind
  )
order by instance_id limit $4
"""
_ADVANCE = """
update orderwright.chart_migration
set passed = coalesce($2, passed), moved = moved + $3, updated_at = $4
where migration_id = $1
"""
_FINISH = """
update orderwright.chart_migration set status = 'done', updated_at = $2
where migration_id = $1 and status = 'running'
"""
_OUTCOME = """
select moved, status = 'given_up' as given_up from orderwright.chart_migration where migration_id = $1
"""
_NOTE = """
insert into orderwright.chart_migration_stuck (migration_id, instance_id, version, state, reasons)
values ($1, $2, $3, $4, $5)
on conflict (migration_id, instance_id) do update
set version = excluded.version, state = excluded.state, reasons = excluded.reasons
"""
_FORGET = """
delete from orderwright.chart_migration_stuck where migration_id = $1 and instance_id = $2
"""
_STUCK = """
select instance_id, version, state, reasons from orderwright.chart_migration_stuck
where migration_id = $1 order by instance_id
"""
_RUNNING = """
select count(*) from orderwright.instance
where chart_id = $1 and chart_version = $2 and status = 'active'
"""
