"""One step of an exploration: what happened, how guards were answered, and what came of it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from orderwright.json_text import Json
from orderwright.statechart.behaviour import Refused
from orderwright.statechart.chart import Chart
from orderwright.statechart.configuration import descriptors
from orderwright.statechart.definition import SendLater
from orderwright.statechart.snapshot import Event, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A guard, the transition that asked it, and its answer."""

    guard: str
    transition: str
    holds: bool

    def __str__(self) -> str:
        return self.guard if self.holds else f"not {self.guard}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A start (`event` None) or an event, with free choices of guards, or with the context and the facts given."""

    event: Event | None
    choices: tuple[Choice, ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict)
    context: Mapping[str, Json] = field(default_factory=dict)

    def __str__(self) -> str:
        name = self.event.type if self.event else "start"
        return f"{name} [{', '.join(map(str, self.choices))}]" if self.choices else name

    def to_json(self) -> dict[str, Json]:
        """Return the move as test input."""
        found: dict[str, Json] = {"event": self.event.type if self.event else None}
        if self.event and self.event.data:
            found["data"] = dict(self.event.data)
        if self.choices:
            found["guards"] = [
                {"guard": one.guard, "transition": one.transition, "holds": one.holds}
                for one in self.choices
            ]
        found.update(
            {k: dict(v) for k, v in (("facts", self.facts), ("context", self.context)) if v}
        )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came of a move: a snapshot and the transitions taken, or why it was refused."""

    move: Move
    snapshot: Snapshot | None
    transitions: tuple[str, ...] = ()
    refused: Refused | None = None


class Walk(Protocol):
    """A way to go on from a snapshot."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing was left out so far."""

    def begin(self) -> Iterable[Arrival]:
        """Return what may come of starting the chart."""

    def onward(self, snapshot: Snapshot) -> Iterable[Arrival]:
        """Return what may come of the next event; refusals may be left out, except failures."""

    def identity(self, snapshot: Snapshot, move: Move, /) -> Hashable:
        """Return what makes a place the same as another."""


def offered(chart: Chart, named: tuple[Event, ...] | None, snapshot: Snapshot) -> Iterator[Event]:
    """Yield the events that may come to an instance: the named ones, its timers, the ends of its work."""
    known = alphabet(chart) if named is None else named
    yield from known
    types = {event.type for event in known}
    for node_id in snapshot.configuration:
        node = chart.node(node_id)
        timers = [timer.event for timer in node.after]
        ends = [f"{end}.invoke.{work.id}" for work in node.invoke for end in ("done", "error")]
        yield from (Event(name) for name in (*timers, *ends) if name not in types)


def alphabet(chart: Chart) -> tuple[Event, ...]:
    """Return the events that may come from outside: the declared and delayed ones, else those that the chart names.

    A descriptor with a wildcard stands for an event that no narrower one answers to.
    """
    if chart.events:
        return tuple(map(Event, dict.fromkeys((*chart.events, *_delayed(chart)))))
    named = dict.fromkeys(name for node in chart.nodes for name in node.transitions)
    own = {timer.event for node in chart.nodes for timer in node.after}
    outer = (one for one in named if one not in own and not one.startswith(("done.", "error.")))
    return tuple(map(Event, dict.fromkeys(_example(one, named) for one in outer)))


def _delayed(chart: Chart) -> Iterator[str]:
    """Yield the types of the events that a chart sends itself."""
    for node in chart.nodes:
        moves = [*node.always, *(one for listed in node.transitions.values() for one in listed)]
        moves += [node.initial] if node.initial else []
        for action in (*node.entry, *node.exit, *(act for move in moves for act in move.actions)):
            if isinstance(action, SendLater):
                yield action.type


def _example(descriptor: str, named: Collection[str]) -> str:
    """Return an event type to which, of all descriptors that are named, this one answers most exactly."""
    stem = descriptor.removesuffix("*")
    below = (f"{stem}any{'_' * number}" for number in itertools.count())
    tried = itertools.chain([stem.removesuffix(".")] if stem else [], below)
    return next(
        name
        for name in tried
        if next(one for one in descriptors(name) if one in named) == descriptor
    )
