"""From transitions to plans: the actions of a microstep, in order, worked out before anything runs.

A microstep leaves nodes innermost first, acts, and enters nodes outermost first. Timers are cancelled where their node
is left and set after its entry actions, which may set what a delay reads. A final node raises the done events of all
that it completes, or ends the chart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from orderwright.statechart.chart import Chart
from orderwright.statechart.configuration import configuration, groups
from orderwright.statechart.definition import (
    ROOT,
    Action,
    CancelLater,
    NamedAction,
    Raise,
    SendLater,
    StateNode,
    Template,
    Transition,
)
from orderwright.statechart.entry import Entering
from orderwright.statechart.plan import (
    Begin,
    Configuration,
    Finish,
    History,
    Leave,
    Line,
    Plan,
    Program,
    Reaction,
)
from orderwright.statechart.selection import leaving, settle

_REMEMBERED: Final = 1_000  # per configuration: event types and histories come from outside
_NO_DATA: Final = Template({}, constant=True)


def reaction(chart: Chart, at: Configuration, event: str) -> Reaction:
    """Return what a configuration answers to an event type."""
    found = at.reactions.get(event)
    if found is None:
        if len(at.reactions) >= _REMEMBERED:
            at.reactions.clear()
        tried = groups(chart, at.atomics, event)
        sure = bool(tried) and all(group[0].guard is None for group in tried)
        first = list(dict.fromkeys(group[0] for group in tried)) if sure else []
        chosen = settle(chart, at, first, {})
        made = plan(chart, at, tuple(chosen), {}) if sure else None
        found = at.reactions[event] = Reaction(tried, made)
    return found


def plan(
    chart: Chart, at: Configuration, transitions: tuple[Transition, ...], history: History
) -> Plan:
    """Return what taking `transitions` together means."""
    taken = id(transitions[0]) if len(transitions) == 1 else tuple(map(id, transitions))
    key = (taken, tuple(history.items())) if history else taken
    found = at.plans.get(key)
    if found is None:
        if len(at.plans) >= _REMEMBERED:
            at.plans.clear()
        found = at.plans[key] = _planned(chart, at, transitions, history)
    return found


def beginning(chart: Chart) -> Plan:
    """Return what entering a chart means."""
    entering = Entering(chart, {})
    entering.descend(ROOT)
    walk = _Walk(chart, frozenset())
    walk.enter(entering)
    after = configuration(chart, entering.nodes)
    return Plan((), tuple(sorted(entering.nodes)), tuple(walk.lines), after, {}, still=False)


def ending(chart: Chart, at: Configuration) -> Program:
    """Return the exit actions that remain when a chart has ended."""
    walk = _Walk(chart, at.active)
    walk.leave(sorted(at.active, reverse=True))
    return tuple(walk.lines)


def _planned(
    chart: Chart, at: Configuration, transitions: tuple[Transition, ...], history: History
) -> Plan:
    left = frozenset[int]().union(*(leaving(chart, at, t, history) for t in transitions))
    recorded = _recorded(chart, at, left)
    entering = Entering(chart, {**history, **recorded})
    for transition in transitions:
        entering.follow(transition)
    entering.nodes -= (
        at.active - left
    )  # a history node above the source may restore what was never left
    exits = tuple(sorted(left, reverse=True))
    walk = _Walk(chart, at.active)
    walk.leave(exits)
    for transition in transitions:
        walk.act(transition.path, transition.actions)
    walk.enter(entering)
    after = configuration(chart, (at.active - left) | entering.nodes)
    still = not (walk.lines or recorded or after.always)
    entries = tuple(sorted(entering.nodes))
    return Plan(exits, entries, tuple(walk.lines), after, recorded, still)


def _recorded(chart: Chart, at: Configuration, left: frozenset[int]) -> History:
    recorded = {}
    for index in sorted(left):
        for child in chart.nodes[index].children:
            node = chart.nodes[child]
            if node.kind == "history":
                wanted = at.atomics if node.deep else chart.nodes[index].children
                active = [i for i in wanted if i in at.active and chart.descends(i, index)]
                recorded[node.id] = tuple(chart.nodes[i].id for i in active)
    return recorded


class _Walk:
    """The line of actions in the making, and what is active at its end."""

    def __init__(self, chart: Chart, active: frozenset[int]) -> None:
        self.chart = chart
        self.active = active
        self.lines: list[Line] = []

    def act(self, place: str, actions: Iterable[Action | Begin | Leave | Finish]) -> None:
        for action in actions:
            plain = isinstance(action, NamedAction) and action.params == _NO_DATA
            name = action.name if isinstance(action, NamedAction) and plain else None
            self.lines.append((self.active, place, name, action))

    def leave(self, exits: Iterable[int]) -> None:
        for index in exits:
            node = self.chart.nodes[index]
            self.act(node.id, node.exit)
            self.act(node.id, [CancelLater(timer.event) for timer in node.after])
            self.act(node.id, [Leave(index)] if node.invoke else [])
            self.active -= {index}

    def enter(self, entering: Entering) -> None:
        for index in sorted(entering.nodes):
            node = self.chart.nodes[index]
            self.active |= {index}
            self.act(node.id, [Begin(index)] if node.invoke else [])
            self.act(node.id, node.entry)
            self.act(node.id, [SendLater(t.event, _NO_DATA, t.delay, t.event) for t in node.after])
            self.act(node.id, entering.defaults.get(index, ()))
            if node.kind == "final":
                self.complete(node)

    def complete(self, node: StateNode) -> None:
        """Raise the done events of a final node's parent, and of the parallel nodes that this completes."""
        above = self.chart.nodes[node.parent or ROOT]
        if above.index == ROOT:
            self.act(node.id, [Finish(node.output)])
            return
        self.act(node.id, [_done(above, node.output)])
        index = above.parent
        while index is not None and self.is_complete(index):
            above = self.chart.nodes[index]
            self.act(above.id, [Finish(None) if index == ROOT else _done(above, None)])
            index = above.parent

    def is_complete(self, index: int) -> bool:
        """Tell whether a parallel node is done: all its regions are."""
        return self.chart.nodes[index].kind == "parallel" and all(
            self.is_done(region) for region in self.chart.regions(index)
        )

    def is_done(self, index: int) -> bool:
        node = self.chart.nodes[index]
        if node.kind == "parallel":
            return self.is_complete(index)
        children = [self.chart.nodes[child] for child in node.children]
        return any(child.index in self.active and child.kind == "final" for child in children)


def _done(node: StateNode, output: Template | None) -> Raise:
    """Return the done event of a node, with the output of the final node in it."""
    given = output or Template(None, constant=True)
    data = Template({"output": given.source}, constant=given.constant)
    return Raise(f"done.state.{node.id}", data)
