"""What an author wrote, as immutable data: state nodes, transitions, guards and actions.

Nodes are numbered in document order, so that order questions are comparisons of integers: `a` comes before `b`
when a.index < b.index, and `d` descends from `a` when a.index < d.index <= a.last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from orderwright.json_text import Json

if TYPE_CHECKING:
    from orderwright.condition import Check, Group

Kind = Literal["atomic", "compound", "parallel", "final", "history"]


@dataclass(frozen=True, slots=True)
class Path:
    """A value read from the scope: `event.*`, `context.*`, `facts.*` or `now`."""

    root: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((self.root, *self.keys))


@dataclass(frozen=True, slots=True)
class Template:
    """A JSON value that may hold paths; a `constant` one is handed out as it stands, any other is made each time."""

    source: Json
    constant: bool


# --- guards ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamedGuard:
    """A predicate of the behaviour, called with `params`."""

    name: str
    params: Template


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every member holds."""

    members: tuple[Guard, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one member holds."""

    members: tuple[Guard, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The member does not hold; unknown stays unknown."""

    member: Guard


@dataclass(frozen=True, slots=True)
class InState:
    """The node is active."""

    node: str


@dataclass(frozen=True, slots=True)
class When:
    """A condition group over context.*, event.* and facts.*; `check` is the group compiled."""

    group: Group
    check: Check = field(compare=False, repr=False)


Guard = NamedGuard | AllOf | AnyOf | Not | InState | When


# --- actions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamedAction:
    """A function of the behaviour, called with `params`."""

    name: str
    params: Template


@dataclass(frozen=True, slots=True)
class Assign:
    """Set keys of the context; all values are read before any is written."""

    values: Template


@dataclass(frozen=True, slots=True)
class Raise:
    """Put an internal event at the end of the queue."""

    type: str
    data: Template


@dataclass(frozen=True, slots=True)
class EmitEvent:
    """Emit a domain event."""

    type: str
    data: Template


@dataclass(frozen=True, slots=True)
class PostEntry:
    """Post to a ledger."""

    ledger: str
    data: Template


@dataclass(frozen=True, slots=True)
class SendLater:
    """Schedule an event to this chart after a delay in milliseconds, or one that the behaviour names."""

    type: str
    data: Template
    delay: int | str
    id: str


@dataclass(frozen=True, slots=True)
class CancelLater:
    """Cancel a scheduled event."""

    id: str


Action = NamedAction | Assign | Raise | EmitEvent | PostEntry | SendLater | CancelLater


# --- structure ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A way from `source`; `targets` is empty for one that only acts.

    `event` is the descriptor it answers to; None for an eventless one and for initial and history defaults.
    `path` is its place in the definition, for messages.
    """

    source: int
    event: str | None
    path: str
    targets: tuple[int, ...] = ()
    guard: Guard | None = None
    actions: tuple[Action, ...] = ()
    reenter: bool = False
    description: str = ""
    meta: Json = None

    def __hash__(self) -> int:
        return hash(self.path)


@dataclass(frozen=True, slots=True)
class After:
    """A delayed transition's timer: started on entry, cancelled on exit; its event's type is its id."""

    delay: int | str
    event: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """Asynchronous work that runs while its node is active."""

    id: str
    src: str
    input: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class StateNode:
    """A node of the chart; `last` is the index of its last descendant (its own when it has none)."""

    index: int
    id: str
    key: str
    kind: Kind
    parent: int | None
    last: int
    children: tuple[int, ...] = ()
    initial: Transition | None = None
    deep: bool = False
    transitions: Mapping[str, tuple[Transition, ...]] = field(default_factory=dict)
    always: tuple[Transition, ...] = ()
    entry: tuple[Action, ...] = ()
    exit: tuple[Action, ...] = ()
    after: tuple[After, ...] = ()
    invoke: tuple[Invocation, ...] = ()
    output: Template | None = None
    tags: tuple[str, ...] = ()
    meta: Mapping[str, Json] = field(default_factory=dict)
    description: str = ""

    @property
    def label(self) -> str:
        """The name for people: `meta.label`, else the key."""
        return str(self.meta.get("label", self.key))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDeclaration:
    """What the chart says of an event: words, the JSON Schema of its data, who may send it, facts it needs."""

    type: str
    label: str
    description: str = ""
    data: Mapping[str, Json] | None = None
    by: Literal["user", "system"] = "user"
    facts: tuple[str, ...] = ()


ROOT: Final = 0
"""The index of the root node."""
