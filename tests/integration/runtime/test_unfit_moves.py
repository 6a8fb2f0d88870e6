"""An instance whose move cannot be stored is named by the migration and by its dry run, and stops nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine_room import build_engine, close
from parcel import NO_DATA, START
from straight import assert_straight

from orderwright.runtime.migration import Migrations
from orderwright.statechart import Behaviour, Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.migration import MigrationReport
    from orderwright.runtime.pool import Pool

DAY = 86_400_000
FOR_EVER = 400_000  # days: until the year 3121


def lease(version: int, after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": "lease",
        "version": version,
        "initial": "OPEN",
        "context": {"days": 30},
        "events": {
            "KEEP": {"label": "Keep", "data": NO_DATA},
            "END": {"label": "End", "data": NO_DATA},
        },
        "states": {
            "OPEN": {"on": {"KEEP": "KEPT", "END": "ENDED"}, "after": dict(after)},
            "KEPT": {"on": {"END": "ENDED"}},
            "ENDED": {"type": "final"},
        },
    }


async def migrate(engine: Engine, second: Mapping[str, Any], behaviour: Behaviour) -> Any:
    """Publish the second version, rehearse, and move; return both reports."""
    engine.registry._behaviours = {"lease": {1: Behaviour(), 2: behaviour}}
    async with engine.pool.acquire() as connection:
        await engine.registry.publish(connection, json.dumps(second), at=START)
    migrations = Migrations(engine, batch=2)
    rehearsed = await migrations.migrate("lease", 1, 2, {}, dry_run=True, actor="ann")
    return rehearsed, await migrations.migrate("lease", 1, 2, {}, actor="ann")


def told(report: MigrationReport) -> list[tuple[str, list[tuple[str, Any]]]]:
    return [
        (one.instance_id, [(reason.code, dict(reason.values)) for reason in one.reasons])
        for one in report.stuck
    ]


def too_late(instance_id: str, timer: str) -> tuple[str, list[tuple[str, Any]]]:
    expected = "a timer that is due before the year 3000"
    return instance_id, [
        ("step_unfit", {"instance": instance_id, "field": timer, "expected": expected})
    ]


async def test_a_new_timer_beyond_the_calendar_is_the_reason_of_its_instance_alone(
    pool: Pool, clock: DrivenClock
):
    engine = await build_engine(pool, clock, {}, chart=lease(1, {}), behaviour=Behaviour())
    for number in range(5):
        days = FOR_EVER if number == 2 else 30
        await engine.create("lease", f"l{number}", context={"days": days}, actor="ann")
    term = Behaviour(delays={"term": lambda scope: scope.context["days"] * DAY})

    rehearsed, report = await migrate(engine, lease(2, {"term": "ENDED"}), term)

    assert told(report) == told(rehearsed) == [too_late("l2", "after.term.lease.OPEN")]
    assert report.moved == rehearsed.moved == 4
    assert "due before the year 3000" in report.stuck[0].reasons[0].message
    assert (await engine.read("l2")).chart_version == 1
    [timers] = await pool.fetch("select count(*), min(due_at) as due_at from orderwright.timer")
    assert (timers["count"], timers["due_at"]) == (4, START + timedelta(days=30))
    await assert_straight(pool)
    await close(engine)


async def test_a_timer_that_is_carried_beyond_the_calendar_is_the_reason_of_its_instance_alone(
    pool: Pool, clock: DrivenClock
):
    """The term of an open lease becomes one of ten thousand years; those that are kept have none."""
    first = lease(1, {f"{30 * DAY}": "ENDED"})
    engine = await build_engine(pool, clock, {}, chart=first, behaviour=Behaviour())
    for name in ("l0", "l1", "l2"):
        await engine.create("lease", name, actor="ann")
    for name in ("l0", "l2"):
        await engine.send(name, Event("KEEP"), actor="ann")

    decamillennium = 3_652_500 * DAY
    rehearsed, report = await migrate(
        engine, lease(2, {f"{decamillennium}": "ENDED"}), Behaviour()
    )

    assert told(report) == told(rehearsed)
    assert told(report) == [too_late("l1", f"after.{decamillennium}.lease.OPEN")]
    assert report.moved == rehearsed.moved == 2
    await assert_straight(pool)
    await close(engine)
