"""Texts in which `{{fact}}` stands for what a fact holds, and nothing else: no logic, no filters, no code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from orderwright.condition import MISSING, Json, Lookup, Schema, shown

_PLACE: Final = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)\s*\}\}")
_UNKNOWN: Final = "(unknown)"


def facts_of(text: str) -> tuple[str, ...]:
    """Return the facts that a template names, in order, each once."""
    return tuple(dict.fromkeys(_PLACE.findall(text)))


def mistakes(text: str, schema: Schema | None) -> Iterator[str]:
    """Yield what is wrong with a template: braces that are no place for a fact, and facts that there are not."""
    rest = _PLACE.sub("", text)
    if "{{" in rest or "}}" in rest:
        yield "a template has only places of the form {{fact}}"
    for name in facts_of(text) if schema is not None else ():
        if name not in (schema or {}):
            yield f"there is no fact {name!r}; there are {', '.join(sorted(schema or {}))}"


def render(text: str, lookup: Lookup, *, escape: Callable[[str], str]) -> str:
    """Fill in a template; what is missing is `(unknown)`.

    Args:
        text: the template, whose own words are not escaped.
        lookup: reads facts.
        escape: makes what a fact holds harmless where the text goes, such as `html.escape`.
    """
    return _PLACE.sub(lambda place: escape(_said(lookup(place[1]))), text)


def _said(value: Json) -> str:
    if value is None or value is MISSING:
        return _UNKNOWN
    return value if isinstance(value, str) else shown(value)
