"""Walk with a behaviour: what an instance can really do with the contexts, facts and events that are given."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from orderwright.json_text import Json
from orderwright.statechart.behaviour import Behaviour
from orderwright.statechart.chart import Chart
from orderwright.statechart.explore.move import Arrival, Move, offered
from orderwright.statechart.snapshot import Event, Snapshot
from orderwright.statechart.step import StartRefused, Step, send, start


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenWalk:
    """Guards, actions and delays are a behaviour's; `forgetting` names keys of the context that do not matter."""

    chart: Chart
    behaviour: Behaviour
    contexts: tuple[Mapping[str, Json], ...]
    facts: tuple[Mapping[str, Json], ...]
    events: tuple[Event, ...] | None
    now: datetime
    forgetting: frozenset[str]

    @property
    def is_complete(self) -> bool:
        """A behaviour leaves nothing open."""
        return True

    def begin(self) -> Iterator[Arrival]:
        """Yield what comes of starting the chart with each context and all facts."""
        for context in self.contexts:
            for facts in self.facts:
                move = Move(event=None, facts=facts, context=context)
                yield self._start(move)

    def onward(self, snapshot: Snapshot) -> Iterator[Arrival]:
        """Yield what comes of each event with all facts."""
        for event in offered(self.chart, self.events, snapshot):
            for facts in self.facts:
                step = send(
                    self.chart,
                    self.behaviour,
                    snapshot,
                    event,
                    facts=facts,
                    now=self.now,
                    trace=True,
                )
                yield _arrival(Move(event=event, facts=facts), step)

    def identity(self, snapshot: Snapshot, move: Move) -> Hashable:
        """Return configuration, history, status, context and facts."""
        context = {k: v for k, v in snapshot.context.items() if k not in self.forgetting}
        return (
            snapshot.configuration,
            snapshot.status,
            tuple(sorted(snapshot.history.items())),
            _text(context),
            _text(move.facts),
        )

    def _start(self, move: Move) -> Arrival:
        try:
            step = start(
                self.chart,
                self.behaviour,
                context=move.context,
                facts=move.facts,
                now=self.now,
                trace=True,
            )
        except StartRefused as stopped:
            return Arrival(move=move, snapshot=None, refused=stopped.refused)
        return _arrival(move, step)


def _arrival(move: Move, step: Step) -> Arrival:
    if step.refused is not None:
        return Arrival(move=move, snapshot=None, refused=step.refused)
    taken = tuple(path for one in step.trace for path in one.transitions)
    return Arrival(move=move, snapshot=step.snapshot, transitions=taken)


def _text(value: Mapping[str, Json]) -> str:
    return json.dumps(dict(value), sort_keys=True, default=repr)
