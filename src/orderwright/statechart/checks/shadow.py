"""Transitions that an earlier one always takes the place of.

Within the list of one descriptor the first transition whose guard holds is taken; below, a descendant's transition
goes before an ancestor's. A transition is shadowed where another that goes before it holds whenever its own guard
does. A wildcard shadows nothing that is named, since it comes after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orderwright.statechart.chart import Chart
from orderwright.statechart.checks.source import Source, matches
from orderwright.statechart.definition import (
    AllOf,
    AnyOf,
    Guard,
    StateNode,
    Transition,
)
from orderwright.statechart.problem import Problem


def shadows(source: Source) -> Iterator[Problem]:
    """Yield the transitions that are never taken because another one always is."""
    for node in source.chart.nodes:
        for listed in (*node.transitions.values(), node.always):
            for number, transition in enumerate(listed):
                earlier = _earlier(listed[:number], transition)
                if earlier is not None:
                    yield _problem(transition, f"{earlier.path} is always taken first")
                elif _is_covered(source.chart, node, transition):
                    yield _problem(transition, "every state below answers first")


def implies(one: Guard | None, other: Guard | None) -> bool:
    """Tell whether `other` provably holds whenever `one` does; guards are asked in the same moment."""
    if other is None or one == other:
        return True
    if isinstance(one, AllOf) and any(implies(member, other) for member in one.members):
        return True
    if isinstance(one, AnyOf) and all(implies(member, other) for member in one.members):
        return True
    if isinstance(other, AnyOf):
        return any(implies(one, member) for member in other.members)
    return isinstance(other, AllOf) and all(implies(one, member) for member in other.members)


def _earlier(listed: Sequence[Transition], transition: Transition) -> Transition | None:
    return next((one for one in listed if implies(transition.guard, one.guard)), None)


def _is_covered(chart: Chart, node: StateNode, transition: Transition) -> bool:
    """Tell whether in every state below a node something takes the place of the node's transition."""
    leaves = [
        index
        for index in range(node.index + 1, node.last + 1)
        if chart.nodes[index].kind in ("atomic", "final")
    ]
    return bool(leaves) and all(_answers(chart, leaf, node, transition) for leaf in leaves)


def _answers(chart: Chart, leaf: int, above: StateNode, transition: Transition) -> bool:
    line = [leaf, *chart.ancestors(leaf)]
    return any(
        implies(transition.guard, one.guard)
        for index in line[: line.index(above.index)]
        for one in _rivals(chart.nodes[index], transition.event)
    )


def _rivals(node: StateNode, event: str | None) -> Iterator[Transition]:
    """Yield the transitions of a node that answer to everything that a descriptor answers to."""
    if event is None:
        yield from node.always
        return
    for descriptor, listed in node.transitions.items():
        if matches(descriptor, event):
            yield from listed


def _problem(transition: Transition, why: str) -> Problem:
    cure = "move it up, give what goes before it a guard that leaves it room, or leave it out"
    return Problem(transition.path, "transition.shadowed", f"never taken: {why}; {cure}")
