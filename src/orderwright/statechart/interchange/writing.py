"""Write a chart as XState v5 config JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from orderwright.json_text import Json
from orderwright.statechart.chart import Chart
from orderwright.statechart.interchange import event_type
from orderwright.statechart.interchange.action import write_actions
from orderwright.statechart.interchange.note import Note, Notes, at
from orderwright.statechart.interchange.outline import Outline, Site
from orderwright.statechart.interchange.target import to_xstate
from orderwright.statechart.interchange.transition import write_transitions


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What came of a chart.

    Attributes:
        config: the config of an XState v5 machine, JSON-ready.
        notes: what XState will not do with it; `read_xstate` restores it all the same.
    """

    config: Mapping[str, Json]
    notes: tuple[Note, ...] = ()


def write_xstate(chart: Chart) -> Exported:
    """Translate a chart into the config of an XState v5 machine.

    The order of keys is the chart's. What XState keeps in functions is written as reserved names with parameters:
    whoever runs the machine gives `createMachine` implementations of them.
    """
    source: Json = json.loads(chart.definition)
    writing = _Writing(Outline(source if isinstance(source, Mapping) else {}, "chart"))
    return Exported(config=writing.root(), notes=tuple(writing.notes.found))


class _Writing:
    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.notes = Notes()
        self.parts: Mapping[str, Callable[[Json, Site, str], Json]] = {
            "events": self.events,
            "initial": self.initial,
            "target": self.default,
            "states": self.states,
            "on": self.on,
            "always": self.transitions,
            "after": self.after,
            "entry": self.actions,
            "exit": self.actions,
            "invoke": self.invocations,
            "onDone": self.transitions,
        }

    def root(self) -> dict[str, Json]:
        site = self.outline.root
        written = {"id": site.id, **self.node(site.source, site)}
        if "version" in written:
            written["version"] = str(written["version"])
        return {"schemas" if key == "events" else key: one for key, one in written.items()}

    def events(self, source: Json, _site: Site, _path: str) -> Json:
        return {"events": {event_type.to_xstate(name): body for name, body in _members(source)}}

    def node(self, source: Mapping[str, Json], site: Site) -> dict[str, Json]:
        return {
            key: self.parts[key](member, site, at(site.path, key)) if key in self.parts else member
            for key, member in source.items()
        }

    def initial(self, source: Json, site: Site, path: str) -> Json:
        named = source.get("target") if isinstance(source, Mapping) else source
        if not site.has_child(named):
            self.notes.loss(
                path, "XState's `initial` is the key of a child; it takes nothing deeper"
            )
        return self.transition(source, site)

    def default(self, source: Json, site: Site, path: str) -> Json:
        """Where a history node leads the first time."""
        if isinstance(source, Mapping):
            self.notes.loss(path, "XState's history takes a target without actions")
        return self.transition(source, site)

    def transition(self, source: Json, site: Site) -> Json:
        """Respell an initial or a history transition; XState takes the key of a child as it stands."""
        if isinstance(source, Mapping):
            written = {**source, "target": self.transition(source["target"], site)}
            if "actions" in written:
                written["actions"] = write_actions(written["actions"])
            return written
        if isinstance(source, list):
            return [self.transition(one, site) for one in source]
        return source if site.has_child(source) else to_xstate(self.outline, str(source))

    def states(self, _source: Json, site: Site, _path: str) -> Json:
        return {key: self.node(child.source, child) for key, child in site.children.items()}

    def on(self, source: Json, site: Site, path: str) -> Json:
        return {
            event_type.to_xstate(name): self.transitions(body, site, path)
            for name, body in _members(source)
        }

    def transitions(self, source: Json, site: Site, _path: str) -> Json:
        return write_transitions(source, site, self.outline)

    def after(self, source: Json, site: Site, path: str) -> Json:
        return {delay: self.transitions(body, site, path) for delay, body in _members(source)}

    def actions(self, source: Json, _site: Site, _path: str) -> Json:
        return write_actions(source)

    def invocations(self, source: Json, site: Site, path: str) -> Json:
        if isinstance(source, list):
            return [self.invocations(one, site, path) for one in source]
        return {
            key: self.transitions(one, site, path) if key in ("onDone", "onError") else one
            for key, one in _members(source)
        }


def _members(source: Json) -> Iterable[tuple[str, Json]]:
    """Return the members of what a loaded chart has as an object."""
    return source.items() if isinstance(source, Mapping) else ()
