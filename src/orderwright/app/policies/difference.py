"""What differs between two documents of a policy: by path, with nodes named by their ids and not by their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orderwright.condition import Json

_PLAIN: Final = ("name", "description", "trigger", "priority", "on_unknown", "on_error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A place that differs; None is nothing there. `graph.nodes.<id>` is a node, `graph.edges` one edge in words."""

    path: str
    before: Json
    after: Json


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[Difference]:
    """Return the differences in meaning, in the order of the document; the layout is none."""
    old, new = dict(_places(before)), dict(_places(after))
    paths = [*old, *(path for path in new if path not in old)]
    return [
        Difference(path=path, before=old.get(path), after=new.get(path))
        for path in paths
        if old.get(path) != new.get(path)
    ]


def _places(document: Mapping[str, Json]) -> list[tuple[str, Json]]:
    graph = document.get("graph")
    parts = graph if isinstance(graph, Mapping) else {}
    plain = [(key, document[key]) for key in _PLAIN if key in document]
    nodes = [place for node in _objects(parts.get("nodes")) for place in _node(node)]
    edges = [(f"graph.edges {words}", words) for words in map(_edge, _objects(parts.get("edges")))]
    return [*plain, *nodes, *edges]


def _node(node: Mapping[str, Json]) -> list[tuple[str, Json]]:
    path = f"graph.nodes.{node.get('id')}"
    config = node.get("config")
    told = config if isinstance(config, Mapping) else {}
    found = [(f"{path}.{key}", node[key]) for key in ("type", "group", "action") if key in node]
    return [*found, *((f"{path}.config.{key}", value) for key, value in told.items())]


def _edge(edge: Mapping[str, Json]) -> str:
    exit_ = f" ({edge['exit']})" if "exit" in edge else ""
    return f"{edge.get('from')} -> {edge.get('to')}{exit_}"


def _objects(source: Json) -> list[Mapping[str, Json]]:
    return [one for one in source if isinstance(one, Mapping)] if isinstance(source, list) else []
