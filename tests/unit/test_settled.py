from __future__ import annotations

import asyncio

import pytest

from orderwright.runtime.lane import settled
from orderwright.runtime.ticket import Result


def _result(version: int) -> Result:
    return Result(instance_id="p1", root_id="p1", version=version, snapshot=None)


def _futures(count: int) -> list[asyncio.Future[Result]]:
    loop = asyncio.get_running_loop()
    return [loop.create_future() for _ in range(count)]


async def test_results_come_in_the_order_asked_for_whatever_is_settled_first():
    futures = _futures(4)
    waiting = asyncio.create_task(settled(futures))
    for place in (3, 1, 0):
        futures[place].set_result(_result(place))
        await asyncio.sleep(0)
        assert not waiting.done()
    futures[2].set_result(_result(2))
    assert [result.version for result in await waiting] == [0, 1, 2, 3]
    assert await settled([]) == []


async def test_the_first_error_is_raised_when_the_last_is_settled_and_not_before():
    futures = _futures(3)
    waiting = asyncio.create_task(settled(futures))
    futures[1].set_exception(ValueError("second"))
    futures[0].set_exception(ValueError("first"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    futures[2].set_result(_result(2))
    with pytest.raises(ValueError, match="first"):
        await waiting


async def test_who_stops_waiting_takes_back_what_is_not_settled():
    futures = _futures(3)
    waiting = asyncio.create_task(settled(futures))
    futures[0].set_result(_result(0))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert futures[0].result().version == 0
    assert [future.cancelled() for future in futures] == [False, True, True]
