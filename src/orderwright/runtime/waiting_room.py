"""The waiting room: those of one process who meet a lock that somebody holds for long wait for it a try at a time.

Whoever waits for a lock keeps a connection. A host may hold an instance or a balance for as long as its transaction
is open, and as many callers as there are connections may want it meanwhile: if each waited as long as it takes, the
process would come to a stand, and so would the host, if it asked for anything here in the middle of its transaction.
The database, which sees one half of that circle only, would never break it. So:

- A try waits a bounded time, and gives its connection back at the end of it, with nothing written. There are as many
  tries as it takes.
- At most a third of the pool's connections are with those who try, and half of these with those who have met a lock
  before: who meets none does not wait for those who do.
- The more have met a lock, the shorter is a try. They take turns, and each soon has one, whichever lock it wants.
- Who has waited longest has the longest tries, if that leaves a connection to the others. The database serves those
  who wait for one lock in the order of their coming, and others there do not go away and come again.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final, TypeVar

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

_SHARE: Final = 3
"""One connection in so many is for those who may have to wait."""
_FIRST_MS: Final = 100
_TURN_MS: Final = 1000
"""How long a round of tries takes, of which each has its share."""
_LEAST_MS: Final = 50
_LONGEST_MS: Final = 5000
_PAUSE_MICROSECONDS: Final = 50_000


class Unwanted(Exception):
    """Nobody waits any more for what was to be tried; its last try has come to nothing."""


class WaitingRoom:
    """Lets those of one process in who have something to try.

    Args:
        connections: how many there are at most.
    """

    def __init__(self, connections: int) -> None:
        places = max(connections // _SHARE, 1)
        seats = max(places // 2, 1)
        self._places = asyncio.Semaphore(places)
        self._seats = asyncio.Semaphore(seats)
        self._favours_the_eldest = seats > 1
        self._held_up: dict[object, None] = {}

    def hurry(self) -> None:
        """Let nobody have longer tries than others from now on: the end is near."""
        self._favours_the_eldest = False

    async def tried(
        self,
        attempt: Callable[[int], Awaitable[T]],
        *,
        is_wanted: Callable[[], bool] | None = None,
    ) -> T:
        """Return what an attempt comes to when it meets no lock, or only such as are given up in time.

        Args:
            attempt: waits for each lock that it wants up to so many milliseconds, and does nothing if that is in vain.
            is_wanted: whether it is to be made still.

        Raises:
            Unwanted: it is not.
        """
        try:
            return await self._try(attempt, is_wanted, lambda: _FIRST_MS)
        except asyncpg.LockNotAvailableError:
            return await self._try_again(attempt, is_wanted)

    async def _try_again(
        self, attempt: Callable[[int], Awaitable[T]], is_wanted: Callable[[], bool] | None
    ) -> T:
        seat = object()
        self._held_up[seat] = None
        try:
            while True:
                await asyncio.sleep(secrets.randbelow(_PAUSE_MICROSECONDS) / 1e6)
                try:
                    async with self._seats:
                        return await self._try(attempt, is_wanted, lambda: self._patience(seat))
                except asyncpg.LockNotAvailableError:
                    continue
        finally:
            del self._held_up[seat]

    async def _try(
        self,
        attempt: Callable[[int], Awaitable[T]],
        is_wanted: Callable[[], bool] | None,
        patience: Callable[[], int],
    ) -> T:
        async with self._places:
            if is_wanted is not None and not is_wanted():
                raise Unwanted
            return await attempt(patience())

    def _patience(self, seat: object) -> int:
        if self._favours_the_eldest and seat is next(iter(self._held_up)):
            return _LONGEST_MS
        return share(_TURN_MS, len(self._held_up), least=_LEAST_MS)


def share(milliseconds: int, count: int, *, least: int = 10) -> int:
    """Return the part of a time that one of so many has for itself."""
    return max(milliseconds // count, least)
