"""An instance that cannot be read is the trouble of those who ask for it, and of nobody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from relabelled import migrate, publish_second
from straight import assert_straight
from waiting import eventually

from orderwright.runtime.command import Actor, Cause, Create, Send
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Everything

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.migration import MigrationReport, Migrations
    from orderwright.runtime.pool import Pool

NAMES = [f"p{number}" for number in range(5)]
ADD = Event("ADD", {"n": 1})
TAKE = "update orderwright.instance set snapshot = 'no snapshot' where instance_id = $1"
PUT = "update orderwright.instance set snapshot = $2 where instance_id = $1"
SNAPSHOT = "select snapshot from orderwright.instance where instance_id = $1"
BREAK_TIMER = "update orderwright.timer set event_data = '{' where instance_id = $1"
NOTED = "select true from orderwright.chart_migration_stuck where instance_id = $1"
MEND_TIMER = "update orderwright.timer set event_data = '{}' where instance_id = $1"


@pytest.fixture
async def parcels(engine: Engine) -> None:
    for name in NAMES:
        await engine.create("parcel", name, actor="ann")


# --- callers ---


@pytest.mark.usefixtures("parcels")
@pytest.mark.parametrize("event", [ADD, Event("WEIGH")], ids=["without facts", "under locks"])
async def test_it_fails_its_own_callers_and_no_neighbour_in_their_batch(
    engine: Engine, pool: Pool, event: Event
):
    text = await pool.fetchval(SNAPSHOT, "p2")
    await pool.execute(TAKE, "p2")
    commands = [
        engine.send(name, event, actor="ann", idempotency_key=f"{name}/{turn}")
        for name in NAMES
        for turn in range(2)
    ]
    found = await asyncio.gather(*commands, return_exceptions=True)

    failed = [one for one in found if isinstance(one, BaseException)]
    assert len(failed) == 2
    assert all("the snapshot of p2 cannot be read" in str(one) for one in failed)
    versions = {
        one.instance_id: one.version for one in found if not isinstance(one, BaseException)
    }
    assert versions == {"p0": 3, "p1": 3, "p3": 3, "p4": 3}

    await pool.execute(PUT, "p2", text)
    assert (await engine.send("p2", event, actor="ann")).version == 2
    await assert_straight(pool)


@pytest.mark.usefixtures("parcels")
async def test_those_who_create_beside_it_are_not_held_up(engine: Engine, pool: Pool):
    await pool.execute(TAKE, "p2")
    cause = Cause(actor=Actor("ann"))
    commands = [
        engine.carry_out(Send(instance_id="p2", event=ADD, cause=cause)),
        *(
            engine.carry_out(Create(chart_id="parcel", instance_id=one, root_id=one, cause=cause))
            for one in ("q1", "q2", "q3")
        ),
    ]
    broken, *made = await asyncio.gather(*commands, return_exceptions=True)
    assert isinstance(broken, ValueError)
    assert [one.version for one in made] == [1, 1, 1]


# --- migrations ---


def reasons(report: MigrationReport) -> dict[str, list[str]]:
    return {one.instance_id: [reason.code for reason in one.reasons] for one in report.stuck}


@pytest.mark.usefixtures("parcels")
async def test_a_migration_names_it_and_its_timers_and_moves_the_others(
    engine: Engine, migrations: Migrations, pool: Pool, everything: Everything
):
    for name in ("p1", "p3"):
        await engine.send(name, Event("REMIND_SOON"), actor="ann")
    await publish_second(engine)
    text = await pool.fetchval(SNAPSHOT, "p0")
    await pool.execute(TAKE, "p0")
    await pool.execute(BREAK_TIMER, "p3")
    before = await everything()

    rehearsed = await migrate(migrations, dry_run=True)
    assert await everything() == before
    report = await migrate(migrations)

    assert reasons(report) == {"p0": ["instance_unreadable"], "p3": ["timer_unreadable"]}
    assert report.moved == 3
    assert (rehearsed.moved, rehearsed.stuck) == (report.moved, report.stuck)
    first, second = report.stuck
    assert (first.version, first.state) == (1, "OPEN")
    assert "the snapshot of p0 cannot be read" in first.reasons[0].message
    assert (second.version, second.state) == (2, "OPEN")
    assert second.reasons[0].values == {"timer": "REMIND"}

    await pool.execute(PUT, "p0", text)
    await pool.execute(MEND_TIMER, "p3")
    again = await migrate(migrations)
    assert (again.moved, again.stuck) == (2, ())
    await assert_straight(pool)


@pytest.mark.usefixtures("parcels")
async def test_a_migration_names_one_that_was_busy_and_cannot_be_read(
    engine: Engine, migrations: Migrations, pool: Pool
):
    await publish_second(engine)
    async with pool.acquire() as holder:
        holding = holder.transaction()
        await holding.start()
        await holder.execute(TAKE, "p1")
        migrating = asyncio.create_task(migrate(migrations))
        try:
            await eventually(lambda: pool.fetchval(NOTED, "p1"))
        finally:
            await holding.commit()
        report = await migrating
    assert reasons(report) == {"p1": ["instance_unreadable"]}
    assert report.moved == 4


STRAY = """
update orderwright.instance set snapshot = replace(snapshot, 'parcel.OPEN', 'parcel.NOWHERE') where instance_id = $1
"""


@pytest.mark.usefixtures("parcels")
async def test_a_migration_names_one_in_a_state_that_its_chart_does_not_have(
    engine: Engine, migrations: Migrations, pool: Pool
):
    await publish_second(engine)
    await pool.execute(STRAY, "p1")
    report = await migrate(migrations)
    assert reasons(report) == {"p1": ["configuration_illegal"]}
    assert report.stuck[0].reasons[0].values == {"state": "parcel.NOWHERE"}
    assert report.moved == 4


@pytest.mark.usefixtures("parcels")
@pytest.mark.parametrize("never", ["-infinity", "20000-01-01 00:00Z", "0044-03-15 BC"])
async def test_a_migration_is_not_ended_by_a_time_beyond_the_calendar(
    engine: Engine, migrations: Migrations, pool: Pool, never: str
):
    await engine.send("p3", Event("REMIND_SOON"), actor="ann")
    await pool.execute(f"update orderwright.timer set due_at = '{never}'")
    await pool.execute(
        f"update orderwright.instance set updated_at = '{never}' where instance_id = 'p1'"
    )
    await publish_second(engine)
    rehearsed = await migrate(migrations, dry_run=True)
    report = await migrate(migrations)
    assert reasons(report) == reasons(rehearsed) == {"p3": ["timer_unreadable"]}
    assert report.moved == rehearsed.moved == 4
