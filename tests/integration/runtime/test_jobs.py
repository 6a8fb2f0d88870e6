from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from errand import Receiver, build_errands
from waiting import eventually

from orderwright.errors import Gateway, InputInvalid
from orderwright.runtime import job_row
from orderwright.runtime.attempt import IdempotencyMismatch
from orderwright.runtime.job import JobKind, JobKindUnknown, JobRun
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_row import Failure
from orderwright.runtime.job_runner import LEASE, JobRunner
from orderwright.runtime.wakeup import Change, Listener
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from parcel import Row, Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_row import ClaimedJob
    from orderwright.runtime.pool import Pool

LONG = 300.0  # seconds: longer than any test waits, so that only a wake can explain progress


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
async def engine(pool: Pool, clock: DrivenClock, receiver: Receiver) -> AsyncIterator[Engine]:
    built = await build_errands(pool, clock, [receiver.kind()])
    yield built
    await built.wakeup.close()


@pytest.fixture
def queue(engine: Engine):
    return JobQueue(engine)


@pytest.fixture
def runner(engine: Engine):
    return JobRunner(engine)


async def job(rows: Rows, key: str) -> Row:
    [found] = await rows("select * from orderwright.job where key = $1", key)
    return found


async def claimed(engine: Engine, *, alone: bool = False) -> ClaimedJob:
    """Take the next job as a host does that is never heard of again."""
    async with engine.pool.acquire() as connection:
        [one] = await job_row.claim(
            connection, engine.kinds, 1, host="gone", clock=engine.clock, lease=LEASE, alone=alone
        )
    return one


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


# --- failing --------------------------------------------------------------------------------------


async def test_jobs_that_failed_together_are_not_tried_again_together(
    queue: JobQueue, runner: JobRunner, receiver: Receiver, rows: Rows
):
    receiver.failures = [OSError("no line") for _ in range(10)]
    for n in range(10):
        await queue.enqueue("call", n, key=f"k{n}", root_id="r1")
    await runner.run_due()
    assert len(await rows("select distinct next_attempt_at from orderwright.job")) == 10


async def test_a_failing_job_is_tried_again_after_growing_pauses_up_to_its_limit(
    queue: JobQueue, runner: JobRunner, receiver: Receiver, rows: Rows, clock: DrivenClock
):
    receiver.failures = [OSError("no line"), Gateway("busy"), ValueError("no\x00!")]
    await queue.enqueue("call", None, key="k1", root_id="r1")
    for attempt, seconds in ((1, 1), (2, 2)):
        began = clock.now()
        assert await runner.run_due() == 1
        waiting = await job(rows, "k1")
        assert (waiting["status"], waiting["attempts"]) == ("waiting", attempt)
        pause = waiting["next_attempt_at"] - began
        assert timedelta(seconds=seconds / 2) <= pause <= timedelta(seconds=seconds)
        clock.set(waiting["next_attempt_at"] - timedelta(microseconds=1))
        assert await runner.run_due() == 0
        clock.set(waiting["next_attempt_at"])
    assert await runner.run_due() == 1
    clock.advance(timedelta(days=1))
    assert await runner.run_due() == 0
    dead = await job(rows, "k1")
    assert (dead["status"], dead["attempts"]) == ("dead", 3)
    history = await rows("select what, fence, detail from orderwright.job_history order by id")
    assert [tuple(row.values()) for row in history] == [
        ("failed", 1, "OSError: no line"),
        ("failed", 2, "Gateway: busy"),
        ("failed", 3, "ValueError: no\\x00!"),
    ]
    assert list(receiver.effects) == ["k1"]


async def test_what_can_never_succeed_is_not_tried_again(
    queue: JobQueue, runner: JobRunner, receiver: Receiver, rows: Rows
):
    receiver.failures = [InputInvalid("to", "nobody", "somebody")]
    await queue.enqueue("call", None, key="k1", root_id="r1")
    await runner.run_due()
    assert (await job(rows, "k1"))["status"] == "dead"


