"""A chart beside its definition: what stands at which path."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orderwright.json_text import Json
from orderwright.statechart.chart import Chart
from orderwright.statechart.configuration import descriptors
from orderwright.statechart.definition import StateNode, Transition
from orderwright.statechart.problem import Problem

_GROUPS = ("and", "or")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An action as it is written; `transition` is None for entry and exit actions."""

    path: str
    source: Json
    node: StateNode
    transition: Transition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A guard without `and`, `or` and `not`, as it is written."""

    path: str
    source: Json
    node: StateNode
    transition: Transition


class Source:
    """The definition of a chart, with a value for every path."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        definition: Json = json.loads(chart.definition)
        self._values = dict(_walk(definition, ""))
        self._order = {path: number for number, path in enumerate(self._values)}

    def at(self, path: str) -> Json:
        """Return what stands at a path; None where nothing does."""
        return self._values.get(path)

    def place(self, problem: Problem) -> tuple[int, str]:
        """Return a key that sorts problems by their place in the definition."""
        return self._order.get(problem.path, -1), problem.code

    def path(self, node: StateNode, key: str = "") -> str:
        """Return the path of a node, or of a key of it."""
        parts = [key] if key else []
        at = node
        while at.parent is not None:
            parts.append(f"states.{at.key}")
            at = self.chart.nodes[at.parent]
        return ".".join(reversed(parts))

    def transitions(self) -> Iterator[Transition]:
        """Yield every transition: those of events first, then the eventless ones, node by node."""
        for node in self.chart.nodes:
            yield from transitions_of(node)

    def tests(self) -> Iterator[Test]:
        """Yield every simple guard."""
        for transition in self.transitions():
            place = f"{transition.path}.guard"
            if transition.guard is not None:
                for path, source in _simple(self.at(place), place):
                    node = self.chart.nodes[transition.source]
                    yield Test(path=path, source=source, node=node, transition=transition)

    def acts(self) -> Iterator[Act]:
        """Yield every action."""
        for node in self.chart.nodes:
            for key in ("entry", "exit", "initial.actions", "target.actions"):
                yield from self._acts(self.path(node, key), node, None)
            for transition in transitions_of(node):
                yield from self._acts(f"{transition.path}.actions", node, transition)

    def _acts(self, place: str, node: StateNode, transition: Transition | None) -> Iterator[Act]:
        found = self.at(place)
        if isinstance(found, list):
            for number, one in enumerate(found):
                path = f"{place}[{number}]"
                yield Act(path=path, source=one, node=node, transition=transition)
        elif found is not None:
            yield Act(path=place, source=found, node=node, transition=transition)


def transitions_of(node: StateNode) -> Iterator[Transition]:
    """Yield the transitions of a node: those of events first, then the eventless ones."""
    for listed in node.transitions.values():
        yield from listed
    yield from node.always


def values(source: Json, path: str) -> Iterator[tuple[str, str]]:
    """Yield the paths that a value reads from the scope, each with its place."""
    if isinstance(source, Mapping):
        if set(source) == {"from"}:
            yield f"{path}.from", str(source["from"])
            return
        for key, member in source.items():
            yield from values(member, f"{path}.{key}")
    elif isinstance(source, list):
        for number, member in enumerate(source):
            yield from values(member, f"{path}[{number}]")


def matches(descriptor: str, event: str) -> bool:
    """Tell whether a descriptor answers to an event type (interfaces.md: exact, `prefix.*`, `*`)."""
    return descriptor in descriptors(event)


def _simple(source: Json, path: str) -> Iterator[tuple[str, Json]]:
    if isinstance(source, Mapping):
        for key in _GROUPS:
            if key in source:
                listed = source[key]
                members: Sequence[Json] = listed if isinstance(listed, list) else ()
                for number, member in enumerate(members):
                    yield from _simple(member, f"{path}.{key}[{number}]")
                return
        if "not" in source:
            yield from _simple(source["not"], f"{path}.not")
            return
    yield path, source


def _walk(source: Json, path: str) -> Iterable[tuple[str, Json]]:
    yield path, source
    if isinstance(source, Mapping):
        for key, member in source.items():
            place = f"{path}.{key}" if path else key
            yield from _walk(member, place)
    elif isinstance(source, list):
        for number, member in enumerate(source):
            yield from _walk(member, f"{path}[{number}]")
