"""A worker in a process of its own, for `test_timer_batches`: it says each ring as it is computed, until killed."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from bell import BELL, RINGING
from engine_room import build_engine

from orderwright.clock import SystemClock
from orderwright.runtime.pool import open_pool
from orderwright.runtime.worker import Worker
from orderwright.statechart import Behaviour

if TYPE_CHECKING:
    from orderwright.statechart import Outcome, Scope


def _ring_aloud(scope: Scope) -> Outcome | None:
    sys.stdout.write("ring\n")
    sys.stdout.flush()
    return RINGING.actions["ring"](scope)


async def run(url: str) -> None:
    """Work until killed."""
    pool = await open_pool(url)
    behaviour = Behaviour(guards=RINGING.guards, actions={**RINGING.actions, "ring": _ring_aloud})
    engine = await build_engine(pool, SystemClock(), {}, chart=BELL, behaviour=behaviour)
    await Worker(engine, [], poll_seconds=0.01).run()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
