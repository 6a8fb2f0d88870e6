"""A job in hand: its handler at work, for as long as the job is ours."""

from __future__ import annotations

import asyncio
import inspect
import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from orderwright.errors import EXITS
from orderwright.json_text import DEEPEST, Unfit, is_storable, keep, scan
from orderwright.runtime.interruption import fault_of
from orderwright.runtime.job import JobKind, JobRun, JobTimedOut
from orderwright.runtime.thread import in_thread
from orderwright.runtime.time_limit import TookTooLong, in_time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from orderwright.runtime.job_row import ClaimedJob


_LEVELS: Final = DEEPEST - 1
"""How many levels a result may nest: where an instance waits for it, it comes as a field of an event's data."""

First: TypeAlias = "Callable[[], Awaitable[bool]]"
"""Does what is to be done before, and says whether the job is still ours."""


class Hold:
    """Calls the handler of a claimed job; `ended` awaits its end, `seconds` says how long it took.

    It is called when `first` says that it may be.
    """

    def __init__(self, job: ClaimedJob, kind: JobKind, *, first: First | None = None) -> None:
        self.job = job
        self.is_revoked = False
        self.seconds = 0.0
        self._began = time.monotonic()
        self._work = asyncio.create_task(self._call(kind, first))

    def revoke(self) -> None:
        """End the handler's work, unless it has ended: nobody wants its outcome any more."""
        if not self._work.done():
            self.is_revoked = True
            self._work.cancel()

    async def ended(self) -> str | Exception | None:
        """Wait for the handler; return its result as JSON text, what it raised, or None if it was revoked."""
        try:
            await asyncio.wait([self._work])
            self.seconds = time.monotonic() - self._began
        except asyncio.CancelledError:
            self._work.cancel()
            raise
        if self.is_revoked:
            return None
        error = asyncio.CancelledError() if self._work.cancelled() else self._work.exception()
        if error is None:
            return self._work.result()
        if isinstance(error, EXITS):
            raise error
        return fault_of(error, "the handler")

    async def _call(self, kind: JobKind, first: First | None) -> str:
        if first is not None:
            if not await first():
                self.is_revoked = True
                return ""
            self._began = time.monotonic()
        return await _call(self.job, kind)


async def _call(job: ClaimedJob, kind: JobKind) -> str:
    run = JobRun(
        job_id=job.job_id,
        kind=job.kind,
        payload=scan(job.payload, 0)[0],
        key=job.key,
        attempt=job.attempts,
        root_id=job.root_id,
        correlation_id=job.correlation_id,
    )
    try:
        async with in_time(kind.timeout_seconds):
            with job.work:
                result = await _handled(kind, run)
    except TookTooLong as error:
        raise JobTimedOut(str(error)) from error
    return _text(result)


async def _handled(kind: JobKind, run: JobRun) -> object:
    if inspect.iscoroutinefunction(kind.handle):
        return await kind.handle(run)
    result = await in_thread(partial(kind.handle, run), name=f"job {run.kind}")
    return await result if inspect.isawaitable(result) else result


def _text(result: object) -> str:
    try:
        text = keep(result, _LEVELS)
    except Unfit as error:
        raise ValueError(f"{error.field('result')}: expected {error.expected}") from None
    if not is_storable(text):
        raise ValueError("the result holds half a surrogate pair")
    return text
