"""Eventless transitions that never come to rest.

Followed from state to state are eventless transitions that are taken whatever the guards say: the first that a state
or its ancestors have, without a guard. Where they lead back, every event that leads there is refused (`loop`).
Parallel regions are left out: what one region does may end what another one does.
"""

from __future__ import annotations

from collections.abc import Iterator

from orderwright.statechart.chart import Chart
from orderwright.statechart.checks.source import Source
from orderwright.statechart.definition import Transition
from orderwright.statechart.problem import Problem


def loops(source: Source) -> Iterator[Problem]:
    """Yield each circle of eventless transitions once, at its first transition."""
    chart = source.chart
    told: set[int] = set()
    for node in chart.nodes:
        circle = {} if node.kind != "atomic" else _circle(chart, node.index)
        if circle and told.isdisjoint(circle):
            told.update(circle)
            yield _problem(chart, circle)


def _circle(chart: Chart, start: int) -> dict[int, Transition]:
    """Return the circle that certain steps lead into from a state, each state with its step; empty where they rest."""
    seen: dict[int, Transition] = {}
    at: int | None = start
    while at is not None and at not in seen:
        taken = _certain(chart, at)
        if taken is None:
            return {}
        seen[at] = taken
        at = _next(chart, at, taken)
    return dict(list(seen.items())[list(seen).index(at) :]) if at is not None else {}


def _certain(chart: Chart, leaf: int) -> Transition | None:
    """Return the eventless transition that is taken in a state whatever the guards say."""
    line = [leaf, *chart.ancestors(leaf)]
    if any(chart.nodes[index].kind == "parallel" for index in line):
        return None
    first = next((one for index in line for one in chart.nodes[index].always), None)
    return first if first is not None and first.guard is None else None


def _next(chart: Chart, leaf: int, taken: Transition) -> int | None:
    """Return the state that a transition comes to; None where it cannot be told."""
    if not taken.targets:
        return leaf
    targets, at = taken.targets, None
    while len(targets) == 1:
        at = chart.nodes[targets[0]]
        if at.kind != "compound" or at.initial is None:
            break
        targets = at.initial.targets
    return at.index if at is not None and at.kind == "atomic" and len(targets) == 1 else None


def _problem(chart: Chart, circle: dict[int, Transition]) -> Problem:
    states = list(circle)
    names = [chart.nodes[index].id for index in (*states, states[0])]
    message = f"never comes to rest: {' -> '.join(names)}; give one of these transitions a guard or an event"
    return Problem(circle[states[0]].path, "always.loop", message)
