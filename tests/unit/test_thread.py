"""Calls that block, each in a thread of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from contextvars import ContextVar

import pytest

from orderwright.runtime.thread import in_thread

WHERE: ContextVar[str] = ContextVar("WHERE", default="nowhere")


async def test_what_a_call_returns_comes_back_and_it_sees_the_context_of_the_caller():
    WHERE.set("here")
    here = threading.get_ident()
    assert await in_thread(lambda: (WHERE.get(), threading.get_ident() == here), name="one") == (
        "here",
        False,
    )


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()], ids=repr)
async def test_what_a_call_raises_is_raised(error: BaseException):
    def call() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        await in_thread(call, name="one")
    assert raised.value is error


async def test_a_future_holds_no_stop_iteration_and_the_caller_hears_of_it():
    with pytest.raises(RuntimeError, match="StopIteration"):
        await in_thread(lambda: next(iter(())), name="one")


async def test_any_number_of_calls_may_hang_and_the_next_one_runs():
    going_on = threading.Event()
    hanging = [asyncio.create_task(in_thread(going_on.wait, name="hangs")) for _ in range(100)]
    try:
        async with asyncio.timeout(10):
            assert await in_thread(lambda: "ran", name="runs") == "ran"
            hanging[0].cancel()
            with pytest.raises(asyncio.CancelledError):
                await hanging[0]
    finally:
        going_on.set()
    assert await asyncio.gather(*hanging[1:]) == [True] * 99


def test_a_call_that_hangs_does_not_keep_a_process_from_ending():
    script = """
import asyncio, threading
from orderwright.runtime.thread import in_thread
async def main():
    hanging = asyncio.create_task(in_thread(threading.Event().wait, name="hangs"))
    await asyncio.sleep(0)
    hanging.cancel()
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-W", "error", "-c", script], timeout=60, check=False)
    assert ended.returncode == 0
