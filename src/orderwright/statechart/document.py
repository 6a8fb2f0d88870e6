"""The text of a definition, and what it parses to: JSON as an author writes it, looked at before anything is read.

Where Python's own reader is generous, this one is not: a key that stands twice, NaN, a number beyond all floats, half
of a surrogate pair and nesting without end are mistakes, told with their place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from orderwright.json_text import Json, finite, is_text
from orderwright.statechart.problem import ChartInvalid, Problem, Problems

DEPTH: Final = 100
"""How many levels a definition may nest: more than anybody can read, and few enough to be followed by recursion."""
_SHOWN: Final = 60  # letters of a path that may be as long as what is wrong


def parse(text: str, problems: Problems) -> Json:
    """Read a definition's text; mistakes in it go to `problems`.

    Raises:
        ChartInvalid: it is not JSON, so that nothing more can be said of it.
    """

    def constant(name: str) -> None:
        problems.add("", "json", f"{name} is not JSON")

    try:
        parsed: Json = json.loads(
            text, object_pairs_hook=_Object, parse_constant=constant, parse_float=finite
        )
    except json.JSONDecodeError as broken:
        place = f"line {broken.lineno} column {broken.colno}"
        raise ChartInvalid([Problem("", "json", f"not JSON at {place}: {broken.msg}")]) from None
    except ValueError as number:
        raise ChartInvalid([Problem("", "json", f"not JSON: {number}")]) from None
    except RecursionError:
        raise ChartInvalid([too_deep("")]) from None
    _look_through(parsed, "", 0, problems)
    return parsed


def write(definition: Mapping[str, Json]) -> str:
    """Return the text of a definition that was given as an object.

    Raises:
        ChartInvalid: it is not JSON.
    """
    try:
        return json.dumps(definition, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError) as unwritable:
        raise ChartInvalid([Problem("", "json", f"not JSON: {unwritable}")]) from None
    except RecursionError:
        raise ChartInvalid([too_deep("")]) from None


def too_deep(path: str) -> Problem:
    """Return the mistake of nesting without end."""
    place = path if len(path) <= _SHOWN else f"{path[:_SHOWN]}..."
    return Problem(place, "depth", f"nested more than {DEPTH} levels deep")


class _Object(dict[str, Json]):
    """An object as it was written; `twice` holds the keys that stand in it more than once."""

    def __init__(self, pairs: list[tuple[str, Json]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs]
        self.twice = [key for key in self if keys.count(key) > 1] if len(self) < len(keys) else []


def _look_through(source: Json, path: str, depth: int, problems: Problems) -> None:
    """Note keys that stand twice, what is no text, and what is nested too deeply."""
    if depth > DEPTH:
        problems.found.append(too_deep(path))
    elif isinstance(source, str):
        _note_half_pairs(source, path, problems)
    elif isinstance(source, list):
        for i, member in enumerate(source):
            _look_through(member, f"{path}[{i}]", depth + 1, problems)
    elif isinstance(source, _Object):
        _note_duplicates(source, path, problems)
        for key, member in source.items():
            place = f"{path}.{key}" if path else key
            _note_half_pairs(key, place, problems)
            _look_through(member, place, depth + 1, problems)


def _note_duplicates(source: _Object, path: str, problems: Problems) -> None:
    for key in source.twice:
        message = f"the key {key!r} stands twice in one object"
        problems.add(f"{path}.{key}" if path else key, "duplicate_key", message)


def _note_half_pairs(text: str, path: str, problems: Problems) -> None:
    if not is_text(text):
        place = path.encode(errors="backslashreplace").decode()
        problems.add(place, "json", f"{text!a} is no text: half of a surrogate pair")


def _plain(value: object) -> dict[str, Json]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