async def test_an_attempt_that_takes_too_long_has_failed(
    pool: Pool, clock: DrivenClock, receiver: Receiver, rows: Rows
):
    receiver.hold = asyncio.Event()
    engine = await build_errands(pool, clock, [receiver.kind(timeout=0.01)])
    await JobQueue(engine).enqueue("call", None, key="k1", root_id="r1")
    await JobRunner(engine).run_due()
    assert "JobTimedOut: it took longer than 0.01 s" in (await job(rows, "k1"))["last_error"]


@pytest.mark.parametrize("answer", [object(), "half \ud800", float("inf")])
async def test_a_result_that_cannot_be_kept_is_a_failure(
    queue: JobQueue, runner: JobRunner, receiver: Receiver, rows: Rows, answer: object
):
    receiver.answer = answer
    await queue.enqueue("call", None, key="k1", root_id="r1")
    await runner.run_due()
    failed = await job(rows, "k1")
    assert (failed["status"], failed["result"]) == ("waiting", None)
    assert failed["last_error"]


async def test_a_handler_that_ends_as_cancelled_has_failed(
    pool: Pool, clock: DrivenClock, rows: Rows
):
    async def leave(_: JobRun) -> None:
        raise asyncio.CancelledError

    engine = await build_errands(pool, clock, [JobKind(name="leave", handle=leave)])
    await JobQueue(engine).enqueue("leave", None, key="k1", root_id="r1")
    await JobRunner(engine).run_due()
    assert "JobCancelled" in (await job(rows, "k1"))["last_error"]


async def test_a_handler_that_is_no_coroutine_runs_in_a_thread(
    pool: Pool, clock: DrivenClock, rows: Rows
):
    def where(run: JobRun) -> object:
        return [run.payload, threading.current_thread() is threading.main_thread()]

    engine = await build_errands(pool, clock, [JobKind(name="where", handle=where)])
    await JobQueue(engine).enqueue("where", 1, key="k1", root_id="r1")
    await JobRunner(engine).run_due()
    assert (await job(rows, "k1"))["result"] == "[1,false]"


# --- leases and fences ----------------------------------------------------------------------------


async def test_one_job_is_handed_to_one_host_however_many_ask(
    queue: JobQueue, engine: Engine, receiver: Receiver
):
    for n in range(100):
        await queue.enqueue("call", n, key=f"k{n}", root_id="r1")
    runners = [JobRunner(engine, concurrency=7) for _ in range(4)]

    async def work(runner: JobRunner) -> None:
        while await runner.run_due():
            pass

    await asyncio.gather(*[work(runner) for runner in runners])
    assert sorted(run.payload for run in receiver.calls) == list(range(100))


async def test_a_lost_hosts_job_is_taken_over_when_its_lease_has_run_out(
    queue: JobQueue, engine: Engine, runner: JobRunner, rows: Rows, clock: DrivenClock
):
    await queue.enqueue("call", None, key="k1", root_id="r1")
    await claimed(engine)
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
    queue: JobQueue, engine: Engine, runner: JobRunner, rows: Rows, clock: DrivenClock
):
    await queue.enqueue("call", None, key="k1", root_id="r1")
    for alone in (False, True, True):
        await claimed(engine, alone=alone)
        clock.advance(LEASE)
        assert await runner.run_due() == 0
        clock.advance(timedelta(seconds=5))
    assert await runner.run_due() == 0
    dead = await job(rows, "k1")
    assert (dead["status"], dead["attempts"]) == ("dead", 3)


async def test_what_a_zombie_says_is_refused(
    queue: JobQueue, engine: Engine, receiver: Receiver, rows: Rows, clock: DrivenClock
):
    await queue.enqueue("call", None, key="k1", root_id="r1")
    zombie = await claimed(engine)
    clock.advance(LEASE + timedelta(seconds=2))
    receiver.hold = asyncio.Event()
    taking_over = JobRunner(engine)
    await taking_over.run_due()
    clock.advance(timedelta(seconds=2))
    running = asyncio.create_task(taking_over.run_due())
    await receiver.called.wait()

    failure = Failure(what="failed", error="late", pause=None)
    mine = [(zombie, '"mine"')]
    assert await job_row.finish(engine.pool, mine, at=clock.now()) == frozenset()
    assert not await job_row.fail(engine.pool, zombie, failure, clock=clock)
    assert not await job_row.extend(engine.pool, [zombie], clock=clock, lease=LEASE)
    await job_row.release(engine.pool, [zombie])
    assert (await job(rows, "k1"))["status"] == "running"

    receiver.hold.set()
    await running
    done = await job(rows, "k1")
    assert (done["status"], done["result"], done["fence"]) == ("done", '"yes"', 2)
    assert not await job_row.fail(engine.pool, zombie, failure, clock=clock)


