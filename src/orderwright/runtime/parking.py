"""Roots that a consumer has set aside because an event of theirs fails, and the events that wait behind it.

The order of events counts within a root, so a failure stops its root and no other. The consumer's cursor goes on;
the failing event and all that follow it in its root are remembered by their ids. A parked root is tried again after
pauses that grow; when its failing event is handled, what waits is handed over in order and the root is free. After
the last attempt it is a *dead letter*: nothing is skipped and the root stays parked until somebody calls `retry`.

Everything but `retry` and `list_parked` is called by the relay, which holds the consumer's lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.runtime.failure import pause_after, spread, words
from orderwright.runtime.outbox import EVENT_COLUMNS, placed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.consumer import Consumer, Failure
    from orderwright.runtime.outbox import Placed
    from orderwright.runtime.pool import Connection

LONGEST_PAUSE: Final = timedelta(hours=1)

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedRoot:
    """A root that a consumer has set aside.

    Attributes:
        event_id: the event that fails.
        attempts: how often it has failed in a row.
        waiting: how many events wait, the failing one included.
        dead_at: since when it is not tried any more; None while it is.
    """

    consumer: str
    root_id: str
    event_id: str
    attempts: int
    waiting: int
    last_error: str
    parked_at: datetime
    next_attempt_at: datetime
    dead_at: datetime | None


async def list_parked(
    connection: Connection,
    *,
    consumer: str | None = None,
    only_dead: bool = False,
    limit: int = 100,
) -> list[ParkedRoot]:
    """Return parked roots, those that wait longest first."""
    rows = await connection.fetch(_LIST, consumer, only_dead, limit)
    return [_parked(row) for row in rows]


async def retry(
    connection: Connection, consumer: str, root_ids: Sequence[str] | None = None, *, at: datetime
) -> list[str]:
    """Have parked roots tried again at once, dead letters too, with all their attempts before them.

    Args:
        connection: in a transaction or not.
        consumer: the consumer's name.
        root_ids: which ones; None for every dead letter of the consumer.
        at: the present moment.

    Returns:
        The roots that are tried again.
    """
    rows = await connection.fetch(_RETRY, consumer, root_ids, at)
    return [row["root_id"] for row in rows]


async def park(
    connection: Connection, consumer: Consumer, failures: Sequence[Failure], *, at: datetime
) -> None:
    """Set aside the roots of failing events, which have failed for the first time."""
    for failure in failures:
        event, dead_at = failure.event, at if consumer.attempts <= 1 else None
        key = (consumer.name, event.root_id, event.event_id)
        due = at + _pause(consumer.name, event.root_id, 0)
        await connection.execute(_PARK, *key, words(failure.error), at, due, dead_at)
        _logger.warning(
            "root_parked", consumer=consumer.name, root_id=event.root_id, event_id=event.event_id
        )


async def add_waiting(connection: Connection, name: str, events: Sequence[Placed]) -> None:
    """Remember that events wait."""
    ids = [one.event.event_id for one in events]
    roots = [one.event.root_id for one in events]
    await connection.execute(_ADD_WAITING, name, ids, roots)


async def claim_due(connection: Connection, name: str, *, now: datetime) -> ParkedRoot | None:
    """Lock the parked root that is due first, or return None."""
    row = await connection.fetchrow(_CLAIM_DUE, name, now)
    return _parked(row) if row else None


async def next_waiting(connection: Connection, root: ParkedRoot, limit: int) -> tuple[Placed, ...]:
    """Read the next events of a parked root that wait, up to a limit."""
    rows = await connection.fetch(_NEXT_WAITING + str(limit), root.consumer, root.root_id)
    return tuple(placed(row) for row in rows)


async def acknowledge(
    connection: Connection, name: str, events: Sequence[Placed], *, at: datetime
) -> None:
    """Note that events which waited are done."""
    ids = [one.event.event_id for one in events]
    await connection.execute(_ACKNOWLEDGE, name, ids, at)


async def postpone(
    connection: Connection, consumer: Consumer, root: ParkedRoot, failure: Failure, *, at: datetime
) -> None:
    """Note another failure of a parked root, and when to try again; after the last attempt it is a dead letter."""
    earlier = root.attempts if root.event_id == failure.event.event_id else 0
    attempts, due = earlier + 1, at + _pause(root.consumer, root.root_id, earlier)
    dead_at = at if attempts >= consumer.attempts else None
    key = (root.consumer, root.root_id, failure.event.event_id)
    await connection.execute(_POSTPONE, *key, attempts, words(failure.error), due, dead_at)
    if dead_at:
        _logger.error("root_dead", consumer=root.consumer, root_id=root.root_id, event_id=key[2])


async def release(connection: Connection, root: ParkedRoot) -> bool:
    """Free a root if nothing of it waits any more; tell whether that is so."""
    freed = await connection.fetchval(_RELEASE, root.consumer, root.root_id)
    if freed:
        _logger.info("root_released", consumer=root.consumer, root_id=root.root_id)
    return bool(freed)


def _pause(name: str, root_id: str, earlier: int) -> timedelta:
    return spread(pause_after(earlier, longest=LONGEST_PAUSE), f"{name}/{root_id}/{earlier}")


def _parked(row: Record) -> ParkedRoot:
    return ParkedRoot(**{name: row[name] for name in ParkedRoot.__slots__})


_COLUMNS: Final = """
parked_root.*, (select count(*) from orderwright.waiting_event as w
                where w.consumer = parked_root.consumer and w.root_id = parked_root.root_id
                  and w.acknowledged_at is null) as waiting
