"""A timer that cannot be read, or whose instance cannot, is postponed; those of others fire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from parcel import START
from straight import assert_straight
from waiting import eventually, running

from orderwright.runtime.firing import fire_due, fire_next
from orderwright.runtime.incident import incidents
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Row, Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
NAMES = ["p1", "p2", "p3"]
REMINDED = """
select instance_id from orderwright.outbox where name = 'parcel.reminded' order by instance_id
"""


@pytest.fixture
async def reminders(engine: Engine, clock: DrivenClock) -> None:
    """A timer of each parcel is due."""
    for name in NAMES:
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("REMIND_LATER"), actor="ann")
    clock.advance(MINUTE)


async def kept(rows: Rows) -> list[Row]:
    return await rows("select * from orderwright.timer order by instance_id")


async def reminded(rows: Rows) -> list[str]:
    return [row["instance_id"] for row in await rows(REMINDED)]


@dataclass(frozen=True)
class Damage:
    """What of the first parcel is damaged."""

    table: str
    column: str
    value: str

    async def do(self, pool: Pool) -> str:
        """Damage it, and return the text as it was."""
        text = await pool.fetchval(
            f"select {self.column} from orderwright.{self.table} where instance_id = 'p1'"
        )
        await self.write(pool, self.value)
        return text

    async def write(self, pool: Pool, text: str) -> None:
        await pool.execute(
            f"update orderwright.{self.table} set {self.column} = $1 where instance_id = 'p1'",
            text,
        )


BEYOND = ["-infinity", "infinity", "20000-01-01 00:00Z", "0044-03-15 BC"]
DAMAGE = [
    pytest.param(Damage("instance", "snapshot", '{"chart":"parcel","vers'), id="cut short"),
    pytest.param(Damage("instance", "snapshot", "[]"), id="no snapshot"),
    pytest.param(Damage("timer", "event_data", "{"), id="event"),
]


@pytest.mark.usefixtures("reminders")
@pytest.mark.parametrize("damage", DAMAGE)
async def test_what_cannot_be_read_is_postponed_with_an_incident_and_the_others_fire(
    engine: Engine, pool: Pool, rows: Rows, clock: DrivenClock, damage: Damage
):
    text = await damage.do(pool)

    assert await fire_due(engine) == 3

    assert await reminded(rows) == ["p2", "p3"]
    [timer] = await kept(rows)
    assert (timer["instance_id"], timer["attempts"]) == ("p1", 1)
    assert "cannot be read: " in timer["last_error"]
    assert timer["retry_at"] == clock.now() + SECOND
    async with pool.acquire() as connection:
        [incident] = await incidents(connection)
    assert (incident.kind, incident.subject, incident.cause) == (
        "timer_failed",
        "p1/REMIND",
        timer["last_error"],
    )
    assert incident.details == {
        "instance_id": "p1",
        "timer_id": "REMIND",
        "due_at": timer["due_at"].isoformat(),
        "event": "REMIND",
    }
    assert await fire_due(engine) == 0

    await damage.write(pool, text)
    clock.advance(SECOND)
    assert await fire_due(engine) == 1
    assert await fire_due(engine) == 0
    assert await reminded(rows) == NAMES
    assert await kept(rows) == []
    await assert_straight(pool)


@pytest.mark.usefixtures("reminders")
@pytest.mark.parametrize("damage", DAMAGE)
async def test_one_by_one_they_fire_behind_it_as_well(
    engine: Engine, pool: Pool, rows: Rows, damage: Damage
):
    await damage.do(pool)
    while await fire_next(engine):
        pass
    assert await reminded(rows) == ["p2", "p3"]
    assert [row["attempts"] for row in await kept(rows)] == [1]


@pytest.mark.usefixtures("reminders")
async def test_a_worker_fires_what_is_due_of_others(engine: Engine, pool: Pool, rows: Rows):
    await pool.execute(
        "update orderwright.instance set snapshot = 'x' where instance_id in ('p1', 'p3')"
    )
    await Worker(engine, []).drain()
    assert await reminded(rows) == ["p2"]
    assert [row["attempts"] for row in await kept(rows)] == [1, 1]


@pytest.mark.usefixtures("reminders")
@pytest.mark.parametrize("never", BEYOND)
async def test_a_time_beyond_the_calendar_holds_up_no_other_timer(
    engine: Engine, pool: Pool, rows: Rows, never: str
):
    await pool.execute(f"update orderwright.timer set due_at = '{never}' where instance_id = 'p1'")
    await pool.execute(
        f"update orderwright.instance set created_at = '{never}' where instance_id = 'p2'"
    )

    async def others_are_reminded() -> bool:
        return {"p2", "p3"} <= set(await reminded(rows))

    async with running(Worker(engine, [], poll_seconds=0.01).run):
        await eventually(others_are_reminded)
        await engine.send("p3", Event("REMIND_SOON"), actor="ann")
        engine.clock.advance(MINUTE)

        async def another_is_reminded() -> bool:
            return (await reminded(rows)).count("p3") == 2

        await eventually(another_is_reminded)


@pytest.mark.usefixtures("reminders")
@pytest.mark.parametrize("never", BEYOND)
async def test_a_timer_does_not_fire_behind_a_log_row_of_a_time_beyond_the_calendar(
    engine: Engine, pool: Pool, rows: Rows, clock: DrivenClock, never: str
):
    def said(moment: str) -> str:
        return f"update orderwright.log set occurred_at = '{moment}' where instance_id = 'p1' and version = 2"

    await pool.execute(said(never))
    assert await fire_due(engine) == 3
    assert await reminded(rows) == ["p2", "p3"]
    [timer] = await kept(rows)
    assert (timer["instance_id"], timer["attempts"]) == ("p1", 1)

    await pool.execute(said(START.isoformat()))
    clock.advance(SECOND)
    assert await fire_due(engine) == 1
    assert await reminded(rows) == NAMES
    await assert_straight(pool)
