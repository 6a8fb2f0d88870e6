"""Timers that are due. Only `orderwright.apply_steps` sets them; here they are claimed and taken away.

A timer belongs to an instance, and whoever changes the timers of an instance holds the instance's lock. So it is
instances that are claimed, those with something due, the longest overdue first, and of each its next timer: timers
of one instance fire one after the other in due order, however many workers there are. An instance that somebody
else has locked is passed over, not waited for; therefore claiming cannot deadlock, in whichever order it locks.
Those whose chart is foreign here (`registry`) are passed over as well, and so are those of which a timer failed, until
that is tried again: what is due later may build on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.json_text import load
from orderwright.runtime.calendar import in_calendar, nearest
from orderwright.runtime.instance import Instance, instance_of
from orderwright.runtime.pool import patiently
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.command import Origin
    from orderwright.runtime.pool import Connection

BATCH: Final = 200
"""How many timers are claimed at once: enough that a transaction costs each of them little, and few enough that
callers who send to one of the locked instances wait for fractions of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimer:
    """A timer that was claimed; its texts are read when they are asked for, so that a damaged one is its own trouble.

    Attributes:
        row: the columns of `_NEXT`, of its instance as it stands, locked, and of the timer.
        instance_version: the version of the log row that scheduled it.
        correlation_id: what that row belonged to.
        origin: import if an import scheduled it when it was overdue already: then it is part of what was taken over.
            A migration only carries timers on: what is due at that moment happens live.
        last_occurred_at: when the instance's latest row occurred; a timer cannot fire before that.
        attempts: how often it has failed already.
    """

    row: Record
    instance_id: str
    root_id: str
    chart_id: str
    chart_version: int
    timer_id: str
    due_at: datetime
    event_type: str
    instance_version: int
    correlation_id: str
    origin: Origin
    last_occurred_at: datetime
    attempts: int

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from every other timer that was ever set."""
        return self.instance_id, self.timer_id, self.instance_version

    def instance(self) -> Instance:
        """Read its instance.

        Raises:
            ValueError: the snapshot cannot be read.
        """
        return instance_of(self.row)

    def event(self) -> Event:
        """Read what it sends.

        Raises:
            ValueError: the data cannot be read.
        """
        try:
            return Event(self.event_type, load(self.row[14]))
        except ValueError as error:
            raise ValueError(f"the data of {self.timer_id} cannot be read: {error}") from error


async def claim_due(
    connection: Connection,
    *,
    until: datetime,
    now: datetime,
    foreign: Sequence[str] = (),
    held: Sequence[str] = (),
    alone: bool = False,
) -> list[DueTimer]:
    """Lock instances with timers that are due at `until`, and return the next one of each by instance id.

    Args:
        connection: in a transaction, which keeps the locks.
        until: what counts as due.
        now: an instance is left out until the next attempt of a timer that failed, if no other comes before that.
        foreign: versions of charts whose instances are left out, as `<chart>/<version>`.
        held: instances that are left out.
        alone: claim the earliest only, instead of up to `BATCH`.
    """
    while True:
        lock = _LOCK_ONE if alone else _LOCK_MANY
        locked = await connection.fetch(lock, until, now, foreign, held)
        if not locked:
            return []
        due = await _next_of(connection, {row["instance_id"] for row in locked}, until, now)
        if due:
            return due


async def claim_next(
    connection: Connection, instance_id: str, *, until: datetime, now: datetime, patience_ms: int
) -> DueTimer | None:
    """Lock one instance, unless somebody has, and return its next timer that is due.

    From then on the transaction waits for no lock longer than the patience.
    """
    if not await connection.fetchval(_LOCK_THIS, instance_id, str(patience_ms)):
        return None
    due = await _next_of(connection, {instance_id}, until, now)
    return due[0] if due else None


async def take_away(connection: Connection, due: Sequence[DueTimer]) -> None:
    """Delete claimed timers; before their steps are stored, which may set one of the same name."""
    keys = zip(*(timer.key for timer in due), strict=True)
    await connection.execute(_TAKE, *map(list, keys))


async def postpone(
    connection: Connection, timer: DueTimer, error: str, *, retry_at: datetime
) -> None:
    """Note that a timer could not be fired, and when to try again."""
    await connection.execute(_POSTPONE, *timer.key, error, retry_at)


async def drop(connection: Connection, instance_id: str, timer_id: str) -> None:
    """Delete a timer, if it is set; the caller has locked the instance by a step in the same transaction."""
    await connection.execute(_DROP, instance_id, timer_id)


async def earliest(connection: Connection, foreign: Sequence[str] = ()) -> datetime | None:
    """Return when the next timer is due, or is to be tried again, of charts that are not foreign; None without any."""
    at: datetime | None = await connection.fetchval(_EARLIEST, foreign)
    return at


async def pending(connection: Connection, instance_id: str) -> list[tuple[str, str, datetime]]:
    """Return the timers of an instance as (id, event type, due), the next one first."""
    rows = await connection.fetch(_PENDING, instance_id)
    return [(row["timer_id"], row["event_type"], row["due_at"]) for row in rows]


async def hasten(connection: Connection, instance_id: str, timer_id: str, *, at: datetime) -> bool:
    """Have a timer that failed tried again at once; False if it is not there, or has not failed."""
    return await connection.fetchval(_HASTEN, instance_id, timer_id, at) is not None


async def _next_of(
    connection: Connection, instance_ids: set[str], until: datetime, now: datetime
) -> list[DueTimer]:
    """Read in a statement after the one that locked: it sees what the one who held the lock before has done."""
    rows = await connection.fetch(_NEXT, sorted(instance_ids), until, now)
    return [_due(row) for row in rows]


def _due(row: Record) -> DueTimer:
    """Take the columns of `_NEXT` by their places, which costs a fraction of taking them by name."""
    return DueTimer(
        row=row,
        instance_id=row[0],
        root_id=row[1],
        chart_id=row[2],
        chart_version=row[3],
        timer_id=row[11],
        due_at=row[12],
        event_type=row[13],
        instance_version=row[15],
        attempts=row[16],
        correlation_id=row[17],
        last_occurred_at=row[18],
        origin=row[19],
    )


# A scalar, with a limit: a look into an index for each, also by a plan that was made when the table was empty.
_BEHIND = """(
    select true from orderwright.timer as failed
    where failed.instance_id = t.instance_id and failed.retry_at is not null
      and (failed.due_at, failed.instance_version, failed.timer_id) < (t.due_at, t.instance_version, t.timer_id)
    limit 1)"""
_LOCK = f"""
select i.instance_id
from orderwright.timer as t
join orderwright.instance as i on i.instance_id = t.instance_id
where t.due_at <= $1 and (t.retry_at is null or t.retry_at <= $2) and {_BEHIND} is null
  and i.chart_id || '/' || i.chart_version <> all ($3::text[]) and t.instance_id <> all ($4::text[])
