"""What is done outside of the database: a job for each order, and a chart whose one state calls somebody.

The other side is a file. A line of it is the key that came with a call; whoever takes a key twice sees that he has it.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orderwright.app.formats import FORMATS
from orderwright.runtime.engine import Engine
from orderwright.runtime.job import JobKind, JobRun
from orderwright.runtime.registry import Registry
from orderwright.statechart import Behaviour

if TYPE_CHECKING:
    from orderwright import Orderwright

LEASE: Final = timedelta(seconds=2)
_NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
_ERRAND = {
    "id": "errand",
    "version": 1,
    "initial": "IDLE",
    "events": {"CALL": {"label": "Call", "data": _NOTHING}},
    "states": {
        "IDLE": {"on": {"CALL": "CALLING"}},
        "CALLING": {"invoke": {"id": "call", "src": "call", "onDone": "DONE"}},
        "DONE": {"type": "final"},
    },
}


def kind(name: str, folder: Path) -> JobKind:
    """A kind of job that writes its key to the file."""
    return JobKind(name=name, handle=partial(_write, folder / name))


def keys(name: str, folder: Path) -> list[str]:
    """Return the keys that have come with the jobs of a kind."""
    return (folder / name).read_text(encoding="utf-8").split()


async def errands(app: Orderwright, folder: Path) -> Engine:
    """Return an engine beside the application's, which runs the errands."""
    registry = Registry({"errand": {1: Behaviour()}})
    async with app.pool.acquire() as connection:
        await registry.publish(connection, json.dumps(_ERRAND), at=app.clock.now())
    return Engine(
        app.pool,
        registry,
        app.clock,
        facts={},
        formats=FORMATS,
        wakeup=app.engine.wakeup,
        kinds={"call": kind("call", folder)},
    )


def _write(file: Path, run: JobRun) -> str:
    line = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(line, f"{run.key}\n".encode())
    os.close(line)
    return "written"
