"""Paths in guards, actions and outputs that lead nowhere.

`event.*` is checked where the event is known: in transitions of `on` and `after`, against the declared schema.
`facts.*` is checked in transitions on declared events, which get the facts that they declare. `context.*` is checked
everywhere, against a chart's own `context`: its first key must stand there, or be assigned somewhere in the chart.
Tests for null may look where nothing is.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart.chart import Chart
from orderwright.statechart.checks.source import Act, Source, Test, matches, values
from orderwright.statechart.definition import EventDeclaration, Transition
from orderwright.statechart.problem import Problem

_NULL: Final = ("is_null", "is_not_null")
_OPEN: Final = ("$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties", "dependentSchemas")
"""Keywords by which a schema may allow properties that it does not list itself."""


def templates(source: Source) -> Iterator[Problem]:
    """Yield the paths that lead nowhere."""
    assigned = _assigned(source)
    for place, path, transition in _reads(source):
        root, *keys = path.split(".")
        if root == "context" and keys:
            yield from _context(source.chart, place, keys[0], assigned)
        elif root == "event" and keys and transition is not None:
            yield from _event(source.chart, place, keys, transition)
        elif root == "facts" and keys and transition is not None:
            yield from _fact(source.chart, place, keys[0], transition)


def _reads(source: Source) -> Iterator[tuple[str, str, Transition | None]]:
    """Yield every path that is read: its place, the path, and the transition in which it is."""
    for act in source.acts():
        for place, path in values(_payload(act), act.path):
            yield place, path, act.transition
    for test in source.tests():
        for place, path in _asked(test):
            yield place, path, test.transition
    for node in source.chart.nodes:
        inputs = [f"invoke[{number}].input" for number in range(len(node.invoke))]
        for key in ("output", *inputs):
            own = source.path(node, key)
            for place, path in values(source.at(own), own):
                yield place, path, None


def _payload(act: Act) -> Json:
    """Return an action's source; a named one is no template but for its `params`."""
    return act.source if isinstance(act.source, Mapping) else None


def _asked(test: Test) -> Iterator[tuple[str, str]]:
    if isinstance(test.source, Mapping) and "when" in test.source:
        yield from _rules(test.source["when"], f"{test.path}.when")
    else:
        yield from values(test.source, test.path)


def _rules(rule: Json, path: str) -> Iterator[tuple[str, str]]:
    assert isinstance(rule, Mapping)  # it was loaded
    members = rule.get("rules")
    if isinstance(members, list):
        for number, member in enumerate(members):
            yield from _rules(member, f"{path}.rules[{number}]")
    elif rule.get("operator") not in _NULL:
        yield f"{path}.field", str(rule.get("field"))
        compared = rule.get("value")
        if isinstance(compared, Mapping) and set(compared) == {"fact"}:
            yield f"{path}.value.fact", str(compared["fact"])


# --- context --------------------------------------------------------------------------------------


def _assigned(source: Source) -> frozenset[str]:
    bodies = [act.source.get("assign") for act in source.acts() if isinstance(act.source, Mapping)]
    return frozenset(key for body in bodies if isinstance(body, Mapping) for key in body)


def _context(chart: Chart, place: str, key: str, assigned: Collection[str]) -> Iterator[Problem]:
    if chart.context and key not in chart.context and key not in assigned:
        hint = _hint(
            key, [*chart.context, *assigned], "add it to `context`, null if it comes later"
        )
        message = f"context.{key} is neither in the chart's `context` nor assigned{hint}"
        yield Problem(place, "path.context", message)


# --- event data -----------------------------------------------------------------------------------


def _event(chart: Chart, place: str, keys: list[str], taken: Transition) -> Iterator[Problem]:
    if _is_timer(chart, taken):
        message = f"a timer's event carries no data, so event.{'.'.join(keys)} is missing; read the context instead"
        yield Problem(place, "path.event", message)
        return
    declared = _declared(chart, taken)
    if declared and all(_lacks(one.data, keys) for one in declared):
        names = ", ".join(one.type for one in declared)
        known = sorted({name for one in declared for name in _properties(one.data)})
        hint = _hint(keys[0], known, "add it to the schema of its `data`")
        yield Problem(place, "path.event", f"{names} has no data {'.'.join(keys)!r}{hint}")


def _is_timer(chart: Chart, taken: Transition) -> bool:
    return any(timer.event == taken.event for timer in chart.nodes[taken.source].after)


def _declared(chart: Chart, taken: Transition) -> list[EventDeclaration]:
    """Return the declared events to which a transition answers."""
    if taken.event is None:
        return []
    return [one for name, one in chart.events.items() if matches(taken.event, name)]


def _lacks(schema: Json, keys: list[str]) -> bool:
    """Tell whether a schema lists properties, and not the one that a path leads through."""
    if not keys or not isinstance(schema, Mapping) or any(word in schema for word in _OPEN):
        return False
    listed = schema.get("properties")
    if not isinstance(listed, Mapping):
        return False
    if keys[0] in listed:
        return _lacks(listed[keys[0]], keys[1:])
    return schema.get("additionalProperties", False) is False


def _properties(schema: Json) -> list[str]:
    listed = schema.get("properties") if isinstance(schema, Mapping) else None
    return list(listed) if isinstance(listed, Mapping) else []


# --- facts ----------------------------------------------------------------------------------------


def _fact(chart: Chart, place: str, name: str, taken: Transition) -> Iterator[Problem]:
    declared = _declared(chart, taken)
    lacking = [one for one in declared if name not in one.facts]
    if declared and len(lacking) == len(declared):
        names = ", ".join(one.type for one in lacking)
        known = sorted({fact for one in declared for fact in one.facts})
        hint = _hint(name, known, f"add {name!r} to its `facts`")
        yield Problem(place, "path.fact", f"{names} does not declare the fact {name!r}{hint}")


def _hint(name: str, known: Collection[str], cure: str) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; {cure}"