"""
_LIST = f"""
select {_COLUMNS} from orderwright.parked_root
where ($1::text is null or consumer = $1) and (not $2 or dead_at is not null)
order by parked_at, consumer, root_id
limit $3
"""  # noqa: S608 (nothing of a caller)
_RETRY = """
update orderwright.parked_root set attempts = 0, next_attempt_at = $3, dead_at = null
where consumer = $1 and case when $2::text[] is null then dead_at is not null else root_id = any($2) end
returning root_id
"""
_PARK = """
insert into orderwright.parked_root
    (consumer, root_id, event_id, attempts, last_error, parked_at, next_attempt_at, dead_at)
values ($1, $2, $3, 1, $4, $5, $6, $7)
"""
_ADD_WAITING = """
insert into orderwright.waiting_event (consumer, event_id, root_id)
select $1, event_id, root_id from unnest($2::text[], $3::text[]) as one (event_id, root_id)
on conflict (consumer, event_id) do update set acknowledged_at = null
"""
_CLAIM_DUE = f"""
select {_COLUMNS} from orderwright.parked_root
where consumer = $1 and dead_at is null and next_attempt_at <= $2
order by next_attempt_at, root_id
limit 1
for update
"""  # noqa: S608 (nothing of a caller)
_NEXT_WAITING = f"""
select outbox.ord, outbox.id, {EVENT_COLUMNS}, false as is_parked
from orderwright.waiting_event as w join orderwright.outbox on outbox.event_id = w.event_id
where w.consumer = $1 and w.root_id = $2 and w.acknowledged_at is null
order by outbox.ord, outbox.id
limit """  # noqa: S608 (nothing of a caller)
_ACKNOWLEDGE = """
update orderwright.waiting_event set acknowledged_at = $3 where consumer = $1 and event_id = any($2)
"""
_POSTPONE = """
update orderwright.parked_root
set event_id = $3, attempts = $4, last_error = $5, next_attempt_at = $6, dead_at = $7
where consumer = $1 and root_id = $2
"""
_RELEASE = """
delete from orderwright.parked_root
where consumer = $1 and root_id = $2 and not exists (
    select from orderwright.waiting_event
    where consumer = $1 and root_id = $2 and acknowledged_at is null)
returning true
"""
