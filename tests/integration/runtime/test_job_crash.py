"""Workers are killed while they run jobs, by us and by the jobs; nothing is lost, and nothing goes on for ever."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engine_room import close
from errand import Receiver, build_errands
from parcel import START
from waiting import eventually

from orderwright.clock import SystemClock
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from parcel import Rows

    from orderwright.runtime.pool import Pool

SCRIPT = Path(__file__).with_name("job_worker.py")


async def start(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", str(SCRIPT), url, stdout=asyncio.subprocess.PIPE
    )


async def heard(worker: asyncio.subprocess.Process) -> str:
    """Return the next run that a worker tells of; what it logs stands between."""
    async with asyncio.timeout(30):
        while line := (await worker.stdout.readline()).decode():
            if line.startswith("RUN "):
                return line.removeprefix("RUN ").strip()
    return "nothing"


@pytest.fixture
async def queue(pool: Pool) -> AsyncIterator[JobQueue]:
    engine = await build_errands(pool, SystemClock(), [Receiver().kind()])
    yield JobQueue(engine)
    await close(engine)


async def statuses(rows: Rows) -> Counter[str]:
    return Counter(row["status"] for row in await rows("select status from orderwright.job"))


async def test_a_job_whose_worker_is_killed_is_run_by_the_next(
    queue: JobQueue, rows: Rows, database_url: str
):
    await queue.enqueue("call", {"do": "wait"}, key="k1", root_id="r1")
    for attempt in (1, 2):
        worker = await start(database_url)
        assert await heard(worker) == f"k1 {attempt}"
        worker.kill()
        await worker.communicate()
    last = await start(database_url)
    assert await heard(last) == "k1 3"
    last.kill()
    await last.communicate()
    history = await rows("select what, fence from orderwright.job_history order by id")
    assert history == [{"what": "lost", "fence": 1}, {"what": "lost", "fence": 2}]


async def test_a_job_that_kills_its_worker_stops_at_its_limit(
    queue: JobQueue, rows: Rows, database_url: str
):
    await queue.enqueue("call", {"do": "exit"}, key="poison", root_id="r1")
    for attempt in (1, 2, 3):
        worker = await start(database_url)
        assert await heard(worker) == f"poison {attempt}"
        await worker.communicate()
        assert worker.returncode == 1
    last = await start(database_url)

    async def is_dead() -> bool:
        return await statuses(rows) == {"dead": 1}

    await eventually(is_dead)
    last.kill()
    said, _ = await last.communicate()
    assert b"RUN" not in said
    [dead] = await rows("select attempts, last_error from orderwright.job")
    assert dead["attempts"] == 3
    assert "JobAbandoned" in dead["last_error"]


async def test_what_is_beside_a_job_that_kills_its_workers_does_not_die_of_it(
    pool: Pool, rows: Rows, database_url: str
):
    attempts = 2
    engine = await build_errands(pool, SystemClock(), [Receiver().kind(attempts=attempts)])
    for n in range(8):
        payload = {"do": "work" if n else "kill"}
        await JobQueue(engine).enqueue("call", payload, key=f"k{n}", root_id="r1", due_at=START)
    nobody = await build_errands(pool, SystemClock(), [Receiver().kind("other")])

    async def nothing_is_in_hand() -> bool:
        await JobRunner(nobody).run_due()
        return "running" not in await statuses(rows)

    for _ in range(attempts):
        worker = await start(database_url)
        async with asyncio.timeout(30):
            await worker.communicate()
        assert worker.returncode == -signal.SIGKILL
        await eventually(nothing_is_in_hand)
        await pool.execute("update orderwright.job set next_attempt_at = $1", START)
    [poison] = await rows("select status, attempts from orderwright.job where key = 'k0'")
    assert poison == {"status": "dead", "attempts": attempts}
    last = await start(database_url)

    async def the_others_are_done() -> bool:
        return await statuses(rows) == {"dead": 1, "done": 7}

    await eventually(the_others_are_done)
    last.kill()
    await last.communicate()


async def test_a_worker_that_is_told_to_end_waits_for_no_thread_that_hangs(
    pool: Pool, rows: Rows, database_url: str
):
    engine = await build_errands(pool, SystemClock(), [Receiver().kind("hang")])
    await JobQueue(engine).enqueue("hang", None, key="k1", root_id="r1")
    worker = await start(database_url)
    assert await heard(worker) == "k1 1"
    worker.terminate()
    async with asyncio.timeout(30):
        await worker.communicate()
    assert worker.returncode == 0
    assert await rows("select status, attempts from orderwright.job") == [
        {"status": "waiting", "attempts": 0}
    ]


async def test_an_effect_reaches_the_other_side_once_or_again_under_the_same_key(
    queue: JobQueue, rows: Rows, database_url: str, tmp_path: Path
):
    count, file = 60, tmp_path / "received"
    payload = {"do": "write", "file": str(file)}
    for n in range(count):
        await queue.enqueue("call", payload, key=f"k{n}", root_id="r1")
    for lines in (5, 17, 11):
        worker = await start(database_url)
        for _ in range(lines):
            await heard(worker)
        worker.kill()
        await worker.communicate()
    last = await start(database_url)

    async def all_are_done() -> bool:
        return await statuses(rows) == {"done": count}

    await eventually(all_are_done)
    last.kill()
    await last.communicate()
    received = Counter(file.read_text().split())
    assert set(received) == {f"k{n}" for n in range(count)}
    lost = await rows("select count(*) as n from orderwright.job_history where what = 'lost'")
    assert received.total() - count <= lost[0]["n"]
