"""Which nodes a set of transitions enters: W3C's computeEntrySet.

Source: https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation
"""

from __future__ import annotations

from collections.abc import Iterable

from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import ROOT, Action, Transition
from orderwright.statechart.plan import History
from orderwright.statechart.selection import domain, effective, history_default


class Entering:
    """The growing entry set of W3C's computeEntrySet."""

    def __init__(self, chart: Chart, history: History) -> None:
        self.chart = chart
        self.history = history
        self.nodes: set[int] = set()
        self.defaults: dict[int, tuple[Action, ...]] = {}

    def follow(self, transition: Transition) -> None:
        """Add what a transition enters."""
        for target in transition.targets:
            self.descend(target)
        if transition.targets:
            below = domain(self.chart, transition, self.history)
            for target in effective(self.chart, transition.targets, self.history):
                self.ascend(target, below)

    def descend(self, index: int) -> None:
        """Add a node and, by its defaults, what lies below it."""
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
        above = self.chart.nodes[parent].initial
        if (
            node.initial is not None
        ):  # after the actions of an initial transition that may have led here
            self.defaults[parent] = (*self.defaults.get(parent, ()), *node.initial.actions)
        elif above is not None:
            self.defaults[parent] = above.actions
        self._reach(history_default(self.chart, index), parent)

    def _reach(self, targets: Iterable[int], below: int) -> None:
        for target in targets:
            self.descend(target)
        for target in effective(self.chart, targets, self.history):
            self.ascend(target, below)

    def _fill(self, index: int) -> None:
        for region in self.chart.regions(index):
            if not any(n == region or self.chart.descends(n, region) for n in self.nodes):
                self.descend(region)
