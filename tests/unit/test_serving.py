"""A server on its port."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from orderwright.cli.serving import AddressTaken, serve_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_of_two_that_start_at_once_on_a_port_one_serves_and_the_other_is_told():
    begun, stop, ready = asyncio.Semaphore(0), asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def at_once(_: FastAPI) -> AsyncIterator[None]:
        begun.release()
        await go_on.wait()
        yield

    def start() -> asyncio.Task[None]:
        api = FastAPI(lifespan=at_once)
        return asyncio.create_task(serve_at("127.0.0.1", port, api, ready=ready.set, stop=stop))

    port, go_on = _free_port(), asyncio.Event()
    async with asyncio.timeout(30):
        first = start()
        await begun.acquire()
        second = start()
        asking = asyncio.create_task(begun.acquire())
        await asyncio.wait([second, asking], return_when=asyncio.FIRST_COMPLETED)
        go_on.set()
        await ready.wait()
        stop.set()
        ends = await asyncio.gather(first, second, return_exceptions=True)
        asking.cancel()
    assert ends[0] is None
    assert isinstance(ends[1], AddressTaken)
    assert "choose another with PORT=" in ends[1].message
