"""What a translation has to say: mistakes that need an author, and losses that need a reader."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from orderwright.json_text import Json


class Note(NamedTuple):
    """A remark on a place of the document that was read.

    Attributes:
        path: where it stands, in the document that was read.
        code: stable: v4, function, unsupported, unknown_key, target, type, key or loss.
        message: what is wrong, and what would be right.
        level: "mistake" when the part was left out until somebody mends it; "loss" when the translation means
            something slightly else.
    """

    path: str
    code: str
    message: str
    level: Literal["mistake", "loss"] = "mistake"


class Notes:
    """The growing list of notes of one translation."""

    def __init__(self) -> None:
        self.found: list[Note] = []

    def mistake(self, path: str, code: str, message: str) -> None:
        """Note what the author must mend."""
        self.found.append(Note(path, code, message))

    def loss(self, path: str, message: str) -> None:
        """Note what the translation does not keep."""
        self.found.append(Note(path, "loss", message, "loss"))

    def mapping(self, source: Json, path: str, what: str) -> Mapping[str, Json]:
        """Return `source` when it is an object; else note it and return an empty one."""
        if isinstance(source, Mapping):
            return source
        self.mistake(path, "type", f"{what} is an object")
        return {}

    def unknown(self, path: str, key: str, allowed: Collection[str]) -> None:
        """Note a key that the format does not have, with the nearest one that it has."""
        near = difflib.get_close_matches(key, allowed, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(allowed))}"
        self.mistake(at(path, key), "unknown_key", f"unknown key {key!r}; {hint}")

    def others(self, source: Mapping[str, Json], path: str, allowed: Collection[str]) -> None:
        """Note every key that the format does not have."""
        for key in source:
            if key not in allowed:
                self.unknown(path, key, allowed)


def at(path: str, key: str) -> str:
    """Return the path of a key."""
    return f"{path}.{key}" if path else key
