"""A loop that takes turns and rests between them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from orderwright.runtime.interruption import is_end

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_logger = structlog.get_logger(__name__)


class Loop:
    """Takes turns until told to stop; between turns it waits for as long as the turn says, or for a wake."""

    def __init__(
        self, turn: Callable[[], Awaitable[float]], pause_on_error: float, stop: asyncio.Event
    ) -> None:
        self._turn = turn
        self._pause_on_error = pause_on_error
        self._stop = stop
        self._signal = asyncio.Event()

    def wake(self) -> None:
        """End the wait."""
        self._signal.set()

    async def run(self) -> None:
        """Take turns."""
        while not self._stop.is_set():
            self._signal.clear()
            try:
                pause = await self._turn()
            except BaseException as error:  # the database may be away; the next turn will tell
                if is_end(error):
                    raise
                _logger.exception("turn_failed")
                pause = self._pause_on_error
            _heed_cancellation()
            if pause and not self._stop.is_set():
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._signal.wait()


def _heed_cancellation() -> None:
    """Raise a cancellation of which a turn has made an error, as a driver does that loses its connection."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
