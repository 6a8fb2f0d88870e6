"""Dead letters: jobs that are not tried again by themselves. A person looks, mends payload or cause, and retries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.errors import NotFound, RefusedError
from orderwright.json_text import canonical, scan
from orderwright.runtime.attempt import IdempotencyMismatch
from orderwright.runtime.job_row import Happening
from orderwright.runtime.write import KEY_LIFE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.command import Cause
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection


class DeadLetterNotFound(NotFound):
    """No job has this id."""

    code = "job.not_found"


class JobNotDead(RefusedError):
    """The job is no dead letter: it waits, runs, is done, or somebody has retried it already."""

    code = "job.not_dead"


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
    what: Happening
    fence: int
    host: str | None
    actor_id: str | None
    detail: str | None
    payload: object


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A job with its history; `status` is `dead` in lists, and may be another after a retry."""

    job_id: str
    kind: str
    key: str
    payload: object
    root_id: str
    instance_id: str | None
    invoke_id: str | None
    correlation_id: str
    causation_id: str | None
    status: str
    attempts: int
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None
    history: tuple[Happened, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A job that waits again; `replayed` tells that an earlier call with the same idempotency key did it."""

    letter: DeadLetter
    replayed: bool


@dataclass(frozen=True, slots=True)
class Edited:
    """A payload, as JSON text, that takes the place of the one that failed."""

    payload: str


async def listed(
    connection: Connection,
    *,
    kind: str | None = None,
    after: tuple[datetime, str] | None = None,
    most: int = 50,
) -> list[DeadLetter]:
    """Return dead letters, the latest first, with their histories."""
    at, job_id = after or (None, None)
    return await _with_history(connection, await connection.fetch(_LISTED, kind, at, job_id, most))


async def count(connection: Connection, *, kind: str | None = None) -> int:
    """Return how many dead letters there are."""
    return int(await connection.fetchval(_COUNT, kind) or 0)


async def find(connection: Connection, job_id: str) -> DeadLetter:
    """Return a job, dead or not.

    Raises:
        DeadLetterNotFound: there is none with this id.
    """
    rows = await connection.fetch(_FIND, job_id)
    if not rows:
        raise DeadLetterNotFound(f"no job {job_id!r}", values={"job": job_id})
    [letter] = await _with_history(connection, rows)
    return letter


async def retry(
    engine: Engine, job_id: str, cause: Cause, *, edited: Edited | None = None
) -> Retried:
    """Let a dead letter be tried again, with all its attempts, and say who wanted it.

    Its key stays: who has done the work already recognises it.

    Raises:
        DeadLetterNotFound: there is none with this id.
        JobNotDead: it is not dead.
        IdempotencyMismatch: the idempotency key was used for another request.
    """
    now = engine.clock.now()
    async with engine.pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(_LOCK, job_id)
        replayed = await _is_replay(connection, job_id, cause, edited, now)
        if not replayed:
            _require_dead(row, job_id)
            await connection.execute(_RETRY, job_id, edited.payload if edited else None, now)
            told = (cause.actor.id, cause.reason, row["payload"] if row and edited else None)
            await connection.execute(_NOTE, job_id, now, *told)
        letter = await find(connection, job_id)
    if not replayed:
        engine.wakeup.announce(letter.root_id)
    return Retried(letter=letter, replayed=replayed)


async def _is_replay(
    connection: Connection, job_id: str, cause: Cause, edited: Edited | None, now: datetime
) -> bool:
    """Take the idempotency key; True when it stands for this very request already."""
    if cause.idempotency_key is None:
        return False
    asked = ["retryDeadLetter", job_id, edited.payload if edited else None]
    digest = hashlib.sha256(canonical(asked).encode()).digest()
    values = (cause.idempotency_key, digest, job_id, now, now + KEY_LIFE)
    if await connection.fetchval(_TAKE_KEY, *values) is not None:
        return False
    held = await connection.fetchval(_KEY, cause.idempotency_key)
    if held != digest:
        raise IdempotencyMismatch(
            "this idempotency key was used for another request; use a new one",
            values={"job": job_id},
        )
    return True


def _require_dead(row: Record | None, job_id: str) -> None:
    if row is None:
        raise DeadLetterNotFound(f"no job {job_id!r}", values={"job": job_id})
    if row["status"] != "dead":
        raise JobNotDead(
            f"the job is {row['status']}, so that there is nothing to retry",
            values={"job": job_id, "status": row["status"]},
        )


async def _with_history(connection: Connection, rows: Sequence[Record]) -> list[DeadLetter]:
    told: dict[str, list[Happened]] = {row["job_id"]: [] for row in rows}
    for row in await connection.fetch(_HISTORY, list(told)):
        told[row["job_id"]].append(_happened(row))
    return [_letter(row, told[row["job_id"]]) for row in rows]


def _letter(row: Record, history: Sequence[Happened]) -> DeadLetter:
    names = [name for name in DeadLetter.__slots__ if name not in ("payload", "history")]
    return DeadLetter(
        payload=scan(row["payload"], 0)[0],
        history=tuple(history),
        **{name: row[name] for name in names},
    )


def _happened(row: Record) -> Happened:
    names = [name for name in Happened.__slots__ if name != "payload"]
    payload = None if row["payload"] is None else scan(row["payload"], 0)[0]
    return Happened(payload=payload, **{name: row[name] for name in names})


_LISTED: Final = """
select * from orderwright.job
where status = 'dead' and ($1::text is null or kind = $1)
    and ($2::timestamptz is null or (finished_at, job_id) < ($2, $3))
order by finished_at desc, job_id desc
limit $4
"""
_COUNT: Final = """
select count(*) from orderwright.job where status = 'dead' and ($1::text is null or kind = $1)
"""
_FIND: Final = "select * from orderwright.job where job_id = $1"
_HISTORY: Final = (
    "select * from orderwright.job_history where job_id = any ($1::text[]) order by job_id, id"
)
_LOCK: Final = "select status, payload from orderwright.job where job_id = $1 for update"
_RETRY: Final = """
update orderwright.job
set status = 'waiting', attempts = 0, next_attempt_at = $3, finished_at = null, payload = coalesce($2, payload)
where job_id = $1
"""
_NOTE: Final = """
insert into orderwright.job_history (job_id, at, what, fence, actor_id, detail, payload)
select job_id, $2, 'retried', fence, $3, $4, $5 from orderwright.job where job_id = $1
"""
_TAKE_KEY: Final = """
insert into orderwright.idempotency_key as k (key, request_hash, instance_id, version, created_at, expires_at)
values ($1, $2, $3, 0, $4, $5)
on conflict (key) do update
set request_hash = excluded.request_hash, instance_id = excluded.instance_id, version = excluded.version,
    created_at = excluded.created_at, expires_at = excluded.expires_at
where k.expires_at <= excluded.created_at
returning key
"""
_KEY: Final = "select request_hash from orderwright.idempotency_key where key = $1"
