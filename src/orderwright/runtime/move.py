"""Moving instances, batch by batch, to another version of their chart: what `orderwright.runtime.migration` repeats.

A batch takes the instances that nobody has locked, judges each, and writes the moves through the one write path. That
a move can be stored is part of the judgement, so that one that cannot holds up no other. Who was passed over is noted
as busy and tried alone afterwards. So live traffic never waits for more than one batch, and a migration that holds
instances waits for nobody but whoever holds its run, who waits for no instance: it cannot be part of a deadlock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import asyncpg
from jsonschema import Draft202012Validator

from orderwright.json_text import load
from orderwright.runtime.calendar import in_calendar, is_known
from orderwright.runtime.command import Cause, Send
from orderwright.runtime.instance import Instance, instance_of
from orderwright.runtime.transition import Prepared, Transition
from orderwright.runtime.write import EffectUnsupported, StepUnfit, prepare, store
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
UNREADABLE: Final = "instance_unreadable"
"""The reason of an instance whose snapshot cannot be read."""
TIMER_UNREADABLE: Final = "timer_unreadable"
"""The reason of an instance of which a timer cannot be read."""
UNFIT: Final = "step_unfit"
"""The reason of an instance whose move makes what cannot be stored."""


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
    """What became of a batch; `last` is the highest id in it, None when it was empty."""

    last: str | None
    roots: tuple[str, ...] = ()
    stuck: tuple[Stuck, ...] = ()


async def move_batch(
    connection: Connection, route: Route, cause: Cause, ids: Sequence[str], *, now: datetime
) -> Moves:
    """Move the instances with these ids, which ascend, in the caller's transaction."""
    if not ids:
        return Moves(last=None)
    rows = await connection.fetch(_FREE, *_key(route), ids)
    moves = await _move(connection, route, cause, rows, now)
    held = sorted(set(ids) - {row["instance_id"] for row in rows})
    return Moves(last=ids[-1], roots=moves.roots, stuck=(*moves.stuck, *map(_busy, held)))


async def lock_one(
    connection: Connection, route: Route, instance_id: str, *, patience: timedelta
) -> list[Record] | None:
    """Lock an instance that is still to be moved, waiting a while; None when somebody else keeps it."""
    try:
        async with connection.transaction():
            await connection.execute(_PATIENTLY, f"{patience // timedelta(milliseconds=1)}ms")
            rows = await connection.fetch(_WAIT, *_key(route), [instance_id])
            await connection.execute(_PATIENT_AGAIN)
    except asyncpg.LockNotAvailableError:
        return None
    return rows


async def move_one(
    connection: Connection,
    route: Route,
    cause: Cause,
    instance_id: str,
    rows: Sequence[Record] | None,
    *,
    now: datetime,
) -> Moves:
    """Move one instance, or none, as `lock_one` has given it, in the same transaction."""
    if rows is None:
        return Moves(last=instance_id, stuck=(_busy(instance_id),))
    return await _move(connection, route, cause, rows, now)


async def rehearse_batch(
    connection: Connection, route: Route, cause: Cause, *, passed: str, limit: int, now: datetime
) -> Moves:
    """Judge the next instances and write nothing; `roots` are those that would move."""
    rows = await connection.fetch(_LOOK, *_key(route), passed, limit)
    if not rows:
        return Moves(last=None)
    steps, stuck = await _judge(connection, route, cause, rows, now)
    return Moves(last=rows[-1]["instance_id"], roots=_roots(steps), stuck=stuck)


async def pending_timers(connection: Connection, instance_id: str) -> list[Pending]:
    """Return the timers of one instance.

    Raises:
        ValueError: one of them cannot be read.
    """
    rows = await connection.fetch(_PENDING, [instance_id])
    return [_timer(row) for row in rows]


async def _move(
    connection: Connection, route: Route, cause: Cause, rows: Sequence[Record], now: datetime
) -> Moves:
    steps, stuck = await _judge(connection, route, cause, rows, now)
    outcomes = await store(connection, steps) if steps else []
    assert set(outcomes) <= {"applied"}, "a locked instance was changed by somebody else"
    last = rows[-1]["instance_id"] if rows else None
    return Moves(last=last, roots=_roots(steps), stuck=stuck)


