"""Moving instances, batch by batch, to another version of their chart: what `orderwright.runtime.migration` repeats.

A batch takes the instances that nobody has locked, judges each, and writes the moves through the one write path. Who
was passed over is noted as busy and tried alone afterwards. So live traffic never waits for more than one batch, and
a migration that holds instances waits for nobody but whoever holds its run, who waits for no instance: it cannot be
part of a deadlock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import asyncpg
from jsonschema import Draft202012Validator

from orderwright.json_text import load
from orderwright.runtime.command import Cause, Send
from orderwright.runtime.instance import Instance, instance_of
from orderwright.runtime.transition import Transition
from orderwright.runtime.write import apply
from orderwright.statechart import Event, Reason, Step
from orderwright.statechart.migration import Moved, Passage, Pending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Chart

MIGRATED: Final = "migrate"
"""The event type of a move's row in the log."""
BUSY: Final = "instance_busy"
"""The reason of an instance that somebody else has locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """An instance that cannot move, in which state it is, and every reason."""

    instance_id: str
    version: int
    state: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """From where to where, by which passage; `schema` is what the new context must satisfy."""

    before: Chart
    after: Chart
    passage: Passage
    schema: Draft202012Validator | None = None

    def judge(
        self, instance: Instance, pending: Sequence[Pending], now: datetime
    ) -> Moved | tuple[Reason, ...]:
        """Return the move of an instance, or every reason against it."""
        result = self.passage.move(instance.snapshot, pending, now=now)
        if isinstance(result, Moved) and self.schema is not None:
            errors = self.schema.iter_errors(dict(result.snapshot.context))
            return tuple(_unfit(error.json_path, error.message) for error in errors) or result
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What became of a batch; `last` is the highest id in it, None when there was none left."""

    last: str | None
    roots: tuple[str, ...] = ()
    stuck: tuple[Stuck, ...] = ()


async def move_batch(
    connection: Connection, route: Route, cause: Cause, *, passed: str, limit: int, now: datetime
) -> Moves:
    """Move the next instances whose ids come after `passed`, in the caller's transaction."""
    ids = [
        row["instance_id"] for row in await connection.fetch(_NEXT, *_key(route), passed, limit)
    ]
    if not ids:
        return Moves(last=None)
    instances = await _locked(connection, _FREE, ids, route)
    busy = set(ids) - {one.instance_id for one in instances}
    moves = await _move(connection, route, cause, instances, now)
    held = tuple(_busy(name) for name in sorted(busy))
    return Moves(last=ids[-1], roots=moves.roots, stuck=(*moves.stuck, *held))


async def lock_one(
    connection: Connection, route: Route, instance_id: str, *, patience: timedelta
) -> list[Instance] | None:
    """Lock an instance that is still to be moved, waiting a while; None when somebody else keeps it."""
    try:
        async with connection.transaction():
            await connection.execute(_PATIENTLY, f"{patience // timedelta(milliseconds=1)}ms")
            instances = await _locked(connection, _WAIT, [instance_id], route)
            await connection.execute(_PATIENT_AGAIN)
    except asyncpg.LockNotAvailableError:
        return None
    return instances


async def move_one(
    connection: Connection,
    route: Route,
    cause: Cause,
    instance_id: str,
    instances: Sequence[Instance] | None,
    *,
    now: datetime,
) -> Moves:
    """Move one instance, or none, as `lock_one` has given it, in the same transaction."""
    if instances is None:
        return Moves(last=instance_id, stuck=(_busy(instance_id),))
    return await _move(connection, route, cause, instances, now)


async def rehearse_batch(
    connection: Connection, route: Route, *, passed: str, limit: int, now: datetime
) -> Moves:
    """Judge the next instances and write nothing; `roots` are those that would move."""
    instances = [
        instance_of(row) for row in await connection.fetch(_LOOK, *_key(route), passed, limit)
    ]
    if not instances:
        return Moves(last=None)
    pending = await _pending(connection, instances)
    judged = [(one, route.judge(one, pending.get(one.instance_id, ()), now)) for one in instances]
    return Moves(
        last=instances[-1].instance_id,
        roots=tuple(one.root_id for one, result in judged if isinstance(result, Moved)),
        stuck=tuple(_stuck(one, result) for one, result in judged if isinstance(result, tuple)),
    )


