"""A worker runs jobs until it is told to stop, or until none is due."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from job_rows import job
from waiting import eventually, running

from orderwright.runtime import job_row
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import LEASE, JobRunner
from orderwright.runtime.wakeup import Change, Listener
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from errand import Receiver
    from parcel import Rows

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

LONG = 300.0  # seconds: longer than any test waits, so that only a wake can explain progress


async def test_a_running_worker_is_woken_by_new_jobs(
    errands: Engine, queue: JobQueue, receiver: Receiver, rows: Rows, database_url: str
):
    runner = JobRunner(errands, poll_seconds=LONG)
    async with (
        Listener(database_url) as listener,
        running(Worker(errands, [], listener, jobs=runner, poll_seconds=LONG).run),
    ):
        for n in range(3):
            receiver.called.clear()
            await queue.enqueue("call", n, key=f"k{n}", root_id="r1")
            await receiver.called.wait()
    done = await rows("select status from orderwright.job")
    assert [row["status"] for row in done] == ["done"] * 3


async def test_no_more_jobs_are_in_hand_than_the_worker_may_run_at_a_time(
    errands: Engine, queue: JobQueue, receiver: Receiver, rows: Rows
):
    receiver.hold = asyncio.Event()
    for n in range(5):
        await queue.enqueue("call", n, key=f"k{n}", root_id="r1")
    runner = JobRunner(errands, concurrency=2, poll_seconds=0.01)

    async def two_are_running() -> bool:
        found = await rows("select 1 from orderwright.job where status = 'running'")
        return len(found) == len(receiver.calls) == 2

    async with running(Worker(errands, [], jobs=runner).run):
        await eventually(two_are_running)
        runner.hear(Change(None))
        receiver.hold.set()

        async def all_are_done() -> bool:
            return len(await rows("select 1 from orderwright.job where status = 'done'")) == 5

        await eventually(all_are_done)


async def test_a_worker_that_is_told_to_stop_finishes_what_is_in_hand(
    errands: Engine, queue: JobQueue, receiver: Receiver, rows: Rows
):
    receiver.hold, stop = asyncio.Event(), asyncio.Event()
    for key in ("k1", "k2"):
        await queue.enqueue("call", None, key=key, root_id="r1")
    runner = JobRunner(errands, concurrency=1)
    running = asyncio.create_task(Worker(errands, [], jobs=runner).run(stop))
    await receiver.called.wait()
    stop.set()
    receiver.hold.set()
    await running
    assert await rows("select status from orderwright.job order by status") == [
        {"status": "done"},
        {"status": "waiting"},
    ]


async def test_what_outlasts_the_time_of_grace_is_given_back_uncounted(
    errands: Engine, queue: JobQueue, receiver: Receiver, rows: Rows
):
    receiver.hold = asyncio.Event()
    await queue.enqueue("call", None, key="k1", root_id="r1")
    runner = JobRunner(errands, grace_seconds=0.01)
    async with running(Worker(errands, [], jobs=runner).run):
        await receiver.called.wait()
    given_back = await job(rows, "k1")
    assert (given_back["status"], given_back["attempts"]) == ("waiting", 0)
    receiver.hold = None
    assert await JobRunner(errands).run_due() == 1
    assert [run.attempt for run in receiver.calls] == [1, 1]


async def test_what_others_are_about_to_stop_is_not_waited_for_when_the_rest_is_given_back(
    errands: Engine, queue: JobQueue, pool: Pool, rows: Rows
):
    for key in ("k1", "k2"):
        await queue.enqueue("call", None, key=key, root_id="r1")
    async with pool.acquire() as connection:
        ours = await job_row.claim(
            connection, errands.kinds, 2, host="h1", clock=errands.clock, lease=LEASE
        )
    async with pool.acquire() as stopping, stopping.transaction():
        await stopping.execute("select 1 from orderwright.job where key = 'k1' for update")
        async with asyncio.timeout(10):
            await job_row.release(pool, ours)
    found = await rows("select status, attempts from orderwright.job order by key")
    assert found == [{"status": "running", "attempts": 1}, {"status": "waiting", "attempts": 0}]


async def test_an_outcome_is_written_when_the_database_is_back(
    errands: Engine, queue: JobQueue, pool: Pool, receiver: Receiver, rows: Rows
):
    receiver.hold = asyncio.Event()
    await queue.enqueue("call", None, key="k1", root_id="r1")
    runner = JobRunner(errands, poll_seconds=0.01)
    async with running(Worker(errands, [], jobs=runner, poll_seconds=0.01).run):
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

        await eventually(is_done)
    assert len(receiver.calls) == 1


async def test_draining_runs_what_is_due_and_leaves_what_fails(
    errands: Engine, queue: JobQueue, receiver: Receiver, rows: Rows
):
    receiver.failures = [OSError("no line")]
    for n in range(3):
        await queue.enqueue("call", n, key=f"k{n}", root_id="r1")
    assert await Worker(errands, [], jobs=JobRunner(errands)).drain() == 3
    found = await rows("select status from orderwright.job")
    assert sorted(row["status"] for row in found) == ["done", "done", "waiting"]
