"""What the runtime tells of its work, and that it tells nothing that is not so."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from engine_room import build_engine, close
from errand import Receiver, build_errands
from prometheus_client import generate_latest

from orderwright.app.telemetry.metrics import Metrics
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.figures import read_figures
from orderwright.runtime.instance import InstanceNotFound
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.observation import Applied, Fired, Observer
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event
from pages import Page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from parcel import Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.observation import Note
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def page(metrics: Metrics) -> Callable[[], Page]:
    return lambda: Page(generate_latest(metrics.registry).decode())


@pytest.fixture
def told() -> list[Note]:
    return []


@pytest.fixture
async def engine(
    pool: Pool, clock: DrivenClock, scales: Scales, metrics: Metrics, told: list[Note]
) -> AsyncIterator[Engine]:
    observer = Observer(metrics.hear, told.append)
    built = await build_engine(pool, clock, {"weight": scales.load}, observer=observer)
    yield built
    await close(built)


def rows_of(told: list[Note]) -> list[str]:
    return [note.step.transition.row_id for note in told if isinstance(note, Applied)]


async def test_what_callers_invent_becomes_no_series(engine: Engine, page: Callable[[], Page]):
    await engine.create("parcel", "p1", actor="ann")
    for number in range(3):
        await engine.send("p1", Event(f"NONSENSE{number}"), actor="ann")
        await engine.send("p1", Event(f"done.{number}"), actor="ann")
        with pytest.raises(InstanceNotFound):
            await engine.send(f"p{number + 2}", Event("TOUCH"), actor="ann")
    events = {one["event"] for one in page().labels("transitions_total")}
    assert events == {"create", "(undeclared)"}
    assert page().value("transitions_total", code="event_unknown") == 3
    assert page().value("transitions_total", code="event_reserved") == 3
    assert page().value("transitions_total", code="instance.not_found", outcome="failed") == 3


async def test_who_is_overtaken_is_counted(
    engine: Engine, pool: Pool, page: Callable[[], Page], scales: Scales
):
    """Two engines stand for two processes: lanes of one never overtake each other."""
    await engine.create("parcel", "p1", actor="ann")
    rival = await build_engine(pool, engine.clock, {"weight": scales.load})
    sent = 0
    async with asyncio.timeout(30):
        while not page().value("detours_total", reason="overtaken"):
            await asyncio.gather(
                *(by.send("p1", Event("TOUCH"), actor="ann") for by in (engine, rival) * 10)
            )
            sent += 10
    await close(rival)
    assert page().value("transitions_total", event="TOUCH", outcome="applied") == sent


async def test_what_a_consumer_does_is_told_once_although_its_batch_failed_before(
    engine: Engine, told: list[Note], page: Callable[[], Page]
):
    """The batch is rolled back after the first event was answered, then each event goes by itself."""
    await engine.create("parcel", "p1", actor="ann")
    await engine.create("parcel", "p2", actor="ann")
    for instance_id in ("p1", "p2"):
        await engine.send(instance_id, Event("ADD", {"n": 1}), actor="ann")

    async def touch(connection: Connection, event: DomainEvent) -> None:
        if event.instance_id == "p2":
            raise ZeroDivisionError
        await engine.send(
            event.instance_id,
            Event("TOUCH"),
            actor="ann",
            correlation_id=event.correlation_id,
            causation_id=event.event_id,
            connection=connection,
        )

    consumer = Consumer(name="toucher", events=None, handle=touch)
    await Worker(engine, [consumer]).drain()
    assert sorted(rows_of(told)) == ["p1/1", "p1/2", "p1/3", "p2/1", "p2/2"]
    handled = {"consumer": "toucher", "outcome": "handled"}
    assert page().value("events_handled_total", **handled) == 1
    assert page().value("events_handled_total", consumer="toucher", outcome="failed") == 1


async def test_a_timer_says_how_late_it_was(
    engine: Engine, clock: DrivenClock, told: list[Note], page: Callable[[], Page]
):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("REMIND_SOON"), actor="ann")
    clock.advance(timedelta(seconds=37))
    async with engine.pool.acquire() as connection:
        figures = await read_figures(connection, now=clock.now())
    assert (figures.timers_overdue, figures.timer_overdue_seconds) == (1, 7)
    await Worker(engine, []).drain()
    assert Fired("parcel", "fired", 7.0) in told
    late = {"chart": "parcel", "outcome": "fired"}
    assert page().samples("timer_delay_seconds_sum", **late) == [7]
    assert page().value("transitions_total", event="REMIND", outcome="applied") == 1


async def test_attempts_at_jobs_are_counted_with_how_they_ended(pool: Pool, clock: DrivenClock):
    metrics, receiver = Metrics(), Receiver()
    engine = await build_errands(
        pool, clock, [receiver.kind(attempts=2)], observer=Observer(metrics.hear)
    )
    receiver.failures = [ValueError("no"), ValueError("no")]
    jobs = JobQueue(engine)
    await jobs.enqueue("call", {}, key="bad", root_id="r")
    worker = Worker(engine, [], jobs=JobRunner(engine))
    await worker.drain()
    clock.advance(timedelta(seconds=5))
    async with pool.acquire() as connection:
        [waiting] = (await read_figures(connection, now=clock.now())).jobs
    assert (waiting.kind, waiting.status, waiting.jobs) == ("call", "waiting", 1)
    assert 4 <= waiting.overdue_seconds <= 5
    await worker.drain()
    await jobs.enqueue("call", {}, key="good", root_id="r")
    await worker.drain()
    page = Page(generate_latest(metrics.registry).decode())
    ended = {
        outcome: page.value("job_attempt_seconds_count", kind="call", outcome=outcome)
        for outcome in ("done", "failed", "dead")
    }
    assert ended == {"done": 1, "failed": 1, "dead": 1}
    async with pool.acquire() as connection:
        [dead] = (await read_figures(connection, now=clock.now())).jobs
    assert (dead.status, dead.jobs) == ("dead", 1)
    await close(engine)


async def test_a_listener_that_fails_stops_nothing(engine: Engine, told: list[Note]):
    def fail(_: Note) -> None:
        raise ZeroDivisionError

    engine.observer._listeners = (fail, told.append)
    result = await engine.create("parcel", "p1", actor="ann")
    assert result.refused is None
    assert rows_of(told) == ["p1/1"]


async def test_two_applications_in_one_process_count_apart():
    one, other = Metrics(), Metrics()
    one.requested("/graphql", "POST", 200, 0.1)
    pages = [Page(generate_latest(metrics.registry).decode()) for metrics in (one, other)]
    assert [page.value("http_request_seconds_count") for page in pages] == [1, 0]
