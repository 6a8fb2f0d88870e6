from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from listing import Listing
from parcel import add_to

from orderwright.runtime.acknowledgement import read_acknowledgements
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.parking import LONGEST_PAUSE, ParkedRoot, list_parked, retry
from orderwright.runtime.relay import relay
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from listing import Seen
    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool


async def _open(engine: Engine, *names: str) -> None:
    for name in names:
        await engine.create("parcel", name, actor="ann")


def _ids(name: str, first: int, last: int) -> list[str]:
    return [f"{name}/{version}/1" for version in range(first, last + 1)]


async def _parked(pool: Pool, **choice: object) -> list[ParkedRoot]:
    async with pool.acquire() as connection:
        return await list_parked(connection, **choice)


async def _wait_for_retry(pool: Pool, clock: DrivenClock) -> None:
    [root] = await _parked(pool)
    clock.set(root.next_attempt_at)


async def test_a_poison_event_parks_its_root_and_fifty_others_go_on(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock
):
    names = [f"p{n}" for n in range(51)]
    await _open(engine, *names)
    for _ in range(3):
        await asyncio.gather(*(add_to(engine, name) for name in names))
    listing = Listing(fails_on={"p7/3/1"})

    await Worker(engine, [listing.consumer]).drain()

    found = await seen()
    for name in names:
        own = [event_id for event_id in found if event_id.startswith(f"{name}/")]
        assert own == (_ids(name, 2, 2) if name == "p7" else _ids(name, 2, 4))
    [root] = await _parked(pool)
    assert (root.consumer, root.root_id, root.event_id) == ("listing", "p7", "p7/3/1")
    assert (root.attempts, root.waiting, root.dead_at) == (1, 2, None)
    assert root.last_error.startswith("DivisionByZeroError")
    assert root.parked_at == clock.now()


async def test_what_follows_in_a_parked_root_waits_and_comes_in_order_when_it_is_free(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock
):
    await _open(engine, "p1", "p2")
    await add_to(engine, "p1", 3)
    listing = Listing(fails_on={"p1/3/1"})
    worker = Worker(engine, [listing.consumer])
    await worker.drain()
    await add_to(engine, "p1", 2)
    await add_to(engine, "p2")
    await worker.drain()
    assert await seen() == ["p1/2/1", "p2/2/1"]

    listing.fails_on = set()
    await _wait_for_retry(pool, clock)
    assert await worker.drain() == 4

    assert await seen() == ["p1/2/1", "p2/2/1", *_ids("p1", 3, 6)]
    assert await _parked(pool) == []
    await add_to(engine, "p1")
    await worker.drain()
    assert (await seen())[-1] == "p1/7/1"


async def test_other_instances_of_a_parked_root_wait_as_well(engine: Engine, seen: Seen):
    await _open(engine, "p1")
    await engine.create("parcel", "p1-b", actor="ann", root_id="p1")
    await add_to(engine, "p1")
    await add_to(engine, "p1-b")
    listing = Listing(fails_on={"p1/2/1"})

    await Worker(engine, [listing.consumer]).drain()

    assert await seen() == []


async def test_a_root_is_parked_for_the_consumer_that_failed_alone(
    engine: Engine, pool: Pool, seen: Seen
):
    await _open(engine, "p1")
    await add_to(engine, "p1", 3)
    failing, healthy = Listing("failing", fails_on={"p1/2/1"}), Listing("healthy")

    await Worker(engine, [failing.consumer, healthy.consumer]).drain()

    assert await seen("healthy") == _ids("p1", 2, 4)
    assert [root.consumer for root in await _parked(pool)] == ["failing"]


@pytest.mark.usefixtures("seen")
async def test_a_parked_root_is_tried_after_pauses_that_grow_up_to_a_limit(
    engine: Engine, pool: Pool, clock: DrivenClock
):
    await _open(engine, "p1")
    await add_to(engine, "p1")
    listing = Listing(attempts=16, fails_on={"p1/2/1"})
    worker = Worker(engine, [listing.consumer])

    pauses = []
    for attempt in range(1, 16):
        await worker.drain()
        [root] = await _parked(pool)
        assert root.attempts == attempt
        pauses.append(root.next_attempt_at - clock.now())
        tried = len(listing.tried)
        clock.set(root.next_attempt_at - timedelta(microseconds=1))
        await worker.drain()
        assert len(listing.tried) == tried, "it came before its time"
        clock.set(root.next_attempt_at)

    for earlier, pause in enumerate(pauses):
        whole = min(timedelta(seconds=2**earlier), LONGEST_PAUSE)
        assert whole / 2 <= pause <= whole
    assert len({pause / timedelta(seconds=2**n) for n, pause in enumerate(pauses[:10])}) > 5


