"""A joined call that is cancelled has done nothing, at whatever moment that was; one that returns has done it."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (seeded)
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncpg
import pytest
from sqlalchemy import text

from orderwright.app.database import engine as sqlalchemy_engine
from orderwright.runtime.interruption import to_its_end
from orderwright.runtime.joining import joined
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

TOUCH = Event("TOUCH")
MOMENTS = 120
"""Moments of a call at which it is cancelled, from its begin to beyond its end."""


@pytest.fixture
async def host(engine: Engine, database_url: str) -> AsyncIterator[Connection]:
    """A host's own connection, with a table of the host's."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("create table note (n int)")
    await engine.create("parcel", "p1", actor="ann")
    yield connection
    await connection.close(timeout=10)


async def _version(engine: Engine) -> int:
    return (await engine.read("p1")).version


async def _length(engine: Engine, host: Connection) -> float:
    """Return how many seconds a joined call takes here."""
    began = time.monotonic()
    for _ in range(10):
        async with host.transaction():
            await engine.send("p1", TOUCH, actor="ann", connection=host)
    return (time.monotonic() - began) / 10


def _moments(length: float) -> list[float]:
    chance = random.Random(5)
    return [chance.random() * length * 1.3 for _ in range(MOMENTS)]


@pytest.mark.parametrize("cancellations", [1, 2, 3])
async def test_a_joined_call_that_is_cancelled_is_not_committed(
    engine: Engine, host: Connection, cancellations: int
):
    told = {"cancelled": 0, "done": 0}
    for n, moment in enumerate(_moments(await _length(engine, host))):
        before = await _version(engine)
        async with host.transaction():
            call = asyncio.create_task(engine.send("p1", TOUCH, actor="ann", connection=host))
            await asyncio.sleep(moment)
            for _ in range(cancellations):
                call.cancel()
                await asyncio.sleep(0)
            try:
                expected = (await call).version
                told["done"] += 1
            except asyncio.CancelledError:
                expected = before
                told["cancelled"] += 1
            await host.execute("insert into note values ($1)", n)
        assert await _version(engine) == expected, f"{moment * 1000:.2f} ms"
        assert await host.fetchval("select count(*) from note where n = $1", n) == 1
    assert all(told.values()), told


async def test_a_joined_call_whose_time_is_over_is_not_committed(engine: Engine, host: Connection):
    """The host catches the timeout, and commits what else it has done."""
    told = {"over": 0, "done": 0}
    for n, moment in enumerate(_moments(await _length(engine, host))):
        before = expected = await _version(engine)
        async with host.transaction():
            try:
                async with asyncio.timeout(moment):
                    done = await engine.send("p1", TOUCH, actor="ann", connection=host)
                    expected = done.version
                told["done"] += 1
                assert expected == before + 1
            except TimeoutError:
                told["over"] += 1
                assert expected == before, "a call that has returned was not over"
            await host.execute("insert into note values ($1)", n)
        assert await _version(engine) == expected, f"{moment * 1000:.2f} ms"
        assert await host.fetchval("select count(*) from note where n = $1", n) == 1
        task = asyncio.current_task()
        assert task is not None
        assert not task.cancelling()
    assert all(told.values()), told


async def test_a_transaction_of_sqlalchemy_lives_on_when_a_joined_call_is_cancelled(
    engine: Engine, host: Connection, database_url: str
):
    alchemy = sqlalchemy_engine(database_url)
    told = {"cancelled": 0, "done": 0}
    for n, moment in enumerate(_moments(2 * await _length(engine, host))):
        before = await _version(engine)
        async with alchemy.begin() as connection:
            call = asyncio.create_task(
                engine.send("p1", TOUCH, actor="ann", connection=connection)
            )
            await asyncio.sleep(moment)
            call.cancel()
            try:
                expected = (await call).version
                told["done"] += 1
            except asyncio.CancelledError:
                expected = before
                told["cancelled"] += 1
            await connection.execute(text("insert into note values (:n)"), {"n": n})
        assert await _version(engine) == expected, f"{moment * 1000:.2f} ms"
        assert await host.fetchval("select count(*) from note where n = $1", n) == 1
    assert all(told.values()), told
    await alchemy.dispose()


async def test_work_that_is_not_to_be_cut_off_is_done_and_the_cancellation_comes_at_the_next_wait():
    steps: list[str] = []

    async def release() -> str:
        await asyncio.sleep(0.01)
        steps.append("released")
        return "result"

    async def call() -> None:
        steps.append(await to_its_end(release()))
        await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    ended, _ = await asyncio.wait([task], timeout=10)
    assert ended == {task}
    assert task.cancelled()
    assert steps == ["released", "result"]


async def test_a_time_limit_that_is_over_while_work_is_not_to_be_cut_off_ends_what_follows_inside_it():
    async def follow() -> None:
        async with asyncio.timeout(0.001):
            await to_its_end(asyncio.sleep(0.02))
            await asyncio.Event().wait()

    async with asyncio.timeout(10):
        with pytest.raises(TimeoutError):
            await follow()


async def test_a_time_limit_that_is_over_while_work_is_not_to_be_cut_off_ends_nothing_outside_it():
    async with asyncio.timeout(0.001) as limit:
        assert await to_its_end(asyncio.sleep(0.02, "result")) == "result"
    assert limit.expired()
    await asyncio.sleep(0.01)


async def test_an_error_of_work_that_is_not_to_be_cut_off_is_raised():
    async def fail() -> None:
        raise KeyError("k")

    with pytest.raises(KeyError):
        await to_its_end(fail())


async def test_what_cannot_be_undone_cannot_be_committed(host: Connection):
    """A host that works on its connection at the same time, which no driver allows, keeps the undoing out."""
    busy: list[asyncio.Task[str]] = []

    async def fail() -> None:
        async with joined(host) as inner:
            await inner.execute("insert into note values (1)")
            busy.append(asyncio.create_task(host.execute("select pg_sleep(0.1)")))
            await asyncio.sleep(0)
            raise KeyError("k")

    await host.execute("begin")
    with pytest.raises(asyncpg.InterfaceError):
        await fail()
    await asyncio.gather(*busy, return_exceptions=True)
    with pytest.raises(asyncpg.InterfaceError):
        await host.execute("commit")


async def test_an_error_at_the_end_of_the_work_leaves_the_callers_transaction_as_it_was(
    host: Connection,
):
    async def fail() -> None:
        async with joined(host) as inner:
            await inner.execute("insert into note values (2)")
            with suppress(asyncpg.DivisionByZeroError):
                await inner.execute("select 1 / 0")

    async with host.transaction():
        await host.execute("insert into note values (1)")
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await fail()
    assert [row["n"] for row in await host.fetch("select n from note")] == [1]