async def test_who_extends_the_lease_in_time_is_not_taken_for_lost(
    queue: JobQueue, engine: Engine, rows: Rows, clock: DrivenClock
):
    await queue.enqueue("call", None, key="k1", root_id="r1")
    slow = await claimed(engine)
    clock.advance(LEASE)
    [suspect] = await job_row.expired(engine.pool, clock=clock)
    ours = await job_row.extend(engine.pool, [slow], clock=clock, lease=LEASE)
    assert ours == {slow.job_id}
    lost = Failure(what="lost", error="gone", pause=timedelta(0))
    assert not await job_row.fail(engine.pool, suspect, lost, clock=clock)
    assert (await job(rows, "k1"))["status"] == "running"


async def test_a_lease_is_extended_while_the_handler_works(
    queue: JobQueue, engine: Engine, receiver: Receiver, rows: Rows, clock: DrivenClock
):
    receiver.hold = asyncio.Event()
    await queue.enqueue("call", None, key="k1", root_id="r1")
    runner = JobRunner(engine, lease=timedelta(seconds=0.03))
    running = asyncio.create_task(runner.run_due())
    await receiver.called.wait()
    clock.advance(timedelta(seconds=60))

    async def is_extended() -> bool:
        return (await job(rows, "k1"))["leased_until"] > clock.now()

    await eventually(is_extended)
    receiver.hold.set()
    await running
    assert (await job(rows, "k1"))["fence"] == 1


async def test_a_handler_whose_job_went_to_another_is_ended(
    queue: JobQueue, engine: Engine, pool: Pool, receiver: Receiver, rows: Rows
):
    receiver.hold = asyncio.Event()
    await queue.enqueue("call", None, key="k1", root_id="r1")
    runner = JobRunner(engine, lease=timedelta(seconds=0.03))
    running = asyncio.create_task(runner.run_due())
    await receiver.called.wait()
    await pool.execute("update orderwright.job set fence = fence + 1, host = 'other'")
    async with asyncio.timeout(30):
        assert await running == 1
    assert receiver.effects == {}
    assert (await job(rows, "k1"))["status"] == "running"


# --- the worker -----------------------------------------------------------------------------------


async def test_a_running_worker_is_woken_by_new_jobs(
    engine: Engine, queue: JobQueue, receiver: Receiver, rows: Rows, database_url: str
):
    stop = asyncio.Event()
    async with Listener(database_url) as listener:
        runner = JobRunner(engine, poll_seconds=LONG)
        worker = Worker(engine, [], listener, jobs=runner, poll_seconds=LONG)
        running = asyncio.create_task(worker.run(stop))
        for n in range(3):
            receiver.called.clear()
            await queue.enqueue("call", n, key=f"k{n}", root_id="r1")
            await receiver.called.wait()
        stop.set()
        async with asyncio.timeout(30):
            await running
    done = await rows("select status from orderwright.job")
    assert [row["status"] for row in done] == ["done"] * 3


async def test_no_more_jobs_are_in_hand_than_the_worker_may_run_at_a_time(
    engine: Engine, queue: JobQueue, receiver: Receiver, rows: Rows
):
    receiver.hold, stop = asyncio.Event(), asyncio.Event()
    for n in range(5):
        await queue.enqueue("call", n, key=f"k{n}", root_id="r1")
    runner = JobRunner(engine, concurrency=2, poll_seconds=0.01)
    running = asyncio.create_task(Worker(engine, [], jobs=runner).run(stop))

    async def two_are_running() -> bool:
        found = await rows("select 1 from orderwright.job where status = 'running'")
        return len(found) == len(receiver.calls) == 2

    await eventually(two_are_running)
    runner.hear(Change(None))
    receiver.hold.set()

    async def all_are_done() -> bool:
        return len(await rows("select 1 from orderwright.job where status = 'done'")) == 5

    await eventually(all_are_done)
    stop.set()
    await running


