"""Numbers that the database is to hold."""

from __future__ import annotations

from typing import Final

from orderwright.errors import InputInvalid

_MOST: Final = 2**31 - 1


def require_number(option: str, value: int | None) -> None:
    """Let a limit or a version pass that the database can look for; None where it was not given.

    Raises:
        InputInvalid: it is below 1 or too large.
    """
    if value is not None and not 1 <= value <= _MOST:
        raise InputInvalid(option, value, f"1 to {_MOST}")
