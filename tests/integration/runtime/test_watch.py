"""Trouble that nobody runs into is found, told, and closed when it has passed."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from belfry import hang
from bell import timers
from waiting import eventually, running

from orderwright.runtime import anchor_file, outbox, watch as watching
from orderwright.runtime.anchor import Anchors, AnchorsBusy, AnchorsHomeless
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.incident import incidents
from orderwright.runtime.watch import Watch
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection


@pytest.fixture
def watch(engine: Engine, clock: DrivenClock, tmp_path: Path) -> Watch:
    return Watch(engine, Anchors(engine.pool, clock, tmp_path))


async def seen(engine: Engine) -> list[tuple[str, str, str, int]]:
    found = await incidents(engine.pool)
    return sorted((one.kind, one.subject, one.code, one.count) for one in found)


async def test_a_consumer_that_is_behind_is_an_incident_until_it_has_caught_up(
    engine: Engine, watch: Watch, clock: DrivenClock
):
    async def handle(_connection: Connection, _event: DomainEvent) -> None:
        """Take it."""

    await outbox.enrol(engine.pool, "slow", at=clock.now())
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("ADD", {"n": 1}), actor="ann")
    await watch.look()
    assert await seen(engine) == []

    clock.advance(timedelta(minutes=6))
    for _ in range(2):
        await watch.look()
    assert await seen(engine) == [("consumer_lagging", "slow", "behind", 2)]

    await Worker(engine, [Consumer(name="slow", events=None, handle=handle)]).drain()
    await watch.look()
    assert await seen(engine) == []
    [closed] = await incidents(engine.pool, status="resolved")
    assert (closed.resolved_by, closed.owner) == ("system", "operations")


async def test_what_a_consumer_has_given_up_on_is_told_with_its_numbers_and_that_somebody_must_act(
    engine: Engine, watch: Watch
):
    async def fail(_connection: Connection, _event: DomainEvent) -> None:
        raise ValueError("poison")

    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("ADD", {"n": 1}), actor="ann")
    await Worker(engine, [Consumer(name="slow", events=None, handle=fail, attempts=1)]).drain()
    await engine.pool.execute(
        "update orderwright.parked_root set dead_at = null where root_id = 'p2'"
    )
    await watch.look()
    [found] = await incidents(engine.pool)
    assert found.cause == "slow has given up on 1 of 2 parked roots; 2 events wait in these"
    assert "tried again when somebody asks for it" in found.retry


async def test_an_instance_whose_timer_does_not_fire_is_stuck_until_it_does(
    engine: Engine, watch: Watch, clock: DrivenClock
):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("REMIND_SOON"), actor="ann")
    clock.advance(timedelta(minutes=4))
    await watch.look()
    assert await seen(engine) == []

    clock.advance(timedelta(minutes=2))
    await watch.look()
    assert await seen(engine) == [("instance_stuck", "p1", "timer_overdue", 1)]
    await Worker(engine, []).drain()
    await watch.look()
    assert await seen(engine) == []


async def test_a_stuck_instance_stays_an_incident_while_timers_of_a_few_others_fill_the_list(
    bells: Engine, watch: Watch, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watching, "_SHOWN", 4)
    await hang(bells, ["late"], ("a", 60_000, 1))
    clock.advance(timedelta(minutes=10))
    await watch.look()
    assert await seen(bells) == [("instance_stuck", "late", "timer_overdue", 1)]

    long_ago = {"occurred_at": clock.now() - timedelta(days=9), "origin": "import"}
    await bells.create("bell", "old", actor="ann", **long_ago)
    overdue = timers(*((name, 1000, 1) for name in "abcd"))
    await bells.send("old", overdue, actor="ann", **long_ago)
    await watch.look()
    assert [subject for _, subject, *_ in await seen(bells)] == ["late", "old"]


@pytest.mark.parametrize("long_ago", ["-infinity", "0044-03-15 BC"])
async def test_a_timer_of_a_time_beyond_the_calendar_is_told_of_and_hides_no_other_trouble(
    engine: Engine, watch: Watch, clock: DrivenClock, long_ago: str
):
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("REMIND_SOON"), actor="ann")
    say = f"update orderwright.timer set due_at = '{long_ago}' where instance_id = 'p1'"
    await engine.pool.execute(say)
    clock.advance(timedelta(minutes=7))
    await watch.look()
    assert await seen(engine) == [
        ("instance_stuck", "p1", "timer_overdue", 1),
        ("instance_stuck", "p2", "timer_overdue", 1),
    ]


def exported(folder: Path) -> list[Path]:
    return list(folder.glob("*/*"))


def exports(folder: Path) -> int:
    return len(list(folder.iterdir()))


def take_out_exports(folder: Path) -> None:
    for export in folder.glob("anchor-*.gz"):
        export.unlink()


async def test_each_day_a_new_anchor_is_taken_unless_the_last_one_does_not_hold(
    engine: Engine, watch: Watch, clock: DrivenClock, tmp_path: Path
):
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
    for _ in range(2):
        await watch.seal()
    assert exports(tmp_path) == 1

    await engine.pool.execute("delete from orderwright.instance where instance_id = 'p2'")
    await engine.pool.execute("delete from orderwright.log where instance_id = 'p2'")
    clock.advance(timedelta(days=1))
    await watch.seal()
    assert exports(tmp_path) == 1
    assert await seen(engine) == [("anchor_differs", "p2", "instance_deleted", 1)]

    clock.advance(timedelta(days=1))
    await watch.seal()
    assert exports(tmp_path) == 1
    take_out_exports(tmp_path)
    await watch.seal()
    assert exports(tmp_path) == 1


@pytest.fixture
async def export_under_way(
    engine: Engine, clock: DrivenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """The export of another host that does not come to its end until this is called."""
    begun, may_end = threading.Event(), threading.Event()
    finish = anchor_file.finish

    def slowly(file: Path) -> None:
        begun.set()
        may_end.wait()
        finish(file)

    async def end() -> None:
        may_end.set()
        await taking

    monkeypatch.setattr(anchor_file, "finish", slowly)
    taking = asyncio.create_task(Anchors(engine.pool, clock, tmp_path / "shared").take())
    await asyncio.to_thread(begun.wait)
    yield end
    await end()


@pytest.mark.parametrize("folder", ["shared", "own"])
async def test_while_another_host_takes_the_anchor_it_is_left_to_that(
    engine: Engine,
    clock: DrivenClock,
    tmp_path: Path,
    export_under_way: Callable[[], Awaitable[None]],
    folder: str,
):
    anchors = Anchors(engine.pool, clock, tmp_path / folder)
    worker = Worker(engine, [], duties=[Watch(engine, anchors).run])
    async with running(worker.run):
        with pytest.raises(AnchorsBusy):
            await asyncio.wait_for(anchors.take(), 30)
    await export_under_way()
    await Watch(engine, anchors).seal()
    assert [file.name for file in exported(tmp_path)] == ["anchor-2026-03-01.gz"]
    assert await seen(engine) == []


async def test_without_a_folder_no_anchor_is_taken(engine: Engine, clock: DrivenClock):
    anchors = Anchors(engine.pool, clock, None)
    await Watch(engine, anchors).seal()
    assert anchors.latest() is None
    with pytest.raises(AnchorsHomeless):
        await anchors.take()


async def test_a_worker_watches_until_it_is_told_to_stop(
    engine: Engine, watch: Watch, tmp_path: Path
):
    await engine.create("parcel", "p1", actor="ann")

    async def is_sealed() -> bool:
        return exports(tmp_path) == 1

    async with running(Worker(engine, [], duties=[watch.run]).run):
        await eventually(is_sealed)
