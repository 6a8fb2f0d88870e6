"""A chart as a picture: a layout-ready graph for screens, and Mermaid text for documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from orderwright.condition import Group, Reference, Rule, shown
from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import (
    ROOT,
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
_UNARY: Final = ("is_null", "is_not_null")
_KEYWORDS: Final = frozenset(
    "state note end as class classdef click default direction style".split()
)
_SAFE: Final = " _.,()[]/+*=!?'"


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
    """Return the chart as a Mermaid stateDiagram-v2, with final states, history (H, H*) and regions (`--`)."""
    names = _names(chart)
    found = graph(chart)
    lines = ["stateDiagram-v2"]
    root = chart.nodes[ROOT]
    framed = any(root.id in (edge.source, edge.target) for edge in found.edges)
    if framed or root.kind == "parallel" or not root.children:
        _declare(chart, root, names, 1, lines)
    else:
        _compose(chart, root, names, 1, lines)
    for edge in found.edges:
        guard = f" [{_escaped(edge.guard)}]" if edge.guard else ""
        words = f"{_escaped(edge.label)}{guard}".strip()
        arrow = f"    {names[edge.source]} --> {names[edge.target]}"
        lines.append(f"{arrow}: {words}" if words else arrow)
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
            words = _words(chart, node, event)
            yield from _drawn(chart, node, transition, _kind(node, event), words)
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
    if event.startswith(("done.", "error.invoke.")):
        return "done"
    return "after" if any(timer.event == event for timer in node.after) else "event"


def _words(chart: Chart, node: StateNode, event: str) -> str:
    declared = chart.events.get(event)
    if declared is not None:
        return declared.label
    for timer in node.after:
        if timer.event == event:
            return (
                f"after {timer.delay} ms"
                if isinstance(timer.delay, int)
                else f"after {_plain(timer.delay)}"
            )
    return {f"done.state.{node.id}": "done"}.get(event, event)


def describe(guard: Guard) -> str:
    """Return a guard in a few words."""
    match guard:
        case NamedGuard(name, _):
            return _plain(name)
        case AllOf(members):
            return " and ".join(_inner(member, AnyOf) for member in members)
        case AnyOf(members):
            return " or ".join(_inner(member, AllOf) for member in members)
        case Not(member):
            return f"not {_inner(member, AllOf, AnyOf)}"
        case InState(node):
            return f"in {node}"
        case _:
            return _condition(guard.group)


def _inner(guard: Guard, *others: type) -> str:
    """Return a member's words, in parentheses where they would else run into the words around them."""
    words = describe(guard)
    if isinstance(guard, AllOf | AnyOf) and isinstance(guard, others):
        return f"({words})" if len(guard.members) > 1 else words
    return words


def _condition(member: Group | Rule) -> str:
    if isinstance(member, Rule):
        if member.operator in _UNARY:
            return f"{member.field} {_plain(member.operator)}"
        value = member.value
        compared = value.path if isinstance(value, Reference) else shown(value)
        return f"{member.field} {_plain(member.operator)} {compared}"
    inner = [_condition(one) for one in member.rules]
    words = f" {member.combinator} ".join(inner)
    if member.negated:
        return f"not ({words})"
    return f"({words})" if len(inner) > 1 else words


def _plain(name: str) -> str:
    return name.replace("_", " ")


# --- Mermaid --------------------------------------------------------------------------------------


def _declare(
    chart: Chart, node: StateNode, names: Mapping[str, str], depth: int, lines: list[str]
) -> None:
    """Write a node and what is inside."""
    indent, name = "    " * depth, names[node.id]
    lines.append(f'{indent}state "{_escaped(_title(node))}" as {name}')
    if node.children:
        lines.append(f"{indent}state {name} {{")
        _compose(chart, node, names, depth + 1, lines)
        lines.append(f"{indent}}}")


def _compose(
    chart: Chart, node: StateNode, names: Mapping[str, str], depth: int, lines: list[str]
) -> None:
    """Write the children of a node, with where it begins and where it ends."""
    indent = "    " * depth
    children = [chart.nodes[index] for index in node.children]
    for number, child in enumerate(children):
        if number and node.kind == "parallel":
            lines.append(f"{indent}--")
        _declare(chart, child, names, depth, lines)
        if child.kind == "final":
            lines.append(f"{indent}{names[child.id]} --> [*]")
    if node.initial:
        starts = (names[chart.nodes[target].id] for target in node.initial.targets)
        lines.extend(f"{indent}[*] --> {name}" for name in starts)


def _title(node: StateNode) -> str:
    if node.kind != "history":
        return node.label
    sign = "H*" if node.deep else "H"
    return f"{sign} {node.label}" if "label" in node.meta else sign


def _names(chart: Chart) -> dict[str, str]:
    """Return a name for each node that Mermaid takes for one: letters, digits, `_`, no keyword, no two alike."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for node in chart.nodes:
        plain = "".join(one if one.isascii() and one.isalnum() else "_" for one in node.id)
        name = f"{plain}_" if plain.lower() in _KEYWORDS else plain
        while name in taken:
            name = f"{name}_{node.index}"
        taken.add(name)
        names[node.id] = name
    return names


def _escaped(words: str) -> str:
    """Write what Mermaid would read as a sign of its own by its number."""
    plain = " ".join(words.split())
    return "".join(one if one.isalnum() or one in _SAFE else f"#{ord(one)};" for one in plain)
