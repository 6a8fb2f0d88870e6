"""A process that has imported everything, and forks a fresh one for each order: a death costs it nothing.

`python -m crashing.host` reads orders from its input, one a line, and answers each with a line: how the child ended,
and what it reported. Orders are JSON; see `Order`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import traceback
from dataclasses import asdict, dataclass

import structlog
from crashing.every import PATHS
from crashing.house import opened
from crashing.tap import Side, Tap

FINISHING = 3
"""How often a fresh process comes by, an hour apart: leases run out and pauses end in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a child is to do.

    Attributes:
        path: which durable path.
        number: the round; each has a day and names of its own.
        finish: to finish the round and prove it, and to arrange the next; else to walk the path.
        step: where to die on the way, and on which side.
        folder: for what happens outside of the database.
        receiver: the URL of somebody who records webhooks.
    """

    path: str
    url: str
    folder: str
    receiver: str
    number: int
    finish: bool = False
    step: int | None = None
    side: Side = "before"

    def text(self) -> str:
        return json.dumps(asdict(self))


async def carry_out(order: Order) -> list[str]:
    """Do as ordered, and return the steps that were seen."""
    path = PATHS[order.path]
    tap = Tap(order.step, order.side)
    tap.join()
    async with opened(order.url, order.folder, order.receiver, tap) as house:
        if not order.finish:
            house.enter(order.number, minutes=10)
            tap.is_open = True
            await path.walk(house)
            tap.is_open = False
            return tap.seen
        if order.number >= 0:
            for hours in range(1, FINISHING + 1):
                house.enter(order.number, minutes=60 * hours)
                await path.walk(house)
            await path.prove(house)
            await house.prove_sound()
        house.enter(order.number + 1, minutes=0)
        await path.arrange(house)
    return []


def fork(order: Order) -> dict[str, object]:
    """Have an order carried out by a fresh process, and tell how that went."""
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


def _live(order: Order, write: int) -> None:
    code = 1
    try:
        said: object = asyncio.run(carry_out(order))
        code = 0
    except BaseException:  # noqa: BLE001 (told to the test)
        said = traceback.format_exc()
    with os.fdopen(write, "w") as report:
        report.write(json.dumps(said))
    os._exit(code)


def serve() -> None:
    """Carry out one order after the other."""
    quiet = structlog.make_filtering_bound_logger(
        logging.CRITICAL
    )  # what is logged here is meant to be
    structlog.configure(wrapper_class=quiet)
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            answers.write(json.dumps(fork(Order(**json.loads(line)))) + "\n")
            answers.flush()


if __name__ == "__main__":
    serve()
