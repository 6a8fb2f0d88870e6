"""What becomes of jobs whose host is lost: they run alone then, and hosts agree on when, whatever their clocks say."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from errand import Receiver, build_errands
from waiting import eventually, running
from wrong import Wrong

from orderwright.clock import SystemClock
from orderwright.runtime import job_row
from orderwright.runtime.job import JobKind, JobRun
from orderwright.runtime.job_claim import Claims
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import LEASE, JobRunner

if TYPE_CHECKING:
    from parcel import Rows

    from orderwright.clock import Clock, DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_row import ClaimedJob
    from orderwright.runtime.pool import Connection, Pool

SECOND = timedelta(seconds=1)
APART = timedelta(minutes=5)


class Room:
    """A handler that notes who is in at each arrival, and lets each go when it is told to."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.seen: list[tuple[str, ...]] = []
        self.doors = {key: asyncio.Event() for key in ("lost", "early", "late")}

    async def enter(self, run: JobRun) -> None:
        self.inside.append(run.key)
        self.seen.append(tuple(self.inside))
        await self.doors[run.key].wait()
        self.inside.remove(run.key)


async def engine_at(pool: Pool, clock: Clock, *, attempts: int = 3) -> Engine:
    return await build_errands(pool, clock, [Receiver().kind(attempts=attempts)])


async def put(engine: Engine, *keys: str) -> None:
    for key in keys:
        await JobQueue(engine).enqueue("call", None, key=key, root_id="r1")


async def lose(engine: Engine, clock: DrivenClock, *keys: str) -> None:
    """Have jobs lost with a host, and the pause after it passed."""
    await put(engine, *keys)
    await hosted(engine).due(len(keys))
    clock.advance(LEASE)
    nobody = await build_errands(engine.pool, clock, [Receiver().kind("other")])
    await JobRunner(nobody).run_due()
    clock.advance(SECOND)


def hosted(engine: Engine, lease: timedelta = LEASE) -> Claims:
    return Claims(engine, lease=lease, poll_seconds=300)


def keys_of(jobs: list[ClaimedJob]) -> list[str]:
    return sorted(job.key for job in jobs)


async def statuses(rows: Rows) -> list[tuple[object, ...]]:
    found = await rows("select status, attempts, fence from orderwright.job order by key")
    return [tuple(row.values()) for row in found]


# --- alone ----------------------------------------------------------------------------------------


async def test_a_job_that_was_lost_has_a_host_to_itself(
    pool: Pool, clock: DrivenClock, rows: Rows
):
    room = Room()
    engine = await build_errands(pool, clock, [JobKind(name="call", handle=room.enter)])
    await lose(engine, clock, "lost")
    await pool.execute("update orderwright.job set status = 'done'")  # until another is at work
    await put(engine, "early")

    async def has_claimed_both() -> bool:
        return await rows("select 1 from orderwright.job where status = 'running' offset 1") != []

    async def all_are_done() -> bool:
        return await rows("select 1 from orderwright.job where status <> 'done'") == []

    async def entered(count: int) -> None:
        async def have() -> bool:
            return len(room.seen) == count

        await eventually(have)

    async with running(JobRunner(engine, poll_seconds=0.01).run):
        await entered(1)
        await pool.execute("update orderwright.job set status = 'waiting' where key = 'lost'")
        await eventually(has_claimed_both)
        await put(engine, "late")
        room.doors["early"].set()
        await entered(2)
        room.doors["lost"].set()
        room.doors["late"].set()
        await eventually(all_are_done)
    assert room.seen == [("early",), ("lost",), ("late",)]


async def test_lost_jobs_leave_the_other_hosts_to_others_and_half_of_the_time_of_theirs(
    pool: Pool, clock: DrivenClock
):
    engine = await engine_at(pool, clock)
    await lose(engine, clock, "lost1", "lost2")
    await put(engine, "k1", "k2", "k3", "k4")
    one, other = hosted(engine), hosted(engine)
    [first] = await one.next(4)
    assert first.alone
    beside = keys_of(await other.next(2))
    await engine.pool.execute(
        "update orderwright.job set status = 'done' where alone and status = 'running'"
    )
    one.ended(first, seconds=300)
    beside += keys_of(await one.next(2))
    assert sorted(beside) == ["k1", "k2", "k3", "k4"]
    one.ended(first, seconds=0)
    [second] = await one.next(4)
    assert {first.key, second.key} == {"lost1", "lost2"}


