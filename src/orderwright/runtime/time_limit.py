"""How long a handler may take, of a job or of an event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class TookTooLong(TimeoutError):
    """Work was ended because its time was over; a `TimeoutError` that the work itself met is none."""


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """End the work inside when it takes longer.

    Raises:
        TookTooLong: it did.
    """
    async with _within(asyncio.timeout(seconds), seconds):
        yield


@asynccontextmanager
async def each_in_time(seconds: float) -> AsyncIterator[Callable[[], float]]:
    """End the work inside when one piece of it takes longer.

    What it gives is called where a piece begins, and returns that moment by the monotonic clock. All pieces share one
    timer, which looks when the present one began: to set a timer for each takes longer than a short piece of work.

    Raises:
        TookTooLong: one did.
    """
    limit, loop = asyncio.timeout(None), asyncio.get_running_loop()
    timer: asyncio.TimerHandle
    began = time.monotonic()

    def begin() -> float:
        nonlocal began
        began = time.monotonic()
        return began

    def look() -> None:
        nonlocal timer
        left = began + seconds - time.monotonic()
        if left > 0:
            timer = loop.call_later(left, look)
        else:
            limit.reschedule(loop.time())

    timer = loop.call_later(seconds, look)
    try:
        async with _within(limit, seconds):
            yield begin
    finally:
        timer.cancel()


@asynccontextmanager
async def _within(limit: asyncio.Timeout, seconds: float) -> AsyncIterator[None]:
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TookTooLong(f"it took longer than {seconds:g} s") from error
