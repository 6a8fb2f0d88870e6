from __future__ import annotations

from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING

import pytest
from listing import Listing
from parcel import add_to

from orderwright.runtime.lag import read_status
from orderwright.runtime.outbox import enrol
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


@pytest.mark.usefixtures("seen")
async def test_the_status_counts_what_is_unread_and_what_is_parked(
    engine: Engine, pool: Pool, clock: DrivenClock
):
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await add_to(engine, name, 2)
    listing = Listing("a", attempts=1, fails_on={"p1/2/1"})
    await Worker(engine, [listing.consumer]).drain()
    async with pool.acquire() as connection:
        await enrol(connection, "b", at=clock.now())
        clock.advance(timedelta(seconds=90))
        status = await read_status(connection, now=clock.now())

    one, other = status.consumers
    assert (one.consumer, one.events, one.seconds) == ("a", 0, 0)
    assert (one.parked_roots, one.dead_roots, one.waiting_events) == (1, 1, 2)
    assert (other.consumer, other.events, other.seconds) == ("b", 4, 90)
    assert (other.parked_roots, other.dead_roots, other.waiting_events) == (0, 0, 0)


@pytest.mark.parametrize("never", ["-infinity", "infinity", "20000-01-01 00:00Z", "0044-03-15 BC"])
async def test_a_lag_behind_an_event_of_a_time_beyond_the_calendar_is_a_number(
    engine: Engine, pool: Pool, clock: DrivenClock, never: str
):
    await engine.create("parcel", "p1", actor="ann")
    await add_to(engine, "p1")
    await pool.execute(f"update orderwright.outbox set recorded_at = '{never}'")
    async with pool.acquire() as connection:
        await enrol(connection, "a", at=clock.now())
        status = await read_status(connection, now=clock.now())
    [behind] = status.consumers
    assert behind.events == 1
    assert isfinite(behind.seconds)
    assert isfinite(status.horizon_seconds)


async def test_the_status_names_who_holds_the_horizon(pool: Pool, clock: DrivenClock):
    async with pool.acquire() as holder, pool.acquire() as reader:
        async with holder.transaction():
            await holder.execute("select pg_current_xact_id()")
            pid = holder.get_server_pid()
            first = await read_status(reader, now=clock.now())
            second = await read_status(reader, now=clock.now())
        after = await read_status(reader, now=clock.now())

    assert first.horizon_holder is not None
    assert first.horizon_holder.startswith(f"process {pid} of ")
    assert 0 < first.horizon_seconds < second.horizon_seconds
    assert after.horizon_holder is None or f"process {pid} " not in after.horizon_holder
