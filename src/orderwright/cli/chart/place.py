"""Find the line and the column of a JSON path in a text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Final, NamedTuple

_SPACE: Final = re.compile(r"[\s:,]*")
_SCALAR: Final = re.compile(r"[^\s,\]}]+")


class Place(NamedTuple):
    """A line and a column, both from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


class Places:
    """The places of all values of a JSON text; keys have the place where the key stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: dict[str, int] = {}
        try:
            json.loads(text)
            self._starts.update(reversed(list(_Scanner(text).value("", _skip(text, 0)))))
        except json.JSONDecodeError as broken:
            self._starts[""] = broken.pos
        except RecursionError:  # nested too deeply to be a chart: the problem is the whole of it
            self._starts[""] = 0

    def of(self, path: str) -> Place:
        """Return the place of a path, or of the nearest one around it that is there."""
        while path and path not in self._starts:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        start = self._starts.get(path, 0)
        line = self._text.count("\n", 0, start)
        return Place(line + 1, start - (self._text.rfind("\n", 0, start) + 1) + 1)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def value(self, path: str, start: int) -> Iterator[tuple[str, int]]:
        yield path, start
        self.at = start
        if self.text[start] == "{":
            yield from self._object(path)
        elif self.text[start] == "[":
            yield from self._list(path)
        elif self.text[start] == '"':
            self.at = scanstring(self.text, start + 1)[1]
        else:
            found = _SCALAR.match(self.text, start)
            self.at = found.end() if found else start + 1

    def _object(self, path: str) -> Iterator[tuple[str, int]]:
        self.at = _skip(self.text, self.at + 1)
        while self.text[self.at] != "}":
            start = self.at
            key, self.at = scanstring(self.text, start + 1)
            place = f"{path}.{key}" if path else key
            yield place, start
            yield from self.value(place, _skip(self.text, self.at))
            self.at = _skip(self.text, self.at)
        self.at += 1

    def _list(self, path: str) -> Iterator[tuple[str, int]]:
        self.at = _skip(self.text, self.at + 1)
        number = 0
        while self.text[self.at] != "]":
            yield from self.value(f"{path}[{number}]", self.at)
            self.at = _skip(self.text, self.at)
            number += 1
        self.at += 1


def _skip(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start
