"""Jobs are put down once, and each is in the hands of one host."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from job_rows import claimed, job
from waiting import eventually

from orderwright.errors import InputInvalid
from orderwright.runtime import job_row
from orderwright.runtime.job import JobKind, JobKindUnknown
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_row import Failure
from orderwright.runtime.job_runner import LEASE, JobRunner
from orderwright.runtime.reply import IdempotencyMismatch

if TYPE_CHECKING:
    from errand import Receiver
    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


# --- putting down ---------------------------------------------------------------------------------


async def test_a_job_is_run_once_and_its_result_is_kept(
    queue: JobQueue, runner: JobRunner, receiver: Receiver, rows: Rows
):
    await queue.enqueue("call", {"to": "ann"}, key="k1", root_id="r1", causation_id="r1/1")
    assert await runner.run_due() == 1
    assert await runner.run_due() == 0
    [run] = receiver.calls
    assert (run.payload, run.key, run.attempt, run.root_id) == ({"to": "ann"}, "k1", 1, "r1")
    done = await job(rows, "k1")
    assert (done["status"], done["result"], done["causation_id"]) == ("done", '"yes"', "r1/1")


async def test_a_job_is_put_down_once_for_each_key(
    queue: JobQueue, runner: JobRunner, receiver: Receiver
):
    first = await queue.enqueue("call", {"n": 1}, key="k1", root_id="r1")
    assert await queue.enqueue("call", {"n": 1}, key="k1", root_id="r1") == first
    await runner.run_due()
    assert await queue.enqueue("call", {"n": 1}, key="k1", root_id="r1") == first
    assert await runner.run_due() == 0
    assert len(receiver.calls) == 1
    with pytest.raises(IdempotencyMismatch):
        await queue.enqueue("call", {"n": 2}, key="k1", root_id="r1")


async def test_a_job_lives_and_dies_with_the_transaction_of_its_cause(
    queue: JobQueue, runner: JobRunner, pool: Pool
):
    async with pool.acquire() as connection:
        outer = connection.transaction()
        await outer.start()
        await queue.enqueue("call", None, key="k1", root_id="r1", connection=connection)
        assert await runner.run_due() == 0
        await outer.rollback()
        assert await runner.run_due() == 0
        async with connection.transaction():
            await queue.enqueue("call", None, key="k1", root_id="r1", connection=connection)
    assert await runner.run_due() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "invoke:mine"])
async def test_a_key_that_cannot_be_kept_is_refused(queue: JobQueue, key: str):
    with pytest.raises(InputInvalid):
        await queue.enqueue("call", None, key=key, root_id="r1")


@pytest.mark.parametrize("payload", [float("nan"), object(), "half \ud800"])
async def test_a_payload_that_cannot_be_kept_is_refused(queue: JobQueue, payload: object):
    with pytest.raises(InputInvalid):
        await queue.enqueue("call", payload, key="k1", root_id="r1")


async def test_a_kind_that_nobody_handles_is_refused(queue: JobQueue):
    with pytest.raises(JobKindUnknown):
        await queue.enqueue("fax", None, key="k1", root_id="r1")


async def test_a_job_waits_for_its_time(queue: JobQueue, runner: JobRunner, clock: DrivenClock):
    due_at = clock.now() + timedelta(minutes=5)
    await queue.enqueue("call", None, key="k1", root_id="r1", due_at=due_at)
    clock.advance(timedelta(minutes=4))
    assert await runner.run_due() == 0
    clock.advance(timedelta(minutes=1))
    assert await runner.run_due() == 1


@pytest.mark.parametrize(("attempts", "timeout"), [(0, 1.0), (1, 0.0)])
def test_a_kind_needs_an_attempt_and_time_for_it(attempts: int, timeout: float):
    with pytest.raises(InputInvalid):
        JobKind(name="call", handle=print, attempts=attempts, timeout_seconds=timeout)


# --- leases and fences ----------------------------------------------------------------------------


async def test_one_job_is_handed_to_one_host_however_many_ask(
    queue: JobQueue, errands: Engine, receiver: Receiver
):
    for n in range(100):
        await queue.enqueue("call", n, key=f"k{n}", root_id="r1")
    runners = [JobRunner(errands, concurrency=7) for _ in range(4)]

    async def work(runner: JobRunner) -> None:
        while await runner.run_due():
            pass

    await asyncio.gather(*[work(runner) for runner in runners])
    assert sorted(run.payload for run in receiver.calls) == list(range(100))


async def test_a_lost_hosts_job_is_taken_over_when_its_lease_has_run_out(
    queue: JobQueue, errands: Engine, runner: JobRunner, rows: Rows, clock: DrivenClock
):
    await queue.enqueue("call", None, key="k1", root_id="r1")
    await claimed(errands)
    clock.advance(LEASE - timedelta(microseconds=1))
    assert await runner.run_due() == 0
    clock.advance(timedelta(seconds=2))
    await runner.run_due()
    clock.advance(timedelta(seconds=1))
    await runner.run_due()
    done = await job(rows, "k1")
    assert (done["status"], done["attempts"], done["fence"]) == ("done", 2, 2)
    [lost] = await rows("select what, fence, host, detail from orderwright.job_history")
    assert (lost["what"], lost["fence"], lost["host"]) == ("lost", 1, "gone")


async def test_a_job_whose_hosts_are_always_lost_stops_at_its_limit(
    queue: JobQueue, errands: Engine, runner: JobRunner, rows: Rows, clock: DrivenClock
):
    await queue.enqueue("call", None, key="k1", root_id="r1")
    for alone in (False, True, True):
        await claimed(errands, alone=alone)
        clock.advance(LEASE)
        assert await runner.run_due() == 0
        clock.advance(timedelta(seconds=5))
    assert await runner.run_due() == 0
    dead = await job(rows, "k1")
    assert (dead["status"], dead["attempts"]) == ("dead", 3)


async def test_what_a_zombie_says_is_refused(
    queue: JobQueue, errands: Engine, receiver: Receiver, rows: Rows, clock: DrivenClock
):
    await queue.enqueue("call", None, key="k1", root_id="r1")
    zombie = await claimed(errands)
    clock.advance(LEASE + timedelta(seconds=2))
    receiver.hold = asyncio.Event()
    taking_over = JobRunner(errands)
    await taking_over.run_due()
    clock.advance(timedelta(seconds=2))
    running = asyncio.create_task(taking_over.run_due())
    await receiver.called.wait()

    failure = Failure(what="failed", error="late", pause=None)
    mine = [(zombie, '"mine"')]
    assert await job_row.finish(errands.pool, mine, at=clock.now()) == frozenset()
    assert not await job_row.fail(errands.pool, zombie, failure, clock=clock, patience_ms=1000)
    assert not await job_row.extend(errands.pool, [zombie], clock=clock, lease=LEASE)
    await job_row.release(errands.pool, [zombie])
    assert (await job(rows, "k1"))["status"] == "running"

    receiver.hold.set()
    await running
    done = await job(rows, "k1")
    assert (done["status"], done["result"], done["fence"]) == ("done", '"yes"', 2)
    assert not await job_row.fail(errands.pool, zombie, failure, clock=clock, patience_ms=1000)


async def test_who_extends_the_lease_in_time_is_not_taken_for_lost(
    queue: JobQueue, errands: Engine, rows: Rows, clock: DrivenClock
):
    await queue.enqueue("call", None, key="k1", root_id="r1")
    slow = await claimed(errands)
    clock.advance(LEASE)
    [suspect] = await job_row.expired(errands.pool, clock=clock)
    ours = await job_row.extend(errands.pool, [slow], clock=clock, lease=LEASE)
    assert ours == {slow.job_id}
    lost = Failure(what="lost", error="gone", pause=timedelta(0))
    assert not await job_row.fail(errands.pool, suspect, lost, clock=clock, patience_ms=1000)
    assert (await job(rows, "k1"))["status"] == "running"


async def begun(errands: Engine, receiver: Receiver) -> asyncio.Task[int]:
    """Begin a job that is not done until the receiver lets go, under a short lease; return what runs it."""
    receiver.hold = asyncio.Event()
    await JobQueue(errands).enqueue("call", None, key="k1", root_id="r1")
    runner = JobRunner(errands, lease=timedelta(seconds=0.03))
    running = asyncio.create_task(runner.run_due())
    await receiver.called.wait()
    return running


async def test_a_lease_is_extended_while_the_handler_works(
    errands: Engine, receiver: Receiver, rows: Rows, clock: DrivenClock
):
    running = await begun(errands, receiver)
    clock.advance(timedelta(seconds=60))

    async def is_extended() -> bool:
        return (await job(rows, "k1"))["leased_until"] > clock.now()

    await eventually(is_extended)
    receiver.hold.set()
    await running
    assert (await job(rows, "k1"))["fence"] == 1


async def test_a_handler_whose_job_went_to_another_is_ended(
    errands: Engine, pool: Pool, receiver: Receiver, rows: Rows
):
    running = await begun(errands, receiver)
    await pool.execute("update orderwright.job set fence = fence + 1, host = 'other'")
    async with asyncio.timeout(30):
        assert await running == 1
    assert receiver.effects == {}
    assert (await job(rows, "k1"))["status"] == "running"
