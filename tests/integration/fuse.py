"""A clock that ends a task when it is asked for the time once too often: it interrupts where one likes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

import pytest

from orderwright.clock import SystemClock


class Fuse(SystemClock):
    """Burns while `interrupt` runs something."""

    def __init__(self, looks: int) -> None:
        self._left = looks
        self._task: asyncio.Task[object] | None = None

    def now(self) -> datetime:
        if self._task is not None:
            self._left -= 1
            if self._left == 0:
                self._task.cancel()
        return super().now()

    async def interrupt(self, work: Coroutine[Any, Any, object]) -> None:
        """Run something until the fuse has burnt down; it must not be done before."""
        self._task = asyncio.create_task(work)
        with pytest.raises(asyncio.CancelledError):
            await self._task
        self._task = None
