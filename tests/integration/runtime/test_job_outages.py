"""The database is away, or cannot write, while jobs are in hand: what was done is not taken for a failure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from errand import build_errands
from job_rows import claimed, job
from proxy import proxied
from structlog.testing import capture_logs
from waiting import eventually, running

from orderwright.runtime import job_row
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import LEASE, JobRunner
from orderwright.runtime.pool import open_pool
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from errand import Receiver
    from parcel import Row, Rows
    from proxy import Proxy
    from structlog.typing import EventDict

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

SOON = 0.005
_DROP = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
_WAITING = (
    "select count(*) from pg_locks where not granted and relation = 'orderwright.job'::regclass"
)


@pytest.fixture
async def proxy(database_url: str, scratch: Path) -> AsyncIterator[Proxy]:
    async with proxied(database_url, scratch) as opened:
        yield opened


@pytest.fixture
async def far(proxy: Proxy, clock: DrivenClock, receiver: Receiver) -> AsyncIterator[Engine]:
    """An engine whose database can be away, with kinds that have one attempt."""
    pool = await open_pool(proxy.url, max_size=6)
    yield await build_errands(pool, clock, [receiver.kind(attempts=1)])
    pool.terminate()


async def begun(engine: Engine, receiver: Receiver, key: str = "k1") -> None:
    """Put a job down and wait until it is in hand."""
    receiver.hold = asyncio.Event()
    await JobQueue(engine).enqueue("call", None, key=key, root_id="r1")
    await receiver.called.wait()


def count(logged: Sequence[EventDict], event: str) -> int:
    return sum(line["event"] == event for line in logged)


async def status(rows: Rows) -> Row:
    found = await job(rows, "k1")
    return {name: found[name] for name in ("status", "attempts", "last_error")}


async def test_a_result_that_no_database_was_there_for_is_left_to_the_lease(
    far: Engine, proxy: Proxy, receiver: Receiver, rows: Rows
):
    with capture_logs() as logged:

        async def is_given_up() -> bool:
            return count(logged, "job_unsettled") > 0 or count(logged, "job_outcome_delayed") > 70

        async with running(JobRunner(far, poll_seconds=SOON).run):
            await begun(far, receiver)
            proxy.shut()
            receiver.hold.set()
            await eventually(is_given_up)
            proxy.reopen()
    assert count(logged, "job_unsettled") == 1
    assert await status(rows) == {"status": "running", "attempts": 1, "last_error": None}


async def test_what_was_to_run_alone_and_could_not_be_said_to_begin_has_not_failed(
    far: Engine, pool: Pool, proxy: Proxy, receiver: Receiver, rows: Rows
):
    async def is_claimed() -> bool:
        return (await status(rows))["status"] == "running"

    with capture_logs() as logged:

        async def are_given_up() -> bool:
            return count(logged, "job_unsettled") > 1 or count(logged, "job_outcome_delayed") > 130

        async with running(JobRunner(far, poll_seconds=SOON).run):
            await begun(far, receiver, "k0")
            async with pool.acquire() as connection, connection.transaction():
                await JobQueue(far).enqueue(
                    "call", None, key="k1", root_id="r1", connection=connection
                )
                await connection.execute(
                    "update orderwright.job set alone = true where key = 'k1'"
                )
            await eventually(is_claimed)
            proxy.shut()
            receiver.hold.set()
            await eventually(are_given_up)
            proxy.reopen()
    assert await status(rows) == {"status": "running", "attempts": 1, "last_error": None}
    assert [run.key for run in receiver.calls] == ["k0"]


async def test_a_result_is_written_as_soon_as_the_database_can_be_written_to(
    far: Engine, pool: Pool, receiver: Receiver
):
    async with running(JobRunner(far, poll_seconds=SOON).run):
        await begun(far, receiver)
        async with pool.acquire() as connection:
            [[name]] = await connection.fetch("select quote_ident(current_database())")
            await connection.execute("set default_transaction_read_only = off")
            set_read_only = f"alter database {name} set default_transaction_read_only = "
            await connection.execute(set_read_only + "on")
            await connection.execute(_DROP)
            with capture_logs() as logged:
                receiver.hold.set()

                async def has_met_it() -> bool:
                    return any("read-only" in str(line.get("error")) for line in logged)

                await eventually(has_met_it)
            await connection.execute(set_read_only + "off")
            await connection.execute(_DROP)

            async def is_done() -> bool:
                found = await connection.fetchval("select status from orderwright.job")
                return found == "done"

            await eventually(is_done, 10)
    assert len(receiver.calls) == 1


async def test_a_worker_that_is_told_to_stop_while_the_database_is_away_ends_as_ever(
    far: Engine, proxy: Proxy, receiver: Receiver
):
    ended: list[str] = []

    async def duty(stop: asyncio.Event) -> None:
        await stop.wait()
        while not is_given_up():  # noqa: ASYNC110 (a line of the log)
            await asyncio.sleep(SOON)
        ended.append("whole")

    def is_given_up() -> bool:
        return any(line["event"] == "jobs_not_given_back" for line in logged)

    runner = JobRunner(far, poll_seconds=SOON, grace_seconds=0.05)
    worker = Worker(far, [], jobs=runner, duties=[duty], poll_seconds=SOON)
    with capture_logs() as logged:
        async with running(worker.run):
            await begun(far, receiver)
            proxy.shut()
    assert ended == ["whole"]


async def test_a_runner_that_waits_for_a_locked_table_ends_in_its_time(
    far: Engine, pool: Pool, receiver: Receiver, rows: Rows
):
    runner = JobRunner(far, poll_seconds=SOON, grace_seconds=0.05)
    async with pool.acquire() as host, host.transaction(), running(runner.run):
        await begun(far, receiver)
        await host.execute("lock table orderwright.job")

        async def both_wait() -> bool:
            return await host.fetchval(_WAITING) == 2

        await eventually(both_wait)
    assert (await status(rows))["status"] == "running"


async def test_who_has_missed_the_database_lets_others_extend_their_leases_before_it_takes_over(
    far: Engine, pool: Pool, proxy: Proxy, clock: DrivenClock, receiver: Receiver, rows: Rows
):
    near = await build_errands(pool, clock, [receiver.kind()])
    await JobQueue(near).enqueue("call", None, key="k1", root_id="r1")
    theirs = await claimed(near)
    with capture_logs() as logged:

        async def turns_have_failed() -> bool:
            return count(logged, "turn_failed") >= 10

        async with running(JobRunner(far, poll_seconds=SOON).run):
            proxy.shut()
            await eventually(turns_have_failed)
            clock.advance(LEASE)
            proxy.reopen()
            await JobQueue(near).enqueue("call", None, key="k2", root_id="r1")
            await receiver.called.wait()
            await asyncio.sleep(40 * SOON)
            assert (await status(rows))["status"] == "running"
    ours = await job_row.extend(pool, [theirs], clock=clock, lease=LEASE)
    assert ours == {theirs.job_id}
    clock.advance(LEASE)
    await JobRunner(far).run_due()
    assert (await status(rows))["status"] == "waiting"
