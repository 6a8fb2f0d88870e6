"""JSON as text: one way to write it for storage and one for hashing."""

from __future__ import annotations

import json
from typing import cast


def dump(value: object) -> str:
    """Write a JSON-ready value, keys in their own order.

    Raises:
        ValueError: NaN or an infinity is in it.
        TypeError: something in it is not JSON.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonical(value: object) -> str:
    """Write a JSON-ready value with sorted keys, so that equal values give equal text."""
    return json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True
    )


def load(text: str) -> dict[str, object]:
    """Read an object that `dump` wrote."""
    return cast("dict[str, object]", json.loads(text))


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL can keep a string as it is: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
