"""The moment in which a guard or an action runs, and how it reads values from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set as AbstractSet
from datetime import datetime
from types import MappingProxyType
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart.behaviour import Behaviour, Reason, Refused, Scope
from orderwright.statechart.definition import Chart, Path, Template
from orderwright.statechart.snapshot import Event


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


class _Nowhere:
    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Nowhere()


class Probe(Mapping[str, Json]):
    """Empty event data that counts who looks into it: how `explain` finds out what data decides."""

    def __init__(self) -> None:
        self.touched = 0

    def look(self) -> None:
        """Count a look."""
        self.touched += 1

    def __getitem__(self, key: str) -> Json:
        self.touched += 1
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        self.touched += 1
        return iter(())

    def __len__(self) -> int:
        self.touched += 1
        return 0


class Moment:
    """What a running macrostep knows right now; the step changes `context`, `event` and `active` as it goes."""

    __slots__ = ("active", "behaviour", "chart", "context", "event", "facts", "now", "probe")

    def __init__(
        self,
        chart: Chart,
        behaviour: Behaviour,
        *,
        context: Mapping[str, Json],
        facts: Mapping[str, Json],
        event: Event | None,
        now: datetime,
    ) -> None:
        self.chart = chart
        self.behaviour = behaviour
        self.context = context
        self.facts = facts
        self.event = event
        self.now = now
        self.active: AbstractSet[int] = frozenset()
        self.probe = event.data if event and isinstance(event.data, Probe) else None

    def scope(self, params: Template) -> Scope:
        """Return what a named guard, action or delay sees.

        Raises:
            Missing: a parameter's path leads nowhere.
        """
        given = fill(params, self)
        if not isinstance(given, dict):
            raise TypeError("parameters are an object")
        return Scope(
            context=MappingProxyType(self.context),
            facts=MappingProxyType(self.facts),
            params=MappingProxyType(given),
            event=self.event,
            now=self.now,
            active=self.is_active,
        )

    def is_active(self, node_id: str) -> bool:
        """Tell whether a node is active at this moment."""
        return self.chart.ids[node_id] in self.active


def read(path: Path, moment: Moment) -> Json:
    """Follow a path into the moment; MISSING where it leads nowhere. List items go by number."""
    if path.root == "now":
        return moment.now.isoformat()
    at: Json = moment.context if path.root == "context" else moment.facts
    if path.root == "event":
        at = moment.event.data if moment.event else {}
    for key in path.keys:
        if isinstance(at, Mapping):
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
    if isinstance(source, Mapping):
        return {key: _fill(member, moment) for key, member in source.items()}
    if isinstance(source, list):
        return [_fill(member, moment) for member in source]
    return source
