"""Having dead letters tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.errors import InputInvalid, RefusedError
from orderwright.runtime import parking
from orderwright.runtime.dead_letter import DeadLetter, DeadLetterNotFound, find, find_handled
from orderwright.runtime.once import is_replay, made_by, note_made

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.command import Cause
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

_logger = structlog.get_logger(__name__)


class NotDead(RefusedError):
    """It is no dead letter: it waits, runs or is done, its state was left, or somebody has retried it already."""

    code = "dead_letter.not_dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What is asked.

    Attributes:
        letter_id: the dead letter.
        cause: who asks and why; with its idempotency key it is done once.
        payload: JSON text that takes the place of a job's payload; None leaves it.
    """

    letter_id: str
    cause: Cause
    payload: str | None = None

    @property
    def request(self) -> tuple[object, ...]:
        """What tells this request from another one under the same key."""
        return "retry", self.letter_id, self.payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """A letter that waits again; `replayed` tells that an earlier call with the same idempotency key did it."""

    letter: DeadLetter
    replayed: bool


async def retry(engine: Engine, asked: Retry) -> Retried:
    """Let a dead letter be tried again, with all its attempts; who wanted it and why is logged, of a job also kept.

    A job keeps its key: who has done the work already recognises it.

    Raises:
        DeadLetterNotFound: there is none with this id, or what was done with it is forgotten.
        NotDead: it is not dead.
        InputInvalid: a payload is given for an event; what has happened is not edited.
        IdempotencyMismatch: the idempotency key was used for another request.
    """
    now = engine.clock.now()
    async with engine.pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(_LOCK_JOB, asked.letter_id)
        replayed = await is_replay(connection, asked.cause.idempotency_key, asked.request, at=now)
        if not replayed and row is not None:
            await _retry_job(connection, row, asked, now)
        elif not replayed:
            await _retry_consumer(connection, asked, now)
        letter = await _as_it_is(connection, asked)
    if not replayed:
        engine.wakeup.announce(letter.root_id)
        cause = asked.cause
        _logger.info("retried", letter=asked.letter_id, actor=cause.actor.id, reason=cause.reason)
    return Retried(letter=letter, replayed=replayed)


async def _retry_job(connection: Connection, row: Record, asked: Retry, now: datetime) -> None:
    _require_dead(row["status"], asked)
    await connection.execute(_RETRY_JOB, asked.letter_id, asked.payload, now)
    before = None if asked.payload is None else row["payload"]
    told = (asked.cause.actor.id, asked.cause.reason, before)
    await connection.execute(_NOTE, asked.letter_id, now, *told)


async def _retry_consumer(connection: Connection, asked: Retry, now: datetime) -> None:
    await connection.execute(_LOCK_DEAD_ROOT, asked.letter_id)
    letter = await find(connection, asked.letter_id)
    _require_dead(letter.status, asked)
    if asked.payload is not None:
        raise InputInvalid("payload", asked.payload, "none: an event has happened as it is")
    await parking.retry(connection, letter.name, [letter.root_id], at=now)
    await note_made(connection, asked.cause.idempotency_key, letter.key)


async def _as_it_is(connection: Connection, asked: Retry) -> DeadLetter:
    """Return the letter that was retried; its root is free, and no letter any more, when its event was handled."""
    try:
        return await find(connection, asked.letter_id)
    except DeadLetterNotFound:
        event_id = await made_by(connection, asked.cause.idempotency_key)
        return await find_handled(connection, asked.letter_id, event_id)


def _require_dead(status: str, asked: Retry) -> None:
    if status != "dead":
        raise NotDead(
            f"{asked.letter_id} is {status}, so that there is nothing to retry",
            values={"id": asked.letter_id, "status": status},
        )


_LOCK_JOB: Final = "select status, payload from orderwright.job where job_id = $1 for update"
# Only a dead one: the relay holds any other for as long as it hands over what waits there.
_LOCK_DEAD_ROOT: Final = """
select from orderwright.parked_root where consumer || '/' || root_id = $1 and dead_at is not null for update
"""
_RETRY_JOB: Final = """
update orderwright.job
set status = 'waiting', attempts = 0, next_attempt_at = $3, finished_at = null, payload = coalesce($2, payload)
where job_id = $1
"""
_NOTE: Final = """
insert into orderwright.job_history (job_id, at, what, fence, actor_id, detail, payload)
select job_id, $2, 'retried', fence, $3, $4, $5 from orderwright.job where job_id = $1
"""
