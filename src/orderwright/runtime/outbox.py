"""Domain events on their way out, and how far each consumer has read.

A row may be read when every transaction that could still write a row before it has ended: when its `ord` lies
below the oldest running transaction. Until then it is *unsettled*. That horizon belongs to the whole
cluster: a transaction left open anywhere holds every consumer back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from orderwright.errors import RuntimeFault
from orderwright.json_text import load
from orderwright.runtime.calendar import in_calendar, is_known
from orderwright.runtime.command import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.command import Actor, Origin
    from orderwright.runtime.pool import Connection


class DomainEvent(NamedTuple):
    """Something that happened to an instance; a tuple, because thousands are read a second.

    Attributes:
        event_id: "<instance>/<version>/<n>", the same at every delivery.
        causation_id: the log row behind it, "<instance>/<version>".
        origin: of that row; what a consumer does because of the event is to be logged with the same.
    """

    event_id: str
    instance_id: str
    root_id: str
    version: int
    name: str
    data: Mapping[str, object]
    correlation_id: str
    causation_id: str
    origin: Origin
    occurred_at: datetime
    recorded_at: datetime

    def cause(self, actor: Actor) -> Cause:
        """Return the cause of what somebody does because of the event: its chain, its time and its origin."""
        return Cause(
            actor=actor,
            correlation_id=self.correlation_id,
            causation_id=self.event_id,
            occurred_at=self.occurred_at,
            origin=self.origin,
        )


class Cursor(NamedTuple):
    """A place in the outbox: everything up to here is done."""

    ord: int
    id: int


class Placed(NamedTuple):
    """An event with its place.

    Attributes:
        is_behind_parked: its root is parked for the consumer that reads.
        flaw: why it cannot be read; data that cannot are no more than their text, as *unreadable*.
    """

    place: Cursor
    event: DomainEvent
    is_behind_parked: bool
    flaw: ValueError | None = None

    def sound(self) -> DomainEvent:
        """Return the event for who acts on it.

        Raises:
            ValueError: it cannot be read.
        """
        if self.flaw is not None:
            raise ValueError(f"{self.event.event_id} cannot be read: {self.flaw}")
        return self.event


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The next settled events in order, as far as a consumer wants them.

    Attributes:
        events: those that it wants.
        reached: the place up to which there are no others; None if none at all is settled.
        passed: how many there are up to there, wanted or not.
        unsettled: more will follow.
    """

    events: tuple[Placed, ...]
    reached: Cursor | None
    passed: int
    unsettled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What there is to do for a consumer.

    Attributes:
        is_behind: there are events after its cursor.
        is_held: the next of them is not settled.
        has_due_root: a parked root is due.
    """

    is_behind: bool
    is_held: bool
    has_due_root: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The next settled events, whoever wants them.

    Attributes:
        names: of those.
        reached: the place of the last one; None if there is none.
        is_held: there are others, which are not settled.
    """

    names: frozenset[str]
    reached: Cursor | None
    is_held: bool


class OutboxAhead(RuntimeFault):
    """The outbox was written in another cluster, whose transactions are numbered higher than this one's."""

    code = "outbox.ahead"


async def require_own_cluster(connection: Connection) -> None:
    """Raise `OutboxAhead` where new events would sort before events that consumers have passed.

    It happens when a dump is restored into another cluster: events would be lost without a sound.
    """
    if await connection.fetchval(_IS_AHEAD):
        raise OutboxAhead(
            "this database was restored from another cluster: its events carry transaction ids from the future;"
            " re-base them before anything is started"
        )


async def enrol(connection: Connection, name: str, *, at: datetime) -> None:
    """Give a consumer a cursor before the first event, unless it has one."""
    await connection.execute(_ENROL, name, at)


async def look_ahead(connection: Connection, name: str, *, now: datetime) -> Outlook:
    """Tell what there is to do for a consumer; takes no lock."""
    row = await connection.fetchrow(_AHEAD, name, now)
    assert row is not None
    is_settled = row["is_settled"]
    return Outlook(
        is_behind=is_settled is not None,
        is_held=is_settled is False,
        has_due_root=row["has_due_root"],
    )


async def horizon(connection: Connection) -> Cursor:
    """Return the place before the first event that is not settled, if there were one."""
    return Cursor(await connection.fetchval(_HORIZON), 0)


async def look_on(connection: Connection, place: Cursor) -> View:
    """Tell what has been settled after a place, a few hundred events at once; takes no lock."""
    row = await connection.fetchrow(_ON, place.ord, place.id)
    assert row is not None
    return View(
        names=frozenset(row["names"] or ()),
        reached=Cursor(row["ord"], row["id"]) if row["id"] is not None else None,
        is_held=row["is_held"],
    )


async def claim(connection: Connection, name: str) -> Cursor | None:
    """Lock a consumer for this transaction and return its cursor; None while another has it."""
    row = await connection.fetchrow(_CLAIM, name)
    return Cursor(row["ord"], row["id"]) if row else None


async def next_batch(
    connection: Connection, name: str, cursor: Cursor, limit: int, names: frozenset[str] | None
) -> Batch:
    """Read the next events after a consumer's cursor that have one of these names, or any; up to a limit.

    Others are looked over, a few hundred at once, and not read.
    """
    query = _NEXT.format(most=limit, sight=max(limit + 1, _SIGHT))
    wanted = None if names is None else list(names)
    rows = await connection.fetch(query, cursor.ord, cursor.id, name, wanted)
    settled = [row for row in rows if row["is_settled"]]
    last = settled[-1] if settled else None
    return Batch(
        events=tuple(placed(row) for row in settled if row["is_wanted"]),
        reached=Cursor(last["ord"], last["id"]) if last else None,
        passed=last["turn"] if last else 0,
        unsettled=len(settled) < len(rows),
    )


