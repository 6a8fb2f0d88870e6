"""Events as they are declared and as they are used.

A chart without `events` declares nothing, and nothing is asked of it. A chart that declares events is meant for an
engine, which refuses callers any other type: what is handled must be declared, or come from the chart itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orderwright.json_text import Json
from orderwright.statechart.chart import Chart
from orderwright.statechart.checks.source import Source, matches
from orderwright.statechart.problem import Problem

OWN = ("after.", "done.", "error.")
"""Beginnings of the types that charts and engines make themselves."""


def declarations(source: Source) -> Iterator[Problem]:
    """Yield events without label or schema, undeclared ones, and ones that nobody takes."""
    for name in source.chart.events:
        yield from _incomplete(source, name)
    if source.chart.events:
        yield from _undeclared(source)
    yield from _unused(source)


def descriptors(chart: Chart) -> frozenset[str]:
    """Return every descriptor that a chart answers to."""
    return frozenset(name for node in chart.nodes for name in node.transitions)


def _incomplete(source: Source, name: str) -> Iterator[Problem]:
    path = f"events.{name}"
    body = source.at(path)
    given: Mapping[str, Json] = body if isinstance(body, Mapping) else {}
    if not given.get("label"):
        message = f"{name} has no `label`; say what people call it"
        yield Problem(path, "event.label", message)
    if "data" not in given:
        cure = '`"data": {"type": "object", "properties": {}, "additionalProperties": false}`'
        message = f"{name} has no schema of its `data`; where it carries none, say {cure}"
        yield Problem(path, "event.schema", message)


def _undeclared(source: Source) -> Iterator[Problem]:
    chart = source.chart
    known = [*chart.events, *(type_ for _, _, type_ in sent(source))]
    for node in chart.nodes:
        for name, listed in node.transitions.items():
            if name.startswith(OWN) or any(matches(name, event) for event in known):
                continue
            message = f"no event {name} is declared, raised or sent, so nobody can send it; declare it under `events`"
            yield Problem(
                _place(source.path(node, f"on.{name}"), source, listed[0].path),
                "event.undeclared",
                message,
            )


def _place(path: str, source: Source, other: str) -> str:
    return path if source.at(path) is not None else other


def _unused(source: Source) -> Iterator[Problem]:
    used = descriptors(source.chart)
    for name in source.chart.events:
        if not any(matches(descriptor, name) for descriptor in used):
            message = f"no state takes {name}; give a state a transition on it, or leave it out"
            yield Problem(f"events.{name}", "event.unused", message)


def sent(source: Source) -> Iterator[tuple[str, str, str]]:
    """Yield what a chart sends itself: the place, `raise` or `send`, and the event type."""
    for act in source.acts():
        if isinstance(act.source, Mapping):
            for kind in ("raise", "send"):
                body = act.source.get(kind)
                if isinstance(body, Mapping):
                    yield f"{act.path}.{kind}.type", kind, str(body.get("type"))
