"""Ends that callers name, such as of a token, a quotation or an entry of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.errors import InputInvalid
from orderwright.runtime.command import TOO_LATE, may_happen_at

if TYPE_CHECKING:
    from datetime import datetime


def require_end(field: str, at: datetime) -> None:
    """Let a time pass at which a timer can be set, be it to come or not.

    Raises:
        InputInvalid: it has no zone, or is so far away, to either side, that nothing may happen then.
    """
    if not may_happen_at(at):
        raise _no_end(field, at)


def require_ahead(field: str, at: datetime, now: datetime) -> None:
    """Let an end pass that is to come; asked once a request is found to be no repetition of another.

    Raises:
        InputInvalid: it has no zone, has passed, or is so far away that no timer may wait for it.
    """
    require_end(field, at)
    if at <= now:
        raise _no_end(field, at)


def _no_end(field: str, at: datetime) -> InputInvalid:
    expected = f"a time in the future with its zone, before the year {TOO_LATE.year}"
    return InputInvalid(field, at.isoformat(), expected)
