"""A process that has imported everything forks a fresh one for each order: a death costs it nothing.

It reads orders from its input, one a line of JSON, and answers each with a line: how the child ended, and what it
reported.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Order = dict[str, Any]
    CarryOut = Callable[[Order], Coroutine[Any, Any, list[str]]]


def serve(carry_out: CarryOut) -> None:
    """Have one order after the other carried out, each by a process of its own."""
    # What is logged here is meant to be.
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        for line in sys.stdin:
            answers.write(json.dumps(_fork(carry_out, json.loads(line))) + "\n")
            answers.flush()


def _fork(carry_out: CarryOut, order: Order) -> dict[str, object]:
    """Have an order carried out by a fresh process, and tell how that went."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _live(carry_out, order, write)
    os.close(write)
    with os.fdopen(read) as report:
        said = report.read()
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "said": json.loads(said or "null")}


def _live(carry_out: CarryOut, order: Order, write: int) -> None:
    code = 1
    try:
        said: object = asyncio.run(carry_out(order))
        code = 0
    except BaseException:  # noqa: BLE001 (told to the test)
        said = traceback.format_exc()
    with os.fdopen(write, "w") as report:
        report.write(json.dumps(said))
    os._exit(code)