async def advance(connection: Connection, name: str, cursor: Cursor, *, at: datetime) -> None:
    """Move a consumer's cursor, and note when everything up to there was acknowledged that does not wait."""
    await connection.execute(_ADVANCE, name, cursor.ord, cursor.id, at)


def placed(row: Record) -> Placed:
    """Read a row that was selected with `EVENT_COLUMNS`, its place, and `is_parked`."""
    flaw = None
    try:
        data = load(row["payload"])
    except ValueError as error:  # a trouble of this event, and of no other
        data, flaw = {"unreadable": row["payload"]}, error
    occurred_at, recorded_at = row["occurred_at"], row["recorded_at"]
    if not (is_known(occurred_at) and is_known(recorded_at)):
        flaw = ValueError("a time of it is beyond the calendar")
    event = DomainEvent(
        row["event_id"],
        row["instance_id"],
        row["root_id"],
        row["version"],
        row["name"],
        data,
        row["correlation_id"],
        row["causation_id"],
        row["origin"],
        occurred_at,
        recorded_at,
    )
    return Placed(Cursor(row["ord"], row["id"]), event, row["is_parked"], flaw)


EVENT_COLUMNS: Final = f"""
outbox.event_id, outbox.instance_id, outbox.root_id, outbox.version, outbox.name, outbox.payload,
outbox.correlation_id, outbox.causation_id,
coalesce((select log.origin from orderwright.log
          where log.instance_id = outbox.instance_id and log.version = outbox.version), 'live') as origin,
{in_calendar("outbox.occurred_at")} as occurred_at, {in_calendar("outbox.recorded_at")} as recorded_at
"""  # noqa: S608 (ours)
"""What `placed` reads of `orderwright.outbox`, beside the place."""

_SIGHT: Final = 256
"""How many events are looked over at once."""
_ENROL = """
insert into orderwright.consumer (name, ord, id, attempts, updated_at) values ($1, '0', 0, 0, $2)
on conflict (name) do nothing
"""
# Ordered and limited, not `exists`: the planner would scan the whole table to find that nothing is left.
_AHEAD = """
select (
    select ord < pg_snapshot_xmin(pg_current_snapshot()) from orderwright.outbox
    where (ord, id) > (
        (select ord from orderwright.consumer where name = $1),
        (select id from orderwright.consumer where name = $1))
    order by ord, id
    limit 1) as is_settled,
    exists (
        select from orderwright.parked_root
        where consumer = $1 and dead_at is null and next_attempt_at <= $2) as has_due_root
"""
_HORIZON = "select pg_snapshot_xmin(pg_current_snapshot())"
_ON: Final = f"""
with settled as materialized (
    select ord, id, name from orderwright.outbox
    where (ord, id) > ($1, $2) and ord < pg_snapshot_xmin(pg_current_snapshot())
    order by ord, id
    limit {_SIGHT})
select (select array_agg(distinct name) from settled) as names, last.ord, last.id,
       (select id from orderwright.outbox
        where ord >= pg_snapshot_xmin(pg_current_snapshot())
        order by ord, id
        limit 1) is not null as is_held
from (select) as always left join (select ord, id from settled order by ord desc, id desc limit 1) as last on true
"""  # noqa: S608 (nothing of a caller)
_CLAIM = """
select ord, id from orderwright.consumer where name = $1 for update skip locked
"""
# The numbers are literals: with parameters the planner does not know how few rows are wanted. Given are wanted rows,
# and the last one of those that are settled and of those that are not.
_NEXT: Final = f"""
with ahead as materialized (
    select ord, id, $4::text[] is null or name = any($4) as is_wanted,
           ord < pg_snapshot_xmin(pg_current_snapshot()) as is_settled
    from orderwright.outbox
    where (ord, id) > ($1, $2)
    order by ord, id
    limit {{sight}}),
counted as (
    select *, row_number() over way as turn, count(*) filter (where is_wanted) over way as nth
    from ahead window way as (order by ord, id)),
near as (select * from counted where nth <= {{most}})
select near.ord, near.id, near.is_wanted, near.is_settled, near.turn, {EVENT_COLUMNS},
       exists (select from orderwright.parked_root
               where parked_root.consumer = $3 and parked_root.root_id = outbox.root_id) as is_parked
from near left join lateral (
    select * from orderwright.outbox as row
    where near.is_wanted and near.is_settled and (row.ord, row.id) = (near.ord, near.id)
    offset 0) as outbox on true
where near.is_wanted and near.is_settled or near.turn in (select max(turn) from near group by is_settled)
order by near.ord, near.id
"""  # noqa: S608 (nothing of a caller)
_ADVANCE = """
with moved as (
    update orderwright.consumer set ord = $2, id = $3, updated_at = $4 where name = $1)
insert into orderwright.acknowledgement (consumer, ord, id, acknowledged_at) values ($1, $2, $3, $4)
"""

# Cursors count as well: the events that they have passed may be gone.
_IS_AHEAD = """
select exists (
    select from (
        (select ord from orderwright.outbox order by ord desc, id desc limit 1)
        union all
        select ord from orderwright.consumer) as latest
    where ord >= pg_snapshot_xmax(pg_current_snapshot()))
"""
