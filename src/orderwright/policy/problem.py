"""Collect what is wrong with a policy, each mistake with its place, so that an author sees all of it at once."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from orderwright.condition import Json, Problem
from orderwright.errors import DefinitionInvalid

__all__ = ["PolicyInvalid", "Problem", "Problems", "at"]


class PolicyInvalid(DefinitionInvalid):
    """A policy has no meaning as written; `problems` lists every mistake as (path, code, message)."""

    code = "policy.invalid"

    def __init__(self, problems: Collection[Problem]) -> None:
        super().__init__("; ".join(f"{p.path or 'policy'}: {p.message}" for p in problems))
        self.problems = tuple(problems)


def at(path: str, key: str) -> str:
    """Return the path of a key below a path."""
    return f"{path}.{key}" if path else key


class Problems:
    """The growing list of mistakes while a policy is read. What is wrong comes back in a form that harms nobody."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, path: str, code: str, message: str) -> None:
        """Note a mistake."""
        self.found.append(Problem(path, code, message))

    def check(self) -> None:
        """Raise what was found, if anything.

        Raises:
            PolicyInvalid: with every mistake.
        """
        if self.found:
            raise PolicyInvalid(self.found)

    def mapping(self, source: Json, path: str, what: str) -> Mapping[str, Json]:
        """Return `source` when it is an object; else note it and return an empty one."""
        if isinstance(source, Mapping):
            return source
        self.add(path, "type", f"{what} is an object, not {_name(source)}")
        return {}

    def sequence(self, source: Json, path: str, what: str, most: int) -> Sequence[Json]:
        """Return `source` when it is a list of at most `most` entries; else note it and return an empty one."""
        if not isinstance(source, list | tuple):
            self.add(path, "type", f"{what} is a list, not {_name(source)}")
        elif len(source) > most:
            self.add(path, "limit", f"{what} has {len(source)} entries; {most} are allowed")
        else:
            return source
        return ()

    def text(self, source: Json, path: str, what: str, most: int = 200) -> str:
        """Return `source` when it is a string of 1 to `most` letters; else note it and return ''."""
        if not isinstance(source, str) or not source:
            self.add(path, "type", f"{what} is a non-empty string, not {_name(source)}")
        elif len(source) > most:
            self.add(path, "limit", f"{what} has {len(source)} letters; {most} are allowed")
        else:
            return source
        return ""

    def whole(self, source: Json, path: str, what: str, bounds: tuple[int, int]) -> int:
        """Return `source` when it is an integer within bounds; else note it and return the lower bound."""
        low, high = bounds
        if isinstance(source, int) and not isinstance(source, bool) and low <= source <= high:
            return source
        self.add(path, "value", f"{what} is an integer from {low} to {high}")
        return low

    def choice(self, source: Json, path: str, what: str, allowed: Collection[str]) -> str:
        """Return `source` when it is one of the words that are allowed; else note it and return ''."""
        if isinstance(source, str) and source in allowed:
            return source
        hint = _hint(source, allowed) if isinstance(source, str) else _listed(allowed)
        self.add(path, "value", f"{what} {source!r} is unknown; {hint}")
        return ""

    def only(self, source: Mapping[str, Json], path: str, allowed: Collection[str]) -> None:
        """Note every key of `source` that is not allowed, with the nearest one that is."""
        for key in source:
            if key not in allowed:
                message = f"unknown key {key!r}; {_hint(str(key), allowed)}"
                self.add(at(path, str(key)), "unknown_key", message)


def _hint(word: str, allowed: Collection[str]) -> str:
    near = difflib.get_close_matches(word, allowed, 1)
    return f"did you mean {near[0]!r}?" if near else _listed(allowed)


def _listed(allowed: Collection[str]) -> str:
    return f"there are {', '.join(sorted(allowed)) or 'none'}"


def _name(value: Json) -> str:
    return _NAMES.get(type(value), "a number")


_NAMES: Final[Mapping[type, str]] = {
    dict: "an object",
    list: "a list",
    tuple: "a list",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}
