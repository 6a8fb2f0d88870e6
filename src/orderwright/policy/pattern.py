"""The engine for `matches`: RE2, whose time grows with the text and never explodes with the pattern.

RE2 has no look-around and no back-references; a pattern with one of them is a mistake of the policy. `(a+)+$` on fifty
thousand letters takes a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import re2

from orderwright.condition import IGNORING_CASE

MAX_PATTERN: Final = 500
"""Letters of a pattern: more than anybody reads."""
_MEMORY: Final = 1 << 20  # bytes for a pattern's automata; beyond it RE2 gets slower, not wrong

_OPTIONS: Final = re2.Options()
_OPTIONS.max_mem = _MEMORY
_OPTIONS.log_errors = False


def linear(pattern: str) -> Callable[[str], bool]:
    """Return a search for a pattern.

    The search raises UnicodeEncodeError for what is no text: half of a surrogate pair.

    Raises:
        ValueError: RE2 does not take the pattern, or it is too long.
    """
    letters = len(pattern.removeprefix(IGNORING_CASE))
    if letters > MAX_PATTERN:
        raise ValueError(f"{letters} letters; {MAX_PATTERN} are allowed")
    try:
        search = re2.compile(pattern, _OPTIONS).search
    except re2.error as error:
        raise ValueError(_words(error)) from None
    except UnicodeEncodeError:
        raise ValueError("it is no text: half of a surrogate pair") from None
    return lambda text: search(text) is not None


def _words(error: Exception) -> str:
    said: object = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
