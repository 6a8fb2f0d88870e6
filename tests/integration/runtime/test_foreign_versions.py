"""Hosts of two releases on one database: the older one has no behaviour for what the newer one has published."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import pytest
from bell import BELL, RINGING, timers
from engine_room import close
from errand import ERRAND, Receiver
from job_rows import claimed
from jsonschema import FormatChecker
from parcel import START

from orderwright.errors import InputInvalid
from orderwright.runtime import outbox, parking
from orderwright.runtime.anchor import Anchors
from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.engine import Engine
from orderwright.runtime.firing import fire_due
from orderwright.runtime.incident import incidents
from orderwright.runtime.job_runner import LEASE, JobRunner
from orderwright.runtime.registry import BehaviourMissing, Registry
from orderwright.runtime.relay import relay
from orderwright.runtime.timers import BATCH
from orderwright.runtime.wakeup import Announcer
from orderwright.runtime.watch import Watch
from orderwright.statechart import Behaviour, Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from parcel import Everything, Rows, Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.fact import FactRequest
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool

Start: TypeAlias = "Callable[[Receiver, int], Awaitable[Engine]]"
MINUTE = timedelta(minutes=1)
JOBS = "select status, attempts, alone from orderwright.job where root_id like $1 order by key"
TIMERS = "select attempts, retry_at, last_error from orderwright.timer"
NEWER = "update orderwright.instance set chart_version = 2 where instance_id = $1"


@pytest.fixture
async def start(pool: Pool, clock: DrivenClock, scales: Scales) -> AsyncIterator[Start]:
    built: list[Engine] = []

    async def start(receiver: Receiver, newest: int) -> Engine:
        """Start a host of the release that brings a version of each chart."""
        versions = range(1, newest + 1)
        registry = Registry(
            {"bell": dict.fromkeys(versions, RINGING), "errand": dict.fromkeys(versions, _NONE)}
        )
        for version in versions:
            for chart in (BELL, ERRAND):
                text = json.dumps({**chart, "version": version})
                await registry.publish(pool, text, at=START)
        engine = Engine(
            pool,
            registry,
            clock,
            facts={"weight": scales.load},
            formats=FormatChecker(),
            wakeup=Announcer(pool),
            kinds={"call": receiver.kind(attempts=2)},
        )
        built.append(engine)
        return engine

    yield start
    for engine in built:
        await close(engine)


@pytest.fixture
def newcomer() -> Receiver:
    """Whom the newer host calls; the older one calls the `receiver`."""
    return Receiver()


@pytest.fixture
async def old(start: Start, receiver: Receiver) -> Engine:
    return await start(receiver, 1)


@pytest.fixture
async def new(start: Start, newcomer: Receiver) -> Engine:
    return await start(newcomer, 2)


async def call(engine: Engine, *names: str) -> None:
    for name in names:
        await engine.create("errand", name, actor="ann")
        await engine.send(name, Event("CALL"), actor="ann")


async def hang(engine: Engine, *names: str, event: str = "RING") -> None:
    """Make bells that ring within a second."""

    async def make(name: str) -> None:
        await engine.create("bell", name, actor="ann")
        await engine.send(name, timers(("a", 1000, 1, event)), actor="ann")

    await asyncio.gather(*map(make, names))


async def state(engine: Engine, name: str) -> str:
    return (await engine.read(name)).state


# --- jobs -----------------------------------------------------------------------------------------


async def test_a_host_leaves_invoked_work_to_those_who_know_the_chart(
    old: Engine, new: Engine, receiver: Receiver, newcomer: Receiver, rows: Rows
):
    await call(new, "e1")
    for _ in range(3):
        assert await JobRunner(old).run_due() == 0
    assert await rows(JOBS, "%") == [{"status": "waiting", "attempts": 0, "alone": False}]
    [before] = await rows("select fence from orderwright.job")
    assert before["fence"] <= 1  # it was met once, and then left where it is
    assert await rows("select 1 from orderwright.job_history") == []

    assert await JobRunner(new).run_due() == 1
    assert (await state(new, "e1"), len(newcomer.calls), receiver.calls) == ("IDLE", 1, [])
    assert newcomer.calls[0].attempt == 1


async def test_work_for_unknown_charts_hides_none_for_known_ones(
    old: Engine, new: Engine, receiver: Receiver
):
    await call(new, *(f"n{n}" for n in range(9)))
    await call(old, "e1")
    assert await JobRunner(old, concurrency=4).run_due() == 1
    assert await state(old, "e1") == "IDLE"
    assert [run.root_id for run in receiver.calls] == ["e1"]


async def test_lost_work_for_unknown_charts_does_not_stand_in_the_way_of_other_lost_work(
    old: Engine, new: Engine, receiver: Receiver, rows: Rows, pool: Pool
):
    await call(new, "n1", "n2")
    await call(old, "e1")
    await pool.execute("update orderwright.job set alone = true")
    assert await JobRunner(old).run_due() == 1
    assert [run.root_id for run in receiver.calls] == ["e1"]
    left = await rows(JOBS, "n%")
    assert left == [{"status": "waiting", "attempts": 0, "alone": True}] * 2


@pytest.mark.parametrize("failure", [None, InputInvalid("to", "nobody", "somebody")])
async def test_work_whose_instance_moves_on_meanwhile_is_given_back_uncounted(
    old: Engine,
    new: Engine,
    receiver: Receiver,
    rows: Rows,
    pool: Pool,
    failure: Exception | None,
):
    """The older host cannot bring the outcome; whoever knows the new version does the work, with the same key."""
    receiver.hold, receiver.failures = asyncio.Event(), [failure] if failure else []
    await call(old, "e1")
    running = asyncio.create_task(JobRunner(old, poll_seconds=0.01).run_due())
    await receiver.called.wait()
    await pool.execute(NEWER, "e1")
    receiver.hold.set()
    await running
    assert await rows(JOBS, "%") == [{"status": "waiting", "attempts": 0, "alone": False}]
    assert await rows("select 1 from orderwright.job_history") == []
    assert await JobRunner(old).run_due() == 0

    assert await JobRunner(new).run_due() == 1
    assert (await state(new, "e1"), await rows("select status from orderwright.job")) == (
        "IDLE",
        [{"status": "done"}],
    )


async def lose_for_good(engine: Engine, clock: DrivenClock, name: str) -> None:
    """Have the last attempt of an instance's work lost with its host."""
    await call(engine, name)
    await engine.pool.execute(
        "update orderwright.job set alone = true, attempts = attempt_limit - 1 where root_id = $1",
        name,
    )
    await claimed(engine, alone=True)
    clock.advance(LEASE)


