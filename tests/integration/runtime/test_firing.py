from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from parcel import START

from orderwright.runtime.firing import fire_next
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Everything, Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

TIMERS = "select instance_id, timer_id, due_at from orderwright.timer order by due_at"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def parcel(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")


@pytest.mark.usefixtures("parcel")
async def test_a_timer_fires_when_it_is_due_and_not_before(
    engine: Engine, rows: Rows, clock: DrivenClock
):
    await engine.send("p1", Event("REMIND_LATER"), actor="ann", correlation_id="order-1/1")
    clock.advance(MINUTE - timedelta(milliseconds=1))
    assert not await fire_next(engine)
    clock.advance(timedelta(hours=1))

    assert await fire_next(engine)

    assert not await fire_next(engine)
    assert await rows(TIMERS) == []
    [log] = await rows("select * from orderwright.log where version = 3")
    assert (log["event_type"], log["actor_kind"], log["actor_id"]) == ("REMIND", "system", "timer")
    assert (log["causation_id"], log["correlation_id"]) == ("p1/2", "order-1/1")
    assert (log["occurred_at"], log["recorded_at"]) == (START + MINUTE, clock.now())


@pytest.mark.usefixtures("parcel")
async def test_after_a_downtime_time_does_not_run_backwards(
    engine: Engine, rows: Rows, clock: DrivenClock
):
    await engine.send("p1", Event("REMIND_LATER"), actor="ann")
    clock.advance(timedelta(hours=1))
    await engine.send("p1", Event("TOUCH"), actor="ann")

    assert await fire_next(engine)

    [log] = await rows("select occurred_at from orderwright.log where version = 4")
    assert log["occurred_at"] == START + timedelta(hours=1)


@pytest.mark.usefixtures("parcel")
@pytest.mark.parametrize(("ago", "origin"), [(2, "import"), (0, "live")])
async def test_a_timer_that_was_overdue_when_taken_over_has_that_origin(
    engine: Engine, rows: Rows, clock: DrivenClock, ago: int, origin: str
):
    clock.advance(timedelta(hours=1))
    await engine.send(
        "p1",
        Event("REMIND_LATER"),
        actor="ann",
        origin="import",
        occurred_at=clock.now() - ago * MINUTE,
    )
    clock.advance(MINUTE)

    assert await fire_next(engine)

    [log] = await rows("select origin from orderwright.log where version = 3")
    assert log["origin"] == origin


@pytest.mark.usefixtures("parcel")
async def test_scheduling_again_replaces_and_cancelling_removes(engine: Engine, rows: Rows):
    await engine.send("p1", Event("REMIND_LATER"), actor="ann")
    await engine.send("p1", Event("REMIND_SOON"), actor="ann")
    assert await rows(TIMERS) == [
        {"instance_id": "p1", "timer_id": "REMIND", "due_at": START + MINUTE / 2}
    ]

    await engine.send("p1", Event("FORGET"), actor="ann")
    assert await rows(TIMERS) == []


@pytest.mark.usefixtures("parcel")
async def test_leaving_a_state_cancels_its_timer(engine: Engine, rows: Rows):
    await engine.send("p1", Event("HOLD"), actor="ann")
    assert len(await rows(TIMERS)) == 1
    await engine.send("p1", Event("RESUME"), actor="ann")
    assert await rows(TIMERS) == []


@pytest.mark.usefixtures("parcel")
async def test_a_refused_timer_is_gone_and_leaves_nothing_else(
    engine: Engine, everything: Everything, clock: DrivenClock
):
    await engine.send("p1", Event("REMIND_LATER"), actor="ann")
    await engine.send("p1", Event("HOLD"), actor="ann")
    before = await everything()
    clock.advance(MINUTE)

    assert await fire_next(engine)

    after = await everything()
    assert len(before["timer"]) == 2
    assert after == {**before, "timer": [row for row in before["timer"] if "REMIND" not in row]}


async def test_three_workers_fire_each_of_many_timers_once(
    engine: Engine, rows: Rows, clock: DrivenClock
):
    names = [f"p{n}" for n in range(30)]
    for name in names:
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("REMIND_LATER"), actor="ann")
    clock.advance(timedelta(days=3))

    fired = await asyncio.gather(*(Worker(engine, []).drain() for _ in range(3)))
    while await fire_next(engine):  # a worker stops when the rest is in the hands of others
        fired.append(1)

    assert sum(fired) == 30
    logged = await rows("select instance_id from orderwright.log where event_type = 'REMIND'")
    assert sorted(row["instance_id"] for row in logged) == sorted(names)
    assert len(await rows("select 1 from orderwright.outbox")) == 30


async def test_timers_fire_in_the_order_in_which_they_are_due(
    engine: Engine, rows: Rows, clock: DrivenClock
):
    for name, event in [("p1", "HOLD"), ("p2", "REMIND_LATER"), ("p3", "REMIND_SOON")]:
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event(event), actor="ann")
    clock.advance(timedelta(days=1))

    await Worker(engine, []).drain(until=START + MINUTE)
    assert [row["timer_id"] for row in await rows(TIMERS)] == ["after.600000.parcel.HELD"]
    await Worker(engine, []).drain()

    logged = await rows(
        "select instance_id from orderwright.log where actor_id = 'timer' order by occurred_at"
    )
    assert [row["instance_id"] for row in logged] == ["p3", "p2", "p1"]


async def test_an_instance_that_is_locked_is_passed_over(
    engine: Engine, pool: Pool, clock: DrivenClock
):
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("REMIND_LATER"), actor="ann")
    clock.advance(MINUTE)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "select from orderwright.instance where instance_id = 'p1' for update"
        )

        assert await fire_next(engine)
        assert not await fire_next(engine)

    assert (await engine.read("p1")).version == 2
    assert (await engine.read("p2")).version == 3


async def test_a_timer_that_fails_is_kept_and_holds_up_no_other(
    engine: Engine, rows: Rows, clock: DrivenClock
):
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("REMIND_LATER"), actor="ann")
    await engine.pool.execute(
        "update orderwright.instance set chart_version = 9 where instance_id = 'p1'"
    )
    clock.advance(MINUTE)

    assert [await fire_next(engine) for _ in range(3)] == [True, True, False]

    [kept] = await rows("select * from orderwright.timer")
    assert (kept["instance_id"], kept["attempts"]) == ("p1", 1)
    assert kept["last_error"].startswith("ChartNotFound")
    assert (await engine.read("p2")).version == 3
    await engine.pool.execute("update orderwright.instance set chart_version = 1")
    clock.advance(timedelta(seconds=1))
    assert await fire_next(engine)
    assert (await engine.read("p1")).version == 3
