"""What a graph must be like: one trigger, no circle, nothing out of reach, and an action at the end of every way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from orderwright.policy.model import ActionNode, ConditionNode, Edge, Node, TriggerNode
from orderwright.policy.problem import Problem


def order(nodes: Sequence[Node], edges: Iterable[Edge]) -> tuple[str, ...]:
    """Return the ids of nodes so that every edge leads onwards, those in a circle or behind one left out.

    Nodes that do not depend on each other keep the order of the document.
    """
    following = _following(edges)
    waiting = {node.id: 0 for node in nodes}
    for targets in following.values():
        for target in targets:
            waiting[target] += 1
    ready = [name for name, count in waiting.items() if not count]
    for name in ready:
        for target in following.get(name, ()):
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return tuple(ready)


def problems_of(nodes: Sequence[Node], edges: Sequence[Edge]) -> Iterator[Problem]:
    """Yield what is wrong with a graph whose edges lead from nodes of it to nodes of it."""
    triggers = [node.id for node in nodes if isinstance(node, TriggerNode)]
    if len(triggers) != 1:
        yield Problem(
            "graph.nodes", "trigger", f"a policy has one trigger node, not {len(triggers)}"
        )
    if not any(isinstance(node, ActionNode) for node in nodes):
        yield Problem("graph.nodes", "no_action", "a policy without an action does nothing")
    yield from _edges(nodes, edges)
    yield from _circles(nodes, edges)
    if triggers:
        yield from _ends(nodes, edges, _reached(triggers, edges))


def _edges(nodes: Sequence[Node], edges: Sequence[Edge]) -> Iterator[Problem]:
    kinds = {node.id: node for node in nodes}
    seen: set[Edge] = set()
    for number, edge in enumerate(edges):
        path = f"graph.edges[{number}]"
        if isinstance(kinds[edge.source], ConditionNode) is (edge.exit is None):
            message = 'an edge out of a condition, and no other, has "exit": "true" or "false"'
            yield Problem(f"{path}.exit", "exit", message)
        if isinstance(kinds[edge.target], TriggerNode):
            yield Problem(f"{path}.to", "trigger", "nothing leads to the trigger")
        if edge in seen:
            yield Problem(path, "duplicate", "this edge is there twice")
        seen.add(edge)


def _circles(nodes: Sequence[Node], edges: Sequence[Edge]) -> Iterator[Problem]:
    onwards = set(order(nodes, edges))
    backwards = set(order(nodes, [_turned(edge) for edge in edges]))
    circle = [node.id for node in nodes if node.id not in onwards and node.id not in backwards]
    if circle:
        names = ", ".join(circle)
        yield Problem("graph.edges", "cycle", f"these nodes lead back to themselves: {names}")


def _ends(
    nodes: Sequence[Node], edges: Sequence[Edge], reached: frozenset[str]
) -> Iterator[Problem]:
    leading = {edge.source for edge in edges}
    for number, node in enumerate(nodes):
        path = f"graph.nodes[{number}]"
        if node.id not in reached:
            yield Problem(path, "unreachable", f"no way leads from the trigger to {node.id!r}")
        if node.id not in leading and not isinstance(node, ActionNode):
            yield Problem(path, "dead_end", f"nothing follows {node.id!r}; ways end in actions")


def _reached(start: Iterable[str], edges: Iterable[Edge]) -> frozenset[str]:
    following = _following(edges)
    waiting = list(start)
    reached = set(waiting)
    for name in waiting:
        new = [target for target in following.get(name, ()) if target not in reached]
        reached.update(new)
        waiting.extend(new)
    return frozenset(reached)


def _following(edges: Iterable[Edge]) -> Mapping[str, list[str]]:
    following: dict[str, list[str]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
    return following


def _turned(edge: Edge) -> Edge:
    return Edge(source=edge.target, target=edge.source, exit=edge.exit)
