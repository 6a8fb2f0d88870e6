from __future__ import annotations

import asyncio
import json
from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from engine_room import build_engine, close
from errand import ERRAND, Receiver, build_errands
from job_rows import claimed
from parcel import START

from orderwright.errors import Gateway, InputInvalid
from orderwright.runtime import invocation, job_row
from orderwright.runtime.job_runner import LEASE, JobRunner
from orderwright.runtime.registry import Registry
from orderwright.runtime.replay import Replay
from orderwright.runtime.soundness import ChartUnsound
from orderwright.runtime.write import EffectUnsupported
from orderwright.statechart import Behaviour, Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


@pytest.fixture
async def engine(pool: Pool, clock: DrivenClock, receiver: Receiver) -> AsyncIterator[Engine]:
    built = await build_errands(pool, clock, [receiver.kind()])
    await built.create("errand", "e1", actor="ann", correlation_id="morning")
    yield built
    assert await Replay(pool).verify("e1") == ()
    await close(built)


@pytest.fixture
def runner(engine: Engine):
    return JobRunner(engine)


async def send(engine: Engine, *events: str) -> None:
    for event in events:
        result = await engine.send("e1", Event(event), actor="ann")
        assert result.refused is None


async def state(engine: Engine) -> tuple[str, object]:
    instance = await engine.read("e1")
    assert instance is not None
    return instance.state, instance.snapshot.context["said"]


async def statuses(rows: Rows) -> list[str]:
    found = await rows("select status from orderwright.job order by causation_id")
    return [row["status"] for row in found]


async def test_a_state_starts_work_and_gets_its_result_as_an_event(
    engine: Engine, runner: JobRunner, receiver: Receiver, rows: Rows
):
    await send(engine, "CALL")
    assert await runner.run_due() == 1
    assert await state(engine) == ("IDLE", "yes")
    [run] = receiver.calls
    assert (run.payload, run.root_id, run.correlation_id) == ({"said": []}, "e1", "e1/2")
    [row] = await rows("select * from orderwright.log where event_type = 'done.invoke.call'")
    assert row["event_data"] == '{"output":"yes"}'
    assert (row["actor_kind"], row["actor_id"]) == ("system", "invoke")
    assert (row["correlation_id"], row["causation_id"]) == ("e1/2", "e1/2")
    assert await statuses(rows) == ["done"]


async def test_each_entry_of_the_state_is_an_invocation_of_its_own(
    engine: Engine, runner: JobRunner, receiver: Receiver, rows: Rows
):
    for _ in range(2):
        await send(engine, "CALL")
        await runner.run_due()
    assert await statuses(rows) == ["done", "done"]
    assert len({run.key for run in receiver.calls}) == 2


async def test_work_that_fails_for_good_comes_back_as_an_error(
    engine: Engine, runner: JobRunner, receiver: Receiver, rows: Rows, clock: DrivenClock
):
    receiver.failures = [Gateway("busy"), Gateway("busy"), Gateway("gone")]
    await send(engine, "CALL")
    for _ in range(3):
        assert (await state(engine))[0] == "CALLING"
        await runner.run_due()
        clock.advance(timedelta(minutes=1))
    assert await state(engine) == ("FAILED", {"message": "Gateway: gone", "attempts": 3})
    assert await statuses(rows) == ["failed"]
    assert len({run.key for run in receiver.calls}) == 1
    assert list(receiver.effects.values()) == [{"said": []}]


async def test_an_error_that_the_chart_does_not_take_leaves_a_dead_letter(
    engine: Engine, runner: JobRunner, receiver: Receiver, rows: Rows
):
    receiver.failures = [InputInvalid("to", "nobody", "somebody")]
    await send(engine, "SILENT")
    await runner.run_due()
    assert (await state(engine))[0] == "SILENT"
    assert await statuses(rows) == ["dead"]
    await send(engine, "LEAVE")
    assert await statuses(rows) == ["stopped"]


