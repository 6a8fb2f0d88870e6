"""Which events callers may send: declared ones, in their own name, with data of the declared shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orderwright.json_text import Unfit, is_storable, is_storable_json, keep
from orderwright.runtime.event_schema import EventSchema, compiled
from orderwright.runtime.interruption import faults_of
from orderwright.statechart import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import FormatChecker, ValidationError

    from orderwright.runtime.command import Send
    from orderwright.statechart import Chart, Event, EventDeclaration

_RESERVED: Final = ("after.", "done.", "error.")
_SHOWN: Final = 10

_TYPES: Final = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_LIMITS: Final = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "multipleOf": "a multiple of {}",
    "const": "{}",
    "pattern": "text that matches {}",
    "format": "a {}",
}


class Admission:
    """The engine's door; `formats` knows the formats that charts name in their data schemas."""

    def __init__(self, formats: FormatChecker) -> None:
        self._formats = formats
        self._schemas: dict[tuple[str, int, str], EventSchema] = {}

    def refusal(self, chart: Chart, command: Send) -> Refused | None:
        """Return why this event may not enter, or None.

        The code is event_reserved, event_unknown, or event_data with the field's path, its value
        and what is expected there.
        """
        event = command.event
        declared = chart.events.get(event.type)
        if event.type.startswith(_RESERVED):
            return _reserved(event, "comes from the engine alone")
        if declared is None:
            return _unknown(chart, event)
        if declared.by == "system" and command.cause.actor.kind == "user":
            return _reserved(event, "is sent by the system, not by people")
        return self._data_refusal(chart, declared, event)

    def _data_refusal(
        self, chart: Chart, declared: EventDeclaration, event: Event
    ) -> Refused | None:
        unfit = _not_json(event)
        if unfit:
            return _invalid(event, [unfit])
        schema = self._schema(chart, declared)
        if schema is None:
            return None
        with faults_of(f"a format of {event.type}"):
            errors = sorted(schema.errors(dict(event.data)), key=lambda e: list(map(str, e.path)))
        reasons = {r.values["field"]: r for error in errors for r in _reasons(error)}
        return _invalid(event, list(reasons.values())) if reasons else None

    def _schema(self, chart: Chart, declared: EventDeclaration) -> EventSchema | None:
        if declared.data is None:
            return None
        key = (chart.id, chart.version, declared.type)
        if key not in self._schemas:
            self._schemas[key] = compiled(dict(declared.data), self._formats)
        return self._schemas[key]


def _reserved(event: Event, why: str) -> Refused:
    return Refused("event_reserved", f"{event.type} {why}", {"event": event.type})


def _unknown(chart: Chart, event: Event) -> Refused:
    message = f"{chart.id} has no event {event.type}"
    return Refused("event_unknown", message, {"event": event.type, "known": sorted(chart.events)})


def _invalid(event: Event, reasons: list[Reason]) -> Refused:
    first, shown = reasons[0], tuple(reasons[:_SHOWN])
    values: Mapping[str, object] = {"event": event.type, **first.values}
    return Refused("event_data", f"{event.type}: {first.message}", values, shown)


def _not_json(event: Event) -> Reason | None:
    """Find what no schema speaks of: values that JSON or the database cannot hold.

    Lists read contexts as `jsonb`, into which data comes: one NUL in there, and the list is nobody's any more.
    """
    try:
        text = keep(dict(event.data))
    except Unfit as error:
        return _reason(error.place, None, error.expected)
    except (TypeError, ValueError) as error:
        return _reason("", None, f"JSON ({error})")
    if is_storable_json(text):
        return None
    place = _odd_place(dict(event.data)) or ""
    return _reason(place, None, "text without NUL or half surrogate pairs")


def _odd_place(value: object, place: str = "") -> str | None:
    """Return the path of the first text that cannot be kept, or of the object that has it for a key."""
    members: Iterable[tuple[object, object]] = ()
    if isinstance(value, str):
        return None if is_storable(value) else place
    if isinstance(value, dict):
        if not all(map(is_storable, value)):
            return place
        members = value.items()
    elif isinstance(value, list | tuple):
        members = enumerate(value)
    found = (_odd_place(member, f"{place}.{key}".lstrip(".")) for key, member in members)
    return next((one for one in found if one is not None), None)


def _reasons(error: ValidationError) -> Iterator[Reason]:
    place = ".".join(map(str, error.absolute_path))
    value: Any = error.instance
    if error.validator == "required":
        for name in _list(error.validator_value):
            if name not in value:
                yield _reason(f"{place}.{name}".lstrip("."), None, "a value; it is missing")
    elif error.validator == "additionalProperties":
        for name in value:
            if name not in _schema(error).get("properties", {}):
                yield _reason(f"{place}.{name}".lstrip("."), value[name], "no such field")
    else:
        yield _reason(place, value, _expected(error))


def _expected(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    if error.validator == "type":
        return " or ".join(_TYPES.get(name, name) for name in _list(wanted))
    if error.validator == "enum":
        return "one of " + ", ".join(map(str, wanted))
    if error.validator == "oneOf" and all("const" in one for one in wanted):
        return "one of " + ", ".join(str(one["const"]) for one in wanted)
    described = _schema(error).get("description")
    if described and error.validator in ("pattern", "format"):
        return str(described)
    limit = _LIMITS.get(str(error.validator))
    return limit.format(wanted) if limit else error.message


def _schema(error: ValidationError) -> dict[str, Any]:
    return error.schema if isinstance(error.schema, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _reason(place: str, value: object, expected: str) -> Reason:
    where = place or "data"
    message = f"{where}: expected {expected}"
    return Reason("event_data", message, {"field": where, "value": value, "expected": expected})
