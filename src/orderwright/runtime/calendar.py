"""Moments beyond Python's calendar, which nobody of ours writes and a damaged row may have.

The driver reads an infinite moment as one without a zone, which compares with no other, and of a year that Python
does not have it makes an error of the whole read, for all rows. What reads rows of many instances at once therefore
asks the database for such a moment in one of these ways.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_BEYOND: Final = datetime.max.replace(tzinfo=UTC)


def in_calendar(moment: str) -> str:
    """Return SQL that gives the calendar's very end for a moment beyond it: `is_known` tells it afterwards."""
    within = f"{moment} >= '0001-01-01 00:00Z' and {moment} < '9999-12-31 00:00Z'"
    return f"case when {within} then {moment} else '{_BEYOND.isoformat()}' end"


def nearest(moment: str) -> str:
    """Return SQL that gives the first or the last day of the calendar for a moment beyond it."""
    return f"least(greatest({moment}, '0001-01-01 00:00Z'), '9999-12-30 00:00Z')"


def is_known(moment: datetime) -> bool:
    """Tell whether a moment that was read is one of the calendar."""
    return moment != _BEYOND
