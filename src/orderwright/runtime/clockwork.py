"""What the time brings about: the turns of a worker that fires timers, and how long it sleeps between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.runtime import timers
from orderwright.runtime.firing import fire_due, fire_next

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.engine import Engine

LOOPS: Final = 2
"""How many loops take turns in one process: while the database writes the batch of one, the other computes."""

_HELD: Final = 0.05
"""Seconds until what is due but in somebody else's hands is looked at again."""


class Clockwork:
    """Fires what is due.

    A turn that finds nothing asks when the next timer is due, and sleeps until then. What others schedule
    meanwhile may be due earlier: they announce it, and in case that is lost no sleep is longer than `poll_seconds`.
    """

    def __init__(self, engine: Engine, *, poll_seconds: float) -> None:
        self._engine = engine
        self._poll_seconds = poll_seconds

    async def turn(self) -> float:
        """Fire a batch and return how many seconds to wait before the next turn."""
        seconds = await self._seconds_left()
        if seconds > 0:
            return min(seconds, self._poll_seconds)
        fired = await fire_due(self._engine)
        return 0 if fired else min(_HELD, self._poll_seconds)

    async def fire_next(self, until: datetime | None = None) -> bool:
        """Fire the earliest timer that is due at `until`, by default now; False when there is none."""
        return await fire_next(self._engine, until=until)

    async def _seconds_left(self) -> float:
        """Return the time to the next timer, which is 0 or less when it is due, and endless without any."""
        async with self._engine.pool.acquire() as connection:
            due_at = await timers.earliest(connection)
        if due_at is None:
            return float("inf")
        return (due_at - self._engine.clock.now()).total_seconds()
