"""A connection over TCP notices that the other end is gone without a word."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import uvloop
from proxy import Proxy

from orderwright.app import database
from orderwright.runtime.pool import open_pool
from orderwright.runtime.wakeup import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

OPTIONS = {
    "TCP_KEEPIDLE": 15,
    "TCP_KEEPALIVE": 15,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 30_000,
}
EXPECTED = {name: value for name, value in OPTIONS.items() if hasattr(socket, name)}
"""What a socket is told, as far as the platform has it."""


@pytest.fixture
async def tcp_url(database_url: str, scratch: Path) -> AsyncIterator[str]:
    """The tests' database behind a port: its server may listen on a Unix socket alone."""
    proxy = Proxy(database_url, scratch)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    user, mark, _ = urlsplit(database_url).netloc.rpartition("@")
    port = server.sockets[0].getsockname()[1]
    parts = urlsplit(database_url)._replace(query="sslmode=disable")
    yield urlunsplit(parts._replace(netloc=f"{user}{mark}127.0.0.1:{port}"))
    server.close()
    proxy.close()


def told(connection: asyncpg.Connection) -> dict[str, int]:
    """Return what the socket of a connection was told."""
    line = connection._transport.get_extra_info("socket")
    assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    return {name: line.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in EXPECTED}


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
async def test_each_connection_of_the_pool_notices(tcp_url: str, run: Callable[..., object]):
    async def look() -> list[dict[str, int]]:
        pool = await open_pool(tcp_url, min_size=1, max_size=2)
        async with pool.acquire() as first, pool.acquire() as second:
            found = [told(first._con), told(second._con)]
        await pool.close()
        return found

    found = await asyncio.to_thread(lambda: run(look()))
    assert found == [EXPECTED, EXPECTED]


async def test_the_listener_notices(tcp_url: str, monkeypatch: pytest.MonkeyPatch):
    made: list[asyncpg.Connection] = []
    connect = asyncpg.connect

    async def remembering(*args: object, **options: object) -> asyncpg.Connection:
        made.append(await connect(*args, **options))
        return made[-1]

    monkeypatch.setattr(asyncpg, "connect", remembering)
    async with Listener(tcp_url):
        assert [told(one) for one in made] == [EXPECTED]


async def test_what_reads_notices(tcp_url: str):
    reads = database.engine(tcp_url)
    async with reads.connect() as connection:
        raw = await connection.get_raw_connection()
        assert told(raw.driver_connection) == EXPECTED
    await reads.dispose()
