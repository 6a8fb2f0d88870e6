"""What the time brings about: a worker's turns over timers and slots, and its sleep between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.runtime import slots, timers
from orderwright.runtime.firing import fire_due, fire_next
from orderwright.runtime.held_up import HeldUp
from orderwright.runtime.schedule import put_schedule
from orderwright.runtime.slot_action import standard_actions
from orderwright.runtime.strike import strike_due, strike_next

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.schedule import Plan
    from orderwright.runtime.strike import SlotActions
    from orderwright.runtime.timers import DueTimer

_LANES: Final = 2
"""How many loops fire timers in one process: while the database writes the batch of one, the other computes."""

_HELD: Final = 0.05
"""Seconds until what is due but in somebody else's hands is looked at again."""


class Clockwork:
    """Does what is due.

    A turn that finds nothing asks when the next timer or slot is due, and sleeps until then. What others schedule
    meanwhile may be due earlier: they announce it, and in case that is lost no sleep is longer than `poll_seconds`.

    Args:
        engine: whose timers they are.
        actions: what slots may ask for, beside the standard actions.
        schedules: stored when the first turn begins, as far as they differ from what is stored.
        poll_seconds: the longest sleep.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        actions: SlotActions | None = None,
        schedules: Sequence[Plan] = (),
        poll_seconds: float = 1.0,
    ) -> None:
        self._engine = engine
        self._actions = {**standard_actions(engine), **(actions or {})}
        self._missing = list(schedules)
        self._poll_seconds = poll_seconds
        self._held_timers: HeldUp[DueTimer] = HeldUp()
        self._held_schedules: HeldUp[str] = HeldUp()

    def turns(self) -> list[Callable[[], Awaitable[float]]]:
        """Return what is to be called in turn, each in a loop of its own; it says how long to rest after it."""
        return [*[self._fire] * _LANES, self._strike]

    async def step(self, until: datetime | None = None) -> bool:
        """Fire the earliest timer that is due at `until`, by default now; without one, strike a slot.

        False when there is nothing to do.
        """
        if await fire_next(self._engine, until=until):
            return True
        return await strike_next(self._engine, self._actions, until=until)

    async def _fire(self) -> float:
        async with self._engine.pool.acquire() as connection:
            due_at = await timers.earliest(connection, self._engine.registry.foreign)
        rest = self._rest_until(due_at)
        return rest or self._rest_after(await fire_due(self._engine, held=self._held_timers))

    async def _strike(self) -> float:
        await self._store_schedules()
        async with self._engine.pool.acquire() as connection:
            due_at = await slots.earliest_slot(connection, self._actions)
        rest = self._rest_until(due_at)
        return rest or self._rest_after(
            await strike_due(self._engine, self._actions, self._held_schedules)
        )

    async def _store_schedules(self) -> None:
        while self._missing:
            async with self._engine.pool.acquire() as connection, connection.transaction():
                schedule = await self._missing[-1](connection)
                await put_schedule(connection, schedule, at=self._engine.clock.now())
            self._missing.pop()

    def _rest_until(self, due_at: datetime | None) -> float:
        """Return how many seconds to rest before something is due; 0 when it is."""
        if due_at is None:
            return self._poll_seconds
        seconds = (due_at - self._engine.clock.now()).total_seconds()
        return min(max(seconds, 0), self._poll_seconds)

    def _rest_after(self, done: int) -> float:
        return 0 if done else min(_HELD, self._poll_seconds)
