"""A subscriber to the parcel's events, and parcels that give it something to hear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.runtime.webhook.subscription import subscribe
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.clock import Clock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


async def subscribed(pool: Pool, clock: Clock, url: str, *patterns: str) -> tuple[str, str]:
    """Subscribe a receiver on the loopback; return the subscription's id and its secret."""
    async with pool.acquire() as connection:
        return await subscribe(
            connection,
            url,
            patterns or ("*",),
            created_by="ann",
            at=clock.now(),
            allow_loopback=True,
        )


async def add(engine: Engine, name: str = "p1", times: int = 1) -> None:
    """Have a parcel announce so many times that something was added to it."""
    if await engine.read(name) is None:
        await engine.create("parcel", name, actor="ann")
    for _ in range(times):
        await engine.send(name, Event("ADD", {"n": 1}), actor="ann")
