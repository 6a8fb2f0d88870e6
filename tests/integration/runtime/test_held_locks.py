"""A host that keeps a transaction open holds up those who want what it has locked, and nobody else."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
import pytest
from engine_room import build_engine, close
from errand import Receiver, build_errands
from job_rows import claimed
from purse import build_claims
from straight import assert_straight
from waiting import eventually, running

from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import LEASE, JobRunner
from orderwright.runtime.lane import EngineClosed
from orderwright.runtime.observation import Diverted, Note, Observer
from orderwright.runtime.ticket import Detour
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from parcel import Rows, Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool
    from orderwright.runtime.ticket import Result

ADD = Event("ADD", {"n": 1})
TOUCH = Event("TOUCH")
WEIGH = Event("WEIGH")
LONG = 30.0
"""Seconds within which what is not held up is done."""


class Ear:
    """Counts the commands that have met a lock."""

    def __init__(self) -> None:
        self.held_up = 0

    def hear(self, note: Note) -> None:
        if isinstance(note, Diverted) and note.detour is Detour.LOCKED:
            self.held_up += 1

    async def hears(self, count: int) -> None:
        async def enough() -> bool:
            return self.held_up >= count

        await eventually(enough)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
async def parcels(
    pool: Pool, clock: DrivenClock, scales: Scales, ear: Ear
) -> AsyncIterator[Engine]:
    built = await build_engine(pool, clock, {"weight": scales.load}, observer=Observer(ear.hear))
    yield built
    await close(built, grace_seconds=0)


@pytest.fixture
async def claims(pool: Pool, clock: DrivenClock, ear: Ear) -> AsyncIterator[Engine]:
    built = await build_claims(pool, clock, observer=Observer(ear.hear))
    yield built
    await close(built, grace_seconds=0)


@asynccontextmanager
async def host_at(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A host's own connection, in a transaction that is committed at the end."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


async def create_parcels(engine: Engine, *names: str) -> None:
    for name in names:
        await engine.create("parcel", name, actor="ann")


async def call(engine: Engine, *names: str) -> None:
    """Make errands, each with a job that is due."""
    for name in names:
        await engine.create("errand", name, actor="ann")
        await engine.send(name, Event("CALL"), actor="ann")


def more_than_connections(pool: Pool) -> list[str]:
    return [f"p{number:02}" for number in range(pool.get_max_size() + 2)]


def in_background(engine: Engine, event: Event, *names: str) -> list[asyncio.Task[Result]]:
    return [asyncio.create_task(engine.send(name, event, actor="bob")) for name in names]


@asynccontextmanager
async def crowd(
    engine: Engine, ear: Ear, url: str
) -> AsyncIterator[tuple[list[str], list[asyncio.Task[Result]]]]:
    """Until the end a host holds more parcels than there are connections, and a caller waits for each.

    Yields the names of the parcels, and the callers' tasks.
    """
    names = more_than_connections(engine.pool)
    await create_parcels(engine, *names)
    async with host_at(url) as host:
        for name in names:
            await engine.send(name, TOUCH, actor="host", connection=host)
        late = in_background(engine, ADD, *names)
        await ear.hears(len(names))
        yield names, late


async def all_connections_are_free(pool: Pool) -> bool:
    return pool.get_idle_size() == pool.get_size()


async def test_more_callers_than_connections_wait_for_instances_and_the_rest_goes_on(
    parcels: Engine, pool: Pool, ear: Ear, database_url: str
):
    await create_parcels(parcels, "innocent")
    async with crowd(parcels, ear, database_url) as (names, first):
        second = in_background(parcels, ADD, *names)
        async with asyncio.timeout(LONG):
            for _ in range(3):
                assert (await parcels.send("innocent", ADD, actor="eve")).refused is None
                assert (await parcels.send("innocent", WEIGH, actor="eve")).refused is None
            assert (await parcels.read("innocent")).version == 7
            assert "ADD" in await parcels.explain("innocent", "eve")
            await create_parcels(parcels, "new")
        assert not any(task.done() for task in (*first, *second))

    async with asyncio.timeout(LONG):
        versions = [(await one).version for one in first], [(await one).version for one in second]
    assert versions == ([3] * len(names), [4] * len(names))
    await assert_straight(pool)


async def test_more_callers_than_connections_wait_for_a_balance_and_the_rest_goes_on(
    claims: Engine, pool: Pool, ear: Ear, database_url: str
):
    names = more_than_connections(pool)
    for name in (*names, "host's"):
        await claims.create("claim", name, actor="ann", context={"purse": "main"})
    await claims.create("claim", "innocent", actor="ann", context={"purse": "elsewhere"})
    nothing = Event("SPEND", {"amount": 0})
    async with host_at(database_url) as host:
        spent = await claims.send(
            "host's", Event("SPEND", {"amount": 1}), actor="h", connection=host
        )
        assert spent.refused is None
        late = in_background(claims, nothing, *names)
        await ear.hears(len(names))
        async with asyncio.timeout(LONG):
            assert (await claims.send("innocent", nothing, actor="eve")).refused is None
            assert "SPEND" in await claims.explain("innocent", "eve")
        assert not any(task.done() for task in late)

    async with asyncio.timeout(LONG):
        assert [(await one).version for one in late] == [2] * len(names)
    await assert_straight(pool)


async def test_who_has_gone_waits_no_more(
    parcels: Engine, pool: Pool, ear: Ear, database_url: str
):
    async with crowd(parcels, ear, database_url) as (names, late):
        for task in late:
            task.cancel()
        await eventually(lambda: all_connections_are_free(pool))
        assert (await asyncio.wait(late))[1] == set()

    assert [(await parcels.read(name)).version for name in names] == [2] * len(names)


async def test_a_short_lock_is_met_while_others_wait_for_a_long_one(
    parcels: Engine, ear: Ear, database_url: str
):
    await create_parcels(parcels, "other")
    async with crowd(parcels, ear, database_url) as (names, late):
        async with host_at(database_url) as second:
            await parcels.send("other", TOUCH, actor="host", connection=second)
            [other] = in_background(parcels, ADD, "other")
            await ear.hears(len(names) + 1)
        async with asyncio.timeout(LONG):
            assert (await other).version == 3
        assert not any(task.done() for task in late)
    async with asyncio.timeout(LONG):
        await asyncio.gather(*late)


async def test_an_engine_that_closes_waits_for_a_held_lock_no_longer_than_it_is_given(
    parcels: Engine, pool: Pool, ear: Ear, database_url: str
):
    async with crowd(parcels, ear, database_url) as (names, first):
        late = first + in_background(parcels, ADD, *names)
        async with asyncio.timeout(LONG):
            await parcels.close(grace_seconds=0.1)
            errors = await asyncio.gather(*late, return_exceptions=True)
        assert await all_connections_are_free(pool)
    assert [type(error) for error in errors] == [EngineClosed] * len(late)
    assert [(await parcels.read(name)).version for name in names] == [2] * len(names)


# --- invocations ----------------------------------------------------------------------------------


async def more_jobs_than_connections(
    receiver: Receiver, pool: Pool, clock: DrivenClock
) -> tuple[Engine, list[str], JobRunner]:
    """Return errands that have called, and a runner that takes all their jobs in hand; the receiver holds them."""
    engine = await build_errands(pool, clock, [receiver.kind()])
    names = more_than_connections(pool)
    await call(engine, *names)
    receiver.hold = asyncio.Event()
    return engine, names, JobRunner(engine, poll_seconds=0.01, concurrency=len(names))


async def test_results_wait_for_their_instances_and_the_rest_goes_on(
    pool: Pool, clock: DrivenClock, rows: Rows, database_url: str
):
    receiver = Receiver()
    engine, names, runner = await more_jobs_than_connections(receiver, pool, clock)

    async def is_done() -> bool:
        return await rows("select 1 from orderwright.job where status <> 'done'") == []

    async def one_waits() -> bool:
        return await connection.fetchval(_WAITS) > 0

    async with running(runner.run):
        await eventually(lambda: _are_called(receiver, len(names)))
        async with host_at(database_url) as host:
            connection = await asyncpg.connect(database_url)
            for name in names:
                await engine.send(name, Event("STAY"), actor="host", connection=host)
            receiver.hold.set()
            await eventually(one_waits)
            await connection.close()
            async with asyncio.timeout(LONG):
                for number in range(5):
                    await JobQueue(engine).enqueue("call", None, key=f"k{number}", root_id="r")
                    assert (await engine.read(names[0])).version == 2
        await eventually(is_done)
    assert [(await engine.read(name)).version for name in names] == [4] * len(names)
    assert len(receiver.effects) == len(names) + 5
    assert len(receiver.calls) == len(names) + 5
    await close(engine)


async def _are_called(receiver: Receiver, count: int) -> bool:
    return len(receiver.calls) == count


async def test_one_held_instance_keeps_no_other_lost_job_from_being_taken_over(
    pool: Pool, clock: DrivenClock, rows: Rows, database_url: str
):
    engine = await build_errands(pool, clock, [Receiver().kind(attempts=1)])
    await call(engine, "e1", "e2")
    await pool.execute("update orderwright.job set alone = true")
    for _ in range(2):
        await pool.execute(
            "update orderwright.job set leased_until = '-infinity' where status = 'running'"
        )
        await claimed(engine, alone=True)
    clock.advance(LEASE)

    async with host_at(database_url) as host:
        await engine.send("e1", Event("STAY"), actor="host", connection=host)
        async with asyncio.timeout(LONG):
            await JobRunner(engine).run_due()
        assert (await engine.read("e2")).state == "FAILED"
        assert await rows("select 1 from orderwright.job where status = 'running'") != []
    await JobRunner(engine).run_due()
    assert (await engine.read("e1")).state == "FAILED"
    await close(engine)


async def test_failures_wait_for_jobs_that_somebody_is_about_to_stop_and_the_rest_goes_on(
    pool: Pool, clock: DrivenClock, rows: Rows, database_url: str
):
    receiver = Receiver()
    engine, names, runner = await more_jobs_than_connections(receiver, pool, clock)
    receiver.failures = [OSError("no line") for _ in names]
    async with running(runner.run):
        await eventually(lambda: _are_called(receiver, len(names)))
        async with host_at(database_url) as host, asyncio.timeout(LONG):

            async def one_waits() -> bool:
                return await host.fetchval(_WAITS) > 0

            for name in names:
                await engine.send(name, Event("LEAVE"), actor="host", connection=host)
            receiver.hold.set()
            await eventually(one_waits)
            for number in range(5):
                await engine.create("errand", f"new{number}", actor="eve")
    assert await rows("select distinct status from orderwright.job") == [{"status": "stopped"}]
    await close(engine)


async def test_one_held_job_keeps_no_other_lost_job_from_being_taken_over_and_no_worker_from_ending(
    pool: Pool, clock: DrivenClock, rows: Rows, database_url: str
):
    engine = await build_errands(pool, clock, [Receiver().kind()])
    await call(engine, "e1", "e2")
    for _ in range(2):
        await claimed(engine)
    clock.advance(LEASE)
    async with host_at(database_url) as host, asyncio.timeout(LONG):
        await engine.send("e1", Event("LEAVE"), actor="host", connection=host)

        async def other_is_taken_over() -> bool:
            return await _statuses(rows) == ["running", "waiting"]

        async with running(JobRunner(engine, poll_seconds=0.01).run):
            await eventually(other_is_taken_over)
    assert await _statuses(rows) == ["stopped", "waiting"]
    await close(engine)


async def _statuses(rows: Rows) -> list[object]:
    found = await rows("select status from orderwright.job order by instance_id")
    return [row["status"] for row in found]


_WAITS = "select count(*) from pg_locks where not granted"
