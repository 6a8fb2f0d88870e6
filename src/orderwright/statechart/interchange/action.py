"""Actions in both spellings: what is data here is a named action with parameters there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart.interchange import event_type
from orderwright.statechart.interchange.note import Notes, at
from orderwright.statechart.interchange.spelling import (
    OLD_ACTIONS,
    is_function,
    note_functions,
)

_POST: Final = "orderwright.post"
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "xstate.assign": ("assignment", "context"),
    "xstate.raise": ("event", "data", "delay", "id"),
    "xstate.emit": ("event", "data"),
    "xstate.cancel": ("sendId", "id"),
}
_NAME_IT: Final = (
    "an action that is a function needs a name: put it in the behaviour and name it here"
)


# --- reading --------------------------------------------------------------------------------------


def read_actions(source: Json, path: str, notes: Notes) -> Json:
    """Return our form of one XState action or a list of them; what is a mistake is noted and left out."""
    if not isinstance(source, list):
        read = _read(source, path, notes)
        return [] if read is None else read
    listed = [_read(one, f"{path}[{i}]", notes) for i, one in enumerate(source)]
    return [one for one in listed if one is not None]


def _read(source: Json, path: str, notes: Notes) -> Json:
    if isinstance(source, str) and source and not is_function(source):
        source = {"type": source} if source.startswith("xstate.") else source
    if isinstance(source, str) and not is_function(source):
        return source
    body = source if isinstance(source, Mapping) else {}
    name = body.get("type")
    if not isinstance(name, str) or name in ("", "(anonymous)"):
        notes.mistake(path, "function", _NAME_IT)
        return None
    name = name.removeprefix("@") if name.startswith("@xstate.") else name
    if name.startswith("xstate.") or name == _POST:
        return _read_built_in(name, body, path, notes)
    note_functions(body.get("params"), at(path, "params"), notes)
    notes.others(body, path, ("type", "params"))
    return {key: body[key] for key in ("type", "params") if key in body}


def _read_built_in(name: str, body: Mapping[str, Json], path: str, notes: Notes) -> Json:
    params = body.get("params")
    parts = params if isinstance(params, Mapping) else body
    place = path if params is None else at(path, "params")
    if name in _PARTS:
        if parts is not body:
            notes.others(body, path, ("type", "params"))
        notes.others(parts, place, ("type", *_PARTS[name]))
    if name == "xstate.assign":
        return _read_assign(parts, place, notes)
    if name in ("xstate.raise", "xstate.emit"):
        return _read_event(name, parts, place, notes)
    if name == "xstate.cancel":
        return _read_cancel(parts.get("sendId", parts.get("id")), place, notes)
    if name == _POST:
        return {"post": dict(parts)}
    if name in OLD_ACTIONS:
        notes.mistake(path, "v4", f"`{name}` is XState v4: {OLD_ACTIONS[name]}")
    else:
        notes.mistake(path, "unsupported", f"`{name}` has no form here: name an action")
    return None


def _read_assign(parts: Mapping[str, Json], place: str, notes: Notes) -> Json:
    values = parts.get("assignment", parts.get("context"))
    if not isinstance(values, Mapping):
        notes.mistake(
            place,
            "function",
            "an assign function needs a name: put it in the behaviour as an action and name it here",
        )
        return None
    note_functions(values, at(place, "assignment"), notes)
    return {"assign": values}


def _read_event(name: str, parts: Mapping[str, Json], place: str, notes: Notes) -> Json:
    event, where = parts.get("event"), at(place, "event")
    if isinstance(event, str):
        notes.mistake(
            where, "v4", f'an event name alone is XState v4: write `{{"type": "{event}"}}`'
        )
        return None
    body = event if isinstance(event, Mapping) else {}
    kind = body.get("type")
    if not isinstance(kind, str) or not kind:
        notes.mistake(
            where, "function", "an event is an object with a `type`; functions need a name"
        )
        return None
    note_functions(event, where, notes)
    data = parts["data"] if "data" in parts else {k: v for k, v in body.items() if k != "type"}
    sent: dict[str, Json] = {"type": event_type.from_xstate(kind) or kind}
    if data:
        sent["data"] = data
    if name == "xstate.emit":
        return {"emit": sent}
    if parts.get("delay") is None:
        if "id" in parts:
            notes.loss(
                at(place, "id"), "`id` is left out: what is raised at once is never cancelled"
            )
        return {"raise": sent}
    return {"send": {**sent, **_timer(parts, sent["type"], place, notes)}}


def _timer(parts: Mapping[str, Json], kind: Json, place: str, notes: Notes) -> dict[str, Json]:
    if "id" not in parts:
        notes.loss(
            place, "without `id` each sending counts alone there; here the event's type is the id"
        )
        return {"delay": parts["delay"]}
    name = str(parts["id"])
    name = event_type.from_xstate(name) or name
    return {"delay": parts["delay"], **({} if name == kind else {"id": name})}


def _read_cancel(name: Json, place: str, notes: Notes) -> Json:
    if isinstance(name, str) and name and not is_function(name):
        return {"cancel": event_type.from_xstate(name) or name}
    notes.mistake(at(place, "sendId"), "function", "`sendId` is the id of what was sent")
    return None


# --- writing --------------------------------------------------------------------------------------


def write_actions(source: Json) -> Json:
    """Return XState's form of one of our actions or a list of them."""
    return [_write(one) for one in source] if isinstance(source, list) else _write(source)


def _write(source: Json) -> Json:
    if not isinstance(source, Mapping) or "type" in source:
        return source
    [(key, body)] = source.items()
    if key == "assign":
        return {"type": "xstate.assign", "params": {"assignment": body}}
    if key == "cancel":
        return {"type": "xstate.cancel", "params": {"sendId": event_type.to_xstate(str(body))}}
    parts = body if isinstance(body, Mapping) else {}
    if key == "post":
        return {"type": _POST, "params": dict(parts)}
    written = _write_event(parts)
    if key == "send":
        written["delay"] = parts.get("delay", 0)
        written["id"] = event_type.to_xstate(str(parts.get("id", parts["type"])))
    return {"type": "xstate.emit" if key == "emit" else "xstate.raise", "params": written}


def _write_event(parts: Mapping[str, Json]) -> dict[str, Json]:
    """An event there is flat; data that would not lie flat stand beside it."""
    event: dict[str, Json] = {"type": event_type.to_xstate(str(parts["type"]))}
    data = parts.get("data", {})
    if isinstance(data, Mapping) and "type" not in data and set(data) != {"from"}:
        return {"event": {**event, **data}}
    return {"event": event, "data": data}
