"""Configurations of a chart: made once each, restored from the ids in a snapshot, or told apart from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import ROOT, StateNode, Transition
from orderwright.statechart.plan import Configuration, History

_REMEMBERED: Final = 20_000  # per chart: parallel charts have many


def configuration(chart: Chart, active: Iterable[int]) -> Configuration:
    """Return the configuration of a set of active nodes."""
    order = tuple(sorted(active))
    ids = tuple(chart.nodes[index].id for index in order)
    found = chart.configurations.get(ids)
    if found is None:
        if len(chart.configurations) >= _REMEMBERED:
            chart.configurations.clear()
        found = chart.configurations[ids] = _made(chart, order, ids)
    return found


def restore(chart: Chart, ids: tuple[str, ...]) -> Configuration | None:
    """Return the configuration with these node ids; None when the chart has no such one."""
    found = chart.configurations.get(ids)
    if found is not None or any(differences(chart, ids)):
        return found
    return configuration(chart, (chart.ids[name] for name in ids))


def differences(chart: Chart, ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield why a chart cannot have a configuration: pairs of a node's id and what is wrong with it.

    The root is active; a compound node has one active child and a parallel one all of them; nobody lacks a parent.
    """
    active = {chart.ids[name] for name in ids if name in chart.ids}
    for name in ids:
        if name not in chart.ids:
            yield name, "the chart has no such state node"
    if ROOT not in active:
        yield chart.id, "the root is not active"
    for index in sorted(active):
        yield from ((chart.nodes[index].id, what) for what in _misfits(chart, index, active))


def _misfits(chart: Chart, index: int, active: set[int]) -> Iterator[str]:
    node = chart.nodes[index]
    if node.kind == "history":
        yield "a history node is never active"
    if node.parent is not None and node.parent not in active:
        yield f"it is active and its parent {chart.nodes[node.parent].id} is not"
    states = chart.regions(index)
    found = [chart.nodes[child].id for child in states if child in active]
    if node.kind == "compound" and len(found) != 1:
        yield f"one of its children is active, not {', '.join(found) or 'none'}"
    if node.kind == "parallel" and len(found) != len(states):
        lacking = [chart.nodes[child].id for child in states if child not in active]
        yield f"all its children are active, and {', '.join(lacking)} is not"


def is_restorable(chart: Chart, history: History) -> bool:
    """Tell whether every history node that was recorded can restore what it holds."""
    found = tuple(history.items())
    if found not in chart.histories:
        if any(distortions(chart, history)):
            return False
        if len(chart.histories) >= _REMEMBERED:
            chart.histories.clear()
        chart.histories.add(found)
    return True


def distortions(chart: Chart, history: History) -> Iterator[tuple[str, str]]:
    """Yield why a chart cannot have recorded a history: pairs of a history node's id and what is wrong."""
    for name, ids in history.items():
        unknown = [one for one in ids if one not in chart.ids]
        if name not in chart.ids or chart.node(name).kind != "history":
            yield name, "the chart has no such history node"
        elif unknown:
            yield name, f"it restores {', '.join(unknown)}, which the chart does not have"
        else:
            restored = {chart.ids[one] for one in ids}
            yield from ((name, what) for what in _distorted(chart, chart.node(name), restored))


def _distorted(chart: Chart, node: StateNode, restored: set[int]) -> Iterator[str]:
    parent = ROOT if node.parent is None else node.parent
    above = {ancestor for one in restored for ancestor in chart.ancestors(one)}
    inside = {one for one in restored | above if chart.descends(one, parent)}
    if not restored <= inside or (not node.deep and inside != restored):
        yield f"what it restores lies elsewhere than in {chart.nodes[parent].id}"
    active = {*inside, parent, *chart.ancestors(parent)}
    for index in (parent, *(sorted(inside) if node.deep else ())):
        yield from (f"{chart.nodes[index].id}: {what}" for what in _misfits(chart, index, active))


def groups(
    chart: Chart, atomics: Iterable[int], event: str | None
) -> tuple[tuple[Transition, ...], ...]:
    """Return, for each active atomic node, the transitions to try in order; None asks for eventless ones."""
    found = []
    for atomic in atomics:
        line = [atomic, *chart.ancestors(atomic)]
        group = tuple(t for index in line for t in _answering(chart, index, event))
        if group:
            found.append(group)
    return tuple(found)


def descriptors(event: str) -> list[str]:
    """Return the descriptors that match an event type, the most exact first."""
    parts = event.split(".")
    prefixes = [".".join(parts[:n]) + ".*" for n in range(len(parts), 0, -1)]
    return [event, *prefixes, "*"]


def _answering(chart: Chart, index: int, event: str | None) -> Iterable[Transition]:
    node = chart.nodes[index]
    if event is None:
        return node.always
    return [t for name in descriptors(event) for t in node.transitions.get(name, ())]


def _made(chart: Chart, order: tuple[int, ...], ids: tuple[str, ...]) -> Configuration:
    active = frozenset(order)
    atomics = tuple(i for i in order if chart.nodes[i].kind in ("atomic", "final"))
    return Configuration(
        order=order,
        active=active,
        atomics=atomics,
        ids=ids,
        head=(chart.id, chart.version, chart.hash, ids, _value(chart, ROOT, active)),
        leaves=chart.leaves(ids),
        always=groups(chart, atomics, None),
    )


def _value(chart: Chart, index: int, active: frozenset[int]) -> Json:
    node = chart.nodes[index]
    children = [chart.nodes[child] for child in node.children if child in active]
    if node.kind == "compound" and children and not children[0].children:
        return children[0].key
    return {child.key: _value(chart, child.index, active) for child in children}
