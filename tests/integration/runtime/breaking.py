"""What a host's code may raise that is no `Exception`."""

from __future__ import annotations

import asyncio

import pytest

from orderwright.runtime.interruption import WorkCancelled, WorkPanicked


class Panic(BaseException):
    """What a library in Rust raises when it panics."""


async def await_what_is_cancelled() -> None:
    """Await a task that somebody else cancels, such as a refresh of a cache that several callers share."""
    shared = asyncio.create_task(asyncio.Event().wait())
    asyncio.get_running_loop().call_soon(shared.cancel)
    await shared


async def panic() -> None:
    raise Panic("index out of bounds")


RAISED = pytest.mark.parametrize(
    "raised", [Panic("index out of bounds"), asyncio.CancelledError()]
)
BREAKS = pytest.mark.parametrize(
    ("breaks", "fault"), [(await_what_is_cancelled, WorkCancelled), (panic, WorkPanicked)]
)
