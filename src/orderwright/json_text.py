"""JSON as text: one way to write it for storage, one for hashing, and the way back.

The standard library's own C writer and scanner, without what `json.dumps` and `json.loads` set up anew in each call:
half the time on the small documents of which this system is full.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Final, NoReturn, TypeAlias, cast

Json = object
"""A JSON value as Python reads it; narrowed wherever it is looked into."""

DEEPEST: Final = 100
"""How many levels of objects and lists may stand within each other in what is kept and read back.

Python reads and writes JSON by recursion and gives up where its own stack ends, which depends on how deep the caller
stands: what one writer can write another reader could not read. Nobody means a hundred levels, and they are a tenth
of that stack, so that whoever reads them back can, wherever it stands and whatever it puts around them.
"""

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_LONGEST_PLACE: Final = 60  # letters of a path that may be as long as what is wrong
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
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


def refuse_constant(name: str) -> NoReturn:
    """Read NaN or an infinity, which Python's own reader would let pass.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{name} is not JSON")


# No markers: a value that contains itself ends in RecursionError instead of being looked for each time.
_write = c_make_encoder(None, _refuse, encode_basestring, None, ":", ",", False, False, False)
_decoder = json.JSONDecoder(parse_float=finite, parse_constant=refuse_constant)
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


class Unfit(ValueError):
    """A value is not one to keep; `place` is the path of what is wrong in it, empty for itself."""

    def __init__(self, place: str, expected: str) -> None:
        super().__init__(f"{place}: expected {expected}" if place else f"expected {expected}")
        self.place = place
        self.expected = expected

    def field(self, name: str) -> str:
        """Return the path of what is wrong where the value is the field of this name."""
        joint = "." if self.place and not self.place.startswith("[") else ""
        return f"{name}{joint}{self.place}"


def keep(value: object, levels: int = DEEPEST) -> str:
    """Write a JSON-ready value that others are to read back: as `dump`, and they find what was written.

    Raises:
        Unfit: it nests more than so many levels, or a key is not text, which `dump` would make it.
        ValueError: NaN or an infinity is in it.
        TypeError: something in it is not JSON.
    """
    try:
        text = dump(value)
    except (TypeError, ValueError):
        require_fit(value, levels)
        raise
    if not fits(value, levels):
        require_fit(value, levels)
    return text


def _is_flat(value: object) -> bool:
    """Tell whether a value is an object without others in it and with keys that are text, as most are."""
    if type(value) is not dict or not _PLAIN.issuperset(map(type, value.values())):
        return False
    try:
        "".join(value)  # the fastest way to see that all are text
    except TypeError:
        return False
    return True


def fits(value: object, levels: int = DEEPEST) -> bool:
    """Tell whether a value is surely one to keep, in a fraction of the time that it takes to say why not.

    It has a text: level by level there would be no end to one that contains itself several times.
    """
    if levels and _is_flat(value):
        return True
    try:
        around = [value]
        for _ in range(levels):
            inner: list[object] = []
            for one in around:
                if isinstance(one, dict):
                    "".join(one)
                    inner += [member for member in one.values() if type(member) not in _PLAIN]
                elif isinstance(one, list | tuple):
                    inner += [member for member in one if type(member) not in _PLAIN]
            if not inner:
                return True
            around = inner
    except TypeError:
        pass
    return False


def require_fit(value: object, levels: int = DEEPEST) -> None:
    """Look through a value, in the order in which it would be written, for what `keep` refuses.

    Raises:
        Unfit: it nests more than so many levels, or a key is not text.
    """
    if levels and _is_flat(value):
        return
    left: list[tuple[object, int, _Way]] = [(value, levels, None)]
    while left:
        one, room, way = left.pop()
        if isinstance(one, dict):
            if not all(isinstance(key, str) for key in one):
                raise _with_odd_key(one, way)
            inner = [
                (member, room - 1, (way, key))
                for key, member in one.items()
                if type(member) not in _PLAIN
            ]
        elif isinstance(one, list | tuple):
            inner = [
                (member, room - 1, (way, place))
                for place, member in enumerate(one)
                if type(member) not in _PLAIN
            ]
        else:
            continue
        if room <= 0:
            raise Unfit(_place(_outermost(way)), f"at most {levels} levels of objects and lists")
        left += reversed(inner)


_Way: TypeAlias = "tuple[_Way, object] | None"
"""The keys and places that lead to a member, the last one first."""


def _with_odd_key(value: dict[object, object], way: _Way) -> Unfit:
    odd = next(key for key in value if not isinstance(key, str))
    return Unfit(_place(way), f"keys that are text, not {type(odd).__name__}")


def _outermost(way: _Way) -> _Way:
    """Return the member of the whole: what is a hundred levels further in says nothing to anybody."""
    while way is not None and way[0] is not None:
        way = way[0]
    return way


def _place(way: _Way) -> str:
    steps: list[str] = []
    while way is not None:
        way, step = way
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    path = "".join(reversed(steps)).removeprefix(".")
    return path if len(path) <= _LONGEST_PLACE else f"{path[:_LONGEST_PLACE]}..."


def canonical(value: object) -> str:
    """Write a JSON-ready value with sorted keys, so that equal values give equal text.

    Raises:
        ValueError: NaN or an infinity is in it, or it is nested too deeply.
        TypeError: something in it is not JSON, or an object has keys of several types.
    """
    try:
        return _SORTED.encode(value)
    except RecursionError:
        raise ValueError("nested too deeply, or a value contains itself") from None


def load(text: str) -> dict[str, object]:
    """Read an object that `dump` wrote.

    Raises:
        ValueError: it is not JSON, as NaN and the infinities are not, or it is nested too deeply.
    """
    try:
        return cast("dict[str, object]", _whole(text))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _whole(text: str) -> object:
    """Read a text that is one value; the decoder, which looks for blanks around it, takes twice as long."""
    try:
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    except StopIteration:
        pass  # a blank, or no JSON: the decoder says
    return _decoder.decode(text)


def legible(text: str) -> object:
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


def texts(value: object) -> Iterator[str]:
    """Give every text in a value that was read, the keys of its objects among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)


def is_text(text: str) -> bool:
    """Tell whether a string is Unicode text: no half of a surrogate pair, which no encoding can carry."""
    return text.isascii() or _HALF_PAIR.search(text) is None


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL can keep a string as it is: no NUL, no half of a surrogate pair."""
    return "\0" not in text if text.isascii() else _UNSTORABLE.search(text) is None


def is_storable_json(text: str) -> bool:
    """Tell whether PostgreSQL can keep a JSON text that `dump` wrote, and read it as `jsonb`, which holds no NUL."""
    return is_storable(text) and not ("\\u0000" in text and _NUL.search(text) is not None)
