from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from waiting import eventually, running

from orderwright.runtime.consumer import Consumer
from orderwright.runtime.relay import relay
from orderwright.runtime.wakeup import Listener
from orderwright.runtime.worker import OutboxHeld, Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool


LONG = 300.0  # seconds: longer than any test waits, so that only a wake can explain progress


@pytest.fixture
def seen():
    return []


@pytest.fixture
def consumer(seen: list[str]):
    async def handle(connection: Connection, event: DomainEvent) -> None:
        assert connection.is_in_transaction()
        seen.append(event.event_id)

    return Consumer(name="seen", events=None, handle=handle)


async def test_a_running_worker_is_woken_by_changes_in_other_processes(
    engine: Engine, consumer: Consumer, seen: list[str], database_url: str
):
    async with (
        Listener(database_url) as listener,
        running(Worker(engine, [consumer], listener, poll_seconds=LONG).run),
    ):
        await engine.create("parcel", "p1", actor="ann")
        await engine.send("p1", Event("ADD", {"n": 1}), actor="ann")

        async def has_seen() -> bool:
            return seen == ["p1/2/1"]

        await eventually(has_seen)


async def test_a_running_worker_polls_when_no_wake_reaches_it(
    engine: Engine, consumer: Consumer, seen: list[str], clock: DrivenClock
):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("REMIND_LATER"), actor="ann")
    async with running(Worker(engine, [consumer], poll_seconds=0.01).run):
        clock.advance(timedelta(minutes=1))

        async def has_fired_and_seen() -> bool:
            return seen == ["p1/3/1"]

        await eventually(has_fired_and_seen)


async def test_a_running_worker_outlives_a_lost_database_connection(
    engine: Engine, consumer: Consumer, seen: list[str], pool: Pool
):
    await engine.create("parcel", "p1", actor="ann")
    running = asyncio.create_task(Worker(engine, [consumer], poll_seconds=0.01).run())

    for version in range(2, 6):
        await engine.send("p1", Event("ADD", {"n": 1}), actor="ann")
        await _end_other_sessions(pool)

        async def has_seen(wanted: str = f"p1/{version}/1") -> bool:
            return wanted in seen

        await eventually(has_seen)
        await eventually(lambda: _answers(pool))

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def _end_other_sessions(pool: Pool) -> None:
    await pool.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )


async def _answers(pool: Pool) -> bool:
    try:
        async with pool.acquire() as connection:
            return await connection.fetchval("select true")
    except Exception:  # noqa: BLE001 (a connection that was ended is thrown out of the pool)
        return False


async def test_a_cancelled_worker_leaves_no_half_done_work(
    engine: Engine, consumer: Consumer, pool: Pool
):
    reached, never = asyncio.Event(), asyncio.Event()

    async def handle(connection: Connection, _: DomainEvent) -> None:
        await engine.send("p1", Event("TOUCH"), actor="relay", connection=connection)
        reached.set()
        await never.wait()

    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("ADD", {"n": 1}), actor="ann")
    slow = Consumer(name="seen", events=None, handle=handle)
    running = asyncio.create_task(Worker(engine, [slow]).run())
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (await engine.read("p1")).version == 2
    assert (await relay(pool, consumer, engine.clock)).passed == 1


async def test_drain_gives_up_when_a_transaction_stays_open(
    engine: Engine, consumer: Consumer, pool: Pool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("orderwright.runtime.worker._PATIENCE", 3)
    await engine.create("parcel", "p1", actor="ann")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("select pg_current_xact_id()")
        await engine.send("p1", Event("ADD", {"n": 1}), actor="ann")
        with pytest.raises(OutboxHeld):
            await Worker(engine, [consumer]).drain()
    assert await Worker(engine, [consumer]).drain() == 1


async def test_expired_keys_are_deleted(engine: Engine, clock: DrivenClock, rows: Rows):
    await engine.create("parcel", "p1", actor="ann", idempotency_key="old")
    clock.advance(timedelta(days=29))
    await engine.send("p1", Event("TOUCH"), actor="ann", idempotency_key="new")
    clock.advance(timedelta(days=2))
    running = asyncio.create_task(Worker(engine, [], poll_seconds=0.01).run())

    async def only_the_new_is_left() -> bool:
        found = await rows("select key from orderwright.idempotency_key")
        return [row["key"] for row in found] == ["new"]

    await eventually(only_the_new_is_left)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
