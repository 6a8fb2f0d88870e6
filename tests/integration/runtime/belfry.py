"""Bells, and what tests do with them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bell import BELL, RINGING, timers
from engine_room import build_engine

from orderwright.runtime.firing import fire_due
from orderwright.runtime.job import JobKind

if TYPE_CHECKING:
    from parcel import Scales

    from orderwright.clock import Clock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job import JobRun
    from orderwright.runtime.pool import Pool

SECOND = timedelta(seconds=1)
WAITING = "select * from orderwright.timer order by instance_id, due_at"
RUNG = """
select instance_id, (event_data::jsonb->>'n')::int as n, version, occurred_at from orderwright.log
where event_type like 'RING%' order by instance_id, version
"""


async def build_bells(pool: Pool, clock: Clock, scales: Scales) -> Engine:
    """Build an engine that knows the bell; who builds it closes it."""
    return await build_engine(
        pool,
        clock,
        {"weight": scales.load},
        chart=BELL,
        behaviour=RINGING,
        kinds={"call": JobKind(name="call", handle=_call)},
    )


async def _call(_: JobRun) -> None:
    """Do nothing: no test runs jobs."""


async def hang(engine: Engine, names: list[str], *given: tuple[object, ...]) -> None:
    """Make bells and set the same timers on each."""
    for name in names:
        await engine.create("bell", name, actor="ann")
        await engine.send(name, timers(*given), actor="ann")


async def fire_all(engine: Engine) -> list[int]:
    """Fire what is due, and return the size of each batch."""
    fired = []
    while done := await fire_due(engine):
        fired.append(done)
    return fired


async def rung(engine: Engine, name: str) -> list[int]:
    """Return how a bell has rung."""
    return (await engine.read(name)).snapshot.context["rung"]
