"""When a delivery is tried again: the specification's schedule, over three days, with some chance in it.

Source: "Deliverability and reliability" in the specification of Standard Webhooks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from orderwright.runtime.failure import spread

_DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS: Final = len(_DELAYS) + 1
SUSTAINED: Final = timedelta(days=3)
"""A subscription that has failed for so long without one success is paused."""


def delay_after(attempts: int, name: str, wish: timedelta | None = None) -> timedelta | None:
    """Return how long to wait after a number of failed attempts; None when there are no more.

    Args:
        attempts: how many have failed, 1 or more.
        name: what is delivered; each name has its own share of a third more or less.
        wish: what the receiver has asked for (`Retry-After`).
    """
    if attempts >= ATTEMPTS:
        return None
    delay = spread(_DELAYS[attempts - 1] * 4 / 3, f"{name}/{attempts}")
    return max(delay, wish) if wish else delay
