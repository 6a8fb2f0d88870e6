"""Which nodes a set of transitions leaves and enters: the structural half of the W3C SCXML algorithm.

Everything here depends on the chart, the configuration, the chosen transitions and the recorded history alone, so
results are remembered in `chart.plans`. Source: https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart.definition import ROOT, Action, Chart, StateNode, Transition

History = Mapping[str, tuple[str, ...]]
_REMEMBERED: Final = 20_000  # plans per chart; parallel charts have many configurations


@dataclass(frozen=True, slots=True, eq=False)
class Configuration:
    """A set of active nodes with what is asked of it most; itself the key to what was derived from it."""

    order: tuple[int, ...]
    active: frozenset[int]
    ids: tuple[str, ...]
    atomics: tuple[int, ...]
    value: Json


@dataclass(frozen=True, slots=True)
class Entry:
    """A node to enter; `defaults` are the actions of the initial or history default taken with it."""

    node: int
    defaults: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking a set of transitions together means; exits innermost first, entries outermost first.

    `acts` is False where nothing at all is to be done on the way: no actions, timers, invocations or ends.
    """

    exits: tuple[int, ...]
    entries: tuple[Entry, ...]
    after: Configuration
    recorded: History
    acts: bool


# --- configurations -------------------------------------------------------------------------------


def configuration(chart: Chart, active: Iterable[int]) -> Configuration:
    """Return the configuration of a set of active nodes."""
    order = tuple(sorted(active))
    found = chart.plans.get(order)
    if isinstance(found, Configuration):
        return found
    atomics = tuple(i for i in order if chart.nodes[i].kind in ("atomic", "final"))
    ids = tuple(chart.nodes[i].id for i in order)
    made = Configuration(
        order, frozenset(order), ids, atomics, _value(chart, ROOT, frozenset(order))
    )
    _remember(chart, order, made)
    return made


def restore(chart: Chart, ids: tuple[str, ...]) -> Configuration | None:
    """Return the configuration with these node ids; None when they are not a legal one of this chart."""
    found = chart.plans.get(ids)
    if isinstance(found, Configuration):
        return found
    if any(node not in chart.ids for node in ids):
        return None
    active = frozenset(chart.ids[node] for node in ids)
    if not _is_legal(chart, active):
        return None
    made = configuration(chart, active)
    _remember(chart, ids, made)
    return made


def _is_legal(chart: Chart, active: frozenset[int]) -> bool:
    """Root active; a compound node has one active child, a parallel one all, and nobody lacks a parent."""
    if ROOT not in active:
        return False
    for index in active:
        node = chart.nodes[index]
        if node.kind == "history" or (node.parent is not None and node.parent not in active):
            return False
        states = _regions(chart, index)
        count = sum(child in active for child in states)
        if node.kind in ("compound", "parallel") and count != (
            1 if node.kind == "compound" else len(states)
        ):
            return False
    return True


def _value(chart: Chart, index: int, active: frozenset[int]) -> Json:
    node = chart.nodes[index]
    children = [chart.nodes[child] for child in node.children if child in active]
    if node.kind == "compound" and children and not children[0].children:
        return children[0].key
    return {child.key: _value(chart, child.index, active) for child in children}


def _remember(chart: Chart, key: object, made: object) -> None:
    if len(chart.plans) >= _REMEMBERED:
        chart.plans.clear()
    chart.plans[key] = made


# --- candidates -----------------------------------------------------------------------------------


def candidates(
    chart: Chart, at: Configuration, event: str | None
) -> tuple[tuple[Transition, ...], ...]:
    """Return, for each active atomic node, the transitions to try in order; None asks for eventless ones."""
    key = (at, event)
    found = chart.plans.get(key)
    if isinstance(found, tuple):
        return found
    groups = []
    for atomic in at.atomics:
        line = [atomic, *chart.ancestors(atomic)]
        group = tuple(t for index in line for t in _answering(chart, index, event))
        if group:
            groups.append(group)
    made = tuple(groups)
    _remember(chart, key, made)
    return made


def _answering(chart: Chart, index: int, event: str | None) -> Iterable[Transition]:
    node = chart.nodes[index]
    if event is None:
        return node.always
    return [t for name in descriptors(event) for t in node.transitions.get(name, ())]


def descriptors(event: str) -> list[str]:
    """Return the descriptors that match an event type, the most exact first."""
    parts = event.split(".")
    prefixes = [".".join(parts[:n]) + ".*" for n in range(len(parts), 0, -1)]
    return [event, *prefixes, "*"]


# --- plans ----------------------------------------------------------------------------------------


def settle(
    chart: Chart, at: Configuration, enabled: list[Transition], history: History
) -> list[Transition]:
    """Drop transitions that conflict: of two with common exits the inner source wins, else the earlier."""
    kept: list[Transition] = []
    for one in enabled:
        leaves = exits(chart, at, one, history)
        rivals = [other for other in kept if leaves & exits(chart, at, other, history)]
        if all(chart.descends(one.source, rival.source) for rival in rivals):
            kept = [*(other for other in kept if other not in rivals), one]
    return kept


def exits(
    chart: Chart, at: Configuration, transition: Transition, history: History
) -> frozenset[int]:
    """Return the active nodes that a transition leaves."""
    if not transition.targets:
        return frozenset()
    domain = _domain(chart, transition, history)
    if domain is None:
        return at.active
    return frozenset(node for node in at.order if chart.descends(node, domain))


def plan(
    chart: Chart, at: Configuration | None, transitions: tuple[Transition, ...], history: History
) -> Plan:
    """Return what taking `transitions` together means; `at` None starts the chart."""
    key = (at, transitions, tuple(history.items()) if history else ())
    found = chart.plans.get(key)
    if isinstance(found, Plan):
        return found
    made = _plan(chart, at, transitions, history)
    _remember(chart, key, made)
    return made


