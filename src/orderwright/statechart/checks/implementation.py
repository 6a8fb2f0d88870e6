"""Names in a chart that a behaviour does not implement; what it implements beyond them is nobody's concern."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

from orderwright.json_text import Json
from orderwright.statechart.behaviour import Behaviour
from orderwright.statechart.checks.source import Source
from orderwright.statechart.problem import Problem


def implementations(source: Source, behaviour: Behaviour) -> Iterator[Problem]:
    """Yield the guards, actions and delays that are not implemented."""
    for test in source.tests():
        yield from _named(test.path, test.source, "guard", behaviour.guards)
    for act in source.acts():
        yield from _named(act.path, act.source, "action", behaviour.actions)
        later = act.source.get("send") if isinstance(act.source, Mapping) else None
        delay = later.get("delay") if isinstance(later, Mapping) else None
        if isinstance(delay, str) and not delay.isdecimal():
            yield from _missing(f"{act.path}.send.delay", delay, "delay", behaviour.delays)
    for node in source.chart.nodes:
        for timer in node.after:
            if isinstance(timer.delay, str):
                path = source.path(node, f"after.{timer.delay}")
                yield from _missing(path, timer.delay, "delay", behaviour.delays)


def _named(path: str, found: Json, kind: str, known: Collection[str]) -> Iterator[Problem]:
    if isinstance(found, str):
        yield from _missing(path, found, kind, known)
    elif isinstance(found, Mapping) and isinstance(found.get("type"), str):
        yield from _missing(f"{path}.type", str(found["type"]), kind, known)


def _missing(path: str, name: str, kind: str, known: Collection[str]) -> Iterator[Problem]:
    if name in known:
        return
    near = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; implement it in the behaviour's {kind}s"
    yield Problem(path, f"{kind}.missing", f"no {kind} {name!r} in the behaviour{hint}")
