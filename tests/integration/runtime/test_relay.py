from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import pytest
from listing import Listing
from parcel import add_to

from orderwright.runtime import outbox
from orderwright.runtime.attempt import Result
from orderwright.runtime.command import Actor
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.parking import list_parked
from orderwright.runtime.relay import Standing, relay
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from listing import Seen
    from parcel import Rows

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool


async def test_a_consumer_sees_every_event_once_in_order(engine: Engine, seen: Seen):
    await engine.create("parcel", "p1", actor="ann")
    await add_to(engine, "p1", 250)
    worker = Worker(engine, [Listing().consumer])

    assert await worker.drain() == 250
    assert await worker.drain() == 0
    assert await seen() == [f"p1/{version}/1" for version in range(2, 252)]


async def test_a_consumer_gets_only_what_it_wants(engine: Engine, seen: Seen):
    await engine.create("parcel", "p1", actor="ann")
    await add_to(engine, "p1", 3)
    other = Listing("other", frozenset({"parcel.sealed"}))

    await Worker(engine, [other.consumer]).drain()

    assert await seen("other") == []
    assert (await relay(engine.pool, other.consumer, engine.clock)).standing is Standing.DONE


async def test_what_a_consumer_does_not_want_takes_no_turns_of_its_own(engine: Engine, seen: Seen):
    await engine.create("parcel", "p1", actor="ann")
    await add_to(engine, "p1", 20)
    sent = await engine.send("p1", Event("INSPECT"), actor=Actor("scales", "system"))
    assert sent.refused is None
    await engine.create("parcel", "p2", actor="ann")
    await add_to(engine, "p2", 3)
    inspected = dataclasses.replace(
        Listing("inspected", frozenset({"parcel.inspected"})).consumer, batch=1
    )
    async with engine.pool.acquire() as connection:
        await outbox.enrol(connection, inspected.name, at=engine.clock.now())

    passed = await relay(engine.pool, inspected, engine.clock)

    assert passed.passed == 24
    assert await seen("inspected") == ["p1/22/1"]
    assert (await relay(engine.pool, inspected, engine.clock)).standing is Standing.DONE


async def test_what_a_consumer_does_to_instances_commits_with_its_cursor(
    engine: Engine, rows: Rows
):
    """It opens a second parcel for each that gets its first piece: run twice, it would show."""

    async def handle(connection: Connection | None, event: DomainEvent) -> None:
        result = await engine.create(
            "parcel",
            f"{event.instance_id}-copy",
            actor="relay",
            root_id=event.root_id,
            causation_id=event.event_id,
            correlation_id=event.correlation_id,
            connection=connection,
        )
        assert isinstance(result, Result)

    consumer = Consumer(name="copy", events=frozenset({"parcel.added"}), handle=handle)
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await add_to(engine, name)

    await asyncio.gather(*(Worker(engine, [consumer]).drain() for _ in range(3)))

    logged = await rows(
        "select causation_id from orderwright.log where instance_id like '%-copy' order by 1"
    )
    assert [row["causation_id"] for row in logged] == ["p1/2/1", "p2/2/1"]


async def test_an_early_transaction_that_commits_late_is_not_skipped(
    engine: Engine, pool: Pool, seen: Seen
):
    """Its rows carry a lower ord than those read meanwhile would have: the relay waits for it."""
    for name in ("early", "late"):
        await engine.create("parcel", name, actor="ann")
    listing = Listing()
    await Worker(engine, [listing.consumer]).drain()  # enrols it
    async with pool.acquire() as connection, connection.transaction():
        await add_to(engine, "early", connection=connection)
        await add_to(engine, "late", 3)
        held = await relay(pool, listing.consumer, engine.clock)
        assert (held.standing, held.passed) == (Standing.HELD, 0)

    await Worker(engine, [listing.consumer]).drain()

    assert await seen() == ["early/2/1", "late/2/1", "late/3/1", "late/4/1"]


async def test_the_rows_of_an_instance_stay_in_order_behind_an_early_transaction(
    engine: Engine, pool: Pool, seen: Seen, rows: Rows
):
    """A transaction with an early id writes to an instance that a later id has written to before."""
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
    async with pool.acquire() as connection, connection.transaction():
        await add_to(engine, "p2", connection=connection)  # takes an early transaction id
        await add_to(engine, "p1", 3)
        await add_to(engine, "p1", connection=connection)
    placed = await rows(
        "select version, ord from orderwright.outbox where instance_id = 'p1' order by ord, id"
    )
    assert [row["version"] for row in placed] == [2, 3, 4, 5]
    assert placed[-1]["ord"] == placed[-2]["ord"]

    await Worker(engine, [Listing().consumer]).drain()

    own = [event_id for event_id in await seen() if event_id.startswith("p1/")]
    assert own == ["p1/2/1", "p1/3/1", "p1/4/1", "p1/5/1"]


