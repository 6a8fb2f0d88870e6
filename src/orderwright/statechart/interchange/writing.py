"""Write a chart as XState v5 config JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
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
        declared = source if isinstance(source, Mapping) else {}
        return {"events": {event_type.to_xstate(name): body for name, body in declared.items()}}

    def node(self, source: Mapping[str, Json], site: Site) -> dict[str, Json]:
        return {
            key: self.parts[key](member, site, at(site.path, key)) if key in self.parts else member
            for key, member in source.items()
        }

    def initial(self, source: Json, site: Site, path: str) -> Json:
        written = self.default(source, site, path)
        named = written.get("target") if isinstance(written, Mapping) else written
        if not isinstance(named, str) or named not in site.children:
            self.notes.loss(
                path, "XState's `initial` is the key of a child; it takes nothing deeper"
            )
        return written

    def default(self, source: Json, site: Site, path: str) -> Json:
        """Where an initial or a history transition leads."""
        if isinstance(source, str):
            return to_xstate(self.outline, source)
        if isinstance(source, list):
            return [to_xstate(self.outline, str(one)) for one in source]
        written = dict(source) if isinstance(source, Mapping) else {}
        written["target"] = self.default(written["target"], site, path)
        if "actions" in written:
            written["actions"] = write_actions(written["actions"])
        if site.kind == "history":
            self.notes.loss(path, "XState's history takes a target without actions")
        return written

    def states(self, _source: Json, site: Site, _path: str) -> Json:
        return {key: self.node(child.source, child) for key, child in site.children.items()}

    def on(self, source: Json, site: Site, _path: str) -> Json:
        declared = source if isinstance(source, Mapping) else {}
        return {
            event_type.to_xstate(name): self.transitions(body, site, _path)
            for name, body in declared.items()
        }

    def transitions(self, source: Json, site: Site, _path: str) -> Json:
        return write_transitions(source, site, self.outline)

    def after(self, source: Json, site: Site, _path: str) -> Json:
        declared = source if isinstance(source, Mapping) else {}
        return {delay: self.transitions(body, site, _path) for delay, body in declared.items()}

    def actions(self, source: Json, _site: Site, _path: str) -> Json:
        return write_actions(source)

    def invocations(self, source: Json, site: Site, path: str) -> Json:
        if isinstance(source, list):
            return [self.invocations(one, site, path) for one in source]
        work = dict(source) if isinstance(source, Mapping) else {}
        for key in ("onDone", "onError"):
            if key in work:
                work[key] = self.transitions(work[key], site, path)
        return work
