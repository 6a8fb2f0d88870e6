"""Running jobs: claims what is due, calls the handlers, keeps the leases, and takes over what lost hosts left.

A lease is extended when a third of it has passed, so that two extensions may fail. A host whose event loop stands
still for longer loses its jobs to others: they run twice then, with the same key, and the outcome of the first is
refused.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import asyncpg
import structlog

from orderwright.runtime.failure import may_pass
from orderwright.runtime.job import JobAbandoned
from orderwright.runtime.job_claim import Claims
from orderwright.runtime.job_hold import Hold
from orderwright.runtime.job_outcome import Outcomes
from orderwright.runtime.loop import Loop
from orderwright.runtime.registry import BehaviourMissing
from orderwright.runtime.waiting_room import share

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_row import ClaimedJob, Happening
    from orderwright.runtime.wakeup import Change

T = TypeVar("T")

LEASE: Final = timedelta(seconds=30)
_BEATS: Final = 3
_TRIES: Final = 60
_PATIENCE_MS: Final = 250
"""How long the taking over of a job waits for a lock; the more of a round have met one, the shorter the next waits."""
_LAST_SECONDS: Final = 2.0
"""How long the last word to the database may take."""

_logger = structlog.get_logger(__name__)


class JobRunner:
    """Runs the jobs of the engine's kinds, up to `concurrency` at a time; any number of runners may run at once."""

    def __init__(
        self,
        engine: Engine,
        *,
        concurrency: int = 16,
        lease: timedelta = LEASE,
        grace_seconds: float = 10.0,
        poll_seconds: float = 1.0,
    ) -> None:
        self._engine = engine
        self._concurrency = concurrency
        self._beat_seconds = lease.total_seconds() / _BEATS
        self._patient_until = 0.0
        self._claims = Claims(engine, lease=lease, poll_seconds=poll_seconds)
        self._grace_seconds = grace_seconds
        self._poll_seconds = poll_seconds
        self._outcomes = Outcomes(engine)
        self._holds: dict[asyncio.Task[None], Hold] = {}
        self._claiming: Loop | None = None
        self._beating: Loop | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then give what is in hand the time of grace, and give back the rest.

        A turn that is held up has that time, too. The end comes in time also if the database does not answer.
        """
        ended = asyncio.Event()
        claiming = self._claiming = Loop(self._claim, self._poll_seconds, stop)
        reaping = Loop(self._reap, self._poll_seconds, stop)
        beating = self._beating = Loop(self._beat, self._poll_seconds, ended)
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(beating.run())
                taking = [group.create_task(loop.run()) for loop in (claiming, reaping)]
                await stop.wait()
                claiming.wake()
                reaping.wake()
                began = time.monotonic()
                await _ended(taking, self._grace_seconds)
                await self._drain(self._grace_seconds - (time.monotonic() - began))
                ended.set()
                beating.wake()
                await _ended([keeping], _LAST_SECONDS)
        finally:
            for task in self._holds:
                task.cancel()

    async def run_due(self) -> int:
        """Run jobs that are due now to their ends and return how many that were; at most one batch."""
        if not self._engine.kinds:
            return 0
        ended = asyncio.Event()
        beating = self._beating = Loop(self._beat, self._poll_seconds, ended)
        beats = asyncio.create_task(beating.run())
        try:
            await self._reap()
            begun = [self._begin(job) for job in await self._claims.due(self._concurrency)]
            await asyncio.gather(*begun)
        finally:
            ended.set()
            beating.wake()
            await beats
        return len(begun)

    def hear(self, change: Change) -> None:
        """Look for new jobs, and whether what changed has stopped one in hand."""
        if self._claiming is not None:
            self._claiming.wake()
        touched = any(change.touches(hold.job.root_id) for hold in self._holds.values())
        if self._beating is not None and touched:
            self._beating.wake()

    async def _claim(self) -> float:
        free = self._concurrency - len(self._holds)
        one_is_alone = any(hold.job.alone for hold in self._holds.values())
        if not free or one_is_alone or not self._engine.kinds:
            return self._poll_seconds
        claimed = await self._claims.next(free)
        for job in claimed:
            self._begin(job)
        return 0 if claimed else self._poll_seconds

    def _begin(self, job: ClaimedJob) -> asyncio.Task[None]:
        first = partial(self._alone, job, tuple(self._holds)) if job.alone else None
        hold = Hold(job, self._engine.kinds[job.kind], first=first)
        task = asyncio.create_task(self._attend(hold))
        self._holds[task] = hold
        task.add_done_callback(self._let_go)
        return task

    async def _alone(self, job: ClaimedJob, others: Collection[asyncio.Task[None]]) -> bool:
        """Wait until the others have ended, and say that it begins now; False if it is not ours any more.

        What could not be said does not begin, and is left to the lease.
        """
        if others:
            await asyncio.wait(others)
        try:
            return await self._persist(lambda: self._claims.begin(job))
        except Exception as error:
            if not may_pass(error):
                raise
            _logger.exception("job_unsettled", job_id=job.job_id)
            return False

    def _let_go(self, task: asyncio.Task[None]) -> None:
        hold = self._holds.pop(task)
        self._claims.ended(hold.job, seconds=hold.seconds)
        if self._claiming is not None:
            self._claiming.wake()

    async def _attend(self, hold: Hold) -> None:
        """Wait for the handler and write how it ended; what cannot be written is left to the lease.

        An instance that has moved meanwhile to a version that is foreign here has its work done again by others,
        with the same key.
        """
        with hold.job.work:
            try:
                end = await hold.ended()
                if isinstance(end, str):
                    await self._done(hold, end)
                elif end is not None:
                    await self._failed(hold, "failed", end)
            except BehaviourMissing as error:
                _logger.warning("job_left_to_others", job_id=hold.job.job_id, error=error.message)
                await self._persist(lambda: self._claims.release([hold.job]))
            except Exception:
                _logger.exception("job_unsettled", job_id=hold.job.job_id)

    async def _done(self, hold: Hold, result: str) -> None:
        """Write a result. One that cannot be written at all is the attempt's failure; an absent database is not."""
        try:
            await self._persist(
                lambda: self._outcomes.done(hold.job, result, seconds=hold.seconds)
            )
        except BehaviourMissing:
            raise
        except Exception as error:
            if may_pass(error):
                raise
            await self._failed(hold, "refused", error)

    async def _failed(self, hold: Hold, what: Happening, error: Exception) -> None:
        await self._persist(
            lambda: self._outcomes.failed(hold.job, what, error, seconds=hold.seconds)
        )

    async def _persist(self, write: Callable[[], Awaitable[T]]) -> T:
        """Write, again and again while what fails may pass: the fence makes that safe."""
        for _ in range(_TRIES):
            try:
                return await write()
            except Exception as error:
                if not may_pass(error):
                    raise
                _logger.warning("job_outcome_delayed", error=str(error))
                await asyncio.sleep(self._poll_seconds)
        return await write()

    async def _beat(self) -> float:
        """Extend the leases of what is in hand, and drop what is no longer ours."""
        holds = list(self._holds.values())
        if holds:
            ours = await self._claims.extend([hold.job for hold in holds])
            for hold in holds:
                if hold.job.job_id not in ours:
                    hold.revoke()
        return self._beat_seconds

    async def _reap(self) -> float:
        """End the attempts of hosts that let their leases run out.

        Whom the database was away for has let them run out, too. After a turn that has failed, all have the time to
        beat before anything is taken over here.
        """
        try:
            expired = await self._claims.expired()
        except Exception:
            self._patient_until = time.monotonic() + self._beat_seconds + self._poll_seconds
            raise
        if time.monotonic() < self._patient_until:
            return self._poll_seconds
        held_up = 0
        for job in expired:
            held_up += not await self._take_over(job, share(_PATIENCE_MS, held_up + 1))
        return self._poll_seconds

    async def _take_over(self, job: ClaimedJob, patience_ms: int) -> bool:
        """End an attempt, if it can be; False if its instance is held, which the next round looks at again."""
        error = JobAbandoned(f"its host was lost during attempt {job.attempts}")
        with job.work:
            try:
                await self._outcomes.failed(job, "lost", error, patience_ms=patience_ms)
            except asyncpg.LockNotAvailableError:
                _logger.info("job_held_up", job_id=job.job_id)
                return False
            except BehaviourMissing as error:
                _logger.warning("job_left_to_others", job_id=job.job_id, error=error.message)
            except Exception:  # the next round comes soon, and others do not wait for it
                _logger.exception("job_not_taken_over", job_id=job.job_id)
        return True

    async def _drain(self, seconds: float) -> None:
        """Wait for what is in hand; after that time, end the handlers and give their jobs back."""
        if not self._holds:
            return
        _, left = await asyncio.wait(list(self._holds), timeout=max(seconds, 0))
        holds = [self._holds[task] for task in left if task in self._holds]
        for hold in holds:
            hold.revoke()
        if left:
            await asyncio.wait(left, timeout=self._grace_seconds)
        revoked = [hold.job for hold in holds if hold.is_revoked]
        if revoked:
            await self._give_back(revoked)

    async def _give_back(self, jobs: Collection[ClaimedJob]) -> None:
        """Give jobs back; where the database does not take them in time, their leases end."""
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                await self._claims.release(list(jobs))
        except Exception:
            _logger.exception("jobs_not_given_back", job_ids=[job.job_id for job in jobs])


async def _ended(tasks: Collection[asyncio.Task[None]], seconds: float) -> None:
    """Wait for tasks to end, and break off those that have not in time."""
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
