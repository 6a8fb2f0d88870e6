"""What a host's code raises is parked or put off, and the loops of a worker go on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from breaking import BREAKS, RAISED, panic
from engine_room import build_engine, close
from errand import build_errands
from job_rows import job
from parcel import PARCEL, START, Scales
from waiting import eventually, running

from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.fact import SharedFact
from orderwright.runtime.firing import fire_due
from orderwright.runtime.job import JobKind
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.ledger import Booking
from orderwright.runtime.schedule import Schedule, put_schedule
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.fact import FactRequest
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
    async with running(Worker(engine, [consumer], poll_seconds=0.01).run):
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
    clockwork = Clockwork(engine, actions={"mine": act}, poll_seconds=0.01)
    worker = Worker(engine, [], clockwork=clockwork, poll_seconds=0.01)

    async def is_put_off() -> bool:
        slots = await rows("select last_error from orderwright.slot where retry_at is not null")
        return len(slots) == 1 and fault.__name__ in slots[0]["last_error"]

    async with running(worker.run):
        clock.advance(timedelta(minutes=1))
        await eventually(is_put_off)
        clock.advance(timedelta(minutes=1))

        async def is_done() -> bool:
            return bool(await rows("select from orderwright.slot where status = 'done'"))

        await eventually(is_done)


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


@RAISED
async def test_a_timer_at_whose_facts_code_breaks_is_postponed_and_the_others_fire(
    pool: Pool, clock: DrivenClock, rows: Rows, raised: BaseException
):
    is_broken = False

    def balances(asked: FactRequest) -> list[str]:
        if is_broken and asked.instance_id == "a":
            raise raised
        return []

    async def load(_: Connection, asked: list[FactRequest]) -> list[int]:
        return [5] * len(asked)

    weighed = PARCEL["events"]["REMIND"] | {"facts": ["weight"]}
    guarded = PARCEL["states"]["OPEN"]["on"]["WEIGH"]
    facts = {"weight": SharedFact(load=load, balances=balances)}
    engine = await _reminding(pool, clock, weighed, guarded, facts=facts)
    await _set_timers(engine)
    is_broken = True
    await _assert_all_fire_but_one(engine, clock, rows)


@RAISED
async def test_a_timer_at_which_the_code_of_a_ledger_breaks_is_postponed_and_the_others_fire(
    pool: Pool, clock: DrivenClock, rows: Rows, raised: BaseException
):
    def read(data: dict[str, int]) -> Booking:
        if data["n"] == 13:
            raise raised
        return Booking(account="all", amount=1)

    posted = {"post": {"ledger": "counted", "data": {"n": {"from": "context.count"}}}}
    event = PARCEL["events"]["REMIND"]
    engine = await _reminding(pool, clock, event, {"actions": posted}, ledgers={"counted": read})
    await _set_timers(engine, a={"count": 13})
    await _assert_all_fire_but_one(engine, clock, rows)


async def _reminding(
    pool: Pool,
    clock: DrivenClock,
    event: dict[str, object],
    transition: dict[str, object],
    **parts: object,
) -> Engine:
    """Build an engine whose parcels do something else when they are reminded."""
    on = PARCEL["states"]["OPEN"]["on"] | {"REMIND": transition}
    chart = PARCEL | {
        "events": PARCEL["events"] | {"REMIND": event},
        "states": PARCEL["states"] | {"OPEN": {"on": on}},
    }
    given = {"facts": {"weight": Scales().load}} | parts
    return await build_engine(pool, clock, chart=chart, **given)


async def _set_timers(engine: Engine, **contexts: dict[str, int]) -> None:
    for name in ("a", "b", "c"):
        await engine.create("parcel", name, context=contexts.get(name), actor="ann")
        await engine.send(name, Event("REMIND_SOON"), actor="ann")


async def _assert_all_fire_but_one(engine: Engine, clock: DrivenClock, rows: Rows) -> None:
    clock.advance(timedelta(minutes=1))
    while await fire_due(engine):
        pass
    fired = await rows("select instance_id from orderwright.log where event_type = 'REMIND'")
    assert {one["instance_id"] for one in fired} == {"b", "c"}
    [left] = await rows("select instance_id, last_error from orderwright.timer")
    assert left["instance_id"] == "a"
    assert left["last_error"].startswith(("WorkCancelled", "WorkPanicked"))
    await close(engine)
