"""Guards in both spellings: `{"and": [...]}` here is `{"type": "xstate.and", "params": {"guards": [...]}}` there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart.interchange.note import Notes, at
from orderwright.statechart.interchange.outline import Outline
from orderwright.statechart.interchange.spelling import is_function, note_functions
from orderwright.statechart.interchange.target import locate, split, to_id

_WHEN: Final = "orderwright.when"
_PARTS: Final = ("guards", "guard", "stateValue", "condition")
_NAME_IT: Final = (
    "a guard that is a function needs a name: put it in the behaviour and name it here"
)


def read_guard(source: Json, path: str, outline: Outline, notes: Notes) -> Json:
    """Return our form of an XState guard; None where it is a mistake, which is noted."""
    if isinstance(source, str):
        if not is_function(source):
            return source
        notes.mistake(path, "function", _NAME_IT)
        return None
    body = source if isinstance(source, Mapping) else {}
    name = body.get("type")
    if not isinstance(name, str) or not name:
        notes.mistake(path, "function", _NAME_IT)
        return None
    if name == "xstate.guard":
        wanted = body.get("name", "...")
        notes.mistake(path, "v4", f'`xstate.guard` is XState v4: write `{{"type": "{wanted}"}}`')
        return None
    if name.startswith(("xstate.", "orderwright.")):
        return _read_built_in(name, body, path, outline, notes)
    note_functions(body.get("params"), at(path, "params"), notes)
    return _named(body, path, notes)


def _named(body: Mapping[str, Json], path: str, notes: Notes) -> Json:
    notes.others(body, path, ("type", "params"))
    return {key: body[key] for key in ("type", "params") if key in body}


def _read_built_in(
    name: str, body: Mapping[str, Json], path: str, outline: Outline, notes: Notes
) -> Json:
    params = body.get("params")
    parts = {**body, **params} if isinstance(params, Mapping) else body
    place = path if params is None else at(path, "params")
    notes.others(body, path, ("type", "params", *_PARTS))
    listed = parts.get("guards", [parts["guard"]] if "guard" in parts else [])
    members = listed if isinstance(listed, list) else [listed]
    if name in ("xstate.and", "xstate.or", "xstate.not"):
        read = [
            read_guard(one, f"{place}.guards[{i}]", outline, notes)
            for i, one in enumerate(members)
        ]
        key = name.removeprefix("xstate.")
        if read and None not in read and (key != "not" or len(read) == 1):
            return {key: read[0] if key == "not" else read}
        if not read or key == "not":
            notes.mistake(path, "function", f"`{name}` lists its guards under `params.guards`")
        return None
    if name == "xstate.stateIn":
        return _read_state(parts.get("stateValue"), place, outline, notes)
    if name == _WHEN:
        return {"when": parts.get("condition")}
    notes.mistake(path, "unsupported", f"`{name}` has no form here: name a guard")
    return None


def _read_state(value: Json, place: str, outline: Outline, notes: Notes) -> Json:
    text = value if isinstance(value, str) else ""
    if text.startswith("#"):
        site = locate(outline, outline.root, text)
    else:
        site = outline.find(outline.root, split(text)) if text else None
    if site is None:
        notes.mistake(
            at(place, "stateValue"),
            "target",
            f"{value!r} names no state node; write its id, as in '#{outline.root.id}.key'",
        )
        return None
    return {"in": f"#{site.id}"}


def write_guard(source: Json, outline: Outline) -> Json:
    """Return XState's form of one of our guards."""
    if not isinstance(source, Mapping) or "type" in source:
        return source
    [(key, inner)] = source.items()
    if key == "not":
        return _built_in("xstate.not", guard=write_guard(inner, outline))
    if key in ("and", "or"):
        members = inner if isinstance(inner, list) else []
        return _built_in(f"xstate.{key}", guards=[write_guard(one, outline) for one in members])
    if key == "in":
        site = outline.ids[str(inner).removeprefix("#")]
        return _built_in("xstate.stateIn", stateValue=f"#{to_id(outline, site)}")
    return _built_in(_WHEN, condition=inner)


def _built_in(name: str, **params: Json) -> Json:
    return {"type": name, "params": params}
