from __future__ import annotations

import asyncio

import pytest

from orderwright.runtime.time_limit import TookTooLong, each_in_time

LIMIT = 0.2


async def test_a_piece_of_work_that_takes_too_long_is_ended_and_said_to_be():
    with pytest.raises(TookTooLong, match=r"longer than 0\.2 s"):
        await _hang_after(0)


async def test_each_piece_has_the_time_of_one_and_is_told_when_it_begins():
    began = []
    async with each_in_time(LIMIT) as begin:
        for _ in range(4):
            began.append(begin())
            await asyncio.sleep(LIMIT / 2)
    assert began == sorted(began)
    assert began[-1] - began[0] >= LIMIT


async def test_a_late_piece_that_hangs_is_ended_as_well():
    with pytest.raises(TookTooLong):
        await _hang_after(LIMIT / 2)


async def test_a_timeout_that_the_work_met_itself_is_its_own():
    async def meet_one() -> None:
        async with each_in_time(LIMIT):
            raise TimeoutError("of a gateway")

    with pytest.raises(TimeoutError, match="of a gateway"):
        await meet_one()


async def test_nothing_is_ended_after_the_last_piece():
    async with each_in_time(0.01):
        pass
    await asyncio.sleep(0.05)


async def _hang_after(seconds: float) -> None:
    """Do a piece of work that takes so long, and one that never ends."""
    async with asyncio.timeout(30), each_in_time(LIMIT) as begin:
        await asyncio.sleep(seconds)
        begin()
        await asyncio.Event().wait()
