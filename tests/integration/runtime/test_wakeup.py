from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from orderwright.runtime.wakeup import CHANNEL, Announcer, Change, Listener
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool
    from orderwright.runtime.wakeup import Subscription


@pytest.fixture
async def listener(database_url: str):
    async with Listener(database_url, retry_seconds=0.01) as listening:
        yield listening


async def _until(subscription: Subscription, root_id: str) -> Change:
    """Collect changes until one touches a root."""
    async with asyncio.timeout(30):
        async for change in subscription:
            if change.touches(root_id):
                return change
    raise AssertionError


async def test_a_change_is_heard_by_its_root(engine: Engine, listener: Listener):
    with listener.subscribe() as changes, listener.subscribe() as others:
        await engine.create("parcel", "p1", actor="ann", root_id="order-1")
        assert await _until(changes, "order-1") == Change(frozenset({"order-1"}))
        assert await _until(others, "order-1") == Change(frozenset({"order-1"}))


async def test_refusals_and_repetitions_are_not_announced(engine: Engine, listener: Listener):
    await engine.create("parcel", "p1", actor="ann", idempotency_key="k")
    with listener.subscribe() as changes:
        await engine.send("p1", Event("RESUME"), actor="ann")
        await engine.create("parcel", "p1", actor="ann", idempotency_key="k")
        await engine.create("parcel", "p2", actor="ann")
        heard = await _until(changes, "p2")
    assert heard.roots is not None


async def test_a_joined_change_is_announced_again_after_the_commit(
    engine: Engine, pool: Pool, listener: Listener
):
    with listener.subscribe() as changes:
        async with pool.acquire() as connection, connection.transaction():
            await engine.create("parcel", "p1", actor="ann", connection=connection)
            await _until(changes, "p1")
            assert await engine.read("p1") is None
        await _until(changes, "p1")
        assert await engine.read("p1") is not None


async def test_many_changes_come_as_few_notifications(pool: Pool, listener: Listener):
    announcer = Announcer(pool)
    names = [f"order-{n}-{'x' * 50}" for n in range(1000)]
    with listener.subscribe() as changes:
        for name in names:
            announcer.announce(name)
        await announcer.close()
        heard: set[str] = set()
        async with asyncio.timeout(30):
            async for change in changes:
                heard |= change.roots or set()
                if len(heard) == len(names):
                    break
    assert heard == set(names)


async def test_a_listener_that_lost_its_connection_says_that_anything_may_have_changed(
    pool: Pool, listener: Listener
):
    with listener.subscribe() as changes:
        ended = await pool.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and query ilike 'listen %'"
        )
        assert ended == 1
        async with asyncio.timeout(30):
            async for change in changes:
                if change.roots is None:
                    break
        await pool.execute("select pg_notify($1, $2)", CHANNEL, '["order-1"]')
        assert await _until(changes, "order-1") == Change(frozenset({"order-1"}))
