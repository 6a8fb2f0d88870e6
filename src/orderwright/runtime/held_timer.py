"""Due timers of one process that have met a lock which somebody holds: left alone for a while, and tried again.

Nothing is wrong with them, so nothing is stored of it. Claims leave their instances out, so that those behind them
have their turn however many they are; they have turns of their own, a few in each pass.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from orderwright.runtime.timers import DueTimer

_TURNS: Final = 8
"""How many are tried again in one pass."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
"""Seconds between two tries of one, if there are few."""


class HeldTimer(NamedTuple):
    """A timer that has met a lock, how long it was left alone for, and until when by the monotonic clock."""

    timer: DueTimer
    pause: float = 0.0
    until: float = 0.0


class HeldTimers:
    """Those of one process."""

    def __init__(self) -> None:
        self._waiting: deque[HeldTimer] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def instances(self) -> list[str]:
        """Return the ids of the instances that claims leave out."""
        return [held.timer.instance_id for held in self._waiting]

    def hold(self, held: HeldTimer) -> None:
        """Leave a timer alone for longer than the last time."""
        pause = min(max(held.pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._waiting.append(HeldTimer(held.timer, pause, time.monotonic() + pause))

    def take(self) -> list[HeldTimer]:
        """Take out those that are to be tried again now, who has waited longest first."""
        now = time.monotonic()
        taken = [held for held in self._waiting if held.until <= now][:_TURNS]
        for held in taken:
            self._waiting.remove(held)
        return taken
