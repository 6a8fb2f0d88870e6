"""Domain events on their way out, and how far each consumer has read.

A row may be read when every transaction that could still write a row before it has ended: when its `ord` lies
below the oldest running transaction. Until then it is *unsettled*. That horizon belongs to the whole
cluster: a transaction left open anywhere holds every consumer back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.errors import RuntimeFault
from orderwright.json_text import load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.command import Origin
    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Something that happened to an instance.

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


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the outbox: everything up to here is done."""

    ord: int
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A consumer that this transaction has to itself."""

    cursor: Cursor
    attempts: int
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The next settled events in order, each with its place; `unsettled` tells that more will follow."""

    events: tuple[tuple[Cursor, DomainEvent], ...]
    unsettled: bool


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


async def is_behind(connection: Connection, name: str) -> bool:
    """Tell whether there are events after a consumer's cursor, settled or not; takes no lock."""
    return bool(await connection.fetchval(_BEHIND, name))


async def claim(connection: Connection, name: str) -> Claim | None:
    """Lock a consumer for this transaction; None while another has it."""
    row = await connection.fetchrow(_CLAIM, name)
    if row is None:
        return None
    return Claim(
        cursor=Cursor(row["ord"], row["id"]),
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"],
    )


async def next_batch(connection: Connection, cursor: Cursor) -> Batch:
    """Read up to 100 events after a place."""
    rows = await connection.fetch(_NEXT, cursor.ord, cursor.id)
    settled = tuple((Cursor(row["ord"], row["id"]), _event(row)) for row in rows if row["settled"])
    return Batch(events=settled, unsettled=len(settled) < len(rows))


async def advance(connection: Connection, name: str, cursor: Cursor, *, at: datetime) -> None:
    """Move a consumer's cursor; its failures are forgotten."""
    await connection.execute(_ADVANCE, name, cursor.ord, cursor.id, at)


async def record_failure(
    connection: Connection, name: str, error: str, *, next_attempt_at: datetime, at: datetime
) -> None:
    """Note that the event after the cursor could not be handled, and when to try again."""
    await connection.execute(_FAILED, name, error, next_attempt_at, at)


def _event(row: Record) -> DomainEvent:
    columns = {name: row[name] for name in DomainEvent.__slots__ if name != "data"}
    return DomainEvent(data=load(row["payload"]), **columns)


_ENROL = """
insert into orderwright.consumer (name, ord, id, attempts, updated_at) values ($1, '0', 0, 0, $2)
on conflict (name) do nothing
"""
# Ordered and limited, not `exists`: the planner would scan the whole table to find that nothing is left.
_BEHIND = """
select (
    select id from orderwright.outbox
    where (ord, id) > (
        (select ord from orderwright.consumer where name = $1),
        (select id from orderwright.consumer where name = $1))
    order by ord, id
    limit 1) is not null
"""
_CLAIM = """
select ord, id, attempts, next_attempt_at from orderwright.consumer where name = $1 for update skip locked
"""
# A literal limit: with a parameter the planner does not know how few rows are wanted.
_NEXT = """
select ord, id, event_id, instance_id, root_id, version, name, payload, correlation_id, causation_id,
       coalesce((select log.origin from orderwright.log
                 where log.instance_id = outbox.instance_id and log.version = outbox.version), 'live') as origin,
       occurred_at, recorded_at, ord < pg_snapshot_xmin(pg_current_snapshot()) as settled
from orderwright.outbox
where (ord, id) > ($1, $2)
order by ord, id
limit 100
"""
_ADVANCE = """
update orderwright.consumer
set ord = $2, id = $3, attempts = 0, last_error = null, next_attempt_at = null, updated_at = $4
where name = $1
"""
_FAILED = """
update orderwright.consumer
set attempts = attempts + 1, last_error = $2, next_attempt_at = $3, updated_at = $4
where name = $1
"""

_IS_AHEAD = """
select ord >= pg_snapshot_xmax(pg_current_snapshot()) from orderwright.outbox order by ord desc, id desc limit 1
"""
