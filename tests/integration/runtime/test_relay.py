from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from listing import Listing
from parcel import add_to

from orderwright.runtime import consumer, outbox
from orderwright.runtime.attempt import Result
from orderwright.runtime.command import Actor
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.parking import list_parked
from orderwright.runtime.relay import Standing, relay
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from listing import Seen
    from parcel import Rows

    from orderwright.clock import DrivenClock
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


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events were read in each transaction."""
    read: list[int] = []
    real = outbox.next_batch

    async def counted(*asked: Any) -> outbox.Batch:
        batch = await real(*asked)
        read.append(len(batch.events))
        return batch

    monkeypatch.setattr(outbox, "next_batch", counted)
    return read


async def _parcels(engine: Engine, count: int, pieces: int = 1) -> None:
    """Open parcels, p00 and so on, and add pieces to each in turn."""
    for number in range(count):
        await engine.create("parcel", f"p{number:02}", actor="ann")
    for _ in range(pieces):
        for number in range(count):
            await add_to(engine, f"p{number:02}")


def _listing(how: str, fails: Callable[[DomainEvent], Exception | None]) -> Consumer:
    """Return a consumer that lists events, one by one or together, and fails after the write of some."""

    async def handle(connection: Connection, event: DomainEvent) -> None:
        await connection.execute(_LIST, event.event_id)
        if error := fails(event):
            raise error

    async def handle_all(connection: Connection, events: Sequence[DomainEvent]) -> None:
        for event in events:
            await handle(connection, event)

    together = handle_all if how == "together" else None
    return Consumer(name="listing", events=None, handle=handle, handle_all=together)


def _on(*event_ids: str) -> Callable[[DomainEvent], Exception | None]:
    return lambda event: ValueError("poison") if event.event_id in event_ids else None


_LIST = "insert into seen values (default, 'listing', $1)"


@pytest.mark.parametrize("how", ["one by one", "together"])
async def test_who_stands_beside_a_failing_event_goes_in_few_transactions(
    engine: Engine, seen: Seen, turns: list[int], how: str
):
    await _parcels(engine, 60)

    await Worker(engine, [_listing(how, _on("p40/2/1"))]).drain()

    assert await seen() == [f"p{number:02}/2/1" for number in range(60) if number != 40]
    async with engine.pool.acquire() as connection:
        [parked] = await list_parked(connection)
    assert (parked.root_id, parked.event_id, parked.waiting) == ("p40", "p40/2/1", 1)
    assert len(turns) <= 18, turns
    assert sum(turns) <= 4 * 60, turns


@pytest.mark.parametrize("how", ["one by one", "together"])
async def test_wherever_events_fail_their_roots_wait_in_order_and_no_others(
    engine: Engine, seen: Seen, clock: DrivenClock, how: str
):
    await _parcels(engine, 12, pieces=4)
    failing = ["p00/2/1", "p05/3/1", "p06/3/1", "p11/5/1"]

    await Worker(engine, [_listing(how, _on(*failing))]).drain()

    def before(root: str) -> list[str]:
        ids = [f"{root}/{version}/1" for version in range(2, 6)]
        return ids[: next((n for n, one in enumerate(ids) if one in failing), 4)]

    roots = [f"p{number:02}" for number in range(12)]
    found = await seen()
    assert {root: [one for one in found if one.startswith(root)] for root in roots} == {
        root: before(root) for root in roots
    }
    async with engine.pool.acquire() as connection:
        parked = {one.root_id: one.waiting for one in await list_parked(connection)}
    assert parked == {"p00": 4, "p05": 3, "p06": 3, "p11": 1}

    clock.advance(timedelta(hours=1))
    await Worker(engine, [_listing(how, _on())]).drain()
    found = await seen()
    for root in roots:
        own = [one for one in found if one.startswith(root)]
        assert own == [f"{root}/{version}/1" for version in range(2, 6)]


@pytest.mark.usefixtures("seen")
async def test_a_batch_of_which_every_event_fails_is_not_read_in_its_square(
    engine: Engine, turns: list[int]
):
    await _parcels(engine, 30)
    failing = [f"p{number:02}/2/1" for number in range(30)]

    await Worker(engine, [_listing("one by one", _on(*failing))]).drain()

    async with engine.pool.acquire() as connection:
        assert len(await list_parked(connection)) == 30
    assert turns[:31] == [30, *[1] * 30]


@pytest.mark.parametrize("how", ["one by one", "together"])
@pytest.mark.parametrize("error", [asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError])
async def test_who_has_waited_in_vain_with_others_goes_alone_and_so_do_they(
    engine: Engine, seen: Seen, turns: list[int], how: str, error: type[Exception]
):
    """Together they would hold what they have locked while half of them wait again."""
    await _parcels(engine, 8)
    waits = iter([error("not now")])

    def fails(event: DomainEvent) -> Exception | None:
        return next(waits, None) if event.root_id == "p05" else None

    await Worker(engine, [_listing(how, fails)]).drain()

    assert turns[:9] == [8, *[1] * 8]
    assert await seen() == [f"p{number:02}/2/1" for number in range(8)]


async def test_a_batch_whose_savepoint_cannot_be_had_goes_in_parts(
    engine: Engine, seen: Seen, monkeypatch: pytest.MonkeyPatch
):
    """Nothing of it was begun, so that any of its events may have failed."""
    await engine.create("parcel", "p1", actor="ann")
    await add_to(engine, "p1", 3)
    real = consumer.told_on_commit

    def refused(_: Connection) -> Any:
        monkeypatch.setattr(consumer, "told_on_commit", real)
        raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")

    monkeypatch.setattr(consumer, "told_on_commit", refused)
    await Worker(engine, [Listing().consumer]).drain()
    assert await seen() == ["p1/2/1", "p1/3/1", "p1/4/1"]
