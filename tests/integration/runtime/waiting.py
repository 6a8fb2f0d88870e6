"""Waiting for what another process or task brings about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Return as soon as a condition holds; fail when it does not within a bound."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 (the other side is a database)
            await asyncio.sleep(0.01)
