"""What comes to the old version behind the place of a migration, while it runs, is moved too, or named."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from engine_room import build_engine, close
from relabelled import MAPPING, migrate, publish_second
from waiting import eventually

from orderwright.runtime.migration import Migrations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from parcel import Rows, Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.migration import MigrationReport
    from orderwright.runtime.pool import Pool

NAMES = [f"p{number}" for number in range(5)]
LOCK = "select 1 from orderwright.instance where instance_id = $1 for update"
LEFT = "select instance_id from orderwright.instance where chart_version = 1 order by 1"
WAITING = """
select exists (select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())
"""


@pytest.fixture
async def old(pool: Pool, clock: DrivenClock, scales: Scales) -> AsyncIterator[Engine]:
    """A host of the release before, which knows the first version alone."""
    built = await build_engine(pool, clock, {"weight": scales.load})
    for name in NAMES:
        await built.create("parcel", name, actor="ann")
    yield built
    await close(built)


def reasons(report: MigrationReport) -> dict[str, list[str]]:
    return {one.instance_id: [reason.code for reason in one.reasons] for one in report.stuck}


@pytest.mark.parametrize("held", [["p1"], ["p1", "p3"]], ids=["one by one", "several at once"])
async def test_who_was_born_behind_a_migration_is_moved_or_named(
    engine: Engine, old: Engine, rows: Rows, held: list[str]
):
    await publish_second(engine)
    patient = Migrations(engine, batch=2, patience=timedelta(seconds=30))
    mapping = {**MAPPING, "schema": {"properties": {"count": {"type": "integer"}}}}
    seen: list[tuple[int, int]] = []
    async with engine.pool.acquire() as holder, asyncio.TaskGroup() as group:
        transaction = holder.transaction()
        await transaction.start()
        for name in held:
            await holder.execute(LOCK, name)
        migrating = group.create_task(
            migrate(patient, mapping, progress=lambda *at: seen.append(at))
        )
        await eventually(lambda: engine.pool.fetchval(WAITING))
        for name, count in (("a0", 1), ("a1", "many"), ("a2", 2), ("a3", 3)):
            await old.create("parcel", name, context={"count": count}, actor="bob")
        await transaction.rollback()

    report = migrating.result()
    assert (report.moved, reasons(report)) == (8, {"a1": ["context_invalid"]})
    assert await rows(LEFT) == [{"instance_id": "a1"}]
    assert [run["status"] for run in await rows("select * from orderwright.chart_migration")] == [
        "done"
    ]
    assert seen[-1] == (9, 9)


async def test_one_that_was_interrupted_moves_who_was_born_behind_it_and_counts_once(
    engine: Engine, migrations: Migrations, old: Engine, rows: Rows
):
    await publish_second(engine)

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    for born in ("a1", "a0"):
        with pytest.raises(KeyboardInterrupt):
            await migrate(migrations, progress=stop)
        await old.create("parcel", born, actor="bob")
    report = await migrate(migrations)

    assert (report.resumed, report.moved, report.stuck) == (True, 7, ())
    assert await rows(LEFT) == []
    moves = await rows("select instance_id from orderwright.log where event_type = 'migrate'")
    assert sorted(row["instance_id"] for row in moves) == ["a0", "a1", *NAMES]


async def test_who_cannot_be_moved_is_looked_at_once(
    engine: Engine, migrations: Migrations, old: Engine
):
    """Two are stuck and two are locked from the beginning to the end, in batches with others and by themselves."""
    await publish_second(engine)
    for name in ("b0", "b1"):
        await old.create("parcel", name, context={"count": "many"}, actor="ann")
    mapping = {**MAPPING, "schema": {"properties": {"count": {"type": "integer"}}}}
    seen: list[int] = []
    async with engine.pool.acquire() as holder:
        transaction = holder.transaction()
        await transaction.start()
        for name in ("p0", "p4"):
            await holder.execute(LOCK, name)
        async with asyncio.timeout(20):
            report = await migrate(
                migrations, mapping, progress=lambda done, _total: seen.append(done)
            )
        await transaction.rollback()
    assert reasons(report) == {
        "b0": ["context_invalid"],
        "b1": ["context_invalid"],
        "p0": ["instance_busy"],
        "p4": ["instance_busy"],
    }
    assert (report.moved, seen) == (3, [2, 4, 6, 7])


@pytest.mark.usefixtures("old")
async def test_a_migration_gives_up_the_one_that_goes_the_other_way(engine: Engine, rows: Rows):
    """They would move the same instances to and fro for ever."""
    await publish_second(engine)
    patient = Migrations(engine, batch=2, patience=timedelta(seconds=30))
    back = {"states": {"parcel.READY": "parcel.OPEN"}, "drop": ["grade", "pieces"]}
    async with engine.pool.acquire() as holder, asyncio.TaskGroup() as group:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(LOCK, "p4")
        there = group.create_task(migrate(patient))
        await eventually(lambda: engine.pool.fetchval(WAITING))
        returned = await patient.migrate("parcel", 2, 1, back, actor="bob")
        await transaction.rollback()

    assert (there.result().moved, there.result().given_up) == (4, True)
    assert (returned.moved, returned.given_up) == (4, False)
    assert [row["instance_id"] for row in await rows(LEFT)] == NAMES
