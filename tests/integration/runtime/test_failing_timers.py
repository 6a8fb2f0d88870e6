"""Timers that cannot be fired: kept, told and tried again, with what waits for them and what does not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from belfry import RUNG, SECOND, WAITING, fire_all, hang, rung
from bell import timers
from parcel import START

from orderwright.clock import DrivenClock
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.engine import Engine
from orderwright.runtime.remedy import remedy
from orderwright.runtime.timers import earliest
from orderwright.runtime.write import StepUnfit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Rows, Scales

    from orderwright.runtime.fact import FactRequest
    from orderwright.runtime.pool import Connection, Pool


async def test_a_guard_that_breaks_postpones_its_timer_and_hurts_none_of_fifty_others(
    bells: Engine, rows: Rows, clock: DrivenClock
):
    await hang(bells, [f"b{n}" for n in range(51)], ("a", 1000, 1))
    await bells.send("b7", Event("BREAK"), actor="ann")
    clock.advance(SECOND)

    assert await fire_all(bells) == [51]

    assert len(await rows(RUNG)) == 50
    [kept] = await rows("select * from orderwright.timer")
    assert (kept["instance_id"], kept["attempts"]) == ("b7", 1)
    assert kept["last_error"].startswith("guard_error")
    assert kept["retry_at"] == clock.now() + SECOND
    await bells.send("b7", Event("MEND"), actor="ann")
    clock.advance(SECOND)
    assert await fire_all(bells) == [1]
    assert await rung(bells, "b7") == [1]


async def test_a_step_that_cannot_be_stored_postpones_its_timer_and_hurts_none_of_fifty_others(
    bells: Engine, rows: Rows, clock: DrivenClock, pool: Pool
):
    await hang(bells, [f"b{n}" for n in range(51)], ("a", 1000, 1))
    await pool.execute(
        """create function orderwright.refuse() returns trigger language plpgsql as $$
           begin raise exception 'this log is full'; end $$;
           create trigger refuse before insert on orderwright.log for each row
           when (new.instance_id = 'b7') execute function orderwright.refuse()"""
    )
    clock.advance(SECOND)

    assert await fire_all(bells) == [51]

    assert len(await rows(RUNG)) == 50
    [kept] = await rows("select * from orderwright.timer")
    assert kept["instance_id"] == "b7"
    assert "this log is full" in kept["last_error"]
    assert await rung(bells, "b7") == []


async def test_later_timers_of_an_instance_wait_for_one_that_fails_and_fire_after_it(
    bells: Engine, rows: Rows, clock: DrivenClock
):
    await hang(bells, ["b1", "b2"], ("a", 1000, 1), ("b", 2000, 2), ("c", 5000, 3))
    await bells.send("b1", Event("BREAK"), actor="ann")
    clock.advance(2 * SECOND)
    assert await fire_all(bells) == [2, 1]
    assert [await rung(bells, name) for name in ("b1", "b2")] == [[], [1, 2]]
    kept = [(row["instance_id"], row["attempts"]) for row in await rows(WAITING)]
    assert kept == [("b1", 1), ("b1", 0), ("b1", 0), ("b2", 0)]

    await bells.send("b1", Event("MEND"), actor="ann")
    assert await fire_all(bells) == []
    clock.advance(SECOND)
    assert await fire_all(bells) == [1, 1]
    assert await rung(bells, "b1") == [1, 2]
    clock.advance(2 * SECOND)
    assert await fire_all(bells) == [2]
    assert await rung(bells, "b1") == [1, 2, 3]


async def test_what_waits_for_a_timer_that_fails_goes_on_once_the_state_is_left_or_it_is_cancelled(
    bells: Engine, rows: Rows, clock: DrivenClock
):
    await hang(bells, ["b1"], ("b", 1000, 1), ("a", 2000, 2, "RING_AND_CANCEL"))
    await bells.send("b1", Event("BREAK"), actor="ann")
    clock.advance(2 * SECOND)
    assert await fire_all(bells) == [1]
    [failed, _] = await rows(WAITING)
    [incident] = await rows("select kind, subject, status from orderwright.incident")
    assert incident == {"kind": "timer_failed", "subject": "b1/b", "status": "open"}

    await bells.send("b1", timers(("b", 60_000, 9)), actor="ann")  # it is set anew
    assert failed["timer_id"] == "b"
    assert await fire_all(bells) == [1]
    assert await rung(bells, "b1") == [2]


async def test_a_failed_timer_that_is_tried_again_at_once_takes_what_waits_along(
    bells: Engine, rows: Rows, clock: DrivenClock
):
    await hang(bells, ["b1"], ("a", 1000, 1), ("b", 2000, 2))
    await bells.send("b1", Event("BREAK"), actor="ann")
    clock.advance(2 * SECOND)
    await fire_all(bells)
    await bells.send("b1", Event("MEND"), actor="ann")
    [incident] = await rows("select incident_id from orderwright.incident")
    await remedy(bells, incident["incident_id"], Cause(actor=Actor("ann")))
    assert await fire_all(bells) == [1, 1]
    assert await rung(bells, "b1") == [1, 2]


async def test_a_fact_that_cannot_be_loaded_postpones_its_timer_alone(
    bells: Engine, rows: Rows, clock: DrivenClock, scales: Scales
):
    async def weigh(connection: Connection, asked: FactRequest) -> int:
        return await connection.fetchval("select 1 / $1::int", int(asked.instance_id != "b2"))

    await hang(bells, ["b1", "b2", "b3"], ("a", 1000, 1, "RING_WEIGHED"))
    await hang(bells, ["b4"], ("a", 1000, 1))
    scales.load_with(weigh)
    clock.advance(SECOND)

    assert await fire_all(bells) == [4]

    assert [row["instance_id"] for row in await rows(RUNG)] == ["b1", "b3", "b4"]
    [kept] = await rows("select instance_id, last_error from orderwright.timer")
    assert kept["instance_id"] == "b2"
    assert kept["last_error"].startswith("DivisionByZeroError")


async def test_an_unknown_fact_postpones_its_timer_until_it_is_known(
    bells: Engine, rows: Rows, clock: DrivenClock, scales: Scales
):
    scales.weight = None
    await hang(bells, ["b1"], ("a", 1000, 1, "RING_WEIGHED"))
    clock.advance(SECOND)
    assert await fire_all(bells) == [1]
    [kept] = await rows("select last_error from orderwright.timer")
    assert kept["last_error"].startswith("guard_unknown")
    scales.weight = 3
    clock.advance(SECOND)
    assert await fire_all(bells) == [1]
    assert await rung(bells, "b1") == [1]


async def test_the_earliest_time_counts_the_next_attempt_of_what_failed_and_not_what_waits_for_it(
    bells: Engine, rows: Rows, clock: DrivenClock, pool: Pool
):
    async with pool.acquire() as connection:
        assert await earliest(connection) is None
        await hang(bells, ["b1"], ("a", 1000, 1), ("b", 5000, 2))
        assert await earliest(connection) == START + SECOND
        await bells.send("b1", Event("BREAK"), actor="ann")
        clock.advance(SECOND)
        await fire_all(bells)
        assert await earliest(connection) == START + 2 * SECOND
        for _ in range(3):
            clock.advance(timedelta(minutes=1))
            await fire_all(bells)
        [failed, waiting] = await rows(WAITING)
        assert (failed["attempts"], waiting["attempts"]) == (4, 0)
        assert await earliest(connection) == failed["retry_at"] > clock.now() > waiting["due_at"]


@pytest.mark.parametrize(
    ("delay_ms", "occurred_at"),
    [
        (10**15, None),
        (10**18, None),
        (40 * 10**12, None),  # in the year 3293
        (1000, datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
async def test_a_timer_beyond_the_years_stops_its_step_and_no_other(
    bells: Engine, rows: Rows, delay_ms: int, occurred_at: datetime | None
):
    for name in ("b1", "b2"):
        await bells.create("bell", name, actor="ann")
    far, near = await asyncio.gather(
        bells.send("b1", timers(("a", delay_ms, 1)), actor="ann", occurred_at=occurred_at),
        bells.send("b2", timers(("a", 1000, 1)), actor="ann"),
        return_exceptions=True,
    )
    assert isinstance(far, StepUnfit)
    assert far.values == {
        "instance": "b1",
        "field": "a",
        "expected": "a timer that is due before the year 3000",
    }
    assert near.refused is None
    assert [row["instance_id"] for row in await rows(WAITING)] == ["b2"]