async def test_the_end_of_lost_work_is_told_by_those_who_know_the_chart(
    old: Engine, new: Engine, receiver: Receiver, clock: DrivenClock, rows: Rows, pool: Pool
):
    await lose_for_good(new, clock, "n1")
    await pool.execute(_COPIES, 100)  # as many as are taken over at once
    await call(old, "e1")
    await claimed(old)
    clock.advance(LEASE)
    await JobRunner(old).run_due()
    assert await rows(JOBS, "e1") == [{"status": "waiting", "attempts": 1, "alone": True}]
    clock.advance(MINUTE)
    assert await JobRunner(old).run_due() == 1  # what is left there holds up nobody
    assert [run.root_id for run in receiver.calls] == ["e1"]
    assert await state(new, "n1") == "CALLING"

    await JobRunner(new).run_due()
    assert await state(new, "n1") == "FAILED"


# --- timers ---------------------------------------------------------------------------------------


async def test_a_host_leaves_timers_to_those_who_know_the_chart(
    old: Engine, new: Engine, clock: DrivenClock, rows: Rows
):
    await hang(new, "n1")
    clock.advance(MINUTE)
    for _ in range(3):
        assert await fire_due(old) == 0
    assert await rows(TIMERS) == [{"attempts": 0, "retry_at": None, "last_error": None}]
    assert await incidents(old.pool) == ()

    assert await fire_due(new) == 1
    assert (await new.read("n1")).snapshot.context["rung"] == [1]


async def test_timers_of_unknown_charts_hide_none_of_known_ones(
    old: Engine, new: Engine, clock: DrivenClock
):
    await hang(new, *(f"n{n}" for n in range(BATCH + 1)))
    clock.advance(timedelta(seconds=1))
    await hang(old, "b1")
    clock.advance(MINUTE)
    assert await fire_due(old) == 1
    assert (await old.read("b1")).snapshot.context["rung"] == [1]


