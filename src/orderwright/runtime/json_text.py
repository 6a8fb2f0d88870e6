"""JSON as text: one way to write it for storage and one for hashing."""

from __future__ import annotations

import json
import re
from typing import Final, cast

_PLAIN: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_SORTED: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True
)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def dump(value: object) -> str:
    """Write a JSON-ready value, keys in their own order.

    Raises:
        ValueError: NaN or an infinity is in it.
        TypeError: something in it is not JSON.
    """
    return _PLAIN.encode(value)


def canonical(value: object) -> str:
    """Write a JSON-ready value with sorted keys, so that equal values give equal text."""
    return _SORTED.encode(value)


def load(text: str) -> dict[str, object]:
    """Read an object that `dump` wrote."""
    return cast("dict[str, object]", json.loads(text))


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL can keep a string as it is: no NUL, no half of a surrogate pair."""
    return _UNSTORABLE.search(text) is None
