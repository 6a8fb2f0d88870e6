"""Cron expressions in a time zone, computed with cronsim.

Where clocks change it does as Debian's cron does:

    what names an hour       02:30 on a day that skips it comes at the end of the gap (03:00), once; in an hour that
                             comes twice it comes the first time, once
    what names every hour    follows the time that passes: nothing in the hour that is skipped, twice in the one
                             that comes twice

A day of the month and a day of the week that are both given mean either of them; if one begins with `*`, both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from heapq import merge
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from orderwright.errors import DefinitionInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS: Final = 5
_SECOND: Final = timedelta(seconds=1)
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_WEEK: Final = timedelta(weeks=1)
_WEEKS: Final = 5200  # a century


class ScheduleInvalid(DefinitionInvalid):
    """A schedule has no meaning: its cron expression, its time zone or what it names."""

    code = "schedule.invalid"


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression of five fields and the IANA time zone that it is meant in.

    Raises:
        ScheduleInvalid: one of them has no meaning.
    """

    expression: str
    zone: str = "UTC"
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", _zone_of(self.zone))
        if len(self.expression.split()) != _FIELDS:
            raise _invalid(self.expression, "five fields: minute, hour, day, month, weekday")
        try:
            CronSim(self.expression, datetime(2000, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise _invalid(self.expression, str(error).lower()) from error

    def after(self, moment: datetime) -> datetime | None:
        """Return the first slot later than a moment, in UTC; None when there is none for 50 years."""
        return next((slot for slot in self._slots(moment) if slot > moment), None)

    def until(self, moment: datetime) -> datetime | None:
        """Return the last slot that is not later than a moment, in UTC; None when there was none for 50 years."""
        before = self._slots(moment + _SECOND, reverse=True)
        found = next((slot for slot in before if slot <= moment), None)
        # Backwards, a slot in the first of two equal hours is not seen from within the second.
        while found is not None and (later := self.after(found)) is not None and later <= moment:
            found = later
        return found

    def _slots(self, moment: datetime, *, reverse: bool = False) -> Iterator[datetime]:
        minute, hour, *_ = self.expression.split()
        if minute.startswith("*") or hour.startswith("*"):
            yield from self._passing(moment, reverse=reverse)
            return
        local = moment.astimezone(self._zone)
        for slot in CronSim(self.expression, local, reverse=reverse):
            yield slot.astimezone(UTC)

    def _passing(self, moment: datetime, *, reverse: bool) -> Iterator[datetime]:
        """Yield every time that the clock shows one of ours.

        That is looked for under each offset of the zone as if it were the only one. By itself cronsim goes on by hours
        across a change of clocks, and where that is one of half an hour it finds itself in the middle of the next.
        """
        found = (
            self._under(offset, moment, reverse=reverse) for offset in _offsets_of(self._zone)
        )
        for slot, offset in merge(*found, reverse=reverse):
            if slot.astimezone(self._zone).utcoffset() == offset:
                yield slot

    def _under(
        self, offset: timedelta, moment: datetime, *, reverse: bool
    ) -> Iterator[tuple[datetime, timedelta]]:
        local = moment.astimezone(UTC).replace(tzinfo=None) + offset
        for slot in CronSim(self.expression, local, reverse=reverse):
            yield (slot - offset).replace(tzinfo=UTC), offset


def _zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"{name!r} is no IANA time zone, such as Europe/Berlin"
        raise ScheduleInvalid(message, values={"zone": name}) from error


@cache
def _offsets_of(zone: ZoneInfo) -> frozenset[timedelta]:
    """Return all that a zone's clocks have been off by since 2000, or will be by the rules of today."""
    weeks = range(_WEEKS)
    local = ((_FIRST + week * _WEEK).astimezone(zone) for week in weeks)
    return frozenset(at.utcoffset() or timedelta() for at in local)


def _invalid(expression: str, why: str) -> ScheduleInvalid:
    message = f"the cron expression {expression!r} has no meaning: {why}"
    return ScheduleInvalid(message, values={"cron": expression})