async def pending_timers(connection: Connection, instance_id: str) -> list[Pending]:
    """Return the timers of one instance."""
    rows = await connection.fetch(_PENDING, [instance_id])
    return [_timer(row) for row in rows]


async def _move(
    connection: Connection,
    route: Route,
    cause: Cause,
    instances: Sequence[Instance],
    now: datetime,
) -> Moves:
    pending = await _pending(connection, instances)
    transitions: list[Transition] = []
    stuck: list[Stuck] = []
    for instance in instances:
        result = route.judge(instance, pending.get(instance.instance_id, ()), now)
        if isinstance(result, Moved):
            transitions.append(_transition(route, cause, instance, result, now))
        else:
            stuck.append(_stuck(instance, result))
    outcomes = await apply(connection, transitions) if transitions else []
    assert set(outcomes) <= {"applied"}, "a locked instance was changed by somebody else"
    last = instances[-1].instance_id if instances else None
    return Moves(last=last, roots=tuple(one.root_id for one in transitions), stuck=tuple(stuck))


def _transition(
    route: Route, cause: Cause, instance: Instance, moved: Moved, now: datetime
) -> Transition:
    data = {"chart": route.after.id, "from": route.before.version, "to": route.after.version}
    return Transition(
        command=Send(instance_id=instance.instance_id, event=Event(MIGRATED, data), cause=cause),
        chart=route.after,
        before=instance,
        step=Step(moved.snapshot, moved.effects, changed=True),
        facts={},
        occurred_at=now,
        recorded_at=now,
    )


async def _locked(
    connection: Connection, query: str, ids: Sequence[str], route: Route
) -> list[Instance]:
    return [instance_of(row) for row in await connection.fetch(query, *_key(route), ids)]


async def _pending(
    connection: Connection, instances: Sequence[Instance]
) -> Mapping[str, list[Pending]]:
    found: dict[str, list[Pending]] = {}
    rows = await connection.fetch(_PENDING, [one.instance_id for one in instances])
    for row in rows:
        found.setdefault(row["instance_id"], []).append(_timer(row))
    return found


def _key(route: Route) -> tuple[str, int]:
    return route.before.id, route.before.version


def _timer(row: Record) -> Pending:
    event = Event(row["event_type"], load(row["event_data"]))
    return Pending(id=row["timer_id"], event=event, due_at=row["due_at"])


def _stuck(instance: Instance, reasons: tuple[Reason, ...]) -> Stuck:
    return Stuck(
        instance_id=instance.instance_id,
        version=instance.version,
        state=instance.state,
        reasons=reasons,
    )


def _busy(instance_id: str) -> Stuck:
    reason = Reason(BUSY, "somebody else has it locked; migrate again")
    return Stuck(instance_id=instance_id, version=0, state="", reasons=(reason,))


def _unfit(path: str, message: str) -> Reason:
    return Reason("context_invalid", f"the new context: {path}: {message}", {"path": path})


_COLUMNS = """instance_id, root_id, chart_id, chart_version, version, status, state, snapshot, log_hash,
       created_at, updated_at"""
_RUNNING = "chart_id = $1 and chart_version = $2 and status = 'active'"
_NEXT = f"""
select instance_id from orderwright.instance
where {_RUNNING} and instance_id > $3
order by instance_id limit $4
"""  # noqa: S608 (constants, here and below)
_LOOK = f"""
select {_COLUMNS} from orderwright.instance
where {_RUNNING} and instance_id > $3
order by instance_id limit $4
"""  # noqa: S608
_FREE = f"""
select {_COLUMNS} from orderwright.instance
where {_RUNNING} and instance_id = any($3)
order by instance_id for update skip locked
"""  # noqa: S608
_WAIT = f"""
select {_COLUMNS} from orderwright.instance
where {_RUNNING} and instance_id = any($3)
order by instance_id for update
"""  # noqa: S608
_PATIENTLY = "select set_config('lock_timeout', $1, true)"
_PATIENT_AGAIN = "set local lock_timeout to default"
_PENDING = """
select instance_id, timer_id, event_type, event_data, due_at from orderwright.timer
where instance_id = any($1) order by instance_id, due_at, timer_id
"""