async def test_of_two_hosts_that_ask_in_one_moment_one_takes_a_lost_job(
    pool: Pool, clock: DrivenClock
):
    engine = await engine_at(pool, clock)
    await lose(engine, clock, "lost1", "lost2")

    async def taken(connection: Connection) -> list[ClaimedJob]:
        return await job_row.claim(
            connection, engine.kinds, 1, host="h", clock=clock, lease=LEASE, alone=True
        )

    async with pool.acquire() as one, pool.acquire() as other:
        async with one.transaction():
            assert len(await taken(one)) == 1
            assert await taken(other) == []
        assert await taken(other) == []


async def test_a_death_beside_others_is_never_the_last_attempt_and_one_alone_may_be(
    pool: Pool, clock: DrivenClock, rows: Rows
):
    engine = await engine_at(pool, clock, attempts=1)
    await lose(engine, clock, "k1")
    assert await statuses(rows) == [("waiting", 0, 1)]
    host = hosted(engine)
    [job] = await host.due(1)
    assert await host.begin(job)
    clock.advance(LEASE)
    await JobRunner(engine).run_due()
    assert await statuses(rows) == [("dead", 1, 2)]


async def test_what_was_to_run_alone_and_had_not_begun_does_not_die_of_others(
    pool: Pool, clock: DrivenClock, rows: Rows
):
    engine = await engine_at(pool, clock, attempts=1)
    await lose(engine, clock, "k1")
    host = hosted(engine)
    [job] = await host.due(1)
    clock.advance(LEASE)
    nobody = await build_errands(engine.pool, clock, [Receiver().kind("other")])
    await JobRunner(nobody).run_due()
    assert await statuses(rows) == [("waiting", 0, 2)]
    assert not await host.begin(job)


async def test_what_is_given_back_by_the_host_that_it_had_to_itself_goes_alone_again(
    pool: Pool, clock: DrivenClock, rows: Rows
):
    engine = await engine_at(pool, clock)
    await lose(engine, clock, "lost")
    await put(engine, "k1")
    host = hosted(engine)
    [job] = await host.due(2)
    assert await host.begin(job)
    await host.release([job])
    assert ("waiting", 1, 2) in await statuses(rows)
    [again] = await host.due(2)
    assert (again.key, again.alone, again.attempts, again.has_begun) == ("lost", True, 2, False)


async def test_what_has_failed_alone_runs_beside_others_again(
    pool: Pool, clock: DrivenClock, rows: Rows
):
    receiver = Receiver()
    engine = await build_errands(pool, clock, [receiver.kind()])
    await lose(engine, clock, "k1")
    receiver.failures = [OSError("no line")]
    assert await JobRunner(engine).run_due() == 1
    assert await rows("select alone, attempts from orderwright.job") == [
        {"alone": False, "attempts": 2}
    ]


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ours", "theirs"), [(-APART, APART), (APART, -APART)])
async def test_a_lease_holds_against_a_host_whose_clock_is_wrong(
    pool: Pool, rows: Rows, ours: timedelta, theirs: timedelta
):
    engine = await engine_at(pool, Wrong(ours))
    await put(engine, "k1")
    host = hosted(engine)
    [job] = await host.due(1)
    other = await engine_at(pool, Wrong(theirs))
    assert await JobRunner(other).run_due() == 0
    assert await host.extend([job]) == {job.job_id}
    assert await JobRunner(other).run_due() == 0
    assert await statuses(rows) == [("running", 1, 1)]


async def test_what_a_fast_host_leaves_is_free_for_a_slow_one_in_time(pool: Pool, rows: Rows):
    fast, slow = await engine_at(pool, Wrong(APART)), await engine_at(pool, Wrong(-APART))
    await JobQueue(fast).enqueue("call", None, key="k1", root_id="r1", due_at=SystemClock().now())
    short = hosted(fast, lease=timedelta(milliseconds=1))
    await short.release(await short.due(1))
    assert await statuses(rows) == [("waiting", 0, 1)]
    assert keys_of(await hosted(slow, lease=timedelta(milliseconds=1)).due(1)) == ["k1"]

    async def is_done() -> bool:
        await JobRunner(slow).run_due()
        return await statuses(rows) == [("done", 2, 3)]

    await eventually(is_done, 10)