async def test_a_result_that_nobody_waits_for_is_kept_with_the_job(
    engine: Engine, runner: JobRunner, rows: Rows
):
    await send(engine, "SILENT")
    await runner.run_due()
    assert (await state(engine))[0] == "SILENT"
    [job] = await rows("select status, result from orderwright.job")
    assert (job["status"], job["result"]) == ("done", '"yes"')


async def test_work_that_was_not_begun_is_not_begun_once_the_state_is_left(
    engine: Engine, runner: JobRunner, receiver: Receiver, rows: Rows
):
    await send(engine, "CALL", "LEAVE")
    assert await runner.run_due() == 0
    assert receiver.calls == []
    assert await statuses(rows) == ["stopped"]


async def test_an_instance_that_ends_stops_its_work(engine: Engine, rows: Rows):
    await send(engine, "CALL", "END")
    assert await statuses(rows) == ["stopped"]


async def test_a_state_that_is_not_left_keeps_its_work(
    engine: Engine, runner: JobRunner, receiver: Receiver
):
    await send(engine, "CALL", "STAY")
    await runner.run_due()
    assert await state(engine) == ("IDLE", "yes")
    assert len(receiver.calls) == 1


async def test_a_handler_is_ended_when_its_state_is_left(
    engine: Engine, receiver: Receiver, rows: Rows
):
    receiver.hold = asyncio.Event()
    await send(engine, "CALL")
    runner = JobRunner(engine, lease=timedelta(seconds=0.03))
    running = asyncio.create_task(runner.run_due())
    await receiver.called.wait()
    await send(engine, "LEAVE")
    async with asyncio.timeout(30):
        await running
    assert receiver.effects == {}
    assert await statuses(rows) == ["stopped"]


async def test_the_result_of_an_earlier_entry_is_dropped(
    engine: Engine, runner: JobRunner, rows: Rows
):
    await send(engine, "CALL")
    stale = await claimed(engine)
    await send(engine, "AGAIN")
    assert not await invocation.answer(engine, stale, '"stale"', patience_ms=1000)
    failure = job_row.Failure(what="failed", error="stale", pause=None)
    assert not await invocation.give_up(engine, stale, failure, patience_ms=1000)
    assert (await state(engine)) == ("CALLING", [])
    await runner.run_due()
    assert await state(engine) == ("IDLE", "yes")
    assert await statuses(rows) == ["stopped", "done"]


async def test_a_result_is_taken_once_however_often_it_is_brought(engine: Engine, rows: Rows):
    await send(engine, "CALL")
    job = await claimed(engine)
    taken = await asyncio.gather(
        *[invocation.answer(engine, job, '"yes"', patience_ms=60_000) for _ in range(8)]
    )
    assert sorted(taken) == [False] * 7 + [True]
    found = await rows("select 1 from orderwright.log where event_type = 'done.invoke.call'")
    assert len(found) == 1


async def test_leaving_the_state_and_the_result_come_one_after_the_other(
    engine: Engine, rows: Rows
):
    for n in range(20):
        await send(engine, "CALL")
        job = await claimed(engine)
        answer = invocation.answer(engine, job, f'"{n}"', patience_ms=60_000)
        leave = engine.send("e1", Event("LEAVE"), actor="ann")
        taken, left = await asyncio.gather(answer, leave)
        assert taken == (left.refused is not None)
        assert (await state(engine))[0] == "IDLE"
    assert set(await statuses(rows)) <= {"done", "stopped"}


async def test_a_result_that_the_chart_cannot_take_is_asked_for_again(
    engine: Engine, runner: JobRunner, receiver: Receiver, rows: Rows, clock: DrivenClock
):
    await send(engine, "STRICT")
    await runner.run_due()
    assert (await state(engine))[0] == "STRICT"
    [refused] = await rows("select what, detail from orderwright.job_history")
    assert refused["what"] == "refused"
    assert "event.output.word" in refused["detail"]
    assert await statuses(rows) == ["waiting"]
    receiver.answer = {"word": "yes"}
    clock.advance(timedelta(seconds=1))
    await runner.run_due()
    assert await state(engine) == ("IDLE", "yes")
    assert len({run.key for run in receiver.calls}) == 1


