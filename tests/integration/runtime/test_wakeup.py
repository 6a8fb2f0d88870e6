from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from proxy import proxied
from structlog.testing import capture_logs

from orderwright.runtime.wakeup import CHANNEL, Announcer, Change, Listener
from orderwright.statechart import Event

if TYPE_CHECKING:
    from pathlib import Path

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


async def test_who_gets_no_connection_to_listen_on_is_told_why_and_leaves_nothing_running(
    database_url: str, scratch: Path
):
    before = asyncio.all_tasks()
    async with proxied(database_url, scratch) as door:
        door.shut()
        deaf = Listener(door.url, retry_seconds=0.01, first_seconds=0.2)
        with pytest.raises(ConnectionError, match=r"none listens after 0\.2 s: \w+Error: .*clos"):
            async with asyncio.timeout(30), deaf:
                pass
        assert {task.get_name() for task in asyncio.all_tasks() - before} == set()


async def test_who_gives_up_beginning_to_listen_leaves_nothing_running(
    database_url: str, scratch: Path
):
    async with proxied(database_url, scratch) as door:
        door.shut()
        before = asyncio.all_tasks()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), Listener(door.url):
                pass
        assert asyncio.all_tasks() == before


async def test_an_error_of_a_watcher_is_logged_and_ends_no_listening(database_url: str):
    listening, mistakes = Listener(database_url, retry_seconds=0.01), [ValueError("mistaken")]

    def watcher(_roots: frozenset[str] | None, _pid: int) -> None:
        if mistakes:
            raise mistakes.pop()

    listening.watch(watcher)
    with capture_logs() as lines:
        async with asyncio.timeout(30), listening:
            pass
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["listener_failed"]
