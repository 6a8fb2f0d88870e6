"""How fast jobs run: 20,000 that are due, with a handler that does nothing.

    run      as a worker does it: one runner that claims, calls the handler and writes the result
    bare     the same two statements in the same sizes, one after the other, with nothing between them
    invoked  work that a state starts, end to end: the step that starts it, the job, and the step that takes its result

The first two in turn, on the embedded PostgreSQL, on the cores that it needs too.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import uvloop

from bench.rounds import Comparison, heading
from orderwright import Orderwright
from orderwright.app import embedded
from orderwright.app.formats import FORMATS
from orderwright.app.log import configure_log
from orderwright.app.settings import Settings
from orderwright.runtime import job_row
from orderwright.runtime.engine import Engine
from orderwright.runtime.job import JobKind, JobRun
from orderwright.runtime.job_runner import LEASE, JobRunner
from orderwright.runtime.registry import Registry
from orderwright.runtime.wakeup import Announcer
from orderwright.statechart import Behaviour, Event

CONCURRENCY: Final = 128
CLIENTS: Final = 16
NOTHING: Final = {"type": "object", "properties": {}, "additionalProperties": False}
ERRAND: Final = {
    "id": "errand",
    "initial": "IDLE",
    "events": {"CALL": {"label": "Call", "data": NOTHING}},
    "states": {
        "IDLE": {"on": {"CALL": "CALLING"}},
        "CALLING": {"invoke": {"id": "call", "src": "post", "onDone": "IDLE"}},
    },
}
_SEED: Final = """
insert into orderwright.job (
    job_id, kind, key, payload, root_id, correlation_id, status, attempts, attempt_limit, fence, next_attempt_at,
    created_at)
select $1 || n, 'post', $1 || n, '{"to":"ann"}', $1, $1, 'waiting', 0, 10, 0, now(), now()
from generate_series(1, $2::integer) as n
"""
_LEFT: Final = """
select exists (select from orderwright.job where status = 'waiting')
    or exists (select from orderwright.job where status = 'running')
"""


async def _post(_: JobRun) -> object:
    return None


POST: Final = JobKind(name="post", handle=_post)


class Jobs:
    """Batches of jobs that are due."""

    def __init__(self, app: Orderwright) -> None:
        self._app = app
        self._names = (f"b{n}-" for n in itertools.count())

    async def seed(self, count: int) -> None:
        """Put jobs down."""
        await self._app.pool.execute(_SEED, next(self._names), count)

    async def run(self) -> None:
        """Run all of them as a worker does."""
        await _run_all(self._app.engine)

    async def bare(self) -> None:
        """Claim and finish all of them."""
        async with self._app.pool.acquire() as connection:
            while True:
                now = self._app.clock.now()
                claimed = await job_row.claim(
                    connection,
                    ["post"],
                    CONCURRENCY,
                    host="bench",
                    clock=self._app.clock,
                    lease=LEASE,
                )
                if not claimed:
                    return
                await job_row.finish(connection, [(job, "null") for job in claimed], at=now)

    async def invoked(self, count: int) -> float:
        """Start work from as many instances, and return how many a second had their results."""
        engine = await _errands(self._app)
        names = [f"{next(self._names)}{n}" for n in range(count)]
        for name in names:
            await engine.create("errand", name, actor="bench")
        began, waiting = time.perf_counter(), iter(names)

        async def client() -> None:
            for name in waiting:
                await engine.send(name, Event("CALL"), actor="bench")

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        await _run_all(engine)
        taken = time.perf_counter() - began
        await engine.wakeup.close()
        return count / taken


async def _run_all(engine: Engine) -> None:
    stop = asyncio.Event()
    runner = JobRunner(engine, concurrency=CONCURRENCY, poll_seconds=0.01)
    running = asyncio.create_task(runner.run(stop))
    while await engine.pool.fetchval(_LEFT):  # noqa: ASYNC110 (the other side is a database)
        await asyncio.sleep(0.02)
    stop.set()
    await running


async def _errands(app: Orderwright) -> Engine:
    registry = Registry({"errand": {1: Behaviour()}})
    async with app.pool.acquire() as connection:
        await registry.publish(connection, json.dumps(ERRAND), at=app.clock.now())
    return Engine(
        app.pool,
        registry,
        app.clock,
        facts={},
        formats=FORMATS,
        wakeup=Announcer(app.pool),
        kinds={POST.name: POST},
    )


async def _rate(
    jobs: Jobs, work: Callable[[], Awaitable[None]], count: int
) -> tuple[float, float]:
    """Return jobs per second, and microseconds of our CPU for each."""
    await jobs.seed(count)
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    taken, used = time.perf_counter() - wall, time.process_time() - cpu
    return count / taken, used / count * 1e6


async def main(home: Path, count: int, rounds: int) -> None:
    """Measure on a server in an empty folder."""
    settings = Settings(database_connections=24, log_level="warning")
    configure_log(settings)
    found, used = Comparison(), 0.0
    with embedded.acquire(home) as lease:
        async with Orderwright.connect(lease.url, settings=settings, kinds=[POST]) as app:
            jobs = Jobs(app)
            for number in range(rounds + 1):
                ours, cpu = await _rate(jobs, jobs.run, count // rounds)
                theirs, _ = await _rate(jobs, jobs.bare, count // rounds)
                if number:  # the first round warms up
                    found.ours.append(ours)
                    found.theirs.append(theirs)
                    used += cpu
            print(f"jobs: {count} with an empty handler, per second, {rounds} rounds")
            print(f"{heading('bare')}   our CPU us")
            print(f"{found}   {used / rounds:6.0f}")
            print(f"invoked, end to end: {await jobs.invoked(count // rounds):,.0f} per second")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.runtime.jobs", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="how many jobs")
    parser.add_argument("--rounds", type=int, default=10, help="in how many rounds")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.count, chosen.rounds))
    finally:
        shutil.rmtree(folder)