async def _judge(
    connection: Connection, route: Route, cause: Cause, rows: Sequence[Record], now: datetime
) -> tuple[list[Prepared], tuple[Stuck, ...]]:
    """Return the moves, ready to be stored, and the instances that cannot move: none of these is a reason to stop."""
    timers = await _timers(connection, [row["instance_id"] for row in rows])
    steps: list[Prepared] = []
    stuck: list[Stuck] = []
    for row in rows:
        verdict = _verdict(route, cause, row, timers.get(row["instance_id"], ()), now)
        if isinstance(verdict, Prepared):
            steps.append(verdict)
        else:
            stuck.append(_stuck(row, verdict))
    return steps, tuple(stuck)


def _verdict(
    route: Route, cause: Cause, row: Record, timers: Sequence[Pending | Reason], now: datetime
) -> Prepared | tuple[Reason, ...]:
    """Return the move of an instance, or every reason against it."""
    flaws = tuple(one for one in timers if isinstance(one, Reason))
    try:
        instance = instance_of(row)
    except ValueError as error:
        return Reason(UNREADABLE, str(error)), *flaws
    pending = [one for one in timers if isinstance(one, Pending)]
    result = route.judge(instance, pending, now)
    if not isinstance(result, Moved):
        return *result, *flaws
    try:
        step = prepare(_transition(route, cause, instance, result, now))
    except (EffectUnsupported, StepUnfit) as error:
        return Reason(UNFIT, error.message, error.values), *flaws
    return flaws or step


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


async def _timers(
    connection: Connection, instance_ids: Sequence[str]
) -> Mapping[str, list[Pending | Reason]]:
    """Return the timers of instances; for one that cannot be read, the reason that it is."""
    found: dict[str, list[Pending | Reason]] = {}
    for row in await connection.fetch(_PENDING, instance_ids):
        found.setdefault(row["instance_id"], []).append(_timer_or_reason(row))
    return found


def _timer_or_reason(row: Record) -> Pending | Reason:
    try:
        return _timer(row)
    except ValueError as error:
        message = f"the timer {row['timer_id']} cannot be read: {error}"
        return Reason(TIMER_UNREADABLE, message, {"timer": row["timer_id"]})


def _key(route: Route) -> tuple[str, int]:
    return route.before.id, route.before.version


def _timer(row: Record) -> Pending:
    if not is_known(row["due_at"]):
        raise ValueError("its time is beyond the calendar")
    event = Event(row["event_type"], load(row["event_data"]))
    return Pending(id=row["timer_id"], event=event, due_at=row["due_at"])


def _stuck(row: Record, reasons: tuple[Reason, ...]) -> Stuck:
    return Stuck(
        instance_id=row["instance_id"],
        version=row["version"],
        state=row["state"],
        reasons=reasons,
    )


def _roots(steps: Sequence[Prepared]) -> tuple[str, ...]:
    return tuple(step.after.root_id for step in steps)


def _busy(instance_id: str) -> Stuck:
    reason = Reason(BUSY, "somebody else has it locked; migrate again")
    return Stuck(instance_id=instance_id, version=0, state="", reasons=(reason,))


def _unfit(path: str, message: str) -> Reason:
    return Reason("context_invalid", f"the new context: {path}: {message}", {"path": path})


_COLUMNS = f"""instance_id, root_id, chart_id, chart_version, version, status, state, snapshot, log_hash,
       {in_calendar("created_at")} as created_at, {in_calendar("updated_at")} as updated_at"""
_RUNNING = "chart_id = $1 and chart_version = $2 and status = 'active'"
_LOOK = f"""
select {_COLUMNS} from orderwright.instance
where {_RUNNING} and instance_id > $3
order by instance_id limit $4
"""  # noqa: S608 (constants, here and below)
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
_PENDING = f"""
select instance_id, timer_id, event_type, event_data, {in_calendar("due_at")} as due_at from orderwright.timer
where instance_id = any($1) order by instance_id, due_at, timer_id
"""  # noqa: S608
