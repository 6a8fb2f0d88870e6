"""A loaded chart: what its author wrote, and the memory of what was derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orderwright.json_text import Json
from orderwright.statechart.definition import EventDeclaration, StateNode
from orderwright.statechart.plan import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A loaded chart. Share it freely: it never changes.

    Two fields are only memory. `configurations`: the ones met so far, by the ids of their nodes, with what was derived
    from them. `histories`: those that were met and fit.
    """

    id: str
    version: int
    hash: str
    definition: str
    nodes: tuple[StateNode, ...]
    ids: Mapping[str, int]
    context: Mapping[str, Json]
    events: Mapping[str, EventDeclaration]
    configurations: dict[tuple[str, ...], Configuration] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    histories: set[tuple[tuple[str, tuple[str, ...]], ...]] = field(
        default_factory=set, init=False, repr=False, compare=False
    )

    def node(self, node_id: str) -> StateNode:
        """Return the node with an id.

        Raises:
            KeyError: no node has it.
        """
        return self.nodes[self.ids[node_id]]

    def leaves(self, configuration: tuple[str, ...]) -> str:
        """Return the keys of the leaf nodes of a configuration, joined by a space: its state in a word."""
        known = self.configurations.get(configuration)
        if known is not None:
            return known.leaves
        nodes = [self.node(node_id) for node_id in configuration]
        return " ".join(node.key for node in nodes if node.kind in ("atomic", "final"))

    def descends(self, node: int, ancestor: int) -> bool:
        """Tell whether `node` lies properly below `ancestor`."""
        return ancestor < node <= self.nodes[ancestor].last

    def ancestors(self, node: int) -> list[int]:
        """Return the proper ancestors of a node, innermost first."""
        found, parent = [], self.nodes[node].parent
        while parent is not None:
            found.append(parent)
            parent = self.nodes[parent].parent
        return found

    def regions(self, node: int) -> tuple[int, ...]:
        """Return the children of a node that can be active: all but history nodes."""
        return tuple(c for c in self.nodes[node].children if self.nodes[c].kind != "history")
