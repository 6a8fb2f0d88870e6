"""Dead letters: what is not tried again by itself, until a person has looked and says so.

There are two sources. A *job* failed at its last attempt. A *consumer* failed for the last time at an event; its root
is parked, and events wait behind it. A letter's id is that of the job, or `<consumer>/<root>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from orderwright.errors import NotFound
from orderwright.json_text import legible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection

Source = Literal["job", "consumer"]


class DeadLetterNotFound(NotFound):
    """There is no job and no parked root with this id."""

    code = "dead_letter.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A line of a job's history.

    Attributes:
        fence: which claim of the job it is about, counted from 1 over its whole life.
        host: who ran it.
        actor_id: who retried it.
        detail: the error, or the reason for the retry.
        payload: what the payload was before a retry changed it.
    """

    at: datetime
    what: str
    fence: int
    host: str | None
    actor_id: str | None
    detail: str | None
    payload: object


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """Work that failed for the last time.

    Attributes:
        name: the job's kind, or the consumer.
        key: the job's idempotency key, or the id of the event.
        instance_id: the instance whose event it is, or that waits for the result of the job.
        status: `dead`; after a retry that of the job, or `waiting`, and `done` once the event is handled.
        history: of a job, from its first failure on; consumers keep none.
    """

    id: str
    source: Source
    name: str
    key: str
    payload: object
    root_id: str
    instance_id: str | None
    correlation_id: str
    causation_id: str | None
    status: str
    attempts: int
    last_error: str | None
    created_at: datetime
    died_at: datetime | None
    history: tuple[Happened, ...]


async def listed(
    connection: Connection,
    *,
    name: str | None = None,
    after: tuple[datetime, str] | None = None,
    most: int = 50,
) -> list[DeadLetter]:
    """Return dead letters, the latest first, with their histories; of one kind or consumer if a name is given."""
    at, letter_id = after or (None, None)
    rows = await connection.fetch(_LISTED, name, at, letter_id, most)
    return await _with_history(connection, rows)


async def count(connection: Connection, *, name: str | None = None) -> int:
    """Return how many dead letters there are."""
    return int(await connection.fetchval(_COUNT, name) or 0)


async def find(connection: Connection, letter_id: str) -> DeadLetter:
    """Return a job or a parked root, dead or not.

    Raises:
        DeadLetterNotFound: there is none with this id.
    """
    rows = await connection.fetch(_FIND, letter_id)
    if not rows:
        raise _not_found(letter_id)
    [letter] = await _with_history(connection, rows)
    return letter


async def find_handled(connection: Connection, letter_id: str, event_id: str) -> DeadLetter:
    """Return what was the letter of an event until its consumer handled it.

    Raises:
        DeadLetterNotFound: the event was no such letter's, or is gone.
    """
    row = await connection.fetchrow(_FIND_HANDLED, letter_id, event_id)
    if row is None:
        raise _not_found(letter_id)
    return _letter(row, ())


async def _with_history(connection: Connection, rows: Sequence[Record]) -> list[DeadLetter]:
    told: dict[str, list[Happened]] = {row["id"]: [] for row in rows}
    for row in await connection.fetch(_HISTORY, list(told)):
        told[row["job_id"]].append(_happened(row))
    return [_letter(row, told[row["id"]]) for row in rows]


def _not_found(letter_id: str) -> DeadLetterNotFound:
    return DeadLetterNotFound(f"no dead letter {letter_id!r}", values={"id": letter_id})


def _letter(row: Record, history: Sequence[Happened]) -> DeadLetter:
    names = [name for name in DeadLetter.__slots__ if name not in ("payload", "history")]
    columns = {name: row[name] for name in names}
    return DeadLetter(payload=_read(row["payload"]), history=tuple(history), **columns)


def _happened(row: Record) -> Happened:
    names = [name for name in Happened.__slots__ if name != "payload"]
    return Happened(payload=_read(row["payload"]), **{name: row[name] for name in names})


def _read(text: str | None) -> object:
    return None if text is None else legible(text)


_JOBS: Final = """
select job_id as id, 'job' as source, kind as name, key, payload, root_id, instance_id, correlation_id, causation_id,
       status, attempts, last_error, created_at, finished_at as died_at
from orderwright.job
"""
_PARKED: Final = """
select p.consumer || '/' || p.root_id as id, 'consumer' as source, p.consumer as name, p.event_id as key, e.payload,
       p.root_id, e.instance_id, e.correlation_id, e.causation_id,
       case when p.dead_at is null then 'waiting' else 'dead' end as status, p.attempts, p.last_error,
       p.parked_at as created_at, p.dead_at as died_at
from orderwright.parked_root as p
join orderwright.outbox as e on e.event_id = p.event_id
"""
_LISTED: Final = f"""
select * from (
    ({_JOBS} where status = 'dead' and ($1::text is null or kind = $1)
        and ($2::timestamptz is null or (finished_at, job_id) < ($2, $3::text))
    order by finished_at desc, job_id desc limit $4)
    union all
    ({_PARKED} where dead_at is not null and ($1::text is null or p.consumer = $1))
) as letter
where $2::timestamptz is null or (died_at, id) < ($2, $3::text)
order by died_at desc, id desc
limit $4
"""  # noqa: S608 (nothing of a caller)
_COUNT: Final = """
select (select count(*) from orderwright.job where status = 'dead' and ($1::text is null or kind = $1))
     + (select count(*) from orderwright.parked_root
        where dead_at is not null and ($1::text is null or consumer = $1))
"""
_FIND: Final = f"""
{_JOBS} where job_id = $1
union all
{_PARKED} where p.consumer || '/' || p.root_id = $1
"""
_FIND_HANDLED: Final = """
select w.consumer || '/' || w.root_id as id, 'consumer' as source, w.consumer as name, e.event_id as key, e.payload,
       e.root_id, e.instance_id, e.correlation_id, e.causation_id, 'done' as status, 0 as attempts,
       null as last_error, e.recorded_at as created_at, null::timestamptz as died_at
from orderwright.waiting_event as w
join orderwright.outbox as e on e.event_id = w.event_id
where w.event_id = $2 and w.acknowledged_at is not null and w.consumer || '/' || w.root_id = $1
"""
_HISTORY: Final = """
select * from orderwright.job_history where job_id = any ($1::text[]) order by job_id, id
"""
