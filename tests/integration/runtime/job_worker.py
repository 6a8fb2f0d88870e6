"""A worker in a process of its own, for `test_job_crash`: its jobs say that they run, and do what their payload says.

wait    say so and wait for ever
exit    say so and end the process at once, as the kernel does when it is out of memory
kill    kill the process when everything else that was claimed with it is at work
work    do it, unless the process is about to be killed
hang    in a thread, for ever; the handler is no coroutine
write   write a line to a file: the effect outside; then say so
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from errand import build_errands

from orderwright.cli.running import stop_signal
from orderwright.clock import SystemClock
from orderwright.runtime.job import JobKind, JobRun
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.pool import open_pool
from orderwright.runtime.worker import Worker

LEASE = timedelta(seconds=1)
_at_work: set[str] = set()


def _say(run: JobRun) -> None:
    sys.stdout.write(f"RUN {run.key} {run.attempt}\n")
    sys.stdout.flush()


async def _do(run: JobRun) -> object:
    payload: Any = run.payload
    if payload["do"] == "write":
        with Path(payload["file"]).open("a", encoding="utf-8") as file:  # noqa: ASYNC230 (a line)
            file.write(f"{run.key}\n")
    _say(run)
    if payload["do"] == "exit":
        os._exit(1)
    if payload["do"] == "wait":
        await asyncio.Event().wait()
    if payload["do"] in ("kill", "work"):
        await _beside_others(payload["do"])
    return "written"


async def _beside_others(what: str) -> None:
    _at_work.add(what)
    await asyncio.sleep(0)  # who was claimed together begins together
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if "kill" in _at_work:
        await asyncio.Event().wait()


def _hang(run: JobRun) -> object:
    _say(run)
    return threading.Event().wait()


async def run(url: str) -> None:
    """Work until killed, or told to end."""
    pool = await open_pool(url)
    kind = JobKind(name="call", handle=_do)
    engine = await build_errands(pool, SystemClock(), [kind, JobKind(name="hang", handle=_hang)])
    runner = JobRunner(engine, concurrency=4, lease=LEASE, grace_seconds=0.1, poll_seconds=0.05)
    async with stop_signal() as stop:
        await Worker(engine, [], jobs=runner).run(stop)
    await engine.wakeup.close()
    await pool.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
