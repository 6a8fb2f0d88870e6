"""Engines that know all the charts of these tests, as if each were a process of its own."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bell import BELL, RINGING
from engine_room import close
from errand import ERRAND
from jsonschema import FormatChecker
from parcel import BEHAVIOUR, PARCEL, START, Scales

from orderwright.runtime.engine import Engine
from orderwright.runtime.pool import open_pool
from orderwright.runtime.registry import Registry
from orderwright.runtime.wakeup import Announcer
from orderwright.statechart import Behaviour

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from errand import Receiver

    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool


@asynccontextmanager
async def engine_on(
    pool: Pool, clock: Clock, receiver: Receiver, *, announce_on: Pool | None = None
) -> AsyncIterator[Engine]:
    """Run an engine on a pool; what it invokes, and jobs of the kind *note*, go to the receiver."""
    known = {"bell": RINGING, "errand": Behaviour()}
    registry = Registry(lambda chart, _: known.get(chart, BEHAVIOUR))
    for chart in (PARCEL, BELL, ERRAND):
        await registry.publish(pool, json.dumps(chart), at=START)
    engine = Engine(
        pool,
        registry,
        clock,
        facts={"weight": Scales().load},
        formats=FormatChecker(),
        wakeup=Announcer(announce_on or pool),
        kinds={kind.name: kind for kind in (receiver.kind(), receiver.kind("note"))},
    )
    yield engine
    await close(engine)


@asynccontextmanager
async def process(
    url: str, clock: Clock, receiver: Receiver, *, connections: int = 6
) -> AsyncIterator[Engine]:
    """Run an engine with a pool of its own, as a process would."""
    pool = await open_pool(url, max_size=connections)
    try:
        async with engine_on(pool, clock, receiver) as engine:
            yield engine
    finally:
        await pool.close()
