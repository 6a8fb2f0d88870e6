"""The tree of a definition, in either format: which nodes there are, and where a target leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from orderwright.json_text import Json
from orderwright.statechart.interchange.note import at


@dataclass(slots=True, kw_only=True, eq=False)
class Site:
    """A node of the tree; `path` is its place in the document."""

    key: str
    id: str
    kind: str
    path: str
    parent: Site | None
    source: Mapping[str, Json]
    children: dict[str, Site] = field(default_factory=dict)

    def is_below(self, other: Site) -> bool:
        """Tell whether this node lies properly below another."""
        return any(above is other for above in self.line())

    def has_child(self, key: Json) -> bool:
        """Tell whether a value is the key of a child."""
        return isinstance(key, str) and key in self.children

    def line(self) -> Iterator[Site]:
        """Return the nodes above this one, innermost first."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent


class Outline:
    """Every node of a definition, the root first.

    Args:
        source: the definition.
        default: the root's id where it names none.
    """

    def __init__(self, source: Mapping[str, Json], default: str) -> None:
        self.ids: dict[str, Site] = {}
        named = source.get("id")
        self.root = self._visit(source, named if isinstance(named, str) else default, None)

    def _visit(self, source: Mapping[str, Json], key: str, parent: Site | None) -> Site:
        """Note a node and those below it; an id that is not given is the keys from the root's id on."""
        above = [] if parent is None else [parent, *parent.line()]
        default = ".".join([*(one.key for one in reversed(above)), key])
        named = source.get("id")
        site = Site(
            key=key,
            id=named if isinstance(named, str) else default,
            kind=_kind(source),
            path=at(at(parent.path, "states"), key) if parent else "",
            parent=parent,
            source=source,
        )
        self.ids.setdefault(site.id, site)
        states = source.get("states")
        for child, body in states.items() if isinstance(states, Mapping) else ():
            inner = body if isinstance(body, Mapping) else {}
            site.children[child] = self._visit(inner, child, site)
        return site

    def find(self, start: Site | None, keys: Iterable[str]) -> Site | None:
        """Follow keys down from a node; None where one is missing."""
        for key in keys:
            start = start.children.get(key) if start else None
        return start


def _kind(source: Mapping[str, Json]) -> str:
    if isinstance(source.get("type"), str):
        return str(source["type"])
    if source.get("states"):
        return "compound"
    return "history" if source.get("history") else "atomic"
