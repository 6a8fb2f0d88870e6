"""The rows of cron slots: claimed, moved on and settled under the lock of their schedule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderwright.runtime.cron import ScheduleInvalid
from orderwright.runtime.failure import words
from orderwright.runtime.pool import patiently
from orderwright.runtime.schedule import Schedule, arm, arm_at, schedule_of, slot_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection

LATE: Final = timedelta(minutes=1)
"""A slot that is found later than this was missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A slot that was claimed.

    Attributes:
        slot_at: the time that it stands for, in UTC.
        mark: where work that takes several turns got to; None at its beginning.
        attempts: how often it has failed already.
    """

    schedule: Schedule
    slot_at: datetime
    mark: str | None = None
    attempts: int = 0

    @property
    def name(self) -> str:
        """The name of its schedule."""
        return self.schedule.name

    @property
    def id(self) -> str:
        """Its name in logs, keys and causes."""
        return slot_id(self.name, self.slot_at)


@dataclass(frozen=True, slots=True)
class FailedSlot:
    """A slot of the schedule of this name that could not be done, or not even be read."""

    name: str
    slot_at: datetime
    attempts: int
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Which slots may be claimed.

    Attributes:
        actions: what this host can do at a slot.
        until: what counts as due.
        now: a schedule that failed is passed over until its next attempt.
        held: schedules that are passed over.
        only: the one schedule that is asked for, if not any.
        patience_ms: how long the transaction waits for a lock once a schedule is claimed.
    """

    actions: Collection[str]
    until: datetime
    now: datetime
    held: Collection[str]
    only: str | None
    patience_ms: int


async def claim_slot(connection: Connection, claim: Claim) -> Slot | FailedSlot | None:
    """Lock the schedule of the earliest slot that may be claimed, and return that slot.

    A schedule that somebody else has in hand is passed over. From then on the transaction waits for no lock longer
    than the patience.
    """
    due = claim.until, claim.now, list(claim.actions)
    while True:
        name = await connection.fetchval(_LOCK, *due, list(claim.held), claim.only)
        if name is None:
            return None
        # A second statement, so that it sees what the one who held the lock before has done.
        row = await connection.fetchrow(_READ, *due, name, str(claim.patience_ms))
        if row is not None:
            return _slot(row)


async def choose(connection: Connection, slot: Slot, *, at: datetime) -> Slot | None:
    """Return the slot to be done of those that are due at a time, by the policy; skip the others.

    None when nothing is to be done; then the next slot is armed. What was begun is finished.
    """
    schedule = slot.schedule
    if schedule.missed == "all" or slot.mark is not None:
        return slot
    latest = max(schedule.times.until(at) or slot.slot_at, slot.slot_at)
    if schedule.missed == "none" and at - latest > LATE:
        await _settle(connection, slot, "skipped", at=at)
        await arm(connection, schedule, after=latest)
        return None
    if latest == slot.slot_at:
        return slot
    await _settle(connection, slot, "skipped", at=at)
    await arm_at(connection, schedule, latest)
    return replace(slot, slot_at=latest, attempts=0)


async def move_on(connection: Connection, slot: Slot, mark: str) -> None:
    """Store where the work of a slot got to; it stays armed."""
    await connection.execute(_MOVE_ON, slot.schedule.name, slot.slot_at, mark)


async def finish(connection: Connection, slot: Slot, *, at: datetime) -> None:
    """Settle a slot that is done, and arm the next."""
    await _settle(connection, slot, "done", at=at)
    await arm(connection, slot.schedule, after=slot.slot_at)


async def put_off(connection: Connection, slot: FailedSlot, *, retry_at: datetime) -> None:
    """Note that a slot failed, and when to try it again."""
    await connection.execute(_PUT_OFF, slot.name, slot.slot_at, words(slot.error), retry_at)


async def hasten(connection: Connection, schedule: str, *, at: datetime) -> bool:
    """Have a slot that failed tried again at once; False if its schedule has none."""
    return await connection.fetchval(_HASTEN, schedule, at) is not None


async def earliest_slot(connection: Connection, actions: Iterable[str]) -> datetime | None:
    """Return when the next slot is due, or is to be tried again; None without any."""
    at: datetime | None = await connection.fetchval(_EARLIEST, list(actions))
    return at


def _slot(row: Record) -> Slot | FailedSlot:
    at, attempts = row["slot_at"], row["attempts"]
    try:
        schedule = schedule_of(row)
    except (ValueError, ScheduleInvalid) as error:  # those of other schedules go on
        return FailedSlot(row["name"], at, attempts, error)
    return Slot(schedule=schedule, slot_at=at, mark=row["mark"], attempts=attempts)


async def _settle(connection: Connection, slot: Slot, status: str, *, at: datetime) -> None:
    await connection.execute(_SETTLE, slot.schedule.name, slot.slot_at, status, at)


_DUE = """
from orderwright.slot as t
join orderwright.schedule as s on s.name = t.schedule
where t.status = 'armed' and t.slot_at <= $1 and (t.retry_at is null or t.retry_at <= $2)
  and s.action = any($3::text[])
"""
_LOCK = f"""
select s.name {_DUE} and s.name <> all($4::text[]) and ($5::text is null or s.name = $5)
order by t.slot_at, s.name limit 1 for update of s skip locked
"""
_READ = f"""
select s.name, s.cron, s.zone, s.missed, s.action, s.payload, t.slot_at, t.mark, t.attempts {_DUE}
and s.name = {patiently("$4::text", "$5")} order by t.slot_at limit 1
"""
_SETTLE = """
update orderwright.slot set status = $3, settled_at = $4, retry_at = null
where schedule = $1 and slot_at = $2
"""
_MOVE_ON = """
update orderwright.slot set mark = $3, attempts = 0, last_error = null, retry_at = null
where schedule = $1 and slot_at = $2
"""
_PUT_OFF = """
update orderwright.slot set attempts = attempts + 1, last_error = $3, retry_at = $4
where schedule = $1 and slot_at = $2
"""
_HASTEN = """
update orderwright.slot set retry_at = $2
where schedule = $1 and status = 'armed' and retry_at is not null
returning schedule
"""
_EARLIEST = """
select min(greatest(t.slot_at, t.retry_at))
from orderwright.slot as t join orderwright.schedule as s on s.name = t.schedule
where t.status = 'armed' and s.action = any($1::text[])
"""