async def test_two_relays_and_many_writers_neither_skip_nor_disorder_anything(
    engine: Engine, pool: Pool, seen: Seen
):
    names = [f"p{n}" for n in range(6)]
    for name in names:
        await engine.create("parcel", name, actor="ann")
    done = asyncio.Event()

    async def write(name: str, *, joined: bool) -> None:
        for _ in range(15):
            if not joined:
                await add_to(engine, name)
                continue
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("select pg_current_xact_id()")
                await asyncio.sleep(0)
                await add_to(engine, name, connection=connection)

    async def read() -> None:
        listing = Listing()
        worker = Worker(engine, [listing.consumer])
        while not done.is_set():
            await worker.drain()

    readers = [asyncio.create_task(read()) for _ in range(2)]
    await asyncio.gather(
        *(write(name, joined=joined) for name in names for joined in (True, False))
    )
    done.set()
    await asyncio.gather(*readers)
    await Worker(engine, [Listing().consumer]).drain()

    found = await seen()
    assert len(found) == 6 * 30
    for name in names:
        own = [event_id for event_id in found if event_id.startswith(f"{name}/")]
        assert own == [f"{name}/{version}/1" for version in range(2, 32)]


async def test_an_event_has_the_origin_of_its_log_row(engine: Engine):
    origins: list[str] = []

    async def handle(_: Connection, event: DomainEvent) -> None:
        origins.append(event.origin)

    await engine.create("parcel", "p1", actor="ann", origin="import")
    for origin in ("import", "live"):
        await engine.send("p1", Event("ADD", {"n": 1}), actor="ann", origin=origin)
    await Worker(engine, [Consumer(name="origins", events=None, handle=handle)]).drain()

    assert origins == ["import", "live"]


async def test_a_deadlock_is_tried_again_at_once_and_counts_as_no_failure(
    engine: Engine, rows: Rows
):
    deadlocks = [1, 1, 1]

    async def handle(connection: Connection, _: DomainEvent) -> None:
        if deadlocks:
            deadlocks.pop()
            await connection.execute("do $$ begin raise exception using errcode = '40P01'; end $$")

    await engine.create("parcel", "p1", actor="ann")
    await add_to(engine, "p1", 3)

    assert await Worker(engine, [Consumer(name="c", events=None, handle=handle)]).drain() == 3
    assert await rows("select 1 from orderwright.parked_root") == []
    assert deadlocks == []


async def test_a_consumer_that_hangs_has_failed_and_holds_up_nothing_but_its_root(
    engine: Engine, seen: Seen, pool: Pool
):
    async def hang(connection: Connection, event: DomainEvent) -> None:
        if event.instance_id == "p1":
            await connection.execute("select pg_sleep(600)")
        await connection.execute("insert into seen values (default, 'hangs', $1)", event.event_id)

    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await add_to(engine, name)
    hanging = Consumer(name="hangs", events=None, handle=hang, longest_seconds=0.2)

    await Worker(engine, [hanging]).drain()

    assert await seen("hangs") == ["p2/2/1"]
    async with pool.acquire() as connection:
        [parked] = await list_parked(connection)
    assert (parked.root_id, parked.last_error) == ("p1", "TookTooLong: it took longer than 0.2 s")


async def test_slow_events_that_are_many_are_handled_once_each_and_are_no_failure(
    engine: Engine, pool: Pool
):
    handled: list[str] = []

    async def work(_: Connection, event: DomainEvent) -> None:
        handled.append(event.event_id)
        await asyncio.sleep(0.2)  # what the work takes

    await engine.create("parcel", "p1", actor="ann")
    await add_to(engine, "p1", 4)
    slow = Consumer(name="slow", events=None, handle=work, longest_seconds=0.5)

    assert await Worker(engine, [slow]).drain() == 4

    assert handled == [f"p1/{version}/1" for version in range(2, 6)]
    async with pool.acquire() as connection:
        assert await list_parked(connection) == []


async def test_a_batch_that_broke_is_read_event_by_event_and_not_in_its_square(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    """It goes over again one by one; each time no more is read than is handed over."""
    read: list[int] = []
    real = outbox.next_batch

    async def counted(*asked: object) -> outbox.Batch:
        batch = await real(*asked)
        read.append(len(batch.events))
        return batch

    monkeypatch.setattr(outbox, "next_batch", counted)

    async def handle(_: Connection, event: DomainEvent) -> None:
        if event.instance_id == "p2":
            raise ValueError(event.event_id)

    for number in range(6):
        await engine.create("parcel", f"p{number}", actor="ann")
        await add_to(engine, f"p{number}")
    failing = Consumer(name="failing", events=None, handle=handle)

    await Worker(engine, [failing]).drain()

    assert read[:7] == [6, 1, 1, 1, 1, 1, 1]
    async with engine.pool.acquire() as connection:
        assert [one.root_id for one in await list_parked(connection)] == ["p2"]
