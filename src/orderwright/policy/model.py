"""The shape of a policy: a graph from one trigger over conditions to actions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from orderwright.condition import Group, Json, plain, to_json as condition_to_json
from orderwright.json_text import canonical
from orderwright.policy.trigger import Threshold, Trigger

SCHEMA: Final = 1
"""The version of the document's form."""

Consequence = Literal["flag", "hold"]
"""What follows from not knowing or from failing: a review that blocks nothing, or an approval case that blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerNode:
    """Where a policy begins."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionNode:
    """A question with two exits.

    Attributes:
        id: of the node.
        group: as it is asked, with what facts are compared with in their case.
        written: as the document has it.
    """

    id: str
    group: Group
    written: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionNode:
    """What is to be done once this node is reached.

    Attributes:
        action: one of `ACTIONS`.
        config: what it is told, as written.
    """

    id: str
    action: str
    config: Mapping[str, Json] = field(default_factory=dict)


Node = TriggerNode | ConditionNode | ActionNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A way from one node to another; `exit` is the answer of a condition, None elsewhere."""

    source: str
    target: str
    exit: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as `load` has read it: its graph has one trigger and no circle, and every way ends in an action.

    Attributes:
        name: for people.
        trigger: what sets it off.
        priority: higher decides first.
        on_unknown: what follows where it is not known whether it matches.
        on_error: what follows where it fails.
        nodes: in the order of the document.
        edges: in the order of the document.
        description: for people.
        layout: where its nodes are drawn; no part of its meaning.
    """

    name: str
    trigger: Trigger
    priority: int
    on_unknown: Consequence
    on_error: Consequence
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    description: str = ""
    layout: Mapping[str, Json] = field(default_factory=dict)

    @property
    def conditions(self) -> tuple[ConditionNode, ...]:
        """The conditions, in the order of the document."""
        return tuple(node for node in self.nodes if isinstance(node, ConditionNode))

    @property
    def actions(self) -> tuple[ActionNode, ...]:
        """The actions, in the order of the document."""
        return tuple(node for node in self.nodes if isinstance(node, ActionNode))

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of what the policy means: equal for documents that differ in layout and spacing only."""
        meaning = {key: value for key, value in self.to_json().items() if key != "layout"}
        return hashlib.sha256(canonical(meaning).encode()).hexdigest()

    def to_json(self) -> dict[str, Json]:
        """Return the policy in the form that `load` reads, defaults written out."""
        trigger = self.trigger
        return {
            "schema": SCHEMA,
            "name": self.name,
            "description": self.description,
            "trigger": trigger.to_json() if isinstance(trigger, Threshold) else trigger,
            "priority": self.priority,
            "on_unknown": self.on_unknown,
            "on_error": self.on_error,
            "graph": {
                "nodes": [_node(node) for node in self.nodes],
                "edges": [_edge(edge) for edge in self.edges],
            },
            "layout": dict(self.layout),
        }


def _node(node: Node) -> dict[str, Json]:
    if isinstance(node, ConditionNode):
        return {"id": node.id, "type": "condition", "group": condition_to_json(node.written)}
    if isinstance(node, ActionNode):
        config = plain(node.config)
        return {"id": node.id, "type": "action", "action": node.action, "config": config}
    return {"id": node.id, "type": "trigger"}


def _edge(edge: Edge) -> dict[str, Json]:
    answer = {} if edge.exit is None else {"exit": "true" if edge.exit else "false"}
    return {"from": edge.source, **answer, "to": edge.target}
