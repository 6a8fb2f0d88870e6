"""The door for jobs: they are put down in the transaction of whatever makes them necessary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.errors import InputInvalid, shown
from orderwright.json_text import is_storable, keep
from orderwright.runtime import job_row
from orderwright.runtime.command import LONGEST_ID, unfit
from orderwright.runtime.job import kind_of
from orderwright.runtime.job_row import NewJob
from orderwright.runtime.joining import joined
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.runtime.write import INVOKED

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.joining import Joinable
    from orderwright.runtime.pool import Connection

_STORABLE: Final = "JSON without NUL, half surrogate pairs or infinities"


class JobQueue:
    """Takes jobs of the engine's kinds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def enqueue(  # noqa: PLR0913 (what a job is)
        self,
        kind: str,
        payload: object,
        *,
        key: str,
        root_id: str,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        due_at: datetime | None = None,
        connection: Joinable | None = None,
    ) -> str:
        """Put a job down and return its id; one with the same key is there once.

        With a `connection` it is a savepoint of the caller's transaction and lives or dies with it. `due_at`
        is the earliest time of the first attempt, by default now.

        Raises:
            JobKindUnknown: nobody handles such jobs.
            IdempotencyMismatch: the key belongs to a job of another kind or with another payload.
        """
        now = self._engine.clock.now()
        job = NewJob(
            kind=kind_of(self._engine.kinds, kind),
            key=_checked(key),
            payload=payload_text(payload),
            root_id=root_id,
            correlation_id=correlation_id or root_id,
            causation_id=causation_id,
            due_at=due_at or now,
        )
        if connection is None:
            async with self._engine.pool.acquire() as own:
                await _insert(own, job, now)
        else:
            async with joined(connection) as inner:
                await _insert(inner, job, now)
        self._engine.wakeup.announce(root_id, again=connection is not None)
        return job.job_id


def payload_text(payload: object) -> str:
    """Write a payload.

    Raises:
        InputInvalid: it is not JSON, not storable, or nested too deeply.
    """
    try:
        text = keep(payload)
    except (TypeError, ValueError) as error:
        raise unfit("payload", payload, error) from error
    if not is_storable(text):
        raise InputInvalid("payload", shown(payload), _STORABLE)
    return text


async def _insert(connection: Connection, job: NewJob, at: datetime) -> None:
    if await job_row.insert(connection, job, at=at):
        return
    if await job_row.asked(connection, job.key) != (job.kind.name, job.payload):
        raise IdempotencyMismatch(
            "this key belongs to another job; use a new one", values={"job": job.job_id}
        )


def _checked(key: str) -> str:
    if not 0 < len(key) <= LONGEST_ID or not is_storable(key) or key.startswith(INVOKED):
        expected = f"1 to {LONGEST_ID} characters, not beginning with {INVOKED!r}"
        raise InputInvalid("key", ascii(key[:LONGEST_ID]), expected)
    return key
