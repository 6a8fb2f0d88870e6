"""Collect what is wrong with a definition, each with its place, so that an author sees all of it at once."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from orderwright.condition import Problem
from orderwright.errors import DefinitionInvalid
from orderwright.json_text import Json

__all__ = ["ChartInvalid", "Problem", "Problems"]


class ChartInvalid(DefinitionInvalid):
    """A definition has no meaning; `problems` lists every mistake as (path, code, message)."""

    code = "chart.invalid"

    def __init__(self, problems: Collection[Problem]) -> None:
        super().__init__("; ".join(f"{p.path or 'chart'}: {p.message}" for p in problems))
        self.problems = tuple(problems)


class Problems:
    """The growing list of mistakes while a definition is read."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, path: str, code: str, message: str) -> None:
        """Note a mistake."""
        self.found.append(Problem(path, code, message))

    def mapping(self, source: Json, path: str, what: str) -> Mapping[str, Json]:
        """Return `source` when it is an object; else note it and return an empty one."""
        if isinstance(source, Mapping):
            return source
        self.add(path, "type", f"{what} is an object, not {_name(source)}")
        return {}

    def text(self, source: Json, path: str, what: str) -> str:
        """Return `source` when it is a non-empty string; else note it and return ''."""
        if isinstance(source, str) and source:
            return source
        self.add(path, "type", f"{what} is a non-empty string, not {_name(source)}")
        return ""

    def words(self, source: Mapping[str, Json], key: str, path: str, default: str = "") -> str:
        """Return the words under a key of the object at `path`; note what is there and is no string."""
        found = source.get(key, default)
        if isinstance(found, str):
            return found
        self.add(
            f"{path}.{key}" if path else key, "type", f"`{key}` is a string, not {_name(found)}"
        )
        return default

    def only(self, source: Mapping[str, Json], path: str, allowed: Collection[str]) -> None:
        """Note every key of `source` that is not allowed, with the nearest one that is."""
        for key in source:
            if key not in allowed:
                place = f"{path}.{key}" if path else key
                self.add(place, "unknown_key", f"unknown key {key!r}{_hint(key, allowed)}")


_SPELLINGS = {"cond": "guard", "services": "invoke", "activities": "invoke", "in": "guard"}


def _hint(key: str, allowed: Collection[str]) -> str:
    near = (
        [_SPELLINGS[key]]
        if _SPELLINGS.get(key) in allowed
        else difflib.get_close_matches(key, allowed, 1)
    )
    return (
        f"; did you mean {near[0]!r}?" if near else f"; allowed are {', '.join(sorted(allowed))}"
    )


def _name(value: Json) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        type(None): "null",
    }
    return names.get(type(value), "a number")
