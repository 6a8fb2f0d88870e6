"""The moment in which a guard or an action runs, and how it reads values from it."""

from __future__ import annotations

from collections import deque
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from orderwright.condition import MISSING
from orderwright.json_text import Json
from orderwright.statechart.behaviour import NOTHING, Behaviour, Reason, Refused, Scope
from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import Path, Template
from orderwright.statechart.effect import Effect
from orderwright.statechart.plan import Configuration, History
from orderwright.statechart.snapshot import Event
from orderwright.statechart.trace import Trace


class Stop(Exception):
    """Ends a macrostep; the external event is refused."""

    def __init__(
        self,
        code: str,
        message: str,
        values: Mapping[str, Json] | None = None,
        reasons: tuple[Reason, ...] = (),
    ) -> None:
        super().__init__(message)
        self.refused = Refused(code, message, dict(values or {}), reasons)


class Missing(Exception):
    """A path leads nowhere."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is missing")
        self.path = path


NOWHERE: Final[frozenset[int]] = frozenset()


class Probe(dict[str, Json]):
    """Empty event data that counts who looks into it: how `explain` finds out what data decides.

    A dictionary, so that a host may do with it what it does with data: copy it, write it as JSON.
    """

    def __init__(self) -> None:
        super().__init__()
        self.touched = 0

    def look(self) -> Probe:
        """Count a look."""
        self.touched += 1
        return self

    def __getitem__(self, key: str) -> Json:
        return super(Probe, self.look()).__getitem__(key)

    def __contains__(self, key: object) -> bool:
        return super(Probe, self.look()).__contains__(key)

    def __iter__(self) -> Iterator[str]:
        return super(Probe, self.look()).__iter__()

    def __len__(self) -> int:
        return super(Probe, self.look()).__len__()

    def get(self, key: str, default: Json = None, /) -> Json:
        """Return the default."""
        return super(Probe, self.look()).get(key, default)

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # typeshed's own class is not to be named
        """Return no keys."""
        return super(Probe, self.look()).keys()

    def values(self) -> ValuesView[Json]:  # type: ignore[override]
        """Return no values."""
        return super(Probe, self.look()).values()

    def items(self) -> ItemsView[str, Json]:  # type: ignore[override]
        """Return no items."""
        return super(Probe, self.look()).items()


class Ended(NamedTuple):
    """The end of a chart."""

    output: Json


class Moment(Scope):
    """A running macrostep: what is known right now, and what has come of it so far.

    It is itself the scope that the host's functions see, as one object for each step is faster made than two.

    Attributes:
        chart: the chart.
        behaviour: its implementations.
        at: the configuration at the last stop; None before the first.
        active: the nodes that are active at this moment, on the way from `at` to the next.
        held: the next snapshot's context in the making; `context` shows it read-only.
        history: what history nodes restore.
        effects: what is to be performed by the host, in order.
        queue: internal events that wait; None as long as there was none.
        invoking: nodes whose invocations begin when the macrostep ends.
        ended: the chart has reached its end, with this output.
        trace: what the macrostep did, when somebody asked.
    """

    __slots__ = (
        "active",
        "at",
        "behaviour",
        "chart",
        "effects",
        "ended",
        "held",
        "history",
        "invoking",
        "queue",
        "trace",
    )

    def __init__(  # noqa: PLR0913 (what a macrostep is made of; made for each step)
        self,
        chart: Chart,
        behaviour: Behaviour,
        at: Configuration | None,
        context: Mapping[str, Json],
        history: History,
        facts: Mapping[str, Json] | None,
        event: Event | None,
        now: datetime,
    ) -> None:
        self.chart = chart
        self.behaviour = behaviour
        self.at = at
        self.active = at.active if at is not None else NOWHERE
        self.held = context
        self.context = MappingProxyType(context)
        self.history = history
        self.facts = MappingProxyType(facts) if facts else NOTHING
        self.params = NOTHING
        self.event = event
        self.now = now
        self.effects: list[Effect] = []
        self.queue: deque[Event] | None = None
        self.invoking: tuple[int, ...] = ()
        self.ended: Ended | None = None
        self.trace: Trace | None = None

    @property
    def probe(self) -> Probe | None:
        """The event's data when nobody has entered them yet."""
        data = self.event.data if self.event is not None else None
        return data if isinstance(data, Probe) else None

    def in_state(self, node_id: str) -> bool:
        """Tell whether the node with this id is active at this moment.

        Raises:
            KeyError: the chart has no such node.
        """
        return self.chart.ids[node_id] in self.active

    def scope(self, params: Template) -> Scope:
        """Return what a guard or action with these parameters sees.

        Raises:
            Missing: a parameter's path leads nowhere.
            TypeError: a path leads to something else than an object of parameters.
        """
        if not params.source:
            return self
        given = fill(params, self)
        if not isinstance(given, dict):
            raise TypeError(f"parameters are an object, not {type(given).__name__}")
        return Given(self, MappingProxyType(given))

    def assign(self, values: Mapping[str, Json]) -> None:
        """Set keys of the context."""
        self.held = {**self.held, **values}
        self.context = MappingProxyType(self.held)

    def enqueue(self, event: Event) -> None:
        """Put an internal event at the end of the queue."""
        if self.queue is None:
            self.queue = deque()
        self.queue.append(event)


class Given(Scope):
    """What a moment's functions with parameters see."""

    __slots__ = ("_moment",)

    def __init__(self, moment: Moment, params: Mapping[str, Json]) -> None:
        self.context = moment.context
        self.facts = moment.facts
        self.params = params
        self.event = moment.event
        self.now = moment.now
        self._moment = moment

    def in_state(self, node_id: str) -> bool:
        """Tell whether the node with this id is active at this moment.

        Raises:
            KeyError: the chart has no such node.
        """
        return self._moment.in_state(node_id)


def read(path: Path, moment: Moment) -> Json:
    """Follow a path into the moment; MISSING where it leads nowhere. List items go by number."""
    if path.root == "now":
        return moment.now.isoformat()
    at: Json = moment.held if path.root == "context" else moment.facts
    if path.root == "event":
        at = moment.event.data if moment.event else {}
    for key in path.keys:
        if type(at) is dict or isinstance(at, Mapping):
            at = at.get(key, MISSING)
        elif isinstance(at, list) and key.isdecimal() and int(key) < len(at):
            at = at[int(key)]
        else:
            return MISSING
    return at


def fill(template: Template, moment: Moment) -> Json:
    """Return a template's value with its paths replaced.

    Raises:
        Missing: a path leads nowhere.
    """
    return template.source if template.constant else _fill(template.source, moment)


def _fill(source: Json, moment: Moment) -> Json:
    if isinstance(source, Path):
        found = read(source, moment)
        if found is MISSING:
            if source.root == "event" and moment.probe is not None:
                moment.probe.look()
            raise Missing(str(source))
        return found
    if type(source) is dict or isinstance(source, Mapping):
        return {key: _fill(member, moment) for key, member in source.items()}
    if isinstance(source, list):
        return [_fill(member, moment) for member in source]
    return source
