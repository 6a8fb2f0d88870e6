"""Timers whose balance a host holds in an open transaction wait for it, and hold up no other."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest
from engine_room import close
from purse import build_claims
from waiting import eventually, running

from orderwright.runtime.consumer import Consumer
from orderwright.runtime.firing import fire_due, fire_next
from orderwright.runtime.incident import incidents
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool

LONG = 30.0
"""Seconds within which what is not held up is done."""
HELD = [f"c{number}" for number in range(1, 6)]
SPEND = Event("SPEND", {"amount": 1})


@pytest.fixture
async def claims(pool: Pool, clock: DrivenClock) -> AsyncIterator[Engine]:
    """Claims about one purse with timers that are due, and another about another purse whose timer is due later."""
    built = await build_claims(pool, clock)
    for name in ("c0", *HELD):
        await built.create("claim", name, actor="ann", context={"purse": "main"})
    await built.create("claim", "other", actor="ann", context={"purse": "elsewhere"})
    for name in HELD:
        await built.send(name, Event("SPEND_LATER"), actor="ann")
    clock.advance(timedelta(seconds=1))
    await built.send("other", Event("SPEND_LATER"), actor="ann")
    clock.advance(timedelta(seconds=1))
    yield built
    await close(built)


@asynccontextmanager
async def purse_held(engine: Engine, url: str) -> AsyncIterator[None]:
    """A host that has booked on the purse, and ends its transaction at the end."""
    host = await asyncpg.connect(url)
    try:
        async with host.transaction():
            result = await engine.send("c0", SPEND, actor="host", connection=host)
            assert result.refused is None
            yield
    finally:
        await host.close()


async def versions(engine: Engine, *names: str) -> list[int]:
    found = [await engine.read(name) for name in names]
    return [one.version for one in found if one is not None]


async def have_fired(engine: Engine, *names: str) -> bool:
    return await versions(engine, *names) == [3] * len(names)


async def test_one_held_balance_keeps_no_other_timer_waiting(
    claims: Engine, rows: Rows, database_url: str
):
    async with running(Worker(claims, [], poll_seconds=0.01).run):
        async with purse_held(claims, database_url):
            await eventually(lambda: have_fired(claims, "other"))
            assert await versions(claims, *HELD) == [2] * len(HELD)
            attempts = await rows("select sum(attempts) as n from orderwright.timer")
            assert attempts == [{"n": 0}]
        await eventually(lambda: have_fired(claims, *HELD))
    fired = await rows("select instance_id from orderwright.log where event_type = 'SPEND_ONE'")
    assert sorted(row["instance_id"] for row in fired) == [*HELD, "other"]
    assert await incidents(claims.pool, status=None) == ()


async def test_one_call_fires_what_can_be_fired(claims: Engine, database_url: str):
    async with purse_held(claims, database_url), asyncio.timeout(LONG):
        assert await fire_due(claims) == 1
        assert await have_fired(claims, "other")
    assert await fire_due(claims) == len(HELD)


async def test_the_earliest_that_can_be_fired_is_the_next(claims: Engine, database_url: str):
    async with purse_held(claims, database_url), asyncio.timeout(LONG):
        assert await fire_next(claims)
        assert await have_fired(claims, "other")
        assert not await fire_next(claims)
    assert await fire_next(claims)
    assert await have_fired(claims, HELD[0])


async def test_a_worker_ends_in_time_while_timers_and_a_consumer_are_held_up(
    claims: Engine, rows: Rows, database_url: str
):
    begun = asyncio.Event()

    async def move(connection: Connection, _: DomainEvent) -> None:
        begun.set()
        nothing = Event("MOVE", {"amount": 0})
        await claims.send("c1", nothing, actor="consumer", connection=connection)

    await claims.send("other", Event("SPEND", {"amount": 0}), actor="ann")  # tells an event
    consumer = Consumer(name="mover", events=frozenset({"spent"}), handle=move)
    stop = asyncio.Event()
    worker = Worker(claims, [consumer], poll_seconds=0.01, grace_seconds=0.1)
    async with purse_held(claims, database_url):
        running = asyncio.create_task(worker.run(stop))
        await begun.wait()
        stop.set()
        async with asyncio.timeout(LONG):
            await running
            await claims.close(grace_seconds=0.1)
        assert claims.pool.get_idle_size() == claims.pool.get_size()
    assert await versions(claims, *HELD) == [2] * len(HELD)
    assert await rows("select sum(attempts) as n from orderwright.timer") in (
        [{"n": 0}],
        [{"n": None}],
    )
    await Worker(claims, [consumer]).drain()
    assert await versions(claims, *HELD) == [5, *[3] * (len(HELD) - 1)]
    assert await incidents(claims.pool, status=None) == ()