async def test_a_host_sleeps_while_nothing_is_due_but_timers_of_unknown_charts(
    old: Engine, new: Engine, clock: DrivenClock
):
    await hang(new, "n1")
    clock.advance(MINUTE)
    fire = Clockwork(old, poll_seconds=300).turns()[0]
    await fire()
    assert await fire() == 300
    await hang(old, "b1")
    assert await fire() == 1


async def test_a_timer_with_facts_whose_instance_moves_on_meanwhile_is_left_alone(
    old: Engine, new: Engine, scales: Scales, clock: DrivenClock, rows: Rows
):
    async def weigh(_connection: Connection, _request: FactRequest) -> int:
        await old.pool.execute(NEWER, "b2")
        return 1

    scales.load_with(weigh)
    await hang(old, "b1", "b2", event="RING_WEIGHED")
    clock.advance(MINUTE)
    assert await fire_due(old) == 1
    assert await rows(TIMERS) == [{"attempts": 0, "retry_at": None, "last_error": None}]
    assert await incidents(old.pool) == ()
    scales.load_with(None)
    assert await fire_due(new) == 1


async def test_somebody_hears_of_timers_that_no_host_can_fire(
    old: Engine, new: Engine, clock: DrivenClock, tmp_path: Path
):
    await hang(new, "n1")
    clock.advance(6 * MINUTE)
    await fire_due(old)
    await Watch(old, Anchors(old.pool, clock, tmp_path)).look()
    [stuck] = await incidents(old.pool)
    assert (stuck.kind, stuck.subject, stuck.code) == ("instance_stuck", "n1", "timer_overdue")


# --- events ---------------------------------------------------------------------------------------


async def test_an_event_to_an_unknown_chart_is_refused_until_a_host_knows_it(
    old: Engine, new: Engine, everything: Everything, pool: Pool
):
    await new.create("errand", "n1", actor="ann")
    before = await everything()
    for _ in range(2):
        with pytest.raises(BehaviourMissing) as missing:
            await old.send("n1", Event("CALL"), actor="ann", idempotency_key="k")
        async with pool.acquire() as connection, connection.transaction():
            with pytest.raises(BehaviourMissing):
                await old.send("n1", Event("CALL"), actor="ann", connection=connection)
    assert (missing.value.code, missing.value.retryable) == ("chart.behaviour_missing", True)
    assert missing.value.values == {"chart": "errand", "version": 2}
    assert await everything() == before
    sent = await new.send("n1", Event("CALL"), actor="ann", idempotency_key="k")
    assert sent.refused is None


async def test_a_consumer_that_meets_an_unknown_chart_is_tried_again(
    old: Engine, new: Engine, pool: Pool, clock: DrivenClock
):
    hosts = [old, new]

    async def call_back(connection: Connection, event: DomainEvent) -> None:
        await hosts[0].send(event.root_id, Event("CALL"), actor="ann", connection=connection)

    consumer = Consumer(name="back", events=None, handle=call_back)
    await outbox.enrol(pool, "back", at=START)
    await new.create("errand", "n1", actor="ann")
    await new.send("n1", Event("TELL"), actor="ann")
    await relay(pool, consumer, clock)
    [root] = await parking.list_parked(pool)
    assert (root.attempts, root.dead_at) == (1, None)
    assert root.last_error.startswith("BehaviourMissing")

    hosts.pop(0)
    clock.advance(MINUTE)
    await relay(pool, consumer, clock)
    assert await state(new, "n1") == "CALLING"
    assert await parking.list_parked(pool) == []


_NONE = Behaviour()
# Of an instance's one row, so that what is tested is how many there are.
_COPIES = """
insert into orderwright.job (
    job_id, kind, key, payload, root_id, instance_id, invoke_id, correlation_id, status, attempts, attempt_limit,
    fence, next_attempt_at, started_at, leased_until, created_at, alone)
select job_id || n, kind, key || n, payload, root_id, instance_id, invoke_id, correlation_id, status, attempts,
    attempt_limit, fence, next_attempt_at, started_at, leased_until, created_at, alone
from orderwright.job cross join generate_series(1, $1::integer) as n
"""
