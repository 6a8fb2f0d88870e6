"""Walk through everything that a chart can come to: all configurations, the shortest way to each, what never is.

Two ways to answer guards:

- `free`: each guard may hold or not, and actions do nothing but raise. What is found contains all that any behaviour
  could do, and more: a property that holds here holds always; a state that is missing here is never reached.
- `given`: guards, actions and delays are a behaviour's, with the contexts, facts and events that are given. A state
  is then a configuration with its history, context and facts, and what is found can really be done.

Both run the chart through `start` and `send`, so that there is one semantics.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from orderwright.json_text import Json
from orderwright.statechart.behaviour import Behaviour
from orderwright.statechart.chart import Chart
from orderwright.statechart.explore.exploration import (
    Answer,
    Coverage,
    Exploration,
    Failure,
    Place,
    wander,
)
from orderwright.statechart.explore.free import FreeWalk
from orderwright.statechart.explore.given import GivenWalk
from orderwright.statechart.explore.move import Choice, Move
from orderwright.statechart.snapshot import Event

__all__ = [
    "Answer",
    "Choice",
    "Coverage",
    "Exploration",
    "Failure",
    "Move",
    "Place",
    "explore",
]

LIMIT: Final = 20_000
_NOTHING: Final[tuple[Mapping[str, Json], ...]] = ({},)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


def explore(  # noqa: PLR0913 (the world of an instance)
    chart: Chart,
    *,
    behaviour: Behaviour | None = None,
    guards: Literal["free", "given"] = "free",
    contexts: Iterable[Mapping[str, Json]] = _NOTHING,
    facts: Iterable[Mapping[str, Json]] = _NOTHING,
    events: Iterable[Event | str] | None = None,
    now: datetime = _EPOCH,
    limit: int = LIMIT,
    steady: bool = False,
    forgetting: Collection[str] = (),
) -> Exploration:
    """Find every place that a chart can come to, nearest first.

    Args:
        chart: the chart.
        behaviour: its implementations, for `given`.
        guards: whether guards are free, or as the behaviour answers.
        contexts: what instances may be started with (given).
        facts: what the world may know at any step (given).
        events: the events that may come. By default those that the chart declares, or, when it declares none, those
            that it names, and those that it sends itself; with the timers and the work of active states in any
            case. An event that a named action raises and the chart does not declare must be named here to be seen in
            `free`.
        now: the time of every step, aware.
        limit: how many places to find at most; beyond it the exploration is not `complete`.
        steady: a promise that no named guard asks which states are active, so that it answers the same within a
            macrostep until an action changes the context (free). Without it, it may answer anew after each move.
        forgetting: keys of the context that no guard reads, such as counters; places that differ in nothing else are
            one (given).

    Raises:
        ValueError: `given` without a behaviour.
    """
    named = None if events is None else tuple(_event(one) for one in events)
    if guards == "free":
        return wander(chart, FreeWalk(chart, named, steady=steady), limit)
    if behaviour is None:
        raise ValueError("guards are given by a behaviour; give one, or leave them free")
    walk = GivenWalk(
        chart=chart,
        behaviour=behaviour,
        contexts=tuple(contexts),
        facts=tuple(facts),
        events=named,
        now=now,
        forgetting=frozenset(forgetting),
    )
    return wander(chart, walk, limit)


def _event(one: Event | str) -> Event:
    return one if isinstance(one, Event) else Event(one)
