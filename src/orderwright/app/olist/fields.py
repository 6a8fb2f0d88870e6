"""The values of a cell: each function reads one kind, or says what it expected.

All of them raise `InputInvalid`; the caller names the column. Times in these files have no zone: they are read as UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from orderwright.errors import InputInvalid
from orderwright.money import Money

CURRENCY: Final = "BRL"
"""What every amount of the data set is in."""

STATUSES: Final = (
    "created",
    "approved",
    "invoiced",
    "processing",
    "shipped",
    "delivered",
    "unavailable",
    "canceled",
)
"""Every order_status of the data set, in the order in which they usually follow."""

_WORD: Final = re.compile(r"[!-~]{1,100}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_ORDINAL: Final = re.compile(r"[1-9][0-9]{0,8}")
_LONGEST: Final = 200


def is_word(cell: str) -> bool:
    """Tell whether a cell can be an id: printable ASCII without spaces, at most 100 characters."""
    return bool(_WORD.fullmatch(cell))


def word(cell: str) -> str:
    """Read an id or another single word."""
    if not is_word(cell):
        raise InputInvalid("", printable(cell), "a word of at most 100 printable characters")
    return cell


def text(cell: str) -> str:
    """Read words for people; may be empty."""
    if len(cell) > _LONGEST or not cell.isprintable():
        raise InputInvalid("", printable(cell), "printable UTF-8 text of at most 200 characters")
    return cell


def status(cell: str) -> str:
    """Read an order_status."""
    if cell not in STATUSES:
        raise InputInvalid("", printable(cell), f"one of {', '.join(STATUSES)}")
    return cell


def ordinal(cell: str) -> int:
    """Read a number that counts from one."""
    if not _ORDINAL.fullmatch(cell):
        raise InputInvalid("", printable(cell), "a whole number of at least 1")
    return int(cell)


def amount(cell: str) -> int:
    """Read an amount that is not negative, in minor units."""
    money = Money.parse(cell, CURRENCY)
    if money.minor < 0:
        raise InputInvalid("", cell, "an amount that is not negative")
    return money.minor


def moment(cell: str) -> datetime:
    """Read a time."""
    expected = "a time as YYYY-MM-DD HH:MM:SS"
    if not _MOMENT.fullmatch(cell):
        raise InputInvalid("", printable(cell), expected)
    try:
        return datetime.fromisoformat(cell).replace(tzinfo=UTC)
    except ValueError as error:
        raise InputInvalid("", cell, expected) from error


def optional_moment(cell: str) -> datetime | None:
    """Read a time; an empty cell is None."""
    return moment(cell) if cell else None


def require_count(found: int, expected: int) -> None:
    """Raise unless a row has as many cells as there are columns."""
    if found != expected:
        raise InputInvalid("row", f"{found} columns", f"{expected} columns")


def printable(cell: str) -> str:
    """Return a cell so that it can be shown and stored, whatever is in it."""
    shown = cell if cell.isprintable() else ascii(cell)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
