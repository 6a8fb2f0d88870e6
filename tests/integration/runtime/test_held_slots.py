"""Slots whose instance a host holds in an open transaction wait for it, and hold up no other schedule."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest
from parcel import START
from waiting import eventually, running

from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.incident import incidents
from orderwright.runtime.schedule import Schedule, put_schedule
from orderwright.runtime.slot_action import standard_actions
from orderwright.runtime.strike import strike_next
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.slots import Slot

HOUR = timedelta(hours=1)
HELD = [f"held-{number}" for number in range(6)]
"""Schedules that come before the other."""
UNTRIED = [{"attempts": 0, "last_error": None}]
TRIES = """
select attempts, last_error from orderwright.slot where status = 'armed' group by attempts, last_error
"""


class Diary:
    """What has struck that meets no lock."""

    def __init__(self) -> None:
        self.slots: list[datetime] = []

    async def note(self, _: Connection, slot: Slot) -> None:
        self.slots.append(slot.slot_at)

    async def has(self, *hours: int) -> bool:
        return self.slots == [START + hour * HOUR for hour in hours]


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture(autouse=True)
async def due(engine: Engine, clock: DrivenClock) -> None:
    """Slots that send events to one instance, and one behind them that is written down, all due."""
    await engine.create("parcel", "p1", actor="ann")
    touch = {"instance": "p1", "type": "TOUCH"}
    send = Schedule(name="send", cron="0 * * * *", action="event", payload=touch)
    async with engine.pool.acquire() as connection, connection.transaction():
        for name in HELD:
            await put_schedule(connection, replace(send, name=name), at=clock.now())
        other = Schedule(name="other", cron="0 * * * *", action="note")
        await put_schedule(connection, other, at=clock.now())
    clock.advance(HOUR)


@asynccontextmanager
async def instance_held(engine: Engine, url: str) -> AsyncIterator[None]:
    """A host that has touched the instance, and ends its transaction at the end."""
    host = await asyncpg.connect(url)
    try:
        async with host.transaction():
            await engine.send("p1", Event("TOUCH"), actor="host", connection=host)
            yield
    finally:
        await host.close()


async def touches(rows: Rows) -> int:
    return len(await rows("select 1 from orderwright.log where actor_id = 'schedule'"))


async def test_one_held_instance_keeps_no_other_schedule_waiting(
    engine: Engine, clock: DrivenClock, diary: Diary, rows: Rows, database_url: str
):
    async def all_have_struck() -> bool:
        return await touches(rows) == len(HELD)  # those of the second hour: who comes late skips

    clockwork = Clockwork(engine, actions={"note": diary.note}, poll_seconds=0.01)
    worker = Worker(engine, [], clockwork=clockwork, poll_seconds=0.01)
    async with AsyncExitStack() as held:
        await held.enter_async_context(instance_held(engine, database_url))
        async with running(worker.run):
            await eventually(lambda: diary.has(1))
            clock.advance(HOUR)
            await eventually(lambda: diary.has(1, 2))
            assert await touches(rows) == 0
            assert await rows(TRIES) == UNTRIED
            await held.aclose()
            await eventually(all_have_struck)
    await engine.alarm.close()
    assert await incidents(engine.pool, status=None) == ()


async def test_the_earliest_that_meets_no_lock_is_the_next(
    engine: Engine, diary: Diary, rows: Rows, database_url: str
):
    actions = {**standard_actions(engine), "note": diary.note}
    async with instance_held(engine, database_url):
        assert await strike_next(engine, actions)
        assert await diary.has(1)
        assert not await strike_next(engine, actions)
    assert await strike_next(engine, actions)
    assert await touches(rows) == 1


async def test_who_lost_a_deadlock_has_not_failed_and_has_done_nothing(
    engine: Engine, diary: Diary, rows: Rows
):
    await engine.pool.execute("create table done (slot_at timestamptz)")
    lost: list[Slot] = []

    async def note(connection: Connection, slot: Slot) -> None:
        await connection.execute("insert into done values ($1)", slot.slot_at)
        if not lost:
            lost.append(slot)
            await connection.execute(
                "do $$ begin raise 'deadlock' using errcode = 'deadlock_detected'; end $$"
            )
        await diary.note(connection, slot)

    assert not await strike_next(engine, {"note": note})
    assert lost
    assert await rows("select 1 from done") == []
    assert await rows(TRIES) == UNTRIED
    assert await strike_next(engine, {"note": note})
    assert await diary.has(1)
    assert await rows("select slot_at from done") == [{"slot_at": START + HOUR}]
    await engine.alarm.close()
    assert await incidents(engine.pool, status=None) == ()
