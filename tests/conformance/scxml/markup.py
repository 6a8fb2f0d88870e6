"""SCXML text as elements that know their line, their column and what was written between their tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

STATES: Final = ("state", "parallel", "final", "history")
"""The elements that become state nodes."""


@dataclass(slots=True, kw_only=True)
class Element:
    """An element; `inside` is the markup between its tags, as it was written."""

    name: str
    attributes: dict[str, str]
    line: int
    column: int
    children: list[Element] = field(default_factory=list)
    text: str = ""
    inside: str = ""

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute."""
        return self.attributes.get(name, default)

    def each(self, *names: str) -> list[Element]:
        """Return the children with one of these names."""
        return [child for child in self.children if child.name in names]

    def first(self, name: str) -> Element | None:
        """Return the first child with a name."""
        return next(iter(self.each(name)), None)

    def states(self) -> Iterator[Element]:
        """Go through the states below, in document order; not through those of invoked documents."""
        for child in self.each(*STATES):
            yield child
            yield from child.states()


def parse(text: str) -> Element:
    """Read a document; prefixes of names are dropped."""
    return _Reading(text).root


class _Reading:
    def __init__(self, text: str) -> None:
        self.source = text.encode()
        self.open: list[Element] = []
        self.begins: list[int] = []
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.Parse(self.source, True)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        made = Element(
            name=name.rpartition(":")[2],
            attributes=attributes,
            line=self.parser.CurrentLineNumber,
            column=self.parser.CurrentColumnNumber,
        )
        if self.open:
            self.open[-1].children.append(made)
        else:
            self.root = made
        self.open.append(made)
        self.begins.append(self.parser.CurrentByteIndex)

    def end(self, _: str) -> None:
        ended, begin = self.open.pop(), self.begins.pop()
        written = self.source[begin : self.parser.CurrentByteIndex].decode()
        ended.inside = written[_tag_end(written) :]

    def characters(self, text: str) -> None:
        self.open[-1].text += text


def _tag_end(written: str) -> int:
    """Find the end of an opening tag; a `>` may stand in an attribute's value."""
    quote = ""
    for place, sign in enumerate(written):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == ">":
            return place + 1
    return len(written)
