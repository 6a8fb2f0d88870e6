"""A chart as a picture: a layout-ready graph for screens, and Mermaid text for documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import (
    AllOf,
    AnyOf,
    Guard,
    InState,
    NamedGuard,
    Not,
    StateNode,
    Transition,
)

EdgeKind = Literal["event", "always", "after", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A state node to draw; `initial` when its parent enters it by default."""

    id: str
    key: str
    label: str
    tone: str
    description: str
    kind: str
    parent: str | None
    initial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A transition to draw, with words for its event and its guard."""

    id: str
    source: str
    target: str
    event: str | None
    label: str
    guard: str | None
    kind: EdgeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes in document order and the edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(chart: Chart) -> Graph:
    """Return what a screen needs to draw a chart; transitions without a target are left out."""
    return Graph(
        nodes=tuple(_node(chart, node) for node in chart.nodes),
        edges=tuple(edge for node in chart.nodes for edge in _edges(chart, node)),
    )


def mermaid(chart: Chart) -> str:
    """Return the chart as a Mermaid stateDiagram-v2."""
    lines = ["stateDiagram-v2"]
    _compose(chart, chart.nodes[0], 1, lines)
    for edge in graph(chart).edges:
        guard = f" [{edge.guard}]" if edge.guard else ""
        lines.append(f"    {_safe(edge.source)} --> {_safe(edge.target)}: {edge.label}{guard}")
    return "\n".join(lines)


def _node(chart: Chart, node: StateNode) -> Node:
    parent = chart.nodes[node.parent] if node.parent is not None else None
    default = parent.initial.targets if parent and parent.initial else ()
    return Node(
        id=node.id,
        key=node.key,
        label=node.label,
        tone=str(node.meta.get("tone", "neutral")),
        description=str(node.meta.get("description", node.description)),
        kind=node.kind,
        parent=parent.id if parent else None,
        initial=node.index in default,
    )


def _edges(chart: Chart, node: StateNode) -> Iterable[Edge]:
    for event, transitions in node.transitions.items():
        for transition in transitions:
            yield from _drawn(chart, node, transition, _kind(node, event), _words(chart, event))
    for transition in node.always:
        yield from _drawn(chart, node, transition, "always", "")


def _drawn(
    chart: Chart, node: StateNode, transition: Transition, kind: EdgeKind, words: str
) -> Iterable[Edge]:
    own = transition.meta.get("label", "") if isinstance(transition.meta, dict) else ""
    for number, target in enumerate(transition.targets):
        yield Edge(
            id=f"{transition.path}>{number}",
            source=node.id,
            target=chart.nodes[target].id,
            event=transition.event,
            label=str(own) or words,
            guard=describe(transition.guard) if transition.guard else None,
            kind=kind,
        )


def _kind(node: StateNode, event: str) -> EdgeKind:
    if event.startswith("done."):
        return "done"
    return "after" if any(timer.event == event for timer in node.after) else "event"


def _words(chart: Chart, event: str) -> str:
    declared = chart.events.get(event)
    return declared.label if declared else event


def describe(guard: Guard) -> str:
    """Return a guard in a few words."""
    match guard:
        case NamedGuard(name, _):
            return name.replace("_", " ")
        case AllOf(members):
            return " and ".join(describe(member) for member in members)
        case AnyOf(members):
            return " or ".join(describe(member) for member in members)
        case Not(member):
            return f"not {describe(member)}"
        case InState(node):
            return f"in {node}"
        case _:
            return "condition"


def _compose(chart: Chart, node: StateNode, depth: int, lines: list[str]) -> None:
    indent = "    " * depth
    for index in node.children:
        child = chart.nodes[index]
        lines.append(f'{indent}state "{child.label}" as {_safe(child.id)}')
        if child.children:
            lines.append(f"{indent}state {_safe(child.id)} {{")
            _compose(chart, child, depth + 1, lines)
            lines.append(f"{indent}}}")
    if node.initial:
        lines.extend(f"{indent}[*] --> {_safe(chart.nodes[t].id)}" for t in node.initial.targets)


def _safe(node_id: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in node_id)
