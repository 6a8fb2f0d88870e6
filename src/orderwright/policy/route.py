"""The ways through a graph, worked out once: which nodes an event reaches, given what its conditions come to.

Reaching is three-valued, as conditions are. A node is reached if some edge into it is: its source is reached, and gave
the answer that the edge stands for. What hangs on an unknown answer is perhaps reached. A chain of conditions thus
comes to what one `and` of them all comes to, and a diamond costs as many steps as it has edges, however many ways lead
through it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orderwright.condition import NOTHING, Decisive, both, decisive, either, join, negate
from orderwright.policy.graph import order
from orderwright.policy.model import ActionNode, ConditionNode, Node, Policy

Answers = tuple[bool | None, ...]
"""What each condition came to, in the order of the route; False for one that was not asked."""

Entry = tuple[int, bool | None]
"""An edge into a stop: the place of its source, and the answer that it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A node with the edges into it; the trigger has none and is where every way begins."""

    node: Node
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The nodes of a policy, every one behind those that lead to it."""

    stops: tuple[Stop, ...]

    @classmethod
    def of(cls, policy: Policy) -> Route:
        """Put the nodes of a policy into order."""
        nodes = {node.id: node for node in policy.nodes}
        names = order(policy.nodes, policy.edges)
        places = {name: place for place, name in enumerate(names)}
        entries: dict[str, list[Entry]] = {name: [] for name in names}
        for edge in policy.edges:
            entries[edge.target].append((places[edge.source], edge.exit))
        return cls(
            stops=tuple(Stop(node=nodes[name], entries=tuple(entries[name])) for name in names)
        )

    def conditions(self) -> tuple[ConditionNode, ...]:
        """Return the conditions in the order in which they are asked."""
        return tuple(stop.node for stop in self.stops if isinstance(stop.node, ConditionNode))

    def walk(self, ask: Callable[[int], bool | None]) -> tuple[list[bool | None], Answers]:
        """Return for each stop whether it is reached, and what the conditions came to.

        Args:
            ask: gives the answer of a condition by its number; asked only where it is, or may be, reached.
        """
        reached: list[bool | None] = []
        answers: dict[int, bool | None] = {}
        number = 0
        for place, stop in enumerate(self.stops):
            here = join("or", (_through(reached, answers, entry) for entry in stop.entries))
            reached.append(here if stop.entries else True)
            if isinstance(stop.node, ConditionNode):
                answers[place] = False if here is False else ask(number)
                number += 1
        return reached, tuple(answers.values())

    def decisive(self) -> Decisive:
        """Return what makes sure that no action is reached, not even perhaps."""
        behind: list[Decisive | None] = [None] * len(self.stops)
        leading: dict[tuple[int, bool | None], list[int]] = {}
        for place, stop in enumerate(self.stops):
            for entry in stop.entries:
                leading.setdefault(entry, []).append(place)
        for place in reversed(range(len(self.stops))):
            behind[place] = _against(place, self.stops[place].node, leading, behind)
        return behind[0] or NOTHING


def _through(
    reached: list[bool | None], answers: dict[int, bool | None], entry: Entry
) -> bool | None:
    source, wanted = entry
    if wanted is None:
        return reached[source]
    answer = answers[source]
    return join("and", (reached[source], answer if wanted else negate(answer)))


def _against(
    place: int,
    node: Node,
    leading: dict[tuple[int, bool | None], list[int]],
    behind: list[Decisive | None],
) -> Decisive:
    """Return what makes sure that nothing is done from a node on."""
    if isinstance(node, ActionNode):
        return NOTHING

    def onwards(exit_: bool | None) -> Decisive | None:  # noqa: FBT001 (an answer)
        found = [behind[target] or NOTHING for target in leading.get((place, exit_), ())]
        return either(found) if found else None

    if not isinstance(node, ConditionNode):
        return onwards(None) or NOTHING
    ways = [
        both([decisive(node.group, wanted=answer), further])
        for answer in (True, False)
        if (further := onwards(answer)) is not None
    ]
    return either(ways)
