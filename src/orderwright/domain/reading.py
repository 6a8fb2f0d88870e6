"""Read typed values out of contexts and facts, which are JSON.

The charts declare these keys, so a wrong type is a defect and not bad input: reading one raises TypeError, which the
core turns into a refusal of the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

Json = object


def integer(source: Mapping[str, Json], key: str) -> int:
    """Return a whole number."""
    value = source[key]
    if type(value) is int:
        return value
    raise TypeError(f"{key} is {value!r}, not a whole number")


def text(source: Mapping[str, Json], key: str) -> str:
    """Return a string."""
    value = source[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is {value!r}, not a string")
    return value


def texts(source: Mapping[str, Json], key: str) -> list[str]:
    """Return a list of strings."""
    value = source[key]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"{key} is {value!r}, not a list of strings")
    return value


def mapping(source: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    """Return an object; an absent or null one is empty."""
    value = source.get(key)
    if value is None:
        return {}
    if type(value) is not dict and not isinstance(value, Mapping):
        raise TypeError(f"{key} is {value!r}, not an object")
    return value


def rows(source: Mapping[str, Json], key: str) -> list[Mapping[str, Json]]:
    """Return a list of objects."""
    value = source[key]
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise TypeError(f"{key} is {value!r}, not a list of objects")
    return value


def moment(source: Mapping[str, Json], key: str) -> datetime | None:
    """Return a time in UTC, or None where it is absent or null."""
    value = source.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{key} is {value!r}, not a time")
    read = datetime.fromisoformat(value)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def milliseconds_until(deadline: datetime | None, now: datetime) -> int | None:
    """Return how long a timer must wait, rounded up so that it never fires early; None for no deadline."""
    if deadline is None:
        return None
    return max(-(-(deadline - now) // timedelta(milliseconds=1)), 0)
