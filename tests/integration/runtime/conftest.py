"""A small chart with a bit of everything, and an engine that runs it on a fresh database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from belfry import build_bells
from engine_room import build_engine, close
from errand import Receiver, build_errands
from listing import TABLE
from mailroom import open_mailroom
from parcel import START, Scales

from orderwright.clock import DrivenClock
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.migration import Migrations
from orderwright.runtime.pool import open_pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from listing import Seen
    from mailroom import Mailroom
    from parcel import Everything, Rows

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


@pytest.fixture
def source(template: str) -> str:
    """What the databases of a test are copied from: the runtime knows no charts but the test's own."""
    return template


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock(START)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_url, max_size=12)
    yield opened
    await opened.close()


@pytest.fixture
def scales() -> Scales:
    return Scales()


@pytest.fixture
async def engine(pool: Pool, clock: DrivenClock, scales: Scales) -> AsyncIterator[Engine]:
    built = await build_engine(pool, clock, {"weight": scales.load})
    yield built
    await close(built)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def errands(pool: Pool, clock: DrivenClock, receiver: Receiver) -> AsyncIterator[Engine]:
    """An engine that knows the errand; its jobs go to the receiver."""
    built = await build_errands(pool, clock, [receiver.kind()])
    yield built
    await close(built)


@pytest.fixture
def queue(errands: Engine) -> JobQueue:
    return JobQueue(errands)


@pytest.fixture
def runner(errands: Engine) -> JobRunner:
    return JobRunner(errands)


@pytest.fixture
def migrations(engine: Engine) -> Migrations:
    """What moves parcels by twos, once their second version is published, and waits for nobody for long."""
    return Migrations(engine, batch=2, patience=timedelta(milliseconds=50))


@pytest.fixture
async def bells(pool: Pool, clock: DrivenClock, scales: Scales) -> AsyncIterator[Engine]:
    """An engine that knows the bell."""
    built = await build_bells(pool, clock, scales)
    yield built
    await close(built)


@pytest.fixture
async def mailroom(engine: Engine) -> AsyncIterator[Mailroom]:
    """A receiver of webhooks on the loopback, and all that is between it and the engine's parcels."""
    async with open_mailroom(engine) as opened:
        yield opened


TABLES = ("instance", "log", "outbox", "timer", "idempotency_key", "ledger_entry", "balance")


@pytest.fixture
def everything(pool: Pool) -> Everything:
    """A function that returns every row of the lifecycle tables."""

    async def read() -> dict[str, list[tuple[object, ...]]]:
        async with pool.acquire() as connection:
            return {
                table: sorted(
                    map(tuple, await connection.fetch(f"select * from orderwright.{table}")),
                    key=repr,
                )
                for table in TABLES
            }

    return read


@pytest.fixture
def rows(pool: Pool) -> Rows:
    """A function that returns the rows of a query as dicts."""

    async def read(query: str, *values: object) -> list[dict[str, object]]:
        async with pool.acquire() as connection:
            return [dict(row) for row in await connection.fetch(query, *values)]

    return read


@pytest.fixture
async def seen(pool: Pool, rows: Rows) -> Seen:
    """A table that would show a second delivery of anything, and what a `Listing` has written to it."""
    await pool.execute(TABLE)

    async def read(consumer: str = "listing") -> list[str]:
        found = await rows("select event_id from seen where consumer = $1 order by n", consumer)
        return [row["event_id"] for row in found]

    return read