async def test_after_its_last_attempt_an_event_is_a_dead_letter_until_somebody_retries_it(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock
):
    await _open(engine, "p1", "p2")
    await add_to(engine, "p1", 2)
    listing = Listing(attempts=3, fails_on={"p1/2/1"})
    worker = Worker(engine, [listing.consumer])
    for _ in range(3):
        await worker.drain()
        await _wait_for_retry(pool, clock)

    [root] = await _parked(pool, only_dead=True)
    assert root.attempts == 3
    assert root.dead_at is not None
    tried = len(listing.tried)
    clock.advance(timedelta(days=30))
    await add_to(engine, "p1")
    await add_to(engine, "p2")
    await worker.drain()
    assert await seen() == ["p2/2/1"], "it blocks its own root and no other"
    assert [one for one in listing.tried[tried:] if one.startswith("p1/")] == []

    async with pool.acquire() as connection:
        assert await retry(connection, "other", at=clock.now()) == []
        assert await retry(connection, "listing", ["p2"], at=clock.now()) == []
        assert await retry(connection, "listing", at=clock.now()) == ["p1"]
    await worker.drain()
    [root] = await _parked(pool)
    assert (root.attempts, root.dead_at) == (1, None), "it has all its attempts again"

    listing.fails_on = set()
    async with pool.acquire() as connection:
        assert await retry(connection, "listing", ["p1"], at=clock.now()) == ["p1"]
    await worker.drain()
    assert await seen() == ["p2/2/1", *_ids("p1", 2, 4)]


async def test_a_root_that_fails_at_a_later_event_has_its_attempts_anew(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock
):
    await _open(engine, "p1")
    await add_to(engine, "p1", 4)
    listing = Listing(fails_on={"p1/2/1", "p1/4/1"})
    worker = Worker(engine, [listing.consumer])
    for _ in range(3):
        await worker.drain()
        await _wait_for_retry(pool, clock)
    listing.fails_on = {"p1/4/1"}

    await worker.drain()

    [root] = await _parked(pool)
    assert (root.event_id, root.attempts, root.waiting) == ("p1/4/1", 1, 2)
    assert await seen() == _ids("p1", 2, 3)


async def test_more_events_may_wait_than_are_read_at_a_time(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock
):
    await _open(engine, "p1")
    await add_to(engine, "p1", 230)
    listing = Listing(fails_on={"p1/2/1"})
    worker = Worker(engine, [listing.consumer])
    await worker.drain()
    [root] = await _parked(pool)
    assert root.waiting == 230

    listing.fails_on = set()
    await _wait_for_retry(pool, clock)
    assert await worker.drain() == 230

    assert await seen() == _ids("p1", 2, 231)
    assert await _parked(pool) == []


async def test_two_relays_that_retry_and_read_at_once_keep_the_order_of_every_root(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock
):
    names = [f"p{n}" for n in range(8)]
    await _open(engine, *names)
    tried: dict[str, int] = {}
    writing = asyncio.Event()

    async def handle(connection: Connection, event: DomainEvent) -> None:
        """Fail twice on every third version."""
        insert = "insert into seen (consumer, event_id) values ('flaky', $1)"
        await connection.execute(insert, event.event_id)
        tried[event.event_id] = tried.get(event.event_id, 0) + 1
        if event.version % 3 == 0 and tried[event.event_id] <= 4:
            raise RuntimeError("not yet")

    flaky = Consumer(name="flaky", events=None, handle=handle)

    async def read() -> None:
        worker = Worker(engine, [flaky])
        while not writing.is_set():
            await worker.drain()
            clock.advance(timedelta(seconds=1))

    readers = [asyncio.create_task(read()) for _ in range(2)]
    await asyncio.gather(*(add_to(engine, name, 12) for name in names))
    writing.set()
    await asyncio.gather(*readers)
    while await _parked(pool):
        clock.advance(timedelta(hours=1))
        await Worker(engine, [flaky]).drain()

    found = await seen("flaky")
    for name in names:
        assert [one for one in found if one.startswith(f"{name}/")] == _ids(name, 2, 13)


async def test_an_event_that_is_not_wanted_any_more_does_not_wait(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock
):
    await _open(engine, "p1")
    await add_to(engine, "p1", 2)
    before = Listing(fails_on={"p1/2/1"})
    await Worker(engine, [before.consumer]).drain()
    after = Listing(events=frozenset({"parcel.sealed"}))

    await _wait_for_retry(pool, clock)
    await Worker(engine, [after.consumer]).drain()

    assert await _parked(pool) == []
    assert await seen() == []


