"""Read XState v5 config JSON into a chart's definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orderwright.json_text import Json
from orderwright.statechart.document import parse, too_deep
from orderwright.statechart.interchange import event_type
from orderwright.statechart.interchange.action import read_actions
from orderwright.statechart.interchange.note import Note, Notes, at
from orderwright.statechart.interchange.outline import Outline, Site
from orderwright.statechart.interchange.spelling import (
    INITIAL_KEYS,
    INVOKE_KEYS,
    NODE_KEYS,
    OLD_INVOKE,
    OLD_NODE,
    ROOT_KEYS,
    keep,
    note_functions,
)
from orderwright.statechart.interchange.target import from_xstate
from orderwright.statechart.interchange.transition import read_transitions
from orderwright.statechart.problem import ChartInvalid, Problem, Problems

_DECLARATION = frozenset({"label", "description", "data", "by", "facts"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of an XState document.

    Attributes:
        definition: for `load`; whatever is a mistake was left out of it.
        notes: what to mend, and what means something slightly else here.
    """

    definition: Mapping[str, Json]
    notes: tuple[Note, ...] = ()

    @property
    def mistakes(self) -> tuple[Note, ...]:
        """What somebody must mend before the definition says what the document meant."""
        return tuple(note for note in self.notes if note.level == "mistake")


def read_xstate(config: Mapping[str, Json] | str) -> Imported:
    """Translate the config of an XState v5 machine.

    Args:
        config: JSON text, or the object it would parse to. Spellings of XState v4 are not translated, because a
            transition means something else there; each is noted with its fix.

    Raises:
        ChartInvalid: it is not JSON, not an object, or nested too deeply.
    """
    source = _parse(config) if isinstance(config, str) else config
    if not isinstance(source, Mapping):
        raise ChartInvalid([Problem("", "type", "a machine is an object")])
    try:
        reading = _Reading(Outline(source, "(machine)"))
        definition = reading.root()
    except RecursionError:
        raise ChartInvalid([too_deep("")]) from None
    return Imported(definition=definition, notes=tuple(reading.notes.found))


def _parse(text: str) -> Json:
    problems = Problems()
    parsed = parse(text, problems)
    if problems.found:
        raise ChartInvalid(problems.found)
    return parsed


