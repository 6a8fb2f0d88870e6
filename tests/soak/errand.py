"""What is done outside of the database: a job for each order, and a chart whose one state calls somebody.

Before it calls, an errand takes its fare from a purse: some have one together, and not all of them find enough in it.

The other side is a file. A line of it is the key that came with a call; whoever takes a key twice sees that he has it.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orderwright.app.formats import FORMATS
from orderwright.runtime.engine import Engine
from orderwright.runtime.job import JobKind, JobRun
from orderwright.runtime.ledger import Booking
from orderwright.runtime.registry import Registry
from orderwright.statechart import Behaviour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright import Orderwright

LEASE: Final = timedelta(seconds=2)
SHARING: Final = 4
"""How many errands have a purse together."""
FARES: Final = 3
"""How many fares are in a purse."""
_NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
_PURSE = {
    "type": "object",
    "properties": {"purse": {"type": "string"}},
    "required": ["purse"],
    "additionalProperties": False,
}
_FARE = {"ledger": "fares", "data": {"account": {"from": "event.purse"}, "amount": 1}}
_ERRAND = {
    "id": "errand",
    "version": 1,
    "initial": "IDLE",
    "events": {
        "CALL": {"label": "Call", "data": _NOTHING},
        "PAY": {"label": "Pay", "data": _PURSE},
    },
    "states": {
        "IDLE": {"on": {"CALL": "CALLING", "PAY": {"actions": {"post": _FARE}}}},
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
        ledgers={"fares": _fare},
    )


def _fare(data: Mapping[str, Any]) -> Booking:
    return Booking(account=data["account"], amount=data["amount"], floor=0, ceiling=FARES)


def _write(file: Path, run: JobRun) -> str:
    line = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(line, f"{run.key}\n".encode())
    os.close(line)
    return "written"
