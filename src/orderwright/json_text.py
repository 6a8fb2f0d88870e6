"""JSON as text: one way to write it for storage, one for hashing, and the way back.

The standard library's own C writer and scanner, without what `json.dumps` and `json.loads` set up anew in each call:
half the time on the small documents of which this system is full.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Final, NoReturn, cast

Json = object
"""A JSON value as Python reads it; narrowed wherever it is looked into."""

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")
_SORTED: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True
)


def _refuse(value: object) -> NoReturn:
    raise TypeError(f"{type(value).__name__} is not JSON")


def finite(text: str) -> float:
    """Read a JSON number with a fraction or an exponent.

    Raises:
        ValueError: it is beyond all floats; Python's own reader would make it an infinity.
    """
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is beyond every floating-point number")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# No markers: a value that contains itself ends in RecursionError instead of being looked for each time.
_write = c_make_encoder(None, _refuse, encode_basestring, None, ":", ",", False, False, False)
_decoder = json.JSONDecoder(parse_float=finite, parse_constant=_refuse_constant)
quote: Callable[[str], str] = encode_basestring
"""Writes a string, as both `dump` and `canonical` write it."""
_scan: Callable[[str, int], tuple[object, int]] = _decoder.scan_once  # type: ignore[attr-defined]


def dump(value: object) -> str:
    """Write a JSON-ready value, compact, keys in their own order.

    Raises:
        ValueError: NaN or an infinity is in it, or it is nested too deeply.
        TypeError: something in it is not JSON.
    """
    try:
        return "".join(_write(value, 0))
    except RecursionError:
        raise ValueError("nested too deeply, or a value contains itself") from None


def canonical(value: object) -> str:
    """Write a JSON-ready value with sorted keys, so that equal values give equal text."""
    return _SORTED.encode(value)


def load(text: str) -> dict[str, object]:
    """Read an object that `dump` wrote.

    Raises:
        ValueError: it is not JSON, as NaN and the infinities are not, or it is nested too deeply.
    """
    try:
        return cast("dict[str, object]", _decoder.decode(text))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def shown(text: str) -> object:
    """Read a JSON value for a person to look at; a text that cannot be read stands under *unreadable* as it is."""
    try:
        return load(text)
    except ValueError:
        return {"unreadable": text}


def scan(text: str, start: int) -> tuple[object, int]:
    """Read the JSON value that begins at `start`; return it with the place behind it.

    Raises:
        ValueError: no JSON value begins there, NaN or an infinity is in it, or it is nested too deeply.
    """
    try:
        return _scan(text, start)
    except StopIteration:
        raise ValueError(f"no JSON value at {start}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def is_text(text: str) -> bool:
    """Tell whether a string is Unicode text: no half of a surrogate pair, which no encoding can carry."""
    return text.isascii() or _HALF_PAIR.search(text) is None


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL can keep a string as it is: no NUL, no half of a surrogate pair."""
    return "\0" not in text if text.isascii() else _UNSTORABLE.search(text) is None
