"""Many at once, in several processes' worth of engines: every history stays a straight line, and nobody deadlocks."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (seeded)
from collections import Counter
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from bell import timers
from house import process
from listing import TABLE, Listing
from sqlalchemy.ext.asyncio import AsyncSession
from straight import assert_straight, deadlocks
from waiting import eventually

from orderwright.app.database import engine as sqlalchemy_engine
from orderwright.runtime import outbox
from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.joining import Owned
from orderwright.runtime.pool import open_pool
from orderwright.runtime.relay import Standing, relay
from orderwright.runtime.schedule import Schedule, put_schedule
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from errand import Receiver
    from listing import Seen
    from sqlalchemy.ext.asyncio import AsyncEngine

    from orderwright.clock import DrivenClock
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.joining import Joinable
    from orderwright.runtime.pool import Pool

ADD, WEIGH = Event("ADD", {"n": 1}), Event("WEIGH")
WRITERS, ROUNDS = 16, 12


class Undo(Exception):
    """Makes a writer's own transaction roll back."""


@pytest.fixture
async def look(database_url: str) -> AsyncIterator[Pool]:
    """Connections to look with, of which the last test closes all before it counts deadlocks."""
    opened = await open_pool(database_url, max_size=2)
    yield opened
    await opened.close()


@pytest.fixture
async def engines(
    database_url: str, clock: DrivenClock, receiver: Receiver
) -> AsyncIterator[Sequence[Engine]]:
    """Four engines; when they are gone, nobody may have met a deadlock."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(process(database_url, clock, receiver))
            for _ in range(4)
        ]
    assert await deadlocks(database_url) == 0


class Writer:
    """Adds pieces to parcels in every way there is, and counts those that were added."""

    def __init__(self, number: int, engines: Sequence[Engine], alchemy: AsyncEngine) -> None:
        self.added: Counter[str] = Counter()
        self._engines = engines
        self._engine = engines[number % len(engines)]
        self._alchemy = alchemy
        self._chance = random.Random(number)
        self._name = f"w{number}"

    async def write(self) -> None:
        ways = [self._one, self._weighed, self._many, self._same_key, self._joined, self._session]
        ways.append(self._together)
        for turn in range(ROUNDS):
            await self._chance.choice(ways)(f"{self._name}-{turn}")

    async def _one(self, _: str) -> None:
        self._count(await self._engine.send("p1", ADD, actor=self._name))

    async def _weighed(self, key: str) -> None:
        result = await self._engine.send("p1", WEIGH, actor=self._name, idempotency_key=key)
        self._count(result)

    async def _many(self, key: str) -> None:
        for result in await self._engine.send_many(self._chain(key)):
            self._count(result)

    async def _together(self, key: str) -> None:
        async def work() -> None:
            async with self._engine.pool.acquire() as connection, connection.transaction():
                owned = Owned(connection)
                for result in await self._engine.carry_out_all(self._chain(key), connection=owned):
                    self._count(result)
                self._perhaps_undo()

        await self._perhaps(work)

    def _chain(self, key: str) -> list[Send]:
        """A chain, in which a key appears twice, and another instance in the middle."""
        plain = Cause(actor=Actor(self._name))
        keyed = Cause(actor=Actor(self._name), idempotency_key=key)
        asked = [("p1", plain), ("p1", keyed), ("p2", plain), ("p1", keyed), ("p1", plain)]
        return [Send(instance_id=name, event=ADD, cause=cause) for name, cause in asked]

    async def _same_key(self, key: str) -> None:
        """Two processes ask for the same thing at the same time."""
        event = self._chance.choice((ADD, WEIGH))
        results = await asyncio.gather(
            *(
                engine.send("p1", event, actor=self._name, idempotency_key=key)
                for engine in self._chance.sample(self._engines, 2)
            )
        )
        assert sorted(result.replayed for result in results) == [False, True]
        assert len({result.version for result in results}) == 1
        for result in results:
            self._count(result)

    async def _joined(self, key: str) -> None:
        async def work() -> None:
            async with self._engine.pool.acquire() as connection, connection.transaction():
                await self._work(connection, key)

        await self._perhaps(work)

    async def _session(self, key: str) -> None:
        async def work() -> None:
            async with AsyncSession(self._alchemy) as session, session.begin():
                await self._work(session, key)

        await self._perhaps(work)

    async def _perhaps(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work in a transaction that may roll back: then nothing of it counts."""
        before = self.added.copy()
        try:
            await work()
        except Undo:
            self.added = before

    async def _work(self, connection: Joinable, key: str) -> None:
        """Instances are locked in the order of their ids, as hosts are told to."""
        for name, event in (("p1", ADD), ("p1", WEIGH), ("p2", ADD)):
            own = f"{key}-{name}-{event.type}"
            result = await self._engine.send(
                name, event, actor=self._name, idempotency_key=own, connection=connection
            )
            self._count(result)
        self._perhaps_undo()

    def _perhaps_undo(self) -> None:
        if self._chance.random() < 1 / 2:
            raise Undo

    def _count(self, result: Result) -> None:
        assert result.refused is None
        self.added[result.instance_id] += not result.replayed


