"""Spans of time as policies write them: `30m`, `24h`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from orderwright.errors import InputInvalid

_FORM: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def is_duration(text: str) -> bool:
    """Tell whether a text is a span: one to five digits, then `m`, `h` or `d`."""
    return _FORM.fullmatch(text) is not None


def duration(text: str) -> timedelta:
    """Read a span.

    Raises:
        InputInvalid: the text is none.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise InputInvalid("duration", text, "a span such as 30m, 24h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
