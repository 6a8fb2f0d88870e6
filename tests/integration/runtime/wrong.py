"""The clock of a machine that is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from orderwright.clock import SystemClock


class Wrong:
    """A clock that goes by itself, and is off by a span."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return SystemClock().now() + self._by