async def test_sixteen_writers_make_one_straight_line(
    engines: Sequence[Engine], look: Pool, database_url: str
):
    for name in ("p1", "p2"):
        await engines[0].create("parcel", name, actor="ann")
    alchemy = sqlalchemy_engine(database_url, pool_size=8, max_overflow=0)
    writers = [Writer(number, engines, alchemy) for number in range(WRITERS)]

    await asyncio.gather(*(writer.write() for writer in writers))

    await alchemy.dispose()
    added = sum((writer.added for writer in writers), Counter[str]())
    for name in ("p1", "p2"):
        instance = await engines[0].read(name)
        assert instance.version == 1 + added[name]
        assert instance.snapshot.context["count"] == added[name]
    assert added["p1"] > WRITERS * ROUNDS / 2
    await assert_straight(look)
    await look.close()


@pytest.mark.usefixtures("seen")
async def test_two_relays_hand_each_event_over_once_and_in_order(
    engines: Sequence[Engine], look: Pool, database_url: str, seen: Seen, pool: Pool
):
    """While writers write, with joined transactions that hold early transaction ids; one consumer cannot handle p2."""
    for name in ("p1", "p2"):
        await engines[0].create("parcel", name, actor="ann")
    steady, troubled = Listing("steady"), Listing("troubled", fails_on={"p2/2/1"})
    listings = (steady, troubled)
    for listing in listings:
        await outbox.enrol(look, listing.consumer.name, at=engines[0].clock.now())
    alchemy = sqlalchemy_engine(database_url, pool_size=8, max_overflow=0)
    writers = [Writer(number, engines, alchemy) for number in range(WRITERS)]
    are_done = asyncio.Event()

    async def keep_relaying(engine: Engine, listing: Listing) -> None:
        while True:
            was_done = are_done.is_set()
            done = await relay(engine.pool, listing.consumer, engine.clock)
            if was_done and done.standing is Standing.DONE:
                return
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for engine in engines[:2]:
            for listing in listings:
                group.create_task(keep_relaying(engine, listing))
        await asyncio.gather(*(writer.write() for writer in writers))
        are_done.set()

    await alchemy.dispose()
    rows = await look.fetch("select event_id, root_id from orderwright.outbox order by ord, id")
    told = [row["event_id"] for row in rows]
    assert await seen("steady") == told
    assert await seen("troubled") == [row["event_id"] for row in rows if row["root_id"] == "p1"]
    parked = await look.fetch("select consumer, root_id, event_id from orderwright.parked_root")
    assert [tuple(row) for row in parked] == [("troubled", "p2", "p2/2/1")]
    await assert_straight(look)
    for one in (look, pool):
        await one.close()


async def test_three_workers_do_everything_once(
    engines: Sequence[Engine], look: Pool, clock: DrivenClock, receiver: Receiver
):
    """Timers, invocations, jobs of cron slots and domain events, all due at once, and three hosts that want them."""
    hourly = Schedule(
        name="tick", cron="0 * * * *", action="job", payload={"kind": "note"}, missed="all"
    )
    async with look.acquire() as connection, connection.transaction():
        await put_schedule(connection, hourly, at=clock.now())
    bells, errands = [f"b{n:02}" for n in range(40)], [f"e{n:02}" for n in range(40)]
    first = engines[0]
    await asyncio.gather(*(first.create("bell", name, actor="ann") for name in bells))
    await asyncio.gather(*(first.create("errand", name, actor="ann") for name in errands))
    due = timers(("a", 1000, 1), ("b", 2000, 2, "RING_WEIGHED"), ("c", 3000, 3))
    await asyncio.gather(*(first.send(name, due, actor="ann") for name in bells))
    await asyncio.gather(*(first.send(name, Event("CALL"), actor="ann") for name in errands))
    clock.advance(timedelta(hours=5))
    listing = Listing()
    await look.execute(TABLE)
    stop = asyncio.Event()
    hosts = [
        Worker(
            engine,
            [listing.consumer],
            jobs=JobRunner(engine, poll_seconds=0.01, concurrency=4),
            clockwork=Clockwork(engine, poll_seconds=0.01),
            poll_seconds=0.01,
        )
        for engine in engines[:3]
    ]

    async def is_quiet() -> bool:
        return await look.fetchval(_OPEN) == 0

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for host in hosts:
            group.create_task(host.run(stop))
        await eventually(is_quiet)
        stop.set()

    for name in bells:
        assert (await first.read(name)).snapshot.context["rung"] == [1, 2, 3]
    for name in errands:
        instance = await first.read(name)
        assert (instance.state, instance.version) == ("IDLE", 3)
    assert {call.attempt for call in receiver.calls} == {1}
    assert len({call.key for call in receiver.calls}) == len(receiver.calls) == 40 + 5
    assert await look.fetchval("select count(*) from orderwright.slot where status = 'done'") == 5
    told = await look.fetchval("select count(*) from orderwright.outbox")
    assert await look.fetchval("select count(*) from seen") == told == 3 * len(bells)
    assert await look.fetch("select 1 from orderwright.parked_root") == []
    await assert_straight(look)
    await look.close()


_OPEN = """
select (select count(*) from orderwright.timer)
     + (select count(*) from orderwright.job where status <> 'done')
     + (select 5 - count(*) from orderwright.slot where status = 'done')
     + (select count(*) from orderwright.outbox where (ord, id) > (
            select ord, id from orderwright.consumer where name = 'listing'))
"""
