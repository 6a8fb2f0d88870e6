"""What is due in one process and has met a lock which somebody holds: left alone for a while, and tried again.

Nothing is wrong with it, so nothing is stored of it. Claims leave it out, so that what is behind it has its turn
however much of it there is; it has turns of its own, a few in each pass.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

_TURNS: Final = 8
"""How many are tried again in one pass."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
"""Seconds between two tries of one, if there are few."""


class Held(NamedTuple, Generic[T]):
    """What has met a lock, how long it was left alone for, and until when by the monotonic clock."""

    work: T
    pause: float = 0.0
    until: float = 0.0


class HeldUp(Generic[T]):
    """All of a kind in one process."""

    def __init__(self) -> None:
        self._waiting: deque[Held[T]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def all(self) -> list[T]:
        """Return what claims leave out."""
        return [held.work for held in self._waiting]

    async def get_past(self, deal: Callable[[], Awaitable[int]]) -> bool:
        """Deal with what is due until something was dealt with, or nothing more was held up; tell whether it was."""
        known = -1
        while len(self) > known:
            known = len(self)
            if await deal():
                return True
        return False

    def hold(self, held: Held[T]) -> None:
        """Leave something alone for longer than the last time."""
        pause = min(max(held.pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._waiting.append(Held(held.work, pause, time.monotonic() + pause))

    def take(self, most: int = _TURNS) -> list[Held[T]]:
        """Take out what is to be tried again now, what has waited longest first."""
        now = time.monotonic()
        taken = [held for held in self._waiting if held.until <= now][:most]
        for held in taken:
            self._waiting.remove(held)
        return taken