class _Reading:
    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.notes = Notes()
        self.parts: Mapping[str, Callable[[Json, Site, str], Json]] = {
            "version": self.version,
            "schemas": self.schemas,
            "initial": self.initial,
            "history": self.history,
            "target": self.default,
            "states": self.states,
            "on": self.on,
            "always": self.transitions,
            "after": self.after,
            "entry": self.actions,
            "exit": self.actions,
            "invoke": self.invocations,
            "onDone": self.transitions,
            "output": self.value,
        }

    def root(self) -> dict[str, Json]:
        site = self.outline.root
        read = keep(site.source, "", ROOT_KEYS, OLD_NODE, self.notes)
        read = {"id": site.id, **self.translate(read, site)}
        return {"events" if key == "schemas" else key: one for key, one in read.items()}

    def node(self, site: Site) -> dict[str, Json]:
        for key in ("context", "version"):
            if key in site.source:
                self.notes.mistake(at(site.path, key), "key", f"only the root has `{key}`")
        source = {k: v for k, v in site.source.items() if k not in ("context", "version")}
        return self.translate(keep(source, site.path, NODE_KEYS, OLD_NODE, self.notes), site)

    def translate(self, source: Mapping[str, Json], site: Site) -> dict[str, Json]:
        """Return a node whose parts are translated; a part that comes to None goes."""
        read = {
            key: self.parts[key](member, site, at(site.path, key)) if key in self.parts else member
            for key, member in source.items()
        }
        return {key: member for key, member in read.items() if member is not None}

    # --- parts of a node ---

    def schemas(self, source: Json, _site: Site, path: str) -> Json:
        """Event declarations; schemas of other things have no place here."""
        found = self.notes.mapping(source, path, "`schemas`")
        for key in found.keys() - {"events"}:
            self.notes.loss(
                at(path, key), f"`{key}` is left out: a chart describes its events only"
            )
        if "events" not in found:
            return None
        declared = self.notes.mapping(found["events"], at(path, "events"), "`events`")
        return {
            event_type.from_xstate(name) or name: _declaration(body)
            for name, body in declared.items()
        }

    def version(self, source: Json, _site: Site, _path: str) -> Json:
        if isinstance(source, str) and source.isdecimal() and int(source) > 0:
            return int(source)
        if isinstance(source, int) and not isinstance(source, bool):
            return source
        self.notes.loss("version", f"{source!r} is left out: a version here is a whole number")
        return None

    def initial(self, source: Json, site: Site, path: str) -> Json:
        if not isinstance(source, Mapping):
            return source if site.has_child(source) else _spell(source)
        body = {k: v for k, v in source.items() if k not in ("description", "meta")}
        for key in source.keys() - body.keys():
            self.notes.loss(at(path, key), f"`{key}` of an initial transition is left out")
        read = keep(body, path, INITIAL_KEYS, {}, self.notes)
        if "target" in read:
            read["target"] = self.initial(read["target"], site, path)
        if "actions" in read:
            read["actions"] = read_actions(read["actions"], at(path, "actions"), self.notes)
        return read

    def history(self, source: Json, _site: Site, _path: str) -> Json:
        if source is True:
            return "shallow"
        return None if source is False else source

    def default(self, source: Json, site: Site, path: str) -> Json:
        """The default of a history node; its object form is ours alone."""
        is_ours = isinstance(source, Mapping)
        return self.initial(source, site, path) if is_ours else _spell(source)

    def states(self, source: Json, site: Site, path: str) -> Json:
        for key, body in self.notes.mapping(source, path, "`states`").items():
            self.notes.mapping(body, at(path, key), "a state node")
            if "." in key:
                fix = "rename it; a key here has no dot"
                self.notes.mistake(at(path, key), "key", f"{key!r} cannot be a key: {fix}")
        return {key: self.node(child) for key, child in site.children.items()}

    def on(self, source: Json, site: Site, path: str) -> Json:
        read: dict[str, Json] = {}
        for name, body in self.notes.mapping(source, path, "`on`").items():
            place = f"{path}.{name}"
            ours, modern = event_type.from_xstate(name), event_type.modernise(name)
            if name == "":
                self.notes.mistake(place, "v4", "`on` an empty event is XState v4: write `always`")
            elif modern is not None:
                self.notes.mistake(place, "v4", f"{name!r} is XState v4: write {modern!r}")
            elif ours is None:
                self.notes.mistake(place, "unsupported", f"nothing here is sent as {name!r}")
            else:
                read[ours] = self.transitions(body, site, place)
        return read

    def transitions(self, source: Json, site: Site, path: str) -> Json:
        return read_transitions(source, site, path, self.outline, self.notes)

    def after(self, source: Json, site: Site, path: str) -> Json:
        if isinstance(source, list):
            fix = 'write an object by delay: `{"1000": {"target": ...}}`'
            self.notes.mistake(path, "v4", f"a list of delayed transitions is XState v4: {fix}")
            return None
        declared = self.notes.mapping(source, path, "`after`")
        return {
            delay: self.transitions(body, site, f"{path}.{delay}")
            for delay, body in declared.items()
        }

    def actions(self, source: Json, _site: Site, path: str) -> Json:
        return read_actions(source, path, self.notes)

    def value(self, source: Json, _site: Site, path: str) -> Json:
        note_functions(source, path, self.notes)
        return source

    def invocations(self, source: Json, site: Site, path: str) -> Json:
        if isinstance(source, list):
            return [self.work(one, site, f"{path}[{i}]") for i, one in enumerate(source)]
        return self.work(source, site, path)

    def work(self, source: Json, site: Site, path: str) -> Json:
        body = self.notes.mapping(source, path, "an invocation")
        read = keep(body, path, INVOKE_KEYS, OLD_INVOKE, self.notes)
        if not isinstance(read.get("src"), str):
            fix = "name the work here and let the caller perform it"
            self.notes.mistake(at(path, "src"), "function", f"`src` needs a name: {fix}")
        for key in ("onDone", "onError"):
            if key in read:
                read[key] = self.transitions(read[key], site, at(path, key))
        note_functions(read.get("input"), at(path, "input"), self.notes)
        return read


def _spell(target: Json) -> Json:
    """Respell what names a state node, or a list of such."""
    if isinstance(target, list):
        return [_spell(one) for one in target]
    return from_xstate(target) if isinstance(target, str) else target


def _declaration(body: Json) -> Json:
    """What we wrote ourselves comes back; anything else is the JSON Schema of the event's data."""
    is_ours = isinstance(body, Mapping) and body.keys() <= _DECLARATION
    return body if is_ours else {"data": body}
