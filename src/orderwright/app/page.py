"""Keyset pages: a place in a list is the sort key of a row, so that pages neither skip nor repeat rows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from orderwright.errors import InputInvalid

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
        plain = json.dumps([self.at.isoformat(), self.id])
        return base64.urlsafe_b64encode(plain.encode()).decode()

    @classmethod
    def read(cls, cursor: str) -> Place:
        """Read what `cursor` wrote.

        Raises:
            InputInvalid: it is something else.
        """
        try:
            at, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
            return cls(datetime.fromisoformat(at).astimezone(UTC), str(row_id))
        except (ValueError, TypeError, binascii.Error):
            raise InputInvalid("after", cursor, "the cursor of a row of this list") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Rows with their places; `has_next` tells whether more follow."""

    rows: Sequence[tuple[Place, T]]
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
