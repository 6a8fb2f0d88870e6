"""What is kept of a failure: its words, and when to try again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

LONGEST_PAUSE: Final = timedelta(minutes=5)
_LONGEST_TEXT: Final = 2000


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after a number of earlier failures: 1, 2, 4 ... seconds, with a limit."""
    return min(timedelta(seconds=1 << min(attempts, 16)), LONGEST_PAUSE)


def words(error: Exception) -> str:
    """Name an error's class and message, as text of a limited length that PostgreSQL can keep."""
    return sentence(f"{type(error).__name__}: {error}")


def sentence(text: str) -> str:
    """Return text of a limited length that PostgreSQL can keep."""
    kept = text[:_LONGEST_TEXT].encode(errors="backslashreplace").decode()
    return kept.replace("\x00", "\\x00")