async def test_a_worker_that_is_told_to_stop_finishes_what_is_in_hand(
    engine: Engine, queue: JobQueue, receiver: Receiver, rows: Rows
):
    receiver.hold, stop = asyncio.Event(), asyncio.Event()
    for key in ("k1", "k2"):
        await queue.enqueue("call", None, key=key, root_id="r1")
    runner = JobRunner(engine, concurrency=1)
    running = asyncio.create_task(Worker(engine, [], jobs=runner).run(stop))
    await receiver.called.wait()
    stop.set()
    receiver.hold.set()
    await running
    assert await rows("select status from orderwright.job order by status") == [
        {"status": "done"},
        {"status": "waiting"},
    ]


async def test_what_outlasts_the_time_of_grace_is_given_back_uncounted(
    engine: Engine, queue: JobQueue, receiver: Receiver, rows: Rows
):
    receiver.hold, stop = asyncio.Event(), asyncio.Event()
    await queue.enqueue("call", None, key="k1", root_id="r1")
    runner = JobRunner(engine, grace_seconds=0.01)
    running = asyncio.create_task(Worker(engine, [], jobs=runner).run(stop))
    await receiver.called.wait()
    stop.set()
    await running
    given_back = await job(rows, "k1")
    assert (given_back["status"], given_back["attempts"]) == ("waiting", 0)
    receiver.hold = None
    assert await JobRunner(engine).run_due() == 1
    assert [run.attempt for run in receiver.calls] == [1, 1]


async def test_what_others_are_about_to_stop_is_not_waited_for_when_the_rest_is_given_back(
    engine: Engine, queue: JobQueue, pool: Pool, rows: Rows
):
    for key in ("k1", "k2"):
        await queue.enqueue("call", None, key=key, root_id="r1")
    async with pool.acquire() as connection:
        ours = await job_row.claim(
            connection, engine.kinds, 2, host="h1", clock=engine.clock, lease=LEASE
        )
    async with pool.acquire() as stopping, stopping.transaction():
        await stopping.execute("select 1 from orderwright.job where key = 'k1' for update")
        async with asyncio.timeout(10):
            await job_row.release(pool, ours)
    found = await rows("select status, attempts from orderwright.job order by key")
    assert found == [{"status": "running", "attempts": 1}, {"status": "waiting", "attempts": 0}]


async def test_an_outcome_is_written_when_the_database_is_back(
    engine: Engine, queue: JobQueue, pool: Pool, receiver: Receiver, rows: Rows
):
    receiver.hold, stop = asyncio.Event(), asyncio.Event()
    await queue.enqueue("call", None, key="k1", root_id="r1")
    runner = JobRunner(engine, poll_seconds=0.01)
    running = asyncio.create_task(Worker(engine, [], jobs=runner, poll_seconds=0.01).run(stop))
    await receiver.called.wait()
    await pool.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    receiver.hold.set()

    async def is_done() -> bool:
        try:
            return (await job(rows, "k1"))["status"] == "done"
        except Exception:  # noqa: BLE001 (a connection that was ended is thrown out of the pool)
            return False

    try:
        await eventually(is_done)
    finally:
        stop.set()
        await running
    assert len(receiver.calls) == 1


async def test_draining_runs_what_is_due_and_leaves_what_fails(
    engine: Engine, queue: JobQueue, receiver: Receiver, rows: Rows
):
    receiver.failures = [OSError("no line")]
    for n in range(3):
        await queue.enqueue("call", n, key=f"k{n}", root_id="r1")
    assert await Worker(engine, [], jobs=JobRunner(engine)).drain() == 3
    found = await rows("select status from orderwright.job")
    assert sorted(row["status"] for row in found) == ["done", "done", "waiting"]
