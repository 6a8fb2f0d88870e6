"""Walk with free guards: replay each macrostep with every script of answers.

A macrostep is played until it asks what its script does not answer; then both answers are scripted. A question in a
moment that was met before leads nowhere new and is not pursued, only completed once more in the way that is known by
then, since the way to it may have taken other transitions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from orderwright.statechart.behaviour import Refused
from orderwright.statechart.chart import Chart
from orderwright.statechart.explore.move import Arrival, Move, offered
from orderwright.statechart.explore.reduction import reduce
from orderwright.statechart.explore.script import EMPTY, Identity, Line, Origin, Player, Script
from orderwright.statechart.snapshot import Event, Snapshot
from orderwright.statechart.step import StartRefused, Step, send, start

PATIENCE: Final = 1_000
ANSWERS: Final = 100
"""How many scripts one event may take, and how many answers a script. A chart that raises events in a circle, and
hardly another, has more; then the exploration is not complete."""
_NOW: Final = datetime(2000, 1, 1, tzinfo=UTC)  # nothing is left that would look at it


class FreeWalk:
    """Every guard may hold or not."""

    def __init__(self, chart: Chart, events: tuple[Event, ...] | None, *, steady: bool) -> None:
        reduced = reduce(chart)
        self._original = chart
        self._chart = reduced.chart
        self._player = Player(reduced, steady=steady)
        self._events = events
        self.is_complete = True
        self._endings: dict[Hashable, Script] = {}
        self._met: set[Hashable] = set()

    def begin(self) -> Iterable[Arrival]:
        """Return what may come of starting the chart."""
        return self._play(None, None)

    def onward(self, snapshot: Snapshot) -> Iterator[Arrival]:
        """Yield what may come of each event that may come."""
        for event in offered(self._original, self._events, snapshot):
            yield from self._play(snapshot, event)

    def identity(self, snapshot: Snapshot, _move: Move) -> Hashable:
        """Return configuration, history and status."""
        return _identity(snapshot)

    def _play(self, snapshot: Snapshot | None, event: Event | None) -> Iterator[Arrival]:
        origin = Origin(event.type if event else None, _identity(snapshot) if snapshot else None)
        waiting: list[Script] = [EMPTY]
        known: list[tuple[Script, Hashable]] = []
        for (
            script
        ) in waiting:  # grows on the way, so that what takes the fewest answers comes first
            if len(waiting) > PATIENCE or len(script) > ANSWERS:
                self.is_complete = False
                break
            arrival, moment = self._replay(snapshot, event, script, origin)
            if arrival is not None:
                yield arrival
            elif moment in self._met:
                known.append((script, moment))
            else:
                self._met.add(moment)
                waiting.extend((*script, Line(moment, answer)) for answer in (True, False))
        for script in self._completed(known):
            arrival, _ = self._replay(snapshot, event, script, origin)
            assert arrival is not None  # a moment decides all that follows it
            yield arrival

    def _completed(self, known: list[tuple[Script, Hashable]]) -> Iterator[Script]:
        """Yield scripts that were broken off, with an ending that is known; one may give another its ending."""
        progress = True
        while known and progress:
            ready = [(script, at) for script, at in known if at in self._endings]
            known = [(script, at) for script, at in known if at not in self._endings]
            for script, moment in ready:
                yield (*script, *self._endings[moment])
            progress = bool(ready)

    def _replay(
        self, snapshot: Snapshot | None, event: Event | None, script: Script, origin: Origin
    ) -> tuple[Arrival | None, Hashable]:
        """Play a macrostep; return what came of it, or the moment of the question that stopped it."""
        player = self._player
        player.begin(script, origin, event)
        step = self._step(snapshot, event)
        refused = step if isinstance(step, Refused) else step.refused
        if refused is not None and refused.code == "guard_error":
            return None, player.moment
        move = Move(event=event, choices=tuple(player.choices))
        if isinstance(step, Refused) or refused is not None:
            return Arrival(move=move, snapshot=None, refused=refused), None
        for number, line in enumerate(script):
            self._endings.setdefault(line.moment, script[number:])
        taken = tuple(player.transitions)
        return Arrival(move=move, snapshot=step.snapshot, transitions=taken), None

    def _step(self, snapshot: Snapshot | None, event: Event | None) -> Step | Refused:
        behaviour = self._player.behaviour
        if snapshot is not None and event is not None:
            return send(self._chart, behaviour, snapshot, event, now=_NOW)
        try:
            return start(self._chart, behaviour, now=_NOW)
        except StartRefused as stopped:
            return stopped.refused


def _identity(snapshot: Snapshot) -> Identity:
    return snapshot.configuration, snapshot.status, tuple(sorted(snapshot.history.items()))
