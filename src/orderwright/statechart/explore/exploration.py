"""What an exploration found: places, the shortest way to each, properties, and sequences that cover transitions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from orderwright.json_text import Json
from orderwright.statechart.behaviour import Refused
from orderwright.statechart.chart import Chart
from orderwright.statechart.explore.move import Arrival, Move, Walk
from orderwright.statechart.snapshot import Snapshot

_FAILURES = ("loop", "guard_error", "guard_unknown", "action_error")
Origin = int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an instance can come to, and the last move on a shortest way there.

    Attributes:
        number: its number, in the order of being found; `origin` is the one before it on the way, None for a start.
        snapshot: the configuration, history and (given) context.
        move: the move from the origin.
        transitions: paths of the transitions that the move takes.
    """

    number: int
    origin: Origin
    snapshot: Snapshot
    move: Move
    transitions: tuple[str, ...]

    @property
    def configuration(self) -> tuple[str, ...]:
        """Ids of the active nodes, in document order."""
        return self.snapshot.configuration

    @property
    def context(self) -> Mapping[str, Json]:
        """The instance's data."""
        return self.snapshot.context

    @property
    def facts(self) -> Mapping[str, Json]:
        """What the world knew at the last step."""
        return self.move.facts

    def is_in(self, node_id: str) -> bool:
        """Tell whether a node is active."""
        return node_id in self.snapshot.configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether a property holds: True is proven, False comes with a shortest counter-example.

    `holds` is None when no counter-example was found within the limit, which proves nothing.
    """

    holds: bool | None
    place: Place | None = None
    path: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A move that ends in an error or never comes to rest, from the place with number `origin`."""

    origin: Origin
    move: Move
    refused: Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Sequences of moves, each from a start, that together take every transition but the uncovered ones."""

    sequences: tuple[tuple[Move, ...], ...]
    covered: frozenset[str]
    uncovered: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """The places that a chart can come to, nearest first.

    Attributes:
        complete: whether these are all of them; False when the limit was reached.
        failures: moves that are refused by an error, not by a guard.
        taken: for each transition that can be taken, the origin and the move that takes it first.
    """

    chart: Chart
    places: tuple[Place, ...]
    complete: bool
    failures: tuple[Failure, ...]
    taken: Mapping[str, tuple[Origin, Move, tuple[str, ...]]]

    @property
    def configurations(self) -> Mapping[tuple[str, ...], Place]:
        """Every configuration, with the nearest place that has it."""
        found: dict[tuple[str, ...], Place] = {}
        for place in self.places:
            found.setdefault(place.configuration, place)
        return found

    def path(self, place: Place) -> tuple[Move, ...]:
        """Return a shortest sequence of moves to a place, the start first."""
        return tuple(one.move for one in self._way(place.number))

    def never(self, predicate: Callable[[Place], bool]) -> Answer:
        """Prove that no place has a property, or return the nearest one that has."""
        for place in self.places:
            if predicate(place):
                return Answer(holds=False, place=place, path=self.path(place))
        return Answer(holds=True if self.complete else None)

    def always(self, predicate: Callable[[Place], bool]) -> Answer:
        """Prove that every place has a property, or return the nearest one that has not."""
        return self.never(lambda place: not predicate(place))

    def coverage(self) -> Coverage:
        """Return sequences that take every transition that can be taken: few, as each takes the way of others."""
        left = dict.fromkeys(
            reversed(tuple(self.taken))
        )  # the farthest first, whose ways are the longest
        sequences = []
        while left:
            origin, move, transitions = self.taken[next(iter(left))]
            way = self._way(origin)
            sequences.append((*(one.move for one in way), move))
            for path in (*transitions, *(path for one in way for path in one.transitions)):
                left.pop(path, None)
        missing = tuple(path for path in _transitions(self.chart) if path not in self.taken)
        return Coverage(
            sequences=tuple(sequences), covered=frozenset(self.taken), uncovered=missing
        )

    def _way(self, number: Origin) -> list[Place]:
        way: list[Place] = []
        while number is not None:
            way.append(self.places[number])
            number = self.places[number].origin
        return way[::-1]


def _transitions(chart: Chart) -> Iterator[str]:
    for node in chart.nodes:
        for listed in (*node.transitions.values(), node.always):
            yield from (transition.path for transition in listed)


def wander(chart: Chart, walk: Walk, limit: int) -> Exploration:
    """Follow a walk breadth first, so that the first way to a place is a shortest one."""
    log = _Log(walk, limit)
    log.note(None, walk.begin())
    for place in log.places:  # grows on the way
        if place.snapshot.status == "active":
            log.note(place.number, walk.onward(place.snapshot))
        if not (log.complete and walk.is_complete):
            break
    return Exploration(
        chart=chart,
        places=tuple(log.places),
        complete=log.complete and walk.is_complete,
        failures=log.failures,
        taken=log.taken,
    )


class _Log:
    """What was found so far."""

    def __init__(self, walk: Walk, limit: int) -> None:
        self.walk = walk
        self.limit = limit
        self.complete = True
        self.places: list[Place] = []
        self.taken: dict[str, tuple[Origin, Move, tuple[str, ...]]] = {}
        self._failed: dict[Hashable, Failure] = {}
        self._known: set[Hashable] = set()

    @property
    def failures(self) -> tuple[Failure, ...]:
        return tuple(self._failed.values())

    def note(self, origin: Origin, arrivals: Iterable[Arrival]) -> None:
        """Keep what is new: places, transitions taken for the first time, failures of another kind."""
        for arrival in arrivals:
            if arrival.snapshot is not None:
                self._place(origin, arrival, arrival.snapshot)
            elif arrival.refused is not None and arrival.refused.code in _FAILURES:
                why = arrival.refused
                failure = Failure(origin=origin, move=arrival.move, refused=why)
                self._failed.setdefault((why.code, why.message), failure)

    def _place(self, origin: Origin, arrival: Arrival, snapshot: Snapshot) -> None:
        for path in arrival.transitions:
            self.taken.setdefault(path, (origin, arrival.move, arrival.transitions))
        identity = self.walk.identity(snapshot, arrival.move)
        if identity in self._known:
            return
        if len(self.places) >= self.limit:
            self.complete = False
            return
        self._known.add(identity)
        self.places.append(
            Place(
                number=len(self.places),
                origin=origin,
                snapshot=snapshot,
                move=arrival.move,
                transitions=arrival.transitions,
            )
        )