order by t.due_at
"""  # noqa: S608 (constants, here and below)
_LOCK_ONE = _LOCK + "limit 1 for update of i skip locked"
_LOCK_MANY = _LOCK + f"limit {BATCH} for update of i skip locked"
_LOCK_THIS = f"""
select true from orderwright.instance where instance_id = {patiently("$1::text", "$2")} for update skip locked
"""  # noqa: S608 (ours)
# Lateral, with a limit: a few looks into indexes for each, also by a plan that was made when the tables were empty.
_NEXT = f"""
select i.instance_id, i.root_id, i.chart_id, i.chart_version, i.version, i.status, i.state, i.snapshot, i.log_hash,
       {in_calendar("i.created_at")} as created_at, {in_calendar("i.updated_at")} as updated_at,
       t.timer_id, {nearest("t.due_at")} as due_at, t.event_type, t.event_data, t.instance_version, t.attempts,
       coalesce(cause.correlation_id, i.instance_id) as correlation_id,
       {in_calendar("coalesce(latest.occurred_at, t.due_at)")} as last_occurred_at,
       case when cause.origin = 'import' and t.due_at <= cause.recorded_at then 'import' else 'live' end as origin
from unnest($1::text[]) with ordinality as locked (instance_id, place)
cross join lateral (
    select * from orderwright.timer
    where instance_id = locked.instance_id and due_at <= $2
    order by due_at, instance_version, timer_id
    limit 1) as t
cross join lateral (
    select * from orderwright.instance where instance_id = locked.instance_id limit 1) as i
left join lateral (
    select correlation_id, recorded_at, origin from orderwright.log
    where instance_id = i.instance_id and version = t.instance_version limit 1) as cause on true
left join lateral (
    select occurred_at from orderwright.log
    where instance_id = i.instance_id and version = i.version limit 1) as latest on true
where t.retry_at is null or t.retry_at <= $3
order by locked.place
"""  # noqa: S608 (ours)
_TAKE = """
delete from orderwright.timer as t
using unnest($1::text[], $2::text[], $3::integer[]) as taken (instance_id, timer_id, instance_version)
where t.instance_id = taken.instance_id and t.timer_id = taken.timer_id
  and t.instance_version = taken.instance_version
"""
_DROP = "delete from orderwright.timer where instance_id = $1 and timer_id = $2"
_POSTPONE = """
update orderwright.timer
set attempts = attempts + 1, last_error = $4, retry_at = $5
where instance_id = $1 and timer_id = $2 and instance_version = $3
"""
_HASTEN = """
update orderwright.timer set retry_at = $3
where instance_id = $1 and timer_id = $2 and retry_at is not null
returning timer_id
"""
_COUNTS = f"""{_BEHIND} is null and (
    select i.chart_id || '/' || i.chart_version <> all ($1::text[]) from orderwright.instance as i
    where i.instance_id = t.instance_id)"""  # noqa: S608
_EARLIEST = f"""
select least(
    (select {nearest("due_at")} from orderwright.timer as t
     where retry_at is null and {_COUNTS} order by due_at limit 1),
    (select {nearest("retry_at")} from orderwright.timer as t
     where retry_at is not null and {_COUNTS} order by retry_at limit 1))
"""  # noqa: S608 (ours)
_PENDING = """
select timer_id, event_type, due_at from orderwright.timer where instance_id = $1 order by due_at, timer_id
"""
