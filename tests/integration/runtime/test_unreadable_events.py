"""A domain event that cannot be read is one that its consumers fail at: its root waits, all others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from listing import Listing

from orderwright.runtime import dead_letter, event_list
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.parking import list_parked
from orderwright.runtime.retrying import Retry, retry
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from listing import Seen

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.parking import ParkedRoot
    from orderwright.runtime.pool import Connection, Pool

DAMAGED = "p1/3/1"
DAMAGE = "update orderwright.outbox set payload = left(payload, -1) where event_id = $1"
REPAIR = "update orderwright.outbox set payload = payload || '}' where event_id = $1"


@pytest.fixture
async def events(engine: Engine, pool: Pool) -> None:
    """Three events of each of two parcels, in turn; the second of the first is damaged."""
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
    for n in (1, 2, 3):
        for name in ("p1", "p2"):
            await engine.send(name, Event("ADD", {"n": n}), actor="ann")
    await pool.execute(DAMAGE, DAMAGED)


async def the_parked(pool: Pool) -> ParkedRoot:
    async with pool.acquire() as connection:
        [root] = await list_parked(connection)
    return root


@pytest.mark.usefixtures("events")
async def test_its_root_is_parked_with_the_error_and_goes_on_in_order_once_it_is_repaired(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock
):
    listing = Listing()
    worker = Worker(engine, [listing.consumer])

    await worker.drain()

    assert await seen() == ["p1/2/1", "p2/2/1", "p2/3/1", "p2/4/1"]
    assert DAMAGED not in listing.tried
    root = await the_parked(pool)
    assert (root.consumer, root.root_id, root.event_id) == ("listing", "p1", DAMAGED)
    assert (root.attempts, root.waiting, root.dead_at) == (1, 2, None)
    assert "cannot be read" in root.last_error

    await engine.send("p1", Event("ADD", {"n": 4}), actor="ann")
    clock.set(root.next_attempt_at)
    await worker.drain()
    again = await the_parked(pool)
    assert (again.event_id, again.attempts, again.waiting) == (DAMAGED, 2, 3)

    await pool.execute(REPAIR, DAMAGED)
    clock.set(again.next_attempt_at)
    assert await worker.drain() == 3
    assert (await seen())[4:] == [DAMAGED, "p1/4/1", "p1/5/1"]
    async with pool.acquire() as connection:
        assert await list_parked(connection) == []


@pytest.mark.usefixtures("events")
async def test_it_becomes_a_dead_letter_that_shows_its_text_and_is_retried(
    engine: Engine, pool: Pool, seen: Seen
):
    worker = Worker(engine, [Listing(attempts=1).consumer])
    await worker.drain()

    [letter] = await dead_letter.listed(pool)

    assert (letter.id, letter.key, letter.status) == ("listing/p1", DAMAGED, "dead")
    assert letter.payload == {"unreadable": '{"n":2,"count":3'}
    await worker.drain()
    assert len(await seen()) == 4
    await pool.execute(REPAIR, DAMAGED)
    await retry(engine, Retry(letter_id=letter.id, cause=Cause(actor=Actor("ann"))))
    await worker.drain()
    assert (await seen())[4:] == [DAMAGED, "p1/4/1"]
    assert await dead_letter.listed(pool) == []


@pytest.mark.usefixtures("events")
async def test_who_takes_events_together_or_looks_at_none_of_their_data_is_not_given_it_either(
    engine: Engine, pool: Pool
):
    given: list[str] = []

    async def all_at_once(_: Connection, events: Sequence[DomainEvent]) -> None:
        given.extend(event.event_id for event in events)

    async def one(_: Connection, event: DomainEvent) -> None:
        given.append(event.event_id)

    together = Consumer(name="together", events=None, handle=one, handle_all=all_at_once)
    await Worker(engine, [together]).drain()
    assert given == ["p1/2/1", "p2/2/1", "p2/3/1", "p2/4/1"]
    assert (await the_parked(pool)).event_id == DAMAGED


@pytest.mark.usefixtures("events")
async def test_who_does_not_want_it_passes_it(engine: Engine, pool: Pool, seen: Seen):
    await engine.send("p2", Event("INSPECT"), actor=Actor("bot", "system"))
    worker = Worker(engine, [Listing(events=frozenset({"parcel.inspected"})).consumer])
    await worker.drain()
    assert await seen() == ["p2/5/1"]
    async with pool.acquire() as connection:
        assert await list_parked(connection) == []


@pytest.mark.usefixtures("events")
async def test_the_outbox_is_listed_with_it(engine: Engine):
    found = {
        one.event.event_id: one.event.data for one in await event_list.listed(engine.pool, most=9)
    }
    assert len(found) == 6
    assert found[DAMAGED] == {"unreadable": '{"n":2,"count":3'}
    assert found["p1/2/1"] == {"n": 1, "count": 1}


@pytest.mark.parametrize("column", ["occurred_at", "recorded_at"])
@pytest.mark.parametrize("never", ["infinity", "-infinity", "20000-01-01 00:00Z", "0044-03-15 BC"])
async def test_one_of_a_time_beyond_the_calendar_is_parked_as_well(
    engine: Engine, pool: Pool, seen: Seen, clock: DrivenClock, column: str, never: str
):
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("ADD", {"n": 1}), actor="ann")
    say = f"update orderwright.outbox set {column} = '{{}}' where event_id = 'p1/2/1'"
    await pool.execute(say.format(never))
    worker = Worker(engine, [Listing().consumer])

    await worker.drain()

    assert await seen() == ["p2/2/1"]
    root = await the_parked(pool)
    assert "beyond the calendar" in root.last_error
    assert len(await event_list.listed(pool, most=9)) == 2
    await pool.execute(say.format(clock.now().isoformat()))
    clock.set(root.next_attempt_at)
    await worker.drain()
    assert await seen() == ["p2/2/1", "p1/2/1"]
