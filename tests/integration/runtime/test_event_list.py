from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from listing import Listing

from orderwright.runtime.event_list import count, listed
from orderwright.runtime.retention import Retention
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from listing import Seen

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine


async def _parcels(engine: Engine, *names: str) -> None:
    for name in names:
        await engine.create("parcel", name, actor="ann", root_id="r" if name > "p1" else None)
        for n in (1, 2):
            await engine.send(name, Event("ADD", {"n": n}), actor="ann")


async def test_events_are_listed_latest_first_page_by_page_without_gap_or_repeat(engine: Engine):
    await _parcels(engine, "p1", "p2", "p3")
    everything = await listed(engine.pool, most=100)
    ids = [one.event.event_id for one in everything]
    assert ids[0].startswith("p3/3")
    assert await count(engine.pool) == len(ids) == len(set(ids)) >= 6
    paged, after = [], None
    while page := await listed(engine.pool, after=after, most=2):
        paged += [one.event.event_id for one in page]
        after = page[-1].place
    assert paged == ids


async def test_the_events_of_a_root_are_those_of_all_its_instances(engine: Engine):
    await _parcels(engine, "p1", "p2", "p3")
    everything = await listed(engine.pool, most=100)
    expected = [one for one in everything if one.event.root_id == "r"]
    assert {one.event.instance_id for one in expected} == {"p2", "p3"}
    assert await listed(engine.pool, root_id="r", most=100) == expected
    assert await count(engine.pool, root_id="r") == len(expected)
    rest = await listed(engine.pool, root_id="r", after=expected[0].place, most=100)
    assert rest == expected[1:]
    assert await listed(engine.pool, root_id="nobody", most=100) == []


async def test_each_event_says_how_every_consumer_stands_with_it(engine: Engine, seen: Seen):
    await _parcels(engine, "p1")
    [*_, first] = await listed(engine.pool, most=100)
    quick = Listing("quick")
    stuck = Listing("stuck", attempts=1, fails_on={first.event.event_id})
    await Worker(engine, [quick.consumer, stuck.consumer]).drain()
    assert first.event.event_id in await seen("quick")
    [*_, first] = await listed(engine.pool, most=100)
    assert {one.consumer: one.status for one in first.acknowledgements} == {
        "quick": "acknowledged",
        "stuck": "dead",
    }


async def test_what_waits_for_a_consumer_is_listed_when_the_event_before_it_of_the_same_step_is_gone(
    engine: Engine, clock: DrivenClock, seen: Seen
):
    await _parcels(engine, "p1")
    await engine.pool.execute(_ONE_MORE)
    stuck = Listing("stuck", attempts=1, fails_on={"p1/2/2"})
    await Worker(engine, [stuck.consumer]).drain()
    everything = await _ids(engine, None)
    assert await _ids(engine, "p1") == everything
    assert "p1/2/1" in everything

    clock.advance(timedelta(days=31))
    await Retention(engine.pool, clock).finish()
    assert await seen("stuck") == ["p1/2/1"]
    assert await _ids(engine, "p1") == await _ids(engine, None) == ["p1/3/1", "p1/2/2"]
    assert await count(engine.pool, root_id="p1") == 2


async def _ids(engine: Engine, root_id: str | None) -> list[str]:
    return [one.event.event_id for one in await listed(engine.pool, root_id=root_id, most=100)]


_ONE_MORE = """
insert into orderwright.outbox (
    ord, event_id, instance_id, root_id, version, name, payload, correlation_id, causation_id,
    occurred_at, recorded_at)
select ord, 'p1/2/2', instance_id, root_id, version, name, payload, correlation_id, causation_id,
       occurred_at, recorded_at
from orderwright.outbox where event_id = 'p1/2/1'
"""
