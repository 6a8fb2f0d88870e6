"""What a host's code raises is parked or put off, and the loops of a worker go on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from breaking import BREAKS, panic
from errand import build_errands
from job_rows import job
from parcel import START
from waiting import eventually

from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.job import JobKind
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.schedule import Schedule, put_schedule
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job import JobRun
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool
    from orderwright.runtime.slots import Slot

ADD = Event("ADD", {"n": 1})


@BREAKS
@pytest.mark.parametrize("together", [True, False])
async def test_an_event_whose_handler_is_interrupted_is_parked_and_the_relay_goes_on(
    engine: Engine,
    rows: Rows,
    breaks: Callable[[], Awaitable[None]],
    fault: type[Exception],
    *,
    together: bool,
):
    seen: list[str] = []

    async def handle(_: Connection, event: DomainEvent) -> None:
        if event.instance_id == "b":
            await breaks()
        seen.append(event.event_id)

    async def handle_all(connection: Connection, events: list[DomainEvent]) -> None:
        for event in events:
            await handle(connection, event)

    consumer = Consumer(
        name="seen", events=None, handle=handle, handle_all=handle_all if together else None
    )
    for name in ("a", "b", "c"):
        await engine.create("parcel", name, actor="ann")
    stop = asyncio.Event()
    running = asyncio.create_task(Worker(engine, [consumer], poll_seconds=0.01).run(stop))
    for name in ("a", "b", "c"):
        await engine.send(name, ADD, actor="ann")

    async def has_parked() -> bool:
        parked = await rows("select root_id, last_error from orderwright.parked_root")
        return [one["root_id"] for one in parked] == ["b"] and fault.__name__ in parked[0][
            "last_error"
        ]

    await eventually(has_parked)
    await engine.send("c", ADD, actor="ann")

    async def has_seen() -> bool:
        return {"a/2/1", "c/2/1", "c/3/1"} <= set(seen)

    await eventually(has_seen)
    stop.set()
    async with asyncio.timeout(30):
        await running


@BREAKS
async def test_a_slot_whose_action_is_interrupted_is_put_off_and_the_schedules_go_on(
    engine: Engine,
    pool: Pool,
    clock: DrivenClock,
    rows: Rows,
    breaks: Callable[[], Awaitable[None]],
    fault: type[Exception],
):
    called = 0

    async def act(_: Connection, __: Slot) -> None:
        nonlocal called
        called += 1
        if called == 1:
            await breaks()

    async with pool.acquire() as connection, connection.transaction():
        nightly = Schedule(name="nightly", cron="* * * * *", action="mine")
        await put_schedule(connection, nightly, at=START)
    stop = asyncio.Event()
    clockwork = Clockwork(engine, actions={"mine": act}, poll_seconds=0.01)
    worker = Worker(engine, [], clockwork=clockwork, poll_seconds=0.01)
    running = asyncio.create_task(worker.run(stop))
    clock.advance(timedelta(minutes=1))

    async def is_put_off() -> bool:
        slots = await rows("select last_error from orderwright.slot where retry_at is not null")
        return len(slots) == 1 and fault.__name__ in slots[0]["last_error"]

    await eventually(is_put_off)
    clock.advance(timedelta(minutes=1))

    async def is_done() -> bool:
        return bool(await rows("select from orderwright.slot where status = 'done'"))

    await eventually(is_done)
    stop.set()
    async with asyncio.timeout(30):
        await running


async def test_a_handler_of_jobs_that_panics_has_failed(
    pool: Pool, clock: DrivenClock, rows: Rows
):
    async def leave(_: JobRun) -> None:
        await panic()

    errands = await build_errands(pool, clock, [JobKind(name="leave", handle=leave)])
    await JobQueue(errands).enqueue("leave", None, key="k1", root_id="r1")
    await JobRunner(errands).run_due()
    failed = await job(rows, "k1")
    assert failed["status"] == "waiting"
    assert "WorkPanicked" in failed["last_error"]


@BREAKS
async def test_a_duty_that_is_interrupted_ends_the_worker_as_any_error_of_one_does(
    engine: Engine, breaks: Callable[[], Awaitable[None]], fault: type[Exception]
):
    async def duty(_: asyncio.Event) -> None:
        await breaks()

    with pytest.raises(ExceptionGroup) as ended:
        async with asyncio.timeout(10):
            await Worker(engine, [], duties=[duty]).run()
    assert [type(one) for one in ended.value.exceptions] == [fault]
