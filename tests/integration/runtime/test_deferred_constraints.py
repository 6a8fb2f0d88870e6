"""What a consumer writes is checked before its cursor is committed: what would fail there has failed in its event."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest
from listing import Listing
from parcel import add_to
from proxy import Cut, proxied
from way import is_cut

from orderwright.runtime import outbox
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.parking import list_parked
from orderwright.runtime.pool import open_pool
from orderwright.runtime.relay import relay
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from listing import Seen

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.parking import ParkedRoot
    from orderwright.runtime.pool import Connection, Pool

_KNOWN = "create table known (event_id text primary key)"
_FOREIGN_KEY = """
alter table seen add foreign key (event_id) references known deferrable initially deferred
"""
_TRIGGER = """
create function require_known() returns trigger language plpgsql as $$
begin
    if not exists (select from known where event_id = new.event_id) then
        raise exception '% is not known', new.event_id;
    end if;
    return null;
end $$;
create constraint trigger require_known after insert on seen
deferrable initially deferred for each row execute function require_known();
"""
_LEARN = "insert into known select unnest($1::text[])"
_WAYS = pytest.mark.parametrize("how", ["one by one", "together"])


@pytest.fixture(params=[_FOREIGN_KEY, _TRIGGER], ids=["foreign key", "trigger"])
async def deferred(request: pytest.FixtureRequest, pool: Pool, seen: Seen) -> Seen:
    """The listing, which the database lets commit with known events alone."""
    await pool.execute(_KNOWN)
    await pool.execute(request.param)
    return seen


def _consumer(listing: Listing, how: str, **given: float) -> Consumer:
    handle = listing.consumer.handle

    async def handle_all(connection: Connection, events: Sequence[DomainEvent]) -> None:
        for event in events:
            await handle(connection, event)

    together = handle_all if how == "together" else None
    return Consumer(name="listing", events=None, handle=handle, handle_all=together, **given)


async def _parcels(engine: Engine, count: int) -> list[str]:
    """Open parcels, add a piece to each, and return the events of that."""
    names = [f"p{number:02}" for number in range(count)]
    for name in names:
        await engine.create("parcel", name, actor="ann")
    for name in names:
        await add_to(engine, name)
    return [f"{name}/2/1" for name in names]


async def _parked(pool: Pool) -> ParkedRoot:
    async with pool.acquire() as connection:
        [root] = await list_parked(connection)
    return root


async def _assert_none_parked(pool: Pool) -> None:
    async with pool.acquire() as connection:
        assert await list_parked(connection) == []


@_WAYS
async def test_an_event_whose_rows_cannot_be_committed_is_parked_alone(
    engine: Engine, pool: Pool, deferred: Seen, how: str
):
    events = await _parcels(engine, 12)
    others = [one for one in events if one != "p05/2/1"]
    await pool.execute(_LEARN, others)

    await Worker(engine, [_consumer(Listing(), how)]).drain()

    assert await deferred() == others
    root = await _parked(pool)
    assert (root.root_id, root.event_id, root.attempts, root.waiting) == ("p05", "p05/2/1", 1, 1)
    assert root.last_error.startswith(("ForeignKeyViolationError: ", "RaiseError: p05/2/1 is not"))


@_WAYS
async def test_what_follows_waits_until_the_rows_can_be_committed(
    engine: Engine, pool: Pool, deferred: Seen, clock: DrivenClock, how: str
):
    await engine.create("parcel", "p1", actor="ann")
    await add_to(engine, "p1", 3)
    events = [f"p1/{version}/1" for version in range(2, 5)]
    await pool.execute(_LEARN, [events[0], events[2]])
    worker = Worker(engine, [_consumer(Listing(), how)])
    await worker.drain()
    clock.advance(timedelta(hours=1))
    await worker.drain()

    assert await deferred() == events[:1]
    root = await _parked(pool)
    assert (root.event_id, root.attempts, root.waiting) == (events[1], 2, 2)

    await pool.execute(_LEARN, [events[1]])
    clock.advance(timedelta(hours=1))
    await worker.drain()
    assert await deferred() == events
    await _assert_none_parked(pool)


@_WAYS
async def test_a_handler_may_write_what_is_right_only_when_it_has_ended(
    engine: Engine, deferred: Seen, how: str
):
    listing = Listing()
    handle = listing.consumer.handle

    async def write_and_learn(connection: Connection, event: DomainEvent) -> None:
        await handle(connection, event)
        await connection.execute(_LEARN, [event.event_id])

    events = await _parcels(engine, 3)
    listing.consumer = Consumer(name="listing", events=None, handle=write_and_learn)
    await Worker(engine, [_consumer(listing, how)]).drain()

    assert await deferred() == events


@_WAYS
async def test_a_check_that_waits_has_the_time_of_its_handler(
    engine: Engine, pool: Pool, seen: Seen, how: str
):
    await pool.execute(_KNOWN)
    await pool.execute(_FOREIGN_KEY)
    events = await _parcels(engine, 3)
    await pool.execute(_LEARN, events)
    consumer = _consumer(Listing(), how, longest_seconds=0.2)
    async with asyncio.timeout(20), pool.acquire() as other, other.transaction():
        await other.execute("select from known where event_id = $1 for update", events[1])
        # Not drained: that would wait until the other's transaction ends, which may come before what is read.
        await _relayed(engine, consumer)

    assert await seen() == [events[0], events[2]]
    root = await _parked(pool)
    assert (root.event_id, root.last_error) == (
        events[1],
        "TookTooLong: it took longer than 0.2 s",
    )


async def _relayed(engine: Engine, consumer: Consumer) -> None:
    async with engine.pool.acquire() as connection:
        await outbox.enrol(connection, consumer.name, at=engine.clock.now())
    await relay(engine.pool, consumer, engine.clock)


@_WAYS
async def test_who_goes_on_behind_an_error_of_the_database_has_failed(
    engine: Engine, pool: Pool, seen: Seen, how: str
):
    """The database has undone what the handler wrote, and would undo the cursor with it."""
    listing = Listing(fails_on={"p01/2/1"})
    handle = listing.consumer.handle

    async def swallow(connection: Connection, event: DomainEvent) -> None:
        try:
            await handle(connection, event)
        except asyncpg.DivisionByZeroError:
            return

    listing.consumer = Consumer(name="listing", events=None, handle=swallow)
    events = await _parcels(engine, 2)
    await Worker(engine, [_consumer(listing, how)]).drain()

    assert await seen() == events[:1]
    root = await _parked(pool)
    assert root.event_id == events[1]
    assert root.last_error.startswith("InFailedSQLTransactionError")


@pytest.mark.parametrize("how", Cut)
async def test_a_connection_that_is_lost_at_the_commit_parks_nothing(
    engine: Engine,
    pool: Pool,
    deferred: Seen,
    database_url: str,
    scratch: Path,
    how: Cut,
):
    events = await _parcels(engine, 3)
    await pool.execute(_LEARN, events)
    listing = Listing()
    async with pool.acquire() as connection:
        await outbox.enrol(connection, "listing", at=engine.clock.now())
    async with proxied(database_url, scratch) as proxy:
        cuttable = await open_pool(proxy.url)
        proxy.arm(1, how, only="commit")
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)) as lost:
            await relay(cuttable, listing.consumer, engine.clock)
        await cuttable.close()

    assert is_cut(lost.value)
    assert proxy.cut_at == "COMMIT;"
    await _assert_none_parked(pool)
    await Worker(engine, [listing.consumer]).drain()
    assert await deferred() == events
    await _assert_none_parked(pool)
