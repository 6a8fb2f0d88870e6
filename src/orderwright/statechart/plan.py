"""What is derived from a chart and remembered: configurations, what they answer to an event, and what to do then.

All of it depends on the chart and the recorded history alone, never on context, facts or data, so that a running
instance only looks it up. A plan is a straight line of actions: timers, done events, invocations and the end of the
chart are actions of the line too, and each comes with the nodes that are active at that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orderwright.json_text import Json
from orderwright.statechart.definition import Action, Template, Transition

History = Mapping[str, tuple[str, ...]]
"""For each history node that was recorded, the ids of the nodes that it restores."""

Groups = tuple[tuple[Transition, ...], ...]
"""For each active atomic node that has any, the transitions to try, in order."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Start a node's invocations, if it is still active when the macrostep ends."""

    node: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Stop a node's invocations."""

    node: int


@dataclass(frozen=True, slots=True)
class Finish:
    """End the chart; `output` is that of the final node which ends it."""

    output: Template | None


Line = tuple[frozenset[int], str, str | None, Action | Begin | Leave | Finish]
"""One action of a plan: the nodes that are active while it is performed; its place, for messages; its name when it is
a named one without parameters, as most are; and the action. A bare tuple, because those are taken apart fastest."""

Program = tuple[Line, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What taking a set of transitions together means.

    Attributes:
        exits: the nodes left, innermost first.
        entries: the nodes entered, outermost first.
        program: what is performed on the way.
        after: where it leads.
        recorded: what history nodes restore from now on.
        still: nothing is performed, recorded, or to be taken next without an event.
    """

    exits: tuple[int, ...]
    entries: tuple[int, ...]
    program: Program
    after: Configuration
    recorded: History
    still: bool


@dataclass(frozen=True, slots=True, eq=False)
class Reaction:
    """What a configuration answers to an event type.

    Attributes:
        groups: the transitions to try.
        plan: what is done when no guard is to be asked and no history was recorded; None where that is not so.
    """

    groups: Groups
    plan: Plan | None


@dataclass(frozen=True, slots=True, eq=False)
class Configuration:
    """A set of active nodes, with what was derived from it so far.

    Attributes:
        order: the nodes in document order.
        active: the same as a set.
        atomics: those of them without active children.
        ids: their ids.
        head: what the snapshots of this configuration begin with: chart id, version, hash, ids, value.
        leaves: the keys of the atomic nodes, joined by a space.
        always: the eventless transitions to try.
        reactions: answers by event type.
        plans: plans by the identities of the transitions taken, and by the history where there is any.
    """

    order: tuple[int, ...]
    active: frozenset[int]
    atomics: tuple[int, ...]
    ids: tuple[str, ...]
    head: tuple[str, int, str, tuple[str, ...], Json]
    leaves: str
    always: Groups
    reactions: dict[str, Reaction] = field(default_factory=dict)
    plans: dict[object, Plan] = field(default_factory=dict)
