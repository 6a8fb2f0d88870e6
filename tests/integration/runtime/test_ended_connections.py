"""An event that ends its connection whenever it is handled stops its root and no other; a connection that is lost
through no fault of an event parks nothing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

import asyncpg
import pytest
from parcel import add_to
from proxy import Cut, proxied
from waiting import eventually, running

from orderwright.runtime import outbox
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.parking import ParkedRoot, list_parked
from orderwright.runtime.pool import is_gone, open_pool
from orderwright.runtime.relay import Standing, relay
from orderwright.runtime.suspicion import Suspicion
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from listing import Seen
    from proxy import Proxy

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
)
HOW = ["one by one", "together"]
_LIST = "insert into seen (consumer, event_id) values ('listing', $1)"


class Ending:
    """Lists events, after something that ends the connection of some of them, and counts how often each was begun."""

    def __init__(self, how: str, end: Callable[[Connection], Awaitable[None]], *ends: str) -> None:
        self._end = end
        self.ends = set(ends)
        self.begun: Counter[str] = Counter()
        together = self._handle_all if how == "together" else None
        self.consumer = Consumer(
            name="listing", events=None, handle=self._handle, handle_all=together
        )

    async def _handle(self, connection: Connection, event: DomainEvent) -> None:
        self.begun[event.event_id] += 1
        if event.event_id in self.ends:
            await self._end(connection)
        await connection.execute(_LIST, event.event_id)

    async def _handle_all(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        for event in events:
            await self._handle(connection, event)


async def _terminate(connection: Connection) -> None:
    await connection.execute("select pg_terminate_backend(pg_backend_pid())")


async def _idle(connection: Connection) -> None:
    """Take longer than the database lets a transaction be idle."""
    await connection.execute("set local idle_in_transaction_session_timeout = 1")
    await eventually(_is_closed(connection))


def _is_closed(connection: Connection) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return is_gone(connection)

    return look


async def _swallow(connection: Connection) -> None:
    """Come to the end of a handler as if nothing had been."""
    with pytest.raises(asyncpg.PostgresError):
        await _terminate(connection)


async def _parcels(engine: Engine, count: int, pieces: int = 1) -> list[str]:
    names = [f"p{number:02}" for number in range(count)]
    for name in names:
        await engine.create("parcel", name, actor="ann")
    for _ in range(pieces):
        for name in names:
            await add_to(engine, name)
    return names


async def _pass_until_done(engine: Engine, consumer: Consumer, pool: Pool | None = None) -> int:
    """Make passes until nothing is left, and return how many of them lost their connection."""
    suspicion, lost = Suspicion(), 0
    for _ in range(40):
        try:
            done = await relay(pool or engine.pool, consumer, engine.clock, suspicion=suspicion)
        except LOST:
            lost += 1
        else:
            if done.standing is Standing.DONE:
                return lost
    raise AssertionError("the consumer does not get on")


async def _parked(engine: Engine) -> list[ParkedRoot]:
    async with engine.pool.acquire() as connection:
        return await list_parked(connection)


@pytest.fixture
async def enrolled(pool: Pool, clock: DrivenClock) -> None:
    async with pool.acquire() as connection:
        await outbox.enrol(connection, "listing", at=clock.now())


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("end", [_terminate, _idle, _swallow])
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("at", [0, 7, 19])
async def test_an_event_that_ends_its_connection_parks_its_root_and_others_go_on(
    engine: Engine,
    seen: Seen,
    how: str,
    at: int,
    end: Callable[[Connection], Awaitable[None]],
):
    names = await _parcels(engine, 20, pieces=2)
    ending = Ending(how, end, f"p{at:02}/2/1")

    lost = await _pass_until_done(engine, ending.consumer)

    assert lost <= (2 if how == "one by one" else 7)
    found = await seen()
    assert len(found) == len(set(found)) == 2 * 19
    for name in names:
        own = [event_id for event_id in found if event_id.startswith(f"{name}/")]
        assert own == ([] if name == names[at] else [f"{name}/2/1", f"{name}/3/1"])
    [root] = await _parked(engine)
    assert (root.root_id, root.event_id) == (names[at], f"{names[at]}/2/1")
    assert (root.attempts, root.waiting, root.dead_at) == (1, 2, None)
    assert root.last_error.startswith("ConnectionEnded: the connection was lost")


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("how", HOW)
async def test_several_that_end_their_connections_park_their_roots(
    engine: Engine, seen: Seen, how: str
):
    await _parcels(engine, 12)
    ends = ["p00/2/1", "p05/2/1", "p06/2/1", "p11/2/1"]

    await _pass_until_done(engine, Ending(how, _terminate, *ends).consumer)

    assert [root.event_id for root in await _parked(engine)] == ends
    assert len(await seen()) == 8


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("how", HOW)
async def test_one_that_goes_on_ending_its_connection_becomes_a_dead_letter(
    engine: Engine, seen: Seen, how: str
):
    await _parcels(engine, 2, pieces=3)
    ending = Ending(how, _terminate, "p00/3/1")
    consumer = dataclasses.replace(ending.consumer, attempts=3)

    for attempt in range(1, 4):
        await _pass_until_done(engine, consumer)
        [root] = await _parked(engine)
        assert (root.event_id, root.attempts, root.waiting) == ("p00/3/1", attempt, 2)
        engine.clock.set(root.next_attempt_at)

    assert root.dead_at is not None
    begun = ending.begun["p00/3/1"]
    await _pass_until_done(engine, consumer)
    assert ending.begun["p00/3/1"] == begun
    found = await seen()
    assert sorted(found) == ["p00/2/1", "p01/2/1", "p01/3/1", "p01/4/1"]


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("how", HOW)
async def test_a_parked_root_that_ends_its_connection_only_once_is_released(
    engine: Engine, seen: Seen, how: str
):
    await _parcels(engine, 2, pieces=3)
    ending = Ending(how, _terminate, "p00/3/1")
    await _pass_until_done(engine, ending.consumer)
    [root] = await _parked(engine)
    engine.clock.set(root.next_attempt_at)

    async def once(connection: Connection) -> None:
        ending.ends.clear()
        await _terminate(connection)

    ending._end = once
    assert await _pass_until_done(engine, ending.consumer) == 1

    assert await _parked(engine) == []
    assert [one for one in await seen() if one.startswith("p00")] == [
        "p00/2/1",
        "p00/3/1",
        "p00/4/1",
    ]


@pytest.fixture
async def proxy(database_url: str, scratch: Path) -> AsyncIterator[Proxy]:
    async with proxied(database_url, scratch) as opened:
        yield opened


@pytest.fixture
async def far(proxy: Proxy) -> AsyncIterator[Pool]:
    opened = await open_pool(proxy.url, max_size=2)
    yield opened
    opened.terminate()


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("how", HOW)
async def test_a_connection_that_is_cut_once_in_whichever_statement_parks_nothing(
    engine: Engine,
    seen: Seen,
    proxy: Proxy,
    far: Pool,
    how: str,
    cut: Cut,
):
    names = await _parcels(engine, 3)
    consumer, cuts, version = Ending(how, _terminate).consumer, 0, 2
    while True:
        proxy.arm(cuts + 1, cut)
        lost = await _pass_until_done(engine, consumer, far)
        proxy.disarm()
        assert await _parked(engine) == []
        assert (await seen())[-3:] == [f"{name}/{version}/1" for name in names]
        if proxy.cut_at is None:
            break
        assert lost <= 1
        cuts += 1
        version += 1
        for name in names:
            await add_to(engine, name)
    assert cuts > 8
    assert len(await seen()) == 3 * (cuts + 1)


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("how", HOW)
async def test_a_server_that_is_away_for_a_while_parks_nothing(
    engine: Engine,
    seen: Seen,
    proxy: Proxy,
    far: Pool,
    how: str,
):
    names = await _parcels(engine, 6)

    async def go_away(connection: Connection) -> None:
        ending.ends.clear()
        proxy.shut()
        await eventually(_is_closed(connection))

    ending = Ending(how, go_away, "p03/2/1")
    suspicion = Suspicion()
    for _ in range(12):
        with pytest.raises(LOST):
            await relay(far, ending.consumer, engine.clock, suspicion=suspicion)
    assert await _parked(engine) == []
    proxy.reopen()

    assert (await relay(far, ending.consumer, engine.clock, suspicion=suspicion)).passed == 6

    assert await _parked(engine) == []
    assert await seen() == [f"{name}/2/1" for name in names]


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("how", HOW)
async def test_an_event_that_the_server_does_not_survive_is_parked_when_it_is_back(
    engine: Engine,
    seen: Seen,
    proxy: Proxy,
    far: Pool,
    how: str,
):
    """Each time it is away for a few passes, as a server is that recovers from a crash."""
    names = await _parcels(engine, 6)

    async def crash(connection: Connection) -> None:
        proxy.shut()
        await eventually(_is_closed(connection))

    ending = Ending(how, crash, "p03/2/1")
    suspicion = Suspicion()
    for turn in range(40):
        try:
            done = await relay(far, ending.consumer, engine.clock, suspicion=suspicion)
        except LOST:
            if turn % 3 == 2:
                proxy.reopen()
        else:
            if done.standing is Standing.DONE:
                break

    assert [root.event_id for root in await _parked(engine)] == ["p03/2/1"]
    assert await seen() == [f"{name}/2/1" for name in names if name != "p03"]


@pytest.mark.parametrize("how", HOW)
async def test_a_worker_gets_past_an_event_that_ends_its_connection(
    engine: Engine, seen: Seen, how: str
):
    await _parcels(engine, 8)
    ending = Ending(how, _terminate, "p02/2/1")

    async def others_are_done() -> bool:
        return len(await seen()) == 7 and len(await _parked(engine)) == 1

    async with running(Worker(engine, [ending.consumer], poll_seconds=0.01).run):
        await eventually(others_are_done)

    [root] = await _parked(engine)
    assert (root.event_id, root.attempts) == ("p02/2/1", 1)


async def test_two_workers_get_past_it_as_well(engine: Engine, seen: Seen):
    await _parcels(engine, 8)
    ending = Ending("together", _terminate, "p02/2/1")
    workers = [Worker(engine, [ending.consumer], poll_seconds=0.01) for _ in range(2)]

    async def others_are_done() -> bool:
        return len(await seen()) == 7 and len(await _parked(engine)) == 1

    async with running(*(worker.run for worker in workers)):
        await eventually(others_are_done)

    [root] = await _parked(engine)
    assert (root.event_id, root.attempts) == ("p02/2/1", 1)
