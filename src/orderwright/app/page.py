"""Keyset pages: a place in a list is the sort key of a row, so that pages neither skip nor repeat rows.

Most lists are sorted by time and id; one that is not has places of its own, written and read here as well.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, Protocol, TypeVar

from orderwright.errors import InputInvalid
from orderwright.json_text import is_storable

LARGEST: Final = 200
"""How many rows a page may have."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in a list that is sorted by time and id, newest first."""

    at: datetime
    id: str

    def cursor(self) -> str:
        """Return the place as opaque text."""
        return written(self.at.isoformat(), self.id)

    @classmethod
    def read(cls, cursor: str) -> Place:
        """Read what `cursor` wrote.

        Raises:
            InputInvalid: it is something else.
        """
        at, row_id = read(cursor)
        try:
            return cls(datetime.fromisoformat(at).astimezone(UTC), row_id)
        except (ValueError, OverflowError):  # no time, or none that UTC has
            raise no_cursor(cursor) from None

    def of_entry(self) -> tuple[datetime, str, int, int]:
        """Return the time of an entry of a ledger, and of what it is the entry: instance, version and number.

        Raises:
            InputInvalid: it is no such place.
        """
        try:
            instance_id, version, n = self.id.rsplit("/", 2)
            return self.at, instance_id, whole(version, bits=32), whole(n, bits=32)
        except ValueError:
            raise no_cursor(self.cursor()) from None


class HasCursor(Protocol):
    """A place in a list of any order."""

    def cursor(self) -> str:
        """Return the place as opaque text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Rows with their places; `has_next` tells whether more follow."""

    rows: Sequence[tuple[HasCursor, T]]
    has_next: bool
    has_previous: bool


def size(first: int) -> int:
    """Return the number of rows asked for.

    Raises:
        InputInvalid: less than 1 or more than `LARGEST`.
    """
    if not 1 <= first <= LARGEST:
        raise InputInvalid("first", first, f"a number from 1 to {LARGEST}")
    return first


def written(first: str, second: str) -> str:
    """Return the two parts of a sort key as opaque text."""
    return base64.urlsafe_b64encode(json.dumps([first, second]).encode()).decode()


def read(cursor: str) -> tuple[str, str]:
    """Read what `written` wrote.

    Raises:
        InputInvalid: it is something else.
    """
    try:
        first, second = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise no_cursor(cursor) from None
    for part in (first, second):
        if not isinstance(part, str) or not is_storable(part):
            raise no_cursor(cursor)
    return first, second


def whole(text: str, *, bits: int) -> int:
    """Read a number of a sort key, from a column of so many bits.

    Raises:
        ValueError: it is none that the column can hold.
    """
    number = int(text)
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise ValueError(text)
    return number


def no_cursor(cursor: str) -> InputInvalid:
    """Return the refusal of what is no place in a list."""
    return InputInvalid("after", cursor, "the cursor of a row of this list")
