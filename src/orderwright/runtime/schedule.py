"""Schedules: what is to be done again and again at the times of a cron expression.

A schedule is a row, and of its slots one is *armed*: the next. Slots are rows like timers: due at a time, claimed,
done and settled in one transaction, tried again when they fail. They stay when they are settled, unique by schedule
and time, and the next is computed from the one before and not from anybody's clock; so each is done once, however
many hosts there are and whatever their clocks say. Whoever touches slots holds the lock of their schedule.

What a slot that is found late means is for each schedule to say:

    all      every slot that was missed is done, one after the other
    latest   the latest is done, those before it are skipped
    none     a slot that is found more than a minute late is skipped
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from orderwright.errors import shown
from orderwright.json_text import Unfit, dump, is_storable, keep, load
from orderwright.runtime.command import LONGEST_ID
from orderwright.runtime.cron import Cron, ScheduleInvalid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection

Plan: TypeAlias = "Callable[[Connection], Awaitable[Schedule]]"
"""Says what a schedule is to be now, in the transaction that stores it."""
Missed: TypeAlias = Literal["all", "latest", "none"]

JOB: Final = "job"
"""The action whose slots become jobs, each with the slot's id as its key."""
_POLICIES: Final = get_args(Missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What is to be done, and when.

    Attributes:
        cron: five fields: minute, hour, day, month, weekday.
        zone: the IANA time zone that they are meant in.
        missed: what becomes of slots that nobody was there for.
        action: what is done, by the name under which hosts know it. A host leaves alone what it does not know.
        payload: what the action is told.

    Raises:
        ScheduleInvalid: something of it has no meaning.
    """

    name: str
    cron: str
    zone: str = "UTC"
    missed: Missed = "latest"
    action: str
    payload: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _ = self.times
        for name, value in (("name", self.name), ("action", self.action)):
            if not 0 < len(value) <= LONGEST_ID or not is_storable(value):
                raise _invalid(name, value, f"1 to {LONGEST_ID} characters")
        if self.missed not in _POLICIES:
            raise _invalid("missed", self.missed, "all, latest or none")
        if not is_storable(_payload_text(self, dump)):  # one that was stored before may be deep
            raise _invalid("payload", self.payload, "storable JSON")

    @property
    def times(self) -> Cron:
        """The cron expression in its zone."""
        return Cron(self.cron, self.zone)


async def put_schedule(connection: Connection, schedule: Schedule, *, at: datetime) -> bool:
    """Store a schedule in the caller's transaction; True when that changed something.

    A new or changed one is armed for its first slot after `at` and after every slot that was settled before. A slot
    that was armed for later is dropped; one that is due, or under way, stays and is done first. The very same again
    changes nothing.

    Args:
        connection: in a transaction.
        schedule: replaces the one of this name.
        at: what time it is.

    Raises:
        ScheduleInvalid: its payload is nested too deeply, or has keys that are not text; or it asks for jobs, and
            its name leaves no room in their keys.
    """
    _require_keys(schedule, at)
    payload = _payload_text(schedule, keep)
    row = (schedule.cron, schedule.zone, schedule.missed, schedule.action, payload)
    changed = await connection.fetchval(_PUT, schedule.name, *row, at)
    if changed is None:
        return False
    await connection.execute(_DISARM, schedule.name, at)
    [left] = await connection.fetch(_LEFT, schedule.name)
    if not left["is_armed"]:
        await arm(connection, schedule, after=max(left["settled"] or at, at))
    return True


def slot_id(name: str, slot_at: datetime) -> str:
    """Return the name of a slot in logs, keys and causes; its time is in UTC, and whole minutes."""
    return f"schedule/{name}/{slot_at.isoformat()}"


async def remove_schedule(connection: Connection, name: str) -> bool:
    """Delete a schedule with its slots; False when there is none. What is being done at this moment is done first."""
    found = await connection.fetchval(_REMOVE, name)
    if found is not None:
        await connection.execute(_FORGET_SLOTS, name)
    return found is not None


async def schedules(connection: Connection) -> list[Schedule]:
    """Return all schedules by name."""
    return [schedule_of(row) for row in await connection.fetch(_LIST)]


async def arm(connection: Connection, schedule: Schedule, *, after: datetime) -> None:
    """Arm the first slot of a locked schedule after a moment, if there is one."""
    slot_at = schedule.times.after(after)
    if slot_at is not None:
        await arm_at(connection, schedule, slot_at)


async def arm_at(connection: Connection, schedule: Schedule, slot_at: datetime) -> None:
    """Arm a slot of a locked schedule."""
    await connection.execute(_ARM, schedule.name, slot_at)


def schedule_of(row: Record) -> Schedule:
    """Make a schedule of the columns of its row."""
    return Schedule(
        name=row["name"],
        cron=row["cron"],
        zone=row["zone"],
        missed=row["missed"],
        action=row["action"],
        payload=load(row["payload"]),
    )


def _require_keys(schedule: Schedule, at: datetime) -> None:
    slot_at = at.astimezone(UTC).replace(second=0, microsecond=0)
    longest = LONGEST_ID - len(slot_id("", slot_at))
    if schedule.action == JOB and len(schedule.name) > longest:
        raise _invalid("name", schedule.name, f"1 to {longest} characters where it asks for jobs")


def _payload_text(schedule: Schedule, write: Callable[[object], str]) -> str:
    try:
        return write(dict(schedule.payload))
    except Unfit as error:
        raise _invalid(error.field("payload"), schedule.payload, error.expected) from error
    except (TypeError, ValueError) as error:
        raise _invalid("payload", schedule.payload, f"JSON ({error})") from error


def _invalid(name: str, value: object, expected: str) -> ScheduleInvalid:
    message = f"{name} of a schedule: expected {expected}, not {shown(value)}"
    return ScheduleInvalid(message, values={"field": name, "expected": expected})


_PUT = """
insert into orderwright.schedule as s (name, cron, zone, missed, action, payload, changed_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (name) do update
set cron = excluded.cron, zone = excluded.zone, missed = excluded.missed, action = excluded.action,
    payload = excluded.payload, changed_at = excluded.changed_at
where (s.cron, s.zone, s.missed, s.action, s.payload)
    is distinct from (excluded.cron, excluded.zone, excluded.missed, excluded.action, excluded.payload)
returning true
"""
_DISARM = "delete from orderwright.slot where schedule = $1 and status = 'armed' and slot_at > $2"
_LEFT = """
select max(slot_at) filter (where status <> 'armed') as settled, bool_or(status = 'armed') as is_armed
from orderwright.slot where schedule = $1
"""
_ARM = "insert into orderwright.slot (schedule, slot_at, status) values ($1, $2, 'armed')"
_REMOVE = "delete from orderwright.schedule where name = $1 returning true"
_FORGET_SLOTS = "delete from orderwright.slot where schedule = $1"
_LIST = "select name, cron, zone, missed, action, payload from orderwright.schedule order by name"
