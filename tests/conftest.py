"""A real PostgreSQL for every test that asks for one: one server a session, one fresh database a test."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import pytest
import structlog

from acceptance.fixtures import rows, server, shared_server, sign_in  # noqa: F401 (fixtures for every door)
from acceptance.harness import furnish
from orderwright import Orderwright
from orderwright.app import embedded
from orderwright.app.database import migrate
from orderwright.app.settings import Settings
from orderwright.app.shipped import folder
from payloads import faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

NewDatabase: TypeAlias = "Callable[[], Awaitable[str]]"
"""What the fixture `new_database` gives: it makes a database and returns its URL."""

_numbers = itertools.count(1)


def pytest_configure() -> None:
    """Show tracebacks as Python writes them: with every local in a frame one of a large batch takes seconds.

    And give random examples as long as a busy machine takes: by default Hypothesis fails one that takes 0.2 s, or
    a second to be drawn.
    """
    too_slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=too_slow)
    hypothesis.settings.load_profile("patient")
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    processors = structlog.get_config()["processors"]
    structlog.configure(processors=[*processors[:-1], plain])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long by itself, so that at the end no worker is busy alone."""
    items.sort(key=lambda item: item.get_closest_marker("early") is None)


@pytest.fixture(scope="session")
def scratch() -> Path:
    """Where tests put databases: a short path (a socket's has a limit), in memory where there is room."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2_000_000_000
    return memory if roomy else Path("/tmp").resolve()


@pytest.fixture(scope="session")
def server_url(scratch: Path) -> Iterator[str]:
    """The URL of a server on which databases may be made: ORDERWRIGHT_TEST_DATABASE_URL, or an embedded one."""
    given = os.environ.get("ORDERWRIGHT_TEST_DATABASE_URL")  # noqa: TID251 (the suite's own switch)
    if given:
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="ow-test-", dir=scratch))
    home.chmod(0o711)  # as root the server runs as another account
    try:
        with embedded.acquire(home) as lease:
            yield lease.url
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
async def template(server_url: str) -> AsyncIterator[str]:
    """The name of a migrated database from which the others are copied.

    Deadlocks are looked for after a moment: by default only after a second, when most who wait have given up, so that
    suites that count them would count none.
    """
    await _run(server_url, "alter role current_user set deadlock_timeout = '10ms'")
    async with _template(server_url, "template", "template0") as name:
        await migrate(_with_database(server_url, name))
        yield name


@pytest.fixture(scope="session")
async def charted(server_url: str, template: str) -> AsyncIterator[str]:
    """The name of a database with the shipped charts, which are checked when they are published, and only then."""
    async with _template(server_url, "charted", template) as name:
        async with Orderwright.connect(_with_database(server_url, name), settings=Settings()):
            pass
        yield name


@pytest.fixture(scope="session")
async def furnished(server_url: str, charted: str) -> AsyncIterator[str]:
    """The name of a database with people and master data, from which those of servers are copied."""
    async with _template(server_url, "furnished", charted) as name:
        url = _with_database(server_url, name)
        await furnish(url)
        async with Orderwright.connect(url, settings=Settings()) as app:
            await app.worker.drain()  # copies are not to find old events that nobody has read
        yield name


@asynccontextmanager
async def _template(server_url: str, what: str, source: str) -> AsyncIterator[str]:
    name = f"ow_{what}_{os.getpid()}"
    await _run(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    yield name
    await _run(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def source(request: pytest.FixtureRequest) -> str:
    """What the databases of a test are copied from: those of a server have people already, all have the charts."""
    furnished = {"server", "furnished_url"} & set(request.fixturenames)
    return str(request.getfixturevalue("furnished" if furnished else "charted"))


@pytest.fixture
async def new_database(server_url: str, source: str) -> AsyncIterator[NewDatabase]:
    """Makes migrated databases for one test alone; what they emit must be catalogued."""
    async with _databases(server_url, source) as make:
        yield make


@pytest.fixture(scope="module")
def shared_source(furnished: str) -> str:
    """What the database is copied from that all tests of a module share."""
    return furnished


@pytest.fixture(scope="module")
async def shared_database_url(server_url: str, shared_source: str) -> AsyncIterator[str]:
    """The URL of a database that all tests of a module share, with people and master data."""
    async with _databases(server_url, shared_source) as make:
        yield await make()


@asynccontextmanager
async def _databases(server_url: str, source: str) -> AsyncIterator[NewDatabase]:
    names: list[str] = []

    async def make() -> str:
        names.append(f"ow_test_{os.getpid()}_{next(_numbers)}")
        await _run(server_url, f'CREATE DATABASE "{names[-1]}" TEMPLATE "{source}"')
        return _with_database(server_url, names[-1])

    yield make
    wrong: set[str] = set()
    for name in names:
        wrong |= await _wrong_payloads(_with_database(server_url, name))
        await _run(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')
    assert wrong == set()


@pytest.fixture
async def database_url(new_database: NewDatabase) -> str:
    """The URL of a new database."""
    return await new_database()


@pytest.fixture
def furnished_url(database_url: str) -> str:
    """The URL of a new database with people and master data; in a test that has it, `database_url` is the same."""
    return database_url


@pytest.fixture
async def empty_database_url(server_url: str) -> AsyncIterator[str]:
    """The URL of a database in which nothing is, not even our schema."""
    name = f"ow_test_{os.getpid()}_{next(_numbers)}"
    await _run(server_url, f'CREATE DATABASE "{name}"')
    yield _with_database(server_url, name)
    await _run(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _wrong_payloads(url: str) -> set[str]:
    """What is wrong with the domain events of shipped charts in a database."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(_EMITTED, [chart.name.split(".v")[0] for chart in _CHARTS])
    finally:
        await connection.close()
    return {fault for row in rows for fault in faults(row["name"], json.loads(row["payload"]))}


_CHARTS = tuple(folder("charts").glob("*.json"))
_EMITTED = """
select distinct name, payload from orderwright.outbox join orderwright.instance using (instance_id)
where chart_id = any($1)
"""


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
