"""How attempts at jobs end badly, and what follows."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from errand import build_errands
from job_rows import job

from orderwright.errors import Gateway, InputInvalid
from orderwright.runtime.job import JobKind, JobRun
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner

if TYPE_CHECKING:
    from errand import Receiver
    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.pool import Pool


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
    errands = await build_errands(pool, clock, [receiver.kind(timeout=0.01)])
    await JobQueue(errands).enqueue("call", None, key="k1", root_id="r1")
    await JobRunner(errands).run_due()
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

    errands = await build_errands(pool, clock, [JobKind(name="leave", handle=leave)])
    await JobQueue(errands).enqueue("leave", None, key="k1", root_id="r1")
    await JobRunner(errands).run_due()
    assert "WorkCancelled" in (await job(rows, "k1"))["last_error"]


async def test_a_handler_that_is_no_coroutine_runs_in_a_thread(
    pool: Pool, clock: DrivenClock, rows: Rows
):
    def where(run: JobRun) -> object:
        return [run.payload, threading.current_thread() is threading.main_thread()]

    errands = await build_errands(pool, clock, [JobKind(name="where", handle=where)])
    await JobQueue(errands).enqueue("where", 1, key="k1", root_id="r1")
    await JobRunner(errands).run_due()
    assert (await job(rows, "k1"))["result"] == "[1,false]"
