"""Structure: states that nothing leads to or out of, history without a past, ends that never come.

What is reachable is taken generously (every guard may hold, every event may come, and every combination of regions
may occur), so that a state that is called unreachable is so.
"""

from __future__ import annotations

from collections.abc import Iterator

from orderwright.statechart.chart import Chart
from orderwright.statechart.checks.source import Source, transitions_of
from orderwright.statechart.definition import (
    ROOT,
    Raise,
    StateNode,
    Transition,
)
from orderwright.statechart.problem import Problem
from orderwright.statechart.selection import domain


def structure(source: Source) -> Iterator[Problem]:
    """Yield unreachable states, dead ends, idle history, nodes that are never done, `in` that never holds."""
    reached = reachable(source.chart)
    yield from _unreachable(source, reached)
    yield from _dead_ends(source)
    yield from _idle_history(source, reached)
    yield from _never_done(source)
    yield from _never_in(source, reached)


def reachable(chart: Chart) -> frozenset[int]:
    """Return the nodes that may ever be active, and the history nodes that a transition may lead to."""
    found: set[int] = set()
    waiting = [ROOT]
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting.extend(_led_to(chart, chart.nodes[index]))
    return frozenset(found)


def _led_to(chart: Chart, node: StateNode) -> Iterator[int]:
    """Yield what may be active or targeted once a node is."""
    if node.parent is not None:
        yield node.parent
    if node.initial is not None:
        yield from node.initial.targets
    if node.kind == "parallel":
        yield from (child for child in node.children if chart.nodes[child].kind != "history")
    if node.kind == "history" and node.parent is not None and node.initial is None:
        default = chart.nodes[node.parent].initial
        yield from default.targets if default else ()
    for transition in transitions_of(node):
        yield from transition.targets


def _unreachable(source: Source, reached: frozenset[int]) -> Iterator[Problem]:
    for node in source.chart.nodes:
        if node.index not in reached and node.parent in reached:
            what = "restores" if node.kind == "history" else "leads to"
            yield Problem(
                source.path(node),
                "state.unreachable",
                f"nothing {what} {node.id!r}; give a transition this target, or leave the state out",
            )


# --- dead ends ------------------------------------------------------------------------------------


def _dead_ends(source: Source) -> Iterator[Problem]:
    chart = source.chart
    for node in chart.nodes:
        if node.kind == "atomic" and node.index != ROOT and not _has_way(chart, node):
            yield Problem(
                source.path(node),
                "state.dead_end",
                f'{node.id!r} takes no event and is not final; say `"type": "final"`, or give it a transition',
            )


def _has_way(chart: Chart, node: StateNode) -> bool:
    """Tell whether anything can happen in a state: in it, above it, or in a region beside it."""
    around = node.index
    for ancestor in chart.ancestors(node.index):
        if chart.nodes[ancestor].kind == "parallel":
            around = ancestor
    line = {node.index, *chart.ancestors(node.index), *range(around, chart.nodes[around].last + 1)}
    return any(next(transitions_of(chart.nodes[index]), None) for index in line)


# --- history --------------------------------------------------------------------------------------


def _idle_history(source: Source, reached: frozenset[int]) -> Iterator[Problem]:
    chart = source.chart
    for node in chart.nodes:
        if node.kind != "history" or node.index not in reached or node.parent is None:
            continue
        parent = chart.nodes[node.parent]
        if not any(_leaves(chart, t, parent.index) for t in source.transitions()):
            yield Problem(
                source.path(node),
                "history.idle",
                f"no transition leaves {parent.id!r}, so {node.id!r} never has anything to restore;"
                " let a transition leave it, or target the states themselves",
            )


def _leaves(chart: Chart, transition: Transition, index: int) -> bool:
    """Tell whether a transition may leave a node: it is below what the transition leaves, and may be active."""
    if not transition.targets or not may_meet(chart, transition.source, index):
        return False
    around = domain(chart, transition, {})
    return around is None or chart.descends(index, around)


def may_meet(chart: Chart, one: int, other: int) -> bool:
    """Tell whether two nodes may be active together: one holds the other, or they meet at a parallel node."""
    if one == other or chart.descends(one, other) or chart.descends(other, one):
        return True
    above = set(chart.ancestors(other))
    meeting = next(ancestor for ancestor in chart.ancestors(one) if ancestor in above)
    return chart.nodes[meeting].kind == "parallel"


# --- done events ----------------------------------------------------------------------------------


def _never_done(source: Source) -> Iterator[Problem]:
    raised = {action.type for action in raises(source.chart)}
    for node in source.chart.nodes:
        event = f"done.state.{node.id}"
        listed = node.transitions.get(event, ())
        if listed and event not in raised and not _can_end(source.chart, node):
            what = "a final state in each region" if node.kind == "parallel" else "a final state"
            yield Problem(
                listed[0].path,
                "done.never",
                f"{node.id!r} is never done: it needs {what}; add it, or leave `onDone` out",
            )


def _can_end(chart: Chart, node: StateNode) -> bool:
    children = [chart.nodes[child] for child in node.children]
    if node.kind == "parallel":
        return all(_can_end(chart, child) for child in children if child.kind != "history")
    return any(child.kind == "final" for child in children)


def raises(chart: Chart) -> Iterator[Raise]:
    """Yield every raise of a chart."""
    for node in chart.nodes:
        default = node.initial.actions if node.initial else ()
        moves = [action for t in transitions_of(node) for action in t.actions]
        for action in (*node.entry, *node.exit, *default, *moves):
            if isinstance(action, Raise):
                yield action


# --- guards on states -----------------------------------------------------------------------------


def _never_in(source: Source, reached: frozenset[int]) -> Iterator[Problem]:
    chart = source.chart
    for test in source.tests():
        named = test.source.get("in") if isinstance(test.source, dict) else None
        if not isinstance(named, str):
            continue
        node = chart.node(named.removeprefix("#"))
        why = _why_never(chart, node, test.node, reached)
        if why:
            beside = f"name a state that may be active beside {test.node.id!r}"
            message = f"{node.id!r} is never active here: {why}; {beside}"
            yield Problem(f"{test.path}.in", "guard.never", message)


def _why_never(chart: Chart, node: StateNode, at: StateNode, reached: frozenset[int]) -> str:
    if node.kind == "history":
        return "a history node is passed through"
    if node.index not in reached:
        return "nothing leads to it"
    return "" if may_meet(chart, at.index, node.index) else f"it excludes {at.id!r}"