async def test_a_batch_goes_to_a_consumer_in_one_call_if_it_takes_that(engine: Engine, seen: Seen):
    batches: list[list[str]] = []
    listing = Listing()

    async def handle_all(_: Connection, events: Sequence[DomainEvent]) -> None:
        batches.append([event.event_id for event in events])
        if "p2/2/1" in batches[-1]:
            raise RuntimeError("not that one")

    both = Consumer(
        name="listing", events=None, handle=listing.consumer.handle, handle_all=handle_all
    )
    await _open(engine, "p1", "p2")
    await add_to(engine, "p1", 3)
    await Worker(engine, [both]).drain()
    assert (batches, await seen()) == ([_ids("p1", 2, 4)], [])

    await add_to(engine, "p2")
    await Worker(engine, [both]).drain()
    assert await seen() == ["p2/2/1"], "what fails as a batch is handled one by one"


async def test_after_a_failing_batch_nobody_holds_what_another_event_has_locked(
    engine: Engine, pool: Pool
):
    held: list[int] = []

    async def handle(connection: Connection, event: DomainEvent) -> None:
        await connection.execute(_LOCK, event.root_id)
        held.append(await connection.fetchval(_HELD))
        if event.root_id == "p3":
            raise RuntimeError("not that one")

    await _open(engine, "p1", "p2", "p3", "p4")
    for name in ("p1", "p2", "p3", "p4"):
        await add_to(engine, name)
    await Worker(engine, [Consumer(name="c", events=None, handle=handle)]).drain()

    assert held == [1, 2, 3, 1, 1, 1, 1], "three together, then four alone"
    assert [root.root_id for root in await _parked(pool)] == ["p3"]


_LOCK = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_HELD = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"


async def test_a_failure_is_recorded_whatever_its_words(engine: Engine, pool: Pool):
    async def handle(_connection: Connection, _event: DomainEvent) -> None:
        raise ValueError("\x00 \ud800 " + "long" * 1000)

    await _open(engine, "p1")
    await add_to(engine, "p1")
    await Worker(engine, [Consumer(name="c", events=None, handle=handle)]).drain()

    [root] = await _parked(pool)
    assert root.last_error.startswith("ValueError: \\x00 \\ud800 long")


@pytest.mark.usefixtures("seen")
async def test_each_event_and_consumer_has_the_time_of_its_acknowledgement(
    engine: Engine, pool: Pool, clock: DrivenClock
):
    await _open(engine, "p1", "p2")
    await add_to(engine, "p1", 2)
    await add_to(engine, "p2")
    listing = Listing("a", attempts=2, fails_on={"p1/3/1"})
    worker = Worker(engine, [listing.consumer])
    first = clock.now()
    await worker.drain()
    clock.advance(timedelta(minutes=1))
    await add_to(engine, "p2")

    async def statuses() -> list[tuple[str, str, object]]:
        ids = [*_ids("p1", 2, 3), *_ids("p2", 2, 3)]
        async with pool.acquire() as connection:
            found = await read_acknowledgements(connection, ids)
        return sorted((one.event_id, one.status, one.acknowledged_at) for one in found)

    assert await statuses() == [
        ("p1/2/1", "acknowledged", first),
        ("p1/3/1", "parked", None),
        ("p2/2/1", "acknowledged", first),
        ("p2/3/1", "pending", None),
    ]
    second = clock.now()
    await worker.drain()
    assert (await statuses())[1] == ("p1/3/1", "dead", None)
    assert (await statuses())[3] == ("p2/3/1", "acknowledged", second)

    clock.advance(timedelta(minutes=1))
    listing.fails_on = set()
    async with pool.acquire() as connection:
        await retry(connection, "a", at=clock.now())
    await worker.drain()
    assert (await statuses())[1] == ("p1/3/1", "acknowledged", clock.now())


async def test_a_relay_that_dies_in_a_retry_leaves_the_root_as_it_was(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock, rows: Rows
):
    await _open(engine, "p1")
    await add_to(engine, "p1", 2)
    listing = Listing(fails_on={"p1/2/1"})
    await Worker(engine, [listing.consumer]).drain()
    [before] = await _parked(pool)
    clock.set(before.next_attempt_at)

    async def cut(connection: Connection, event: DomainEvent) -> None:
        await listing.consumer.handle(connection, event)
        await rows("select pg_terminate_backend($1)", connection.get_server_pid())
        await connection.execute("select 1")

    listing.fails_on = set()
    dying = Consumer(name="listing", events=None, handle=cut)
    with pytest.raises(Exception, match="connection"):
        await relay(pool, dying, clock)

    assert await _parked(pool) == [before]
    assert await seen() == []
    await Worker(engine, [listing.consumer]).drain()
    assert await seen() == _ids("p1", 2, 3)
