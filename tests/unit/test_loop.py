from __future__ import annotations

import asyncio

import pytest

from orderwright.runtime.loop import Loop


@pytest.mark.parametrize("error", [OSError("the connection was lost"), None])
async def test_a_loop_that_is_cancelled_ends_also_when_its_turn_makes_something_else_of_it(
    error: Exception | None,
):
    is_taking = asyncio.Event()

    async def turn() -> float:
        is_taking.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if error is not None:
                raise error from None
        return 0.01

    running = asyncio.create_task(Loop(turn, 0.01, asyncio.Event()).run())
    await is_taking.wait()
    running.cancel()
    ended, _ = await asyncio.wait([running], timeout=30)
    assert ended == {running}
    assert running.cancelled()


class Panic(BaseException):
    """What a library in Rust raises when it panics."""


@pytest.mark.parametrize("raised", [asyncio.CancelledError(), Panic("broken")])
async def test_a_loop_goes_on_after_a_turn_that_ends_as_cancelled_or_panics(raised: BaseException):
    stop = asyncio.Event()
    turns = 0

    async def turn() -> float:
        nonlocal turns
        turns += 1
        if turns == 1:
            raise raised
        stop.set()
        return 0

    async with asyncio.timeout(30):
        await Loop(turn, 0.01, stop).run()
    assert turns == 2


async def test_a_loop_ends_with_the_process():
    async def turn() -> float:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        await Loop(turn, 0.01, asyncio.Event()).run()
