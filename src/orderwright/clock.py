"""Where time comes from. Only this module asks the machine; everything else is handed a clock or a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always aware and in UTC."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)


class DrivenClock:
    """A clock that stands still until it is moved: tests, simulations and replays drive it."""

    def __init__(self, start: datetime) -> None:
        self._now = _utc(start)

    def now(self) -> datetime:
        """Return the time it was last set to."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to a moment, which must carry a time zone."""
        self._now = _utc(moment)

    def advance(self, by: timedelta) -> None:
        """Move forward by a span."""
        self._now += by


def driven(clock: Clock) -> datetime | None:
    """Return the time of a clock that is driven, and None for one that goes by itself.

    What several hosts must agree on is judged by the database's clock, for theirs may differ. Only a time that
    somebody drives takes its place: `coalesce(<this>, statement_timestamp())`.
    """
    return clock.now() if isinstance(clock, DrivenClock) else None


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone is ambiguous: {moment.isoformat()}")
    return moment.astimezone(UTC)
