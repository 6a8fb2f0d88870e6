"""Which transitions are taken together, and what they leave: the first half of the W3C SCXML algorithm.

Source: https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation
"""

from __future__ import annotations

from collections.abc import Iterable

from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import ROOT, Transition
from orderwright.statechart.plan import Configuration, History


def settle(
    chart: Chart, at: Configuration, enabled: list[Transition], history: History
) -> list[Transition]:
    """Drop transitions that conflict: of two with common exits the inner source wins, else the earlier."""
    kept: list[Transition] = []
    for one in enabled:
        leaves = leaving(chart, at, one, history)
        rivals = [other for other in kept if leaves & leaving(chart, at, other, history)]
        if all(chart.descends(one.source, rival.source) for rival in rivals):
            kept = [*(other for other in kept if other not in rivals), one]
    return kept


def leaving(
    chart: Chart, at: Configuration, transition: Transition, history: History
) -> frozenset[int]:
    """Return the active nodes that a transition leaves."""
    if not transition.targets:
        return frozenset()
    around = domain(chart, transition, history)
    if around is None:
        return at.active
    return frozenset(node for node in at.order if chart.descends(node, around))


def domain(chart: Chart, transition: Transition, history: History) -> int | None:
    """Return the innermost compound node around source and targets; None when even the root is left."""
    source = chart.nodes[transition.source]
    targets = effective(chart, transition.targets, history)
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


def effective(chart: Chart, targets: Iterable[int], history: History) -> list[int]:
    """Replace history nodes by what they restore."""
    found: list[int] = []
    for target in targets:
        node = chart.nodes[target]
        if node.kind != "history":
            found.append(target)
        elif node.id in history:
            found.extend(chart.ids[one] for one in history[node.id])
        else:
            found.extend(effective(chart, history_default(chart, target), history))
    return found


def history_default(chart: Chart, index: int) -> tuple[int, ...]:
    """Return the default targets of a history node: its own, else its parent's initial (all regions)."""
    node = chart.nodes[index]
    if node.initial is not None:
        return node.initial.targets
    parent = chart.nodes[node.parent or ROOT]
    return parent.initial.targets if parent.initial else chart.regions(parent.index)
