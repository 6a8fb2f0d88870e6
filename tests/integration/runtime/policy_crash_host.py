"""A process that forks a fresh one for each line of its input, which decides and acts until it is told to die.

`python -m policy_crash_host`. A line is JSON: url, step and side (where to die, else null), and finish: to come by
three times, an hour apart, since leases run out and pauses end in between. With `answers` it carries what people have
answered, instead of deciding; with `asked`, a file, it is the host as well, whose handlers write there what they are
asked. The answer is how the child ended, and the steps that it took.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from crashing.tap import Tap

from orderwright import HostAction, Orderwright
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.relay import Standing, relay

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
FINISHING = 3
REJECT = "REJECT_TRANSACTION"


class Asked:
    """A host's system, which takes what it is asked for as often as it is asked."""

    def __init__(self, file: Path, tap: Tap) -> None:
        self._file = file
        self._tap = tap

    async def do(self, action: HostAction) -> None:
        await self._tap.pass_through("ask the host", lambda: self._write(action.key))

    async def _write(self, key: str) -> None:
        with self._file.open("a") as asked:
            asked.write(f"{key}\n")


def _answers(app: Orderwright) -> Consumer:
    [found] = [one for one in app.acts.consumers() if one.name == "policy-answers"]
    return found


async def walk(order: dict[str, Any]) -> list[str]:
    """Decide on what lifecycles have told, then do what was planned."""
    tap = Tap(order["step"], order["side"])
    tap.join()
    clock = DrivenClock(START)
    handlers = {REJECT: Asked(Path(order["asked"]), tap).do} if order.get("asked") else {}
    async with Orderwright.connect(
        order["url"], settings=Settings(), clock=clock, action_handlers=handlers
    ) as app:
        consumer = _answers(app) if order.get("answers") else app.policies.relayed.consumer()
        await app.policies.sets.at(app.pool, -1)  # so that each walk takes the same steps
        jobs = JobRunner(app.engine, concurrency=1)
        tap.is_open = True
        for _ in range(FINISHING if order["finish"] else 1):
            while (await relay(app.pool, consumer, clock)).standing is not Standing.DONE:
                pass
            while await jobs.run_due():
                pass
            clock.advance(timedelta(hours=1))
        tap.is_open = False
    return tap.seen


def fork(order: dict[str, Any]) -> dict[str, object]:
    """Have a walk done by a fresh process."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _live(order, write)
    os.close(write)
    with os.fdopen(read) as report:
        said = report.read()
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "said": json.loads(said or "null")}


def _live(order: dict[str, Any], write: int) -> None:
    code = 1
    try:
        said: object = asyncio.run(walk(order))
        code = 0
    except BaseException:  # noqa: BLE001 (told to the test)
        said = traceback.format_exc()
    with os.fdopen(write, "w") as report:
        report.write(json.dumps(said))
    os._exit(code)


if __name__ == "__main__":
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            answers.write(json.dumps(fork(json.loads(line))) + "\n")
            answers.flush()
