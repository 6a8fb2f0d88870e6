"""Servers and people for the acceptance and browser tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from acceptance.harness import PASSWORD, TABLES, Client, Rows, Server, SignIn, until

_UNREAD = """
select count(*) from orderwright.outbox as o join orderwright.consumer as c on (o.ord, o.id) > (c.ord, c.id)
"""


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[Server]:
    """A running server; its database is furnished, see `source`."""
    running = Server(database_url)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@pytest.fixture(scope="module")
async def shared_server(shared_database_url: str) -> AsyncIterator[Server]:
    """A running server that all tests of a module share: a module whose tests do without one of their own says so."""
    running = Server(shared_database_url)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@pytest.fixture
async def sign_in() -> AsyncIterator[SignIn]:
    """Signs people in at a server."""
    open_clients: list[httpx.AsyncClient] = []

    async def enter(server: Server, login: str = "admin") -> Client:
        http = httpx.AsyncClient(base_url=server.url, timeout=30)
        open_clients.append(http)
        answer = await http.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return Client(http)

    yield enter
    for http in open_clients:
        await http.aclose()


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    """Fingerprints every table of the trade and the runtime: equal fingerprints, equal rows."""
    connection = await asyncpg.connect(database_url)

    async def is_quiet() -> bool:
        return bool(await connection.fetchval(_UNREAD) == 0)

    async def fingerprint() -> dict[str, str]:
        await until(is_quiet)  # what follows from what was done before
        found = {}
        for table in TABLES:
            query = f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from orderwright.{table} t"
            found[table] = await connection.fetchval(query)
        return found

    yield fingerprint
    await connection.close()
