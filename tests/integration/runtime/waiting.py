"""Waiting for what another process or task brings about, and running what brings it about."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine


@asynccontextmanager
async def running(
    *loops: Callable[[asyncio.Event], Coroutine[object, object, None]], seconds: float = 30
) -> AsyncIterator[None]:
    """Run loops side by side until the end; then they are told to stop, and fail if they do not within a bound."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(loop(stop)) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(seconds):
            await asyncio.gather(*tasks)


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Return as soon as a condition holds; fail when it does not within a bound."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 (the other side is a database)
            await asyncio.sleep(0.01)
