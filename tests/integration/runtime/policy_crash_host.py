"""A process that forks a fresh one for each line of its input, which decides and acts until it is told to die.

`python -m policy_crash_host`. A line is JSON: url, step and side (where to die, else null), and finish: to come by
three times, an hour apart, since leases run out and pauses end in between. With `answers` it carries what people have
answered, instead of deciding; with `asked`, a file, it is the host as well, whose handlers write there what they are
asked. The answer is how the child ended, and the steps that it took.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crashing.forked import serve
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


if __name__ == "__main__":
    serve(walk)