async def test_what_nobody_handles_cannot_be_invoked(pool: Pool, clock: DrivenClock, rows: Rows):
    engine = await build_errands(pool, clock, [])
    await engine.create("errand", "e2", actor="ann")
    with pytest.raises(EffectUnsupported):
        await engine.send("e2", Event("CALL"), actor="ann")
    assert await rows("select 1 from orderwright.job") == []
    assert (await engine.read("e2")).version == 1


async def test_a_result_that_leads_to_work_of_a_kind_that_others_have_is_left_to_them(
    pool: Pool, clock: DrivenClock, receiver: Receiver, rows: Rows
):
    chart = deepcopy(ERRAND)
    chart["states"]["CALLING"]["invoke"]["onDone"]["target"] = "SILENT"
    chart["states"]["SILENT"]["invoke"] = {"id": "more", "src": "more"}
    call, more = receiver.kind(), receiver.kind("more")
    some, all_ = [
        await build_engine(pool, clock, {}, chart=chart, behaviour=Behaviour(), kinds=kinds)
        for kinds in ({"call": call}, {"call": call, "more": more})
    ]
    await all_.create("errand", "e5", actor="ann")
    await all_.send("e5", Event("CALL"), actor="ann")
    assert await JobRunner(some).run_due() == 1
    [waiting] = await rows("select status, last_error from orderwright.job")
    assert waiting["status"] == "waiting"
    assert "EffectUnsupported" in waiting["last_error"]
    clock.advance(timedelta(seconds=1))
    assert await JobRunner(all_).run_due() == 1
    assert (await all_.read("e5")).state == "SILENT"
    assert len(receiver.effects) == 1
    for engine in (some, all_):
        await close(engine)


async def test_invoked_work_lives_and_dies_with_the_callers_transaction(
    engine: Engine, pool: Pool, rows: Rows
):
    async with pool.acquire() as connection:
        outer = connection.transaction()
        await outer.start()
        await engine.send("e1", Event("CALL"), actor="ann", connection=connection)
        await outer.rollback()
    assert await statuses(rows) == []
    assert (await state(engine))[0] == "IDLE"


async def test_a_chart_that_invokes_what_nobody_handles_is_not_published(pool: Pool):
    registry = Registry({"errand": {1: Behaviour()}}, kinds=["fax"])
    with pytest.raises(ChartUnsound) as refused:
        await registry.publish(pool, json.dumps(ERRAND), at=START)
    assert {(finding.path, finding.code) for finding in refused.value.findings} == {
        (f"states.{state}.invoke[0].src", "job.kind_unknown")
        for state in ("CALLING", "SILENT", "STRICT")
    }


async def test_an_instance_may_begin_with_work(pool: Pool, clock: DrivenClock, receiver: Receiver):
    engine = await build_errands(pool, clock, [receiver.kind()], initial="CALLING")
    await engine.create("errand", "e3", actor="ann")
    assert await JobRunner(engine).run_due() == 1
    begun = await engine.read("e3")
    assert (begun.state, begun.snapshot.context["said"], begun.version) == ("IDLE", "yes", 2)
    await close(engine)


async def test_a_lost_hosts_work_that_is_its_last_comes_back_as_an_error(
    pool: Pool, clock: DrivenClock, receiver: Receiver, rows: Rows
):
    engine = await build_errands(pool, clock, [receiver.kind(attempts=1)])
    await engine.create("errand", "e4", actor="ann")
    await engine.send("e4", Event("CALL"), actor="ann")
    await claimed(engine)
    clock.advance(LEASE)
    await JobRunner(engine).run_due()
    clock.advance(timedelta(seconds=2))
    await claimed(engine, alone=True)
    clock.advance(LEASE)
    await JobRunner(engine).run_due()
    failed = await engine.read("e4")
    assert failed.state == "FAILED"
    assert "JobAbandoned" in failed.snapshot.context["said"]["message"]
    assert await statuses(rows) == ["failed"]
    await close(engine)
