"""What is written when an attempt at a job has ended, well or badly."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.errors import OrderwrightError
from orderwright.runtime import job_row
from orderwright.runtime.failure import pause_after, spread, words
from orderwright.runtime.invocation import answer, give_up
from orderwright.runtime.job_row import Failure
from orderwright.runtime.observation import Attempted

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_row import ClaimedJob, Happening

LONGEST_PAUSE: Final = timedelta(hours=1)
"""The pauses between attempts double up to here."""

_TOO_LATE: Final = "too_late"
_logger = structlog.get_logger(__name__)


class Outcomes:
    """Writes how attempts ended; what comes together is written together."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: list[_Finishing] = []
        self._writing: asyncio.Task[None] | None = None

    async def done(self, job: ClaimedJob, result: str, *, seconds: float) -> None:
        """Write a result; that of an invocation goes to its instance in the same transaction, when that is free.

        `seconds` is how long the attempt took.

        Raises:
            ResultRefused: the instance could not take it; the attempt is still to be ended.
            BehaviourMissing: others have to end the attempt.
        """
        if job.instance_id is not None:
            taken = await self._engine.waiting_room.tried(
                lambda ms: answer(self._engine, job, result, patience_ms=ms)
            )
        else:
            taken = await self._finish(job, result)
        _report(job, taken=taken, what="done")
        self._tell(Attempted(job, "done" if taken else _TOO_LATE, seconds))

    async def failed(
        self,
        job: ClaimedJob,
        what: Happening,
        error: Exception,
        *,
        seconds: float | None = None,
        patience_ms: int | None = None,
    ) -> None:
        """Write a failure: another attempt follows after a pause, unless it was the last or can never succeed.

        What somebody holds, the job or an instance that has to be told, is waited for as long as it takes, unless
        a patience is given.

        Raises:
            BehaviourMissing: others have to end the attempt.
            LockNotAvailableError: somebody holds a lock for longer than the patience; nothing was written.
        """
        is_final = _is_final(job, what, error)
        longest = pause_after(job.attempts - 1, longest=LONGEST_PAUSE)
        pause = None if is_final else spread(longest, f"{job.job_id}/{job.fence}")
        failure = Failure(what=what, error=words(error), pause=pause)
        if patience_ms is not None:
            taken = await self._end(job, failure, patience_ms)
        else:
            taken = await self._engine.waiting_room.tried(lambda ms: self._end(job, failure, ms))
        _report(job, taken=taken, what=what, error=failure.error, dead=is_final)
        outcome = "dead" if is_final else what
        self._tell(Attempted(job, outcome if taken else _TOO_LATE, seconds, failure.error))

    async def _end(self, job: ClaimedJob, failure: Failure, patience_ms: int) -> bool:
        if failure.pause is None and job.instance_id is not None:
            return await give_up(self._engine, job, failure, patience_ms=patience_ms)
        async with self._engine.pool.acquire() as connection:
            return await job_row.fail(
                connection, job, failure, clock=self._engine.clock, patience_ms=patience_ms
            )

    def _tell(self, note: Attempted) -> None:
        self._engine.observer.tell(note)

    async def _finish(self, job: ClaimedJob, result: str) -> bool:
        loop = asyncio.get_running_loop()
        finishing = _Finishing(job, result, loop.create_future())
        self._waiting.append(finishing)
        if self._writing is None or self._writing.done():
            self._writing = loop.create_task(self._write())
        return await finishing.taken

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                async with self._engine.pool.acquire() as connection:
                    results = [(one.job, one.result) for one in batch]
                    taken = await job_row.finish(connection, results, at=self._engine.clock.now())
            except Exception as error:  # noqa: BLE001 (each of those who wait gets it)
                for one in batch:
                    one.fail(error)
            except BaseException:
                for one in batch:
                    one.taken.cancel()
                raise
            else:
                for one in batch:
                    one.settle(taken=one.job.job_id in taken)


@dataclass(frozen=True, slots=True)
class _Finishing:
    """A result that waits to be written; whoever waits for it may have gone."""

    job: ClaimedJob
    result: str
    taken: asyncio.Future[bool]

    def settle(self, *, taken: bool) -> None:
        if not self.taken.done():
            self.taken.set_result(taken)

    def fail(self, error: Exception) -> None:
        if not self.taken.done():
            self.taken.set_exception(error)


def _is_final(job: ClaimedJob, what: Happening, error: Exception) -> bool:
    """Tell whether this was the end: a death that others may have caused never is."""
    if isinstance(error, OrderwrightError) and not error.retryable:
        return True
    return job.is_last and (what != "lost" or (job.alone and job.has_begun))


def _report(job: ClaimedJob, *, taken: bool, what: str, **more: object) -> None:
    names = {"job_id": job.job_id, "kind": job.kind, "attempt": job.attempts, "fence": job.fence}
    if not taken:
        _logger.warning("job_outcome_too_late", **names, what=what)
    elif what != "done":
        _logger.error("job_failed", **names, what=what, **more)
