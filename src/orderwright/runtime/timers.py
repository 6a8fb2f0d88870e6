"""Timers that are due. Only `orderwright.apply_steps` sets them; here they are claimed and taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.json_text import load
from orderwright.statechart import Event

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.command import Origin
    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimer:
    """A timer that was claimed.

    Attributes:
        instance_version: the version of the log row that scheduled it.
        correlation_id: what that row belonged to.
        origin: of that row if the timer was overdue when it was recorded: then it is part of what was taken over.
        last_occurred_at: when the instance's latest row occurred; a timer cannot fire before that.
        attempts: how often it has failed already.
    """

    instance_id: str
    timer_id: str
    due_at: datetime
    event: Event
    instance_version: int
    correlation_id: str
    origin: Origin
    last_occurred_at: datetime
    attempts: int


async def claim_due(connection: Connection, *, until: datetime, now: datetime) -> DueTimer | None:
    """Take away the earliest timer that is due at `until`, or return None.

    The instance is locked, not the timer: whoever changes the timers of an instance holds its lock, so
    that timers of one instance fire one after the other in due order, however many workers there are. An
    instance that somebody else has locked is passed over.
    """
    while True:
        instance_id = await connection.fetchval(_LOCK, until, now)
        if instance_id is None:
            return None
        row = await connection.fetchrow(_TAKE, instance_id, until, now)
        if row is not None:
            return _due(row)


async def postpone(
    connection: Connection, timer: DueTimer, error: str, *, retry_at: datetime
) -> None:
    """Note that a timer could not be fired, and when to try again."""
    key = (timer.instance_id, timer.timer_id, timer.instance_version)
    await connection.execute(_POSTPONE, *key, error, retry_at)


async def pending(connection: Connection, instance_id: str) -> list[tuple[str, str, datetime]]:
    """Return the timers of an instance as (id, event type, due), the next one first."""
    rows = await connection.fetch(_PENDING, instance_id)
    return [(row["timer_id"], row["event_type"], row["due_at"]) for row in rows]


def _due(row: Record) -> DueTimer:
    names = [name for name in DueTimer.__slots__ if name != "event"]
    event = Event(row["event_type"], load(row["event_data"]))
    return DueTimer(event=event, **{name: row[name] for name in names})


_LOCK = """
select i.instance_id
from orderwright.timer as t
join orderwright.instance as i on i.instance_id = t.instance_id
where t.due_at <= $1 and (t.retry_at is null or t.retry_at <= $2)
order by t.due_at, t.instance_id
limit 1
for update of i skip locked
"""
# A second statement, so that it sees what the one who held the lock before has done.
_TAKE = """
with taken as (
    delete from orderwright.timer
    where instance_id = $1 and timer_id = (
        select timer_id from orderwright.timer
        where instance_id = $1 and due_at <= $2 and (retry_at is null or retry_at <= $3)
        order by due_at, instance_version, timer_id
        limit 1)
    returning instance_id, timer_id, due_at, event_type, event_data, instance_version, attempts
)
select taken.instance_id, timer_id, due_at, taken.event_type, taken.event_data, instance_version, attempts,
       coalesce(cause.correlation_id, taken.instance_id) as correlation_id,
       coalesce(latest.occurred_at, taken.due_at) as last_occurred_at,
       case when taken.due_at <= cause.recorded_at then cause.origin else 'live' end as origin
from taken
join orderwright.instance as i on i.instance_id = taken.instance_id
left join orderwright.log as cause on cause.instance_id = taken.instance_id and cause.version = taken.instance_version
left join orderwright.log as latest on latest.instance_id = taken.instance_id and latest.version = i.version
"""
_POSTPONE = """
update orderwright.timer
set attempts = attempts + 1, last_error = $4, retry_at = $5
where instance_id = $1 and timer_id = $2 and instance_version = $3
"""

_PENDING = """
select timer_id, event_type, due_at from orderwright.timer where instance_id = $1 order by due_at, timer_id
"""
