"""Many timers due together: fired in batches, by several workers, with some among them that are refused."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from belfry import RUNG, SECOND, build_bells, fire_all, hang, rung
from bell import timers
from engine_room import close
from parcel import START
from waiting import eventually, running

from orderwright.clock import DrivenClock, SystemClock
from orderwright.runtime.engine import Engine
from orderwright.runtime.firing import fire_due
from orderwright.runtime.replay import Replay
from orderwright.runtime.timers import BATCH
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from parcel import Rows, Scales

    from orderwright.clock import Clock
    from orderwright.runtime.fact import FactRequest
    from orderwright.runtime.pool import Connection, Pool

WORKER = Path(__file__).with_name("bell_worker.py")


@pytest.fixture
async def build(pool: Pool, scales: Scales) -> AsyncIterator[Callable[[Clock], Awaitable[Engine]]]:
    built = []

    async def build(clock: Clock) -> Engine:
        built.append(await build_bells(pool, clock, scales))
        return built[-1]

    yield build
    for engine in built:
        await close(engine)


async def test_timers_of_many_instances_fire_in_one_transaction(
    bells: Engine, rows: Rows, clock: DrivenClock
):
    await hang(bells, [f"b{n}" for n in range(40)], ("a", 1000, 1), ("b", 2000, 2))
    clock.advance(60 * SECOND)

    assert await fire_due(bells) == 40

    assert await rows("select count(distinct ord) as n from orderwright.instance") == [{"n": 1}]
    assert {row["n"] for row in await rows(RUNG)} == {1}
    assert await fire_all(bells) == [40]


async def test_three_workers_fire_500_timers_once_and_in_order_for_each_instance(
    bells: Engine, rows: Rows, clock: DrivenClock, pool: Pool
):
    names = [f"b{n}" for n in range(100)]
    for number, name in enumerate(names):
        delays = [(37 * number + 211 * k) % 997 + 1 for k in range(5)]
        given = zip("abcde", delays, delays, strict=True)
        await hang(bells, [name], *given)
    clock.advance(timedelta(days=30))
    workers = [Worker(bells, [], poll_seconds=0.01) for _ in range(3)]

    async def none_is_left() -> bool:
        return not await pool.fetchval("select count(*) from orderwright.timer")

    async with running(*(one.run for one in workers)):
        await eventually(none_is_left)

    found = await rows(RUNG)
    assert len(found) == 500
    for name in names:
        order = [row["n"] for row in found if row["instance_id"] == name]
        assert order == sorted(order)
        assert len(set(order)) == 5
    assert await Replay(pool).verify("b0") == ()


@pytest.mark.parametrize("days", [30, 5 * 365])
async def test_a_timer_fires_at_any_distance(
    bells: Engine, rows: Rows, clock: DrivenClock, days: int
):
    far = timedelta(days=days)
    await hang(bells, ["b1"], ("a", int(far.total_seconds() * 1000), 1))
    clock.advance(far - timedelta(milliseconds=1))
    assert await fire_due(bells) == 0
    clock.advance(timedelta(days=400))

    assert await fire_due(bells) == 1

    [row] = await rows(RUNG)
    assert row["occurred_at"] == START + far


async def test_timers_that_are_due_at_the_same_time_fire_in_the_order_of_setting_then_of_names(
    bells: Engine, clock: DrivenClock
):
    await hang(bells, ["b1"], ("c", 1000, 3), ("b", 1000, 2))
    await bells.send("b1", timers(("a", 1000, 1)), actor="ann")
    clock.advance(SECOND)

    assert await fire_all(bells) == [1, 1, 1]

    assert await rung(bells, "b1") == [2, 3, 1]


async def test_a_timer_that_another_cancels_does_not_fire_although_both_are_due(
    bells: Engine, clock: DrivenClock
):
    await hang(bells, ["b1"], ("a", 1000, 1, "RING_AND_CANCEL"), ("b", 2000, 2), ("c", 3000, 3))
    clock.advance(60 * SECOND)
    await fire_all(bells)
    assert await rung(bells, "b1") == [1, 3]


async def test_a_timer_that_another_replaces_fires_at_its_new_time(
    bells: Engine, clock: DrivenClock
):
    await hang(bells, ["b1"], ("a", 1000, 1, "RING_AND_SET"), ("b", 2000, 2))
    clock.advance(3 * SECOND)
    await fire_all(bells)
    assert await rung(bells, "b1") == [1]
    clock.advance(58 * SECOND)
    await fire_all(bells)
    assert await rung(bells, "b1") == [1, 9]


async def test_a_timer_that_sets_itself_anew_fires_again(bells: Engine, clock: DrivenClock):
    await hang(bells, ["b1"], ("b", 1000, 1, "RING_AND_SET"))
    clock.advance(SECOND)
    assert await fire_all(bells) == [1]
    clock.advance(60 * SECOND)
    assert await fire_all(bells) == [1]
    assert await rung(bells, "b1") == [1, 9]


@pytest.mark.parametrize("year", [1990, 2400])
async def test_what_the_clock_of_the_database_says_does_not_matter(
    build: Callable[[Clock], Awaitable[Engine]], rows: Rows, year: int
):
    clock = DrivenClock(datetime(year, 5, 5, tzinfo=UTC))
    engine = await build(clock)
    await hang(engine, ["b1"], ("a", 60_000, 1))
    assert await fire_due(engine) == 0
    clock.advance(60 * SECOND)
    assert await fire_due(engine) == 1
    assert [row["occurred_at"] for row in await rows(RUNG)] == [clock.now()]


async def test_a_timer_may_begin_work_outside(bells: Engine, rows: Rows, clock: DrivenClock):
    await hang(bells, ["b1"], ("a", 1000, 1, "RING_AND_CALL"))
    clock.advance(SECOND)
    assert await fire_all(bells) == [1]
    assert await rows("select instance_id, kind from orderwright.job") == [
        {"instance_id": "b1", "kind": "call"}
    ]


async def test_refused_timers_are_gone_and_the_others_of_the_batch_fire(
    bells: Engine, rows: Rows, clock: DrivenClock
):
    await hang(bells, ["b1", "b2", "b3"], ("a", 1000, 1))
    await bells.send("b2", Event("STOP"), actor="ann")
    clock.advance(SECOND)

    assert await fire_all(bells) == [3]

    assert [row["instance_id"] for row in await rows(RUNG)] == ["b1", "b3"]
    assert await rows("select 1 from orderwright.timer") == []


async def test_a_timer_whose_event_declares_facts_has_them_loaded_under_the_lock_of_its_instance(
    bells: Engine, rows: Rows, clock: DrivenClock, scales: Scales, pool: Pool
):
    free = []

    async def weigh(_: Connection, asked: FactRequest) -> int:
        free.append(await pool.fetch(_FREE, asked.instance_id))
        return 1

    await hang(bells, ["b1", "b2"], ("a", 1000, 1, "RING_WEIGHED"), ("b", 2000, 2))
    scales.load_with(weigh)
    clock.advance(60 * SECOND)

    assert await fire_all(bells) == [2, 2]

    assert free == [[], []]
    assert await rung(bells, "b1") == await rung(bells, "b2") == [1, 2]
    [facts] = await rows(
        "select distinct facts from orderwright.log where event_type = 'RING_WEIGHED'"
    )
    assert json.loads(facts["facts"]) == {"weight": 1}


_FREE = "select 1 from orderwright.instance where instance_id = $1 for update skip locked"


async def test_a_worker_sleeps_until_the_next_timer_is_due(
    build: Callable[[Clock], Awaitable[Engine]],
):
    engine = await build(SystemClock())
    await hang(engine, ["b1"], ("a", 400, 1))
    running = asyncio.create_task(Worker(engine, [], poll_seconds=300).run())

    async def has_rung() -> bool:
        return await rung(engine, "b1") == [1]

    await eventually(has_rung, seconds=20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_worker_killed_in_the_middle_of_a_batch_loses_and_repeats_nothing(
    bells: Engine, rows: Rows, database_url: str, pool: Pool
):
    names = [f"b{n}" for n in range(BATCH)]  # long due on the worker's clock
    await hang(bells, names, ("a", 1000, 1), ("b", 2000, 2))

    for lines in (1, BATCH - 20, BATCH, BATCH + 30):
        worker = await _start(database_url)
        async with asyncio.timeout(30):
            for _ in range(lines):
                if not await worker.stdout.readline():
                    break
        worker.kill()
        await worker.communicate()
    last = await _start(database_url)

    async def none_is_left() -> bool:
        return not await pool.fetchval("select count(*) from orderwright.timer")

    reading = asyncio.create_task(last.stdout.read())
    await eventually(none_is_left)
    last.terminate()
    await last.wait()
    await reading

    found = [(row["instance_id"], row["n"]) for row in await rows(RUNG)]
    assert found == sorted((name, n) for name in names for n in (1, 2))
    for name in names[:3]:
        assert all(
            b["version"] == a["version"] + 1 for a, b in pairwise(await rows(_VERSIONS, name))
        )
        assert await Replay(pool).verify(name) == ()


_VERSIONS = "select version from orderwright.log where instance_id = $1 order by version"


async def _start(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", str(WORKER), url, stdout=asyncio.subprocess.PIPE
    )
