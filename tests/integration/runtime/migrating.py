"""A migration in a process of its own, for `test_migration`: it says how far it is after each batch, and goes
on when it is told to, until killed.
"""

from __future__ import annotations

import asyncio
import sys

from engine_room import build_engine
from parcel import START, Scales
from relabelled import migrate, publish_second

from orderwright.clock import DrivenClock
from orderwright.runtime.migration import Migrations
from orderwright.runtime.pool import open_pool


async def run(url: str) -> None:
    """Migrate until killed."""
    pool = await open_pool(url)
    engine = await build_engine(pool, DrivenClock(START), {"weight": Scales().load})
    await publish_second(engine)

    def tell(done: int, _total: int) -> None:
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()
        sys.stdin.readline()

    await migrate(Migrations(engine, batch=5), progress=tell)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