def _plan(
    chart: Chart, at: Configuration | None, transitions: tuple[Transition, ...], history: History
) -> Plan:
    left: frozenset[int] = frozenset()
    recorded: History = {}
    if at is not None:
        left = frozenset().union(*(exits(chart, at, t, history) for t in transitions))
        recorded = _record(chart, at, left)
        history = {**history, **recorded}
    entering = _Entering(chart, history)
    if at is None:
        entering.descend(ROOT)
    for transition in transitions:
        entering.follow(transition)
    entries = tuple(
        Entry(node, entering.defaults.get(node, ())) for node in sorted(entering.nodes)
    )
    stay = at.active - left if at else frozenset()
    after = configuration(chart, stay | entering.nodes)
    return Plan(
        exits=tuple(sorted(left, reverse=True)),
        entries=entries,
        after=after,
        recorded=recorded,
        acts=any(t.actions for t in transitions)
        or any(_acts_on_exit(chart.nodes[index]) for index in left)
        or any(entry.defaults or _acts_on_entry(chart.nodes[entry.node]) for entry in entries),
    )


def _acts_on_exit(node: StateNode) -> bool:
    return bool(node.exit or node.after or node.invoke)


def _acts_on_entry(node: StateNode) -> bool:
    return bool(node.entry or node.after or node.invoke) or node.kind == "final"


def _record(chart: Chart, at: Configuration, left: frozenset[int]) -> History:
    recorded = {}
    for index in sorted(left):
        for child in chart.nodes[index].children:
            node = chart.nodes[child]
            if node.kind == "history":
                wanted = at.atomics if node.deep else chart.nodes[index].children
                active = [i for i in wanted if i in at.active and chart.descends(i, index)]
                recorded[node.id] = tuple(chart.nodes[i].id for i in active)
    return recorded


def _domain(chart: Chart, transition: Transition, history: History) -> int | None:
    """Return the innermost compound node around source and targets; None when even the root is left."""
    source = chart.nodes[transition.source]
    targets = _effective(chart, transition.targets, history)
    if (
        not transition.reenter
        and source.kind == "compound"
        and all(chart.descends(target, source.index) for target in targets)
    ):
        return source.index
    for ancestor in chart.ancestors(source.index):
        around = all(chart.descends(target, ancestor) for target in targets)
        if around and (chart.nodes[ancestor].kind == "compound" or ancestor == ROOT):
            return ancestor
    return None


def _effective(chart: Chart, targets: Iterable[int], history: History) -> list[int]:
    """Replace history nodes by what they restore."""
    found: list[int] = []
    for target in targets:
        node = chart.nodes[target]
        if node.kind != "history":
            found.append(target)
        elif node.id in history:
            found.extend(chart.ids[one] for one in history[node.id])
        else:
            found.extend(_effective(chart, _history_default(chart, target), history))
    return found


def _history_default(chart: Chart, index: int) -> tuple[int, ...]:
    """Return the default targets of a history node: its own, else its parent's initial (all regions)."""
    node = chart.nodes[index]
    if node.initial is not None:
        return node.initial.targets
    parent = chart.nodes[node.parent or ROOT]
    return parent.initial.targets if parent.initial else _regions(chart, parent.index)


def _regions(chart: Chart, index: int) -> tuple[int, ...]:
    return tuple(c for c in chart.nodes[index].children if chart.nodes[c].kind != "history")


class _Entering:
    """The growing entry set of W3C's computeEntrySet."""

    def __init__(self, chart: Chart, history: History) -> None:
        self.chart = chart
        self.history = history
        self.nodes: set[int] = set()
        self.defaults: dict[int, tuple[Action, ...]] = {}

    def follow(self, transition: Transition) -> None:
        for target in transition.targets:
            self.descend(target)
        if transition.targets:
            domain = _domain(self.chart, transition, self.history)
            for target in _effective(self.chart, transition.targets, self.history):
                self.ascend(target, domain)

    def descend(self, index: int) -> None:
        node = self.chart.nodes[index]
        if node.kind == "history":
            self._restore(index)
            return
        self.nodes.add(index)
        if node.kind == "compound" and node.initial is not None:
            self.defaults[index] = node.initial.actions
            self._reach(node.initial.targets, index)
        elif node.kind == "parallel":
            self._fill(index)

    def ascend(self, index: int, below: int | None) -> None:
        """Add the ancestors of a node up to, not including, `below`, with their other regions.

        Where `below` is a parallel root, which no transition leaves, its regions were left all the same.
        """
        for ancestor in self.chart.ancestors(index):
            if ancestor != below:
                self.nodes.add(ancestor)
            if self.chart.nodes[ancestor].kind == "parallel":
                self._fill(ancestor)
            if ancestor == below:
                return

    def _restore(self, index: int) -> None:
        node = self.chart.nodes[index]
        parent = node.parent or ROOT
        if node.id in self.history:
            self._reach([self.chart.ids[one] for one in self.history[node.id]], parent)
            return
        default = node.initial or self.chart.nodes[parent].initial
        if default is not None:
            self.defaults[parent] = default.actions
        self._reach(_history_default(self.chart, index), parent)

    def _reach(self, targets: Iterable[int], below: int) -> None:
        for target in targets:
            self.descend(target)
        for target in _effective(self.chart, targets, self.history):
            self.ascend(target, below)

    def _fill(self, index: int) -> None:
        for region in _regions(self.chart, index):
            if not any(n == region or self.chart.descends(n, region) for n in self.nodes):
                self.descend(region)
