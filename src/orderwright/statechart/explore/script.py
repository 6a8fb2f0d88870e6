"""Answer the questions of one macrostep from a script, and stop at the first that the script does not answer.

The same guard asked again in a macrostep gets the same answer, as long as nothing that it may see has changed: the
context and the event for a condition; for a named guard also which states are active, unless guards are steady.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from orderwright.statechart.behaviour import Behaviour, Outcome, Scope
from orderwright.statechart.explore.move import Choice
from orderwright.statechart.explore.queue import Queue
from orderwright.statechart.explore.reduction import (
    CHANGED,
    FALLBACK,
    INTERNAL,
    Question,
    Reduced,
    ended,
    left,
    raising,
    taken,
)
from orderwright.statechart.snapshot import Event


class Line(NamedTuple):
    """A line of a script: the moment of a question, which decides all that may follow, and the answer."""

    moment: Hashable
    answer: bool


Script = tuple[Line, ...]
Identity = tuple[tuple[str, ...], str, tuple[tuple[str, tuple[str, ...]], ...]]
"""A configuration, a status and a history."""


class Origin(NamedTuple):
    """Where a macrostep begins, and with which event; both None for a start."""

    event: str | None = None
    identity: Identity | None = None

    @property
    def history(self) -> Hashable:
        """What was remembered before the macrostep."""
        return self.identity and self.identity[-1]


EMPTY: Final[Script] = ()


class Unscripted(Exception):
    """A question that the script does not answer."""


class Player:
    """A behaviour that answers from a script; begin anew for each macrostep."""

    def __init__(self, reduced: Reduced, *, steady: bool) -> None:
        nodes = reduced.chart.nodes
        self._leaves = tuple(node.id for node in nodes if node.kind in ("atomic", "final"))
        self._chart = reduced.chart
        self._parents = reduced.parents
        self._steady = steady
        marks: dict[str, Callable[[Scope], Outcome | None]] = {CHANGED: self._change}
        marks.update(
            {taken(path): self._taker(path, moves) for path, moves in reduced.moving.items()}
        )
        marks.update({left(index): self._leaver(index) for index in reduced.remembered})
        marks.update({raising(name): self._raiser(name) for name in reduced.raised})
        finals = (node.index for node in nodes if node.kind == "final")
        marks.update({ended(index): self._ender(index) for index in finals})
        asked = {one.name: self._asker(one) for one in reduced.questions}
        asked[INTERNAL] = self._is_internal
        self.behaviour = Behaviour(guards=asked, actions=marks)
        self.begin(EMPTY, Origin(), None)

    def begin(self, script: Script, origin: Origin, external: Event | None) -> None:
        """Take up a script for a macrostep that begins at `origin`, with an external event or by a start."""
        self.script = script
        self.origin = origin
        self._external = external
        self.moment: Hashable = None
        self.choices: list[Choice] = []
        self.transitions: list[str] = []
        self._blind: dict[str, bool] = {}
        self._seeing: dict[str, bool] = {}
        self._event = external
        self._queue = Queue(self._chart)
        self._position = 0
        self._leaving: list[int] = []
        self._left: dict[int, tuple[int, ...]] = {}

    # --- questions ---

    def _asker(self, question: Question) -> Callable[[Scope], bool]:
        def ask(scope: Scope) -> bool:
            return self._answer(question, scope)

        return ask

    def _answer(self, question: Question, scope: Scope) -> bool:
        self._observe(scope)
        known = self._blind if question.is_blind or self._steady else self._seeing
        if question.identity not in known:
            if self._position == len(self.script):
                if self.moment is None:
                    self.moment = self._identify(question, scope)
                raise Unscripted(question.name)
            known[question.identity] = self.script[self._position].answer
            self._position += 1
            self._note(question, holds=known[question.identity])
        return known[question.identity]

    def _note(self, question: Question, *, holds: bool) -> None:
        self.choices.append(
            Choice(guard=question.words, transition=question.transition, holds=holds)
        )

    def _identify(self, question: Question, scope: Scope) -> Hashable:
        """Return what decides all that may follow; the event only where the event itself is asked about.

        An external event that nothing takes is refused, an internal one is dropped.
        """
        may_be_refused = scope.event is self._external and not self.transitions
        return (
            question.name,
            question.event and scope.event and (scope.event.type, may_be_refused),
            self._active(scope),
            frozenset(self._blind.items()),
            frozenset(self._seeing.items()),
            self.origin.history,
            tuple(sorted(self._left.items())),
            self._queue.waiting,
        )

    def _active(self, scope: Scope) -> tuple[str, ...]:
        return tuple(name for name in self._leaves if scope.in_state(name))

    def _is_internal(self, scope: Scope) -> bool:
        return scope.event is not self._external

    # --- marks ---

    def _change(self, _scope: Scope) -> None:
        self._blind.clear()
        self._seeing.clear()

    def _taker(self, path: str, moves: bool) -> Callable[[Scope], None]:  # noqa: FBT001 (a table's value)
        def take(scope: Scope) -> None:
            self._observe(scope)
            if path != FALLBACK:
                self.transitions.append(path)
            if moves:
                self._seeing.clear()
                self._leaving.clear()

        return take

    def _observe(self, scope: Scope) -> None:
        """Notice that another event has come up."""
        if scope.event is not None and scope.event is not self._event:
            self._queue.take(scope.event)
            self._event = scope.event
            self._blind.clear()
            self._seeing.clear()

    def _raiser(self, name: str) -> Callable[[Scope], Outcome]:
        def emit(_scope: Scope) -> Outcome:
            event = Event(name)
            self._queue.put(event)
            return Outcome(raised=[event])

        return emit

    def _ender(self, index: int) -> Callable[[Scope], None]:
        def end(scope: Scope) -> None:
            self._queue.end(index, self._active(scope))

        return end

    def _leaver(self, index: int) -> Callable[[Scope], None]:
        def leave(_scope: Scope) -> None:
            if index in self._parents:
                inside = (one for one in self._leaving if self._chart.descends(one, index))
                self._left[index] = tuple(inside)
            self._leaving.append(index)

        return leave
