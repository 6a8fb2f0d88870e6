"""The error of invoked work is told to its instance whatever passes meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
from engine_room import build_engine, close
from errand import ERRAND
from waiting import eventually

from orderwright.runtime.job_runner import JobRunner
from orderwright.statechart import Behaviour, Event

if TYPE_CHECKING:
    from errand import Receiver
    from parcel import Rows, Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.fact import FactRequest
    from orderwright.runtime.pool import Connection, Pool

ERROR = "error.invoke.call"
WEIGHED = {"combinator": "and", "rules": [{"field": "facts.weight", "operator": ">", "value": 0}]}
WEIGHING = {
    **ERRAND,
    "events": {
        "CALL": ERRAND["events"]["CALL"],
        ERROR: {
            "label": "Failed",
            "by": "system",
            "facts": ["weight"],
            "data": {"type": "object"},
        },
    },
    "states": {
        "IDLE": {"on": {"CALL": "CALLING"}},
        "CALLING": {
            "invoke": {
                "id": "call",
                "src": "call",
                "onDone": "IDLE",
                "onError": {"target": "FAILED", "guard": {"when": WEIGHED}},
            }
        },
        "FAILED": {"on": {"CALL": "CALLING"}},
    },
}
"""An errand whose error is weighed before it is taken."""
LOCK = "select pg_advisory_xact_lock($1)"
WAITS = "select wait_event_type = 'Lock' from pg_stat_activity where pid = $1"


async def test_who_loses_a_deadlock_over_an_error_tells_it_again(
    pool: Pool,
    clock: DrivenClock,
    scales: Scales,
    receiver: Receiver,
    rows: Rows,
    database_url: str,
):
    """Another host holds what the fact locks second, and wants what it has locked first."""
    receiver.failures = [ValueError("no")]
    kinds = {"call": receiver.kind(attempts=1)}
    engine = await build_engine(
        pool, clock, {"weight": scales.load}, chart=WEIGHING, behaviour=Behaviour(), kinds=kinds
    )
    await engine.create("errand", "e1", actor="ann")
    await engine.send("e1", Event("CALL"), actor="ann")
    other = await asyncpg.connect(database_url, server_settings={"deadlock_timeout": "30s"})
    transaction = other.transaction()
    await transaction.start()
    await other.execute(LOCK, 2)
    wanting: list[asyncio.Task[str]] = []

    async def cross(connection: Connection, _: FactRequest) -> int:
        await connection.execute(LOCK, 1)
        if not wanting:
            wanting.append(asyncio.create_task(other.execute(LOCK, 1)))
            await eventually(lambda: pool.fetchval(WAITS, other.get_server_pid()))
        await connection.execute(LOCK, 2)
        return 1

    scales.load_with(cross)
    working = asyncio.create_task(JobRunner(engine, poll_seconds=0.01).run_due())
    await eventually(lambda: _ended(wanting))
    await transaction.rollback()
    await other.close()
    async with asyncio.timeout(30):
        await working
    assert (await engine.read("e1")).state == "FAILED"
    assert await rows("select status from orderwright.job") == [{"status": "failed"}]
    await close(engine)


async def _ended(tasks: list[asyncio.Task[str]]) -> bool:
    return bool(tasks) and tasks[0].done()
