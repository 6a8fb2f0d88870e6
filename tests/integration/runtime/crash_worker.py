"""A worker in a process of its own, for `test_crash`: it says each event that it has handled, slowly, until killed."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from engine_room import Deaf, build_engine
from parcel import Scales

from orderwright.clock import SystemClock
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.pool import open_pool
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection


async def run(url: str) -> None:
    """Work until killed."""
    pool = await open_pool(url)
    engine = await build_engine(pool, SystemClock(), {"weight": Scales().load})
    engine.keep(Deaf())

    async def handle(connection: Connection, event: DomainEvent) -> None:
        copy = f"{event.instance_id}-{event.version}-copy"
        await engine.create(
            "parcel", copy, actor="relay", causation_id=event.event_id, connection=connection
        )
        await engine.send("sum", Event("TOUCH"), actor="relay", connection=connection)
        sys.stdout.write(f"{event.event_id}\n")
        sys.stdout.flush()
        await asyncio.sleep(0)

    consumer = Consumer(name="copy", events=frozenset({"parcel.added"}), handle=handle)
    await Worker(engine, [consumer], poll_seconds=0.01).run()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
