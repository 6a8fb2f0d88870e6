"""A worker is killed in the middle, again and again; what it had not finished is done by the next, once."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from waiting import eventually

from orderwright.runtime.replay import Replay
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Rows

    from orderwright.runtime.engine import Engine

SCRIPT = Path(__file__).with_name("crash_worker.py")
EVENTS = 150


async def _start(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", str(SCRIPT), url, stdout=asyncio.subprocess.PIPE
    )


async def _kill_after(worker: asyncio.subprocess.Process, lines: int) -> None:
    """Kill a worker in the middle of a pass: it has handled some events and committed none of them, or not all."""
    async with asyncio.timeout(30):
        for _ in range(lines):
            assert await worker.stdout.readline()
    worker.kill()
    await worker.communicate()


async def test_a_killed_worker_loses_nothing_and_repeats_nothing(
    engine: Engine, rows: Rows, database_url: str
):
    await engine.create("parcel", "sum", actor="ann")
    await engine.create("parcel", "p1", actor="ann")
    for _ in range(EVENTS):
        await engine.send("p1", Event("ADD", {"n": 1}), actor="ann")
    await engine.create("parcel", "p2", actor="ann")
    await engine.send("p2", Event("REMIND_SOON"), actor="ann")  # long due on the worker's clock

    for lines in (1, 40, 130):
        await _kill_after(await _start(database_url), lines)
    last = await _start(database_url)

    async def is_finished() -> bool:
        done = await rows("select 1 from orderwright.log where event_type = 'REMIND'")
        copies = await rows("select 1 from orderwright.instance where instance_id like '%-copy'")
        return len(done) == 1 and len(copies) == EVENTS

    await eventually(is_finished)
    last.terminate()
    await last.communicate()

    causes = await rows(
        "select causation_id from orderwright.log where instance_id like '%-copy' order by recorded_at"
    )
    assert sorted(row["causation_id"] for row in causes) == sorted(
        f"p1/{version}/1" for version in range(2, EVENTS + 2)
    )
    assert (await engine.read("sum")).version == 1 + EVENTS
    assert (await engine.read("p2")).version == 3
    assert await rows("select 1 from orderwright.timer") == []
    for name in ("sum", "p1", "p2", "p1-2-copy"):
        assert await Replay(engine.pool).verify(name) == ()
