"""Running instances move to another version of their chart."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from parcel import START
from relabelled import MAPPING, migrate, publish_second
from waiting import eventually

from orderwright.runtime.firing import fire_next
from orderwright.runtime.migration import Migrations
from orderwright.runtime.registry import ChartNotFound
from orderwright.runtime.replay import Replay
from orderwright.statechart import Event
from orderwright.statechart.migration import MappingInvalid

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from parcel import Everything, Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine

SCRIPT = Path(__file__).with_name("migrating.py")


async def parcels(engine: Engine, count: int) -> list[str]:
    names = [f"p{number:03}" for number in range(count)]
    for name in names:
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("ADD", {"n": 2}), actor="ann")
    return names


async def test_instances_move_and_go_on_in_the_new_version(
    engine: Engine, migrations: Migrations, rows: Rows
):
    names = await parcels(engine, 5)
    await engine.send(names[1], Event("HOLD"), actor="ann")
    await engine.send(names[2], Event("SEAL"), actor="ann")
    await publish_second(engine)
    seen: list[tuple[int, int]] = []

    report = await migrate(migrations, reason="renamed", progress=lambda *at: seen.append(at))

    assert (report.moved, report.stuck, report.resumed, report.dry_run) == (4, (), False, False)
    assert seen == [(2, 4), (4, 4)]
    moved = await engine.read(names[0])
    assert (moved.chart_version, moved.state, moved.version) == (2, "READY", 3)
    assert moved.snapshot.context == {"count": 2, "grade": "B", "pieces": 2}
    assert (await engine.read(names[2])).chart_version == 1
    await engine.send(names[0], Event("HOLD"), actor="ann")
    await engine.send(names[1], Event("RESUME"), actor="ann")
    assert [(await engine.read(name)).state for name in names[:2]] == ["HELD", "READY"]
    for name in names:
        assert await Replay(engine.pool).verify(name) == ()
    [row] = await rows(
        "select * from orderwright.log where instance_id = $1 and version = 3", names[0]
    )
    assert (row["event_type"], row["origin"], row["actor_id"], row["reason"]) == (
        "migrate",
        "migration",
        "ann",
        "renamed",
    )
    assert json.loads(row["event_data"]) == {"chart": "parcel", "from": 1, "to": 2}
    assert (row["from_state"], row["to_state"]) == ("OPEN", "READY")
    before = await Replay(engine.pool).state_at(names[0], 2)
    assert (before.version, before.value) == (1, "OPEN")


async def test_a_dry_run_says_the_same_and_writes_nothing(
    engine: Engine, migrations: Migrations, everything: Everything, rows: Rows
):
    names = await parcels(engine, 5)
    await engine.send(names[3], Event("REMIND_SOON"), actor="ann")
    await publish_second(engine)
    before = await everything()
    mapping = {"states": MAPPING["states"]}

    rehearsed = await migrate(migrations, mapping, dry_run=True)

    assert await everything() == before
    assert await rows("select 1 from orderwright.chart_migration") == []
    done = await migrate(migrations, mapping)
    assert rehearsed.dry_run
    assert (rehearsed.moved, rehearsed.stuck) == (done.moved, done.stuck)
    assert rehearsed.moved == 4
    assert [one.instance_id for one in rehearsed.stuck] == [names[3]]


async def test_each_instance_that_cannot_move_is_named_with_every_reason(
    engine: Engine, migrations: Migrations
):
    names = await parcels(engine, 4)
    await engine.send(names[0], Event("REMIND_SOON"), actor="ann")
    await engine.send(names[1], Event("HOLD"), actor="ann")
    await engine.create("parcel", "x", context={"count": "many"}, actor="ann")
    await publish_second(engine)
    schema = {"properties": {"count": {"type": "integer"}}}

    mapping = {"states": MAPPING["states"], "context": {"a": {"from": "context.count"}}}
    report = await migrate(migrations, {**mapping, "schema": schema})

    assert report.moved == 3
    assert [
        (one.instance_id, one.state, [r.code for r in one.reasons]) for one in report.stuck
    ] == [
        (names[0], "OPEN", ["timer_unknown"]),
        ("x", "OPEN", ["context_invalid"]),
    ]
    assert "REMIND" in report.stuck[0].reasons[0].message
    assert report.stuck[1].reasons[0].values == {"path": "$.count"}

    again = await migrate(migrations, {})
    assert (again.moved, again.resumed) == (0, False)
    assert [one.reasons[0].code for one in again.stuck] == ["state_unmapped", "state_unmapped"]


async def test_timers_move_with_their_instance_and_fire_in_the_new_version(
    engine: Engine, migrations: Migrations, clock: DrivenClock, rows: Rows
):
    names = await parcels(engine, 2)
    await engine.send(names[0], Event("REMIND_SOON"), actor="ann")
    await engine.send(names[1], Event("HOLD"), actor="ann")
    await publish_second(engine)
    clock.advance(timedelta(seconds=10))
    assert (await migrate(migrations)).moved == 2

    timers = await rows("select * from orderwright.timer order by instance_id")
    assert [(row["timer_id"], row["event_type"], row["due_at"]) for row in timers] == [
        ("NUDGE", "NUDGE", START + timedelta(seconds=30)),
        ("after.600000.parcel.HELD", "after.600000.parcel.HELD", START + timedelta(minutes=10)),
    ]
    clock.advance(timedelta(minutes=10))
    for _ in range(2):
        assert await fire_next(engine)
    assert [(await engine.read(name)).state for name in names] == ["READY", "READY"]
    emitted = await rows("select name from orderwright.outbox order by ord desc, id desc limit 1")
    assert emitted == [{"name": "parcel.reminded"}]


async def test_a_timer_that_was_overdue_when_its_instance_moved_fires_live(
    engine: Engine, migrations: Migrations, clock: DrivenClock, rows: Rows
):
    """Subscribers hear of what happens live only, and that a timer fires is no part of the move."""
    [name] = await parcels(engine, 1)
    await engine.send(name, Event("REMIND_SOON"), actor="ann")
    await publish_second(engine)
    clock.advance(timedelta(minutes=1))
    assert (await migrate(migrations)).moved == 1

    assert await fire_next(engine)

    found = await rows(
        "select event_type, origin from orderwright.log order by version desc limit 2"
    )
    assert [tuple(row.values()) for row in found] == [("NUDGE", "live"), ("migrate", "migration")]


async def test_an_instance_that_others_hold_is_tried_again_and_named_if_they_keep_it(
    engine: Engine, migrations: Migrations, rows: Rows
):
    names = await parcels(engine, 3)
    await publish_second(engine)
    async with engine.pool.acquire() as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(
            "select 1 from orderwright.instance where instance_id = $1 for update", names[1]
        )
        report = await migrate(migrations)
        await transaction.rollback()
    assert report.moved == 2
    assert [(one.instance_id, one.reasons[0].code) for one in report.stuck] == [
        (names[1], "instance_busy")
    ]
    assert (await migrate(migrations)).moved == 1
    assert await rows("select 1 from orderwright.instance where chart_version = 1") == []


async def test_a_migration_beside_live_traffic_loses_nothing_of_either(
    engine: Engine, migrations: Migrations
):
    names = await parcels(engine, 12)
    await publish_second(engine)
    sent = dict.fromkeys(names, 1)
    moving = asyncio.Event()

    async def traffic(name: str) -> None:
        while not moving.is_set() or sent[name] < 5:
            result = await engine.send(name, Event("ADD", {"n": 2}), actor="bob")
            assert result.refused is None
            sent[name] += 1

    async def move() -> Any:
        try:
            return await migrate(migrations)
        finally:
            moving.set()

    report, *_ = await asyncio.gather(move(), *map(traffic, names))

    assert (report.moved, report.stuck) == (12, ())
    for name in names:
        instance = await engine.read(name)
        assert instance.chart_version == 2
        assert instance.version == sent[name] + 2
        assert instance.snapshot.context["count"] == 2 * sent[name]
        assert await Replay(engine.pool).verify(name) == ()


async def test_a_migration_that_was_killed_goes_on_where_it_was(
    engine: Engine, migrations: Migrations, rows: Rows, database_url: str
):
    names = await parcels(engine, 60)
    for killed_after in (1, 3):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-W",
            "error",
            str(SCRIPT),
            database_url,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            for _ in range(killed_after):
                assert await process.stdout.readline()
                process.stdin.write(b"go on\n")
                await process.stdin.drain()
        process.kill()
        await process.communicate()
    await publish_second(engine)
    [run] = await rows("select status, moved from orderwright.chart_migration")
    assert run["status"] == "running"
    assert 20 <= run["moved"] < 60

    report = await migrate(migrations)

    assert (report.resumed, report.moved, report.stuck) == (True, 60, ())
    moves = await rows(
        "select instance_id from orderwright.log where event_type = 'migrate' order by 1"
    )
    assert [row["instance_id"] for row in moves] == names
    for name in names:
        assert await Replay(engine.pool).verify(name) == ()
    assert (await migrate(migrations)).resumed is False


async def test_two_processes_that_migrate_the_same_take_turns(
    engine: Engine, migrations: Migrations, rows: Rows
):
    await parcels(engine, 20)
    await publish_second(engine)
    one, two = await asyncio.gather(migrate(migrations), migrate(migrations))
    assert [one.moved, one.stuck] == [two.moved, two.stuck] == [20, ()]
    assert len(await rows("select 1 from orderwright.log where event_type = 'migrate'")) == 20


async def test_another_mapping_begins_anew(engine: Engine, migrations: Migrations, rows: Rows):
    await parcels(engine, 3)
    await publish_second(engine)

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await migrate(migrations, progress=stop)
    report = await migrate(migrations, {**MAPPING, "drop": ["count"]})
    assert (report.resumed, report.moved) == (False, 1)
    states = await rows("select status, moved from orderwright.chart_migration order by moved")
    assert [tuple(row.values()) for row in states] == [("done", 1), ("given_up", 2)]


async def test_a_migration_that_is_given_up_moves_nobody_any_more_and_says_so(
    engine: Engine, rows: Rows
):
    patient = Migrations(engine, batch=2, patience=timedelta(seconds=30))
    names = await parcels(engine, 3)
    await publish_second(engine)

    async def waiting() -> int:
        found = await rows(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
            " and datname = current_database()"
        )
        return len(found)

    async with engine.pool.acquire() as holder, asyncio.TaskGroup() as group:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(
            "select 1 from orderwright.instance where instance_id = $1 for update", names[1]
        )
        wrong = {**MAPPING, "context": {"pieces": "a mistake"}}
        first = group.create_task(migrate(patient, wrong))
        await eventually(lambda: _is(waiting(), 1))
        second = group.create_task(migrate(patient))
        await eventually(lambda: _is(waiting(), 2))
        await transaction.rollback()

    assert (first.result().moved, first.result().given_up) == (2, True)
    assert (second.result().moved, second.result().given_up) == (1, False)
    assert second.result().stuck == ()
    pieces = [(await engine.read(name)).snapshot.context["pieces"] for name in names]
    assert pieces == ["a mistake", 2, "a mistake"]
    states = await rows("select status, moved from orderwright.chart_migration order by moved")
    assert [tuple(row.values()) for row in states] == [("done", 1), ("given_up", 2)]


async def _is(found: Awaitable[int], expected: int) -> bool:
    return await found == expected


async def test_mistakes_of_the_author_stop_it_before_it_begins(
    engine: Engine, migrations: Migrations, rows: Rows
):
    await parcels(engine, 1)
    with pytest.raises(ChartNotFound):
        await migrate(migrations)
    await publish_second(engine)
    for wrong in ({"states": {"x": "y"}}, {"schema": {"type": "objekt"}}, {"beside": {}}):
        with pytest.raises(MappingInvalid):
            await migrate(migrations, wrong)
    assert await rows("select 1 from orderwright.chart_migration") == []
