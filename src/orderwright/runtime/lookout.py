"""The lookout: one look at new events for all consumers of a worker, which wakes those that want one of them.

Most of the time a consumer that looks for itself finds what others want, or what is not settled yet; with twenty of
them that was most of what a worker asked of the database. What nobody is woken for, a consumer passes when it looks
by itself, as it does every `poll_seconds`: so a wake is a hint, and a lost one costs no more than that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from orderwright.runtime import outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orderwright.runtime.consumer import Consumer
    from orderwright.runtime.outbox import Cursor
    from orderwright.runtime.pool import Pool

_SOON: Final = 0.01  # seconds until unsettled events are looked at again


class Watcher(NamedTuple):
    """A consumer, and how to wake it."""

    consumer: Consumer
    wake: Callable[[], None]


class Lookout:
    """Looks at each settled event once, beginning with those that are settled after its first turn."""

    def __init__(self, pool: Pool, watchers: Sequence[Watcher], poll_seconds: float) -> None:
        self._pool = pool
        self._watchers = tuple(watchers)
        self._poll_seconds = poll_seconds
        self._place: Cursor | None = None
        self._held = 0

    async def turn(self) -> float:
        """Look once, and return how many seconds to wait before the next look."""
        async with self._pool.acquire() as connection:
            if self._place is None:
                self._place = await outbox.horizon(connection)
                self._wake(None)
            ahead = await outbox.look_on(connection, self._place)
        if ahead.reached is not None:
            self._place = ahead.reached
            self._wake(ahead.names)
            self._held = 0
            return 0
        self._held = self._held + 1 if ahead.is_held else 0
        return self._rest()

    def _wake(self, names: frozenset[str] | None) -> None:
        """Wake those that want an event of one of these names; all of them, where the names are not known."""
        for consumer, wake in self._watchers:
            if names is None or consumer.events is None or not names.isdisjoint(consumer.events):
                wake()

    def _rest(self) -> float:
        soon = _SOON * (1 << min(self._held - 1, 16)) if self._held else self._poll_seconds
        return min(self._poll_seconds, soon)
