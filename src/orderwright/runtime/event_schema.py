"""The JSON Schema of an event's data, made ready: it looks at nothing outside itself, and takes no text long.

Patterns are matched in a time that grows with the text alone, so there is no look-around and no back-reference. One
engine does so for both validators: to another one `$` or a class may mean something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, NoReturn

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema import FormatChecker

    from orderwright.json_text import Json

_HERE: Final = "urn:orderwright:schema"
_LINEAR: Final = jsonschema_rs.RegexOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSchema:
    """One schema twice: data are nearly always valid, which `quick` sees in a fiftieth of the time of `thorough`."""

    quick: jsonschema_rs.Draft202012Validator
    thorough: Draft202012Validator

    def errors(self, data: Mapping[str, object]) -> Iterator[ValidationError]:
        """Yield what is wrong with data."""
        if not self.quick.is_valid(data):
            yield from self.thorough.iter_errors(data)


def compiled(schema: dict[str, Json], formats: FormatChecker) -> EventSchema:
    """Make a schema ready; `formats` knows the formats that it may name.

    Raises:
        ValueError: it is no schema, refers to what is not in it, or has a pattern that is none.
    """
    checks: dict[str, Callable[..., bool]] = {
        name: partial(_conforms, formats, name) for name in formats.checkers
    }
    try:
        quick = jsonschema_rs.Draft202012Validator(
            schema, formats=checks, validate_formats=True, pattern_options=_LINEAR, offline=True
        )
    except jsonschema_rs.ReferencingError as error:
        raise ValueError(str(error)) from error
    return EventSchema(quick=quick, thorough=_THOROUGH(schema, format_checker=formats))


@lru_cache(maxsize=1_000)
def search(pattern: str) -> Callable[[object], bool]:
    """Return a search for a pattern: whether a text has it anywhere.

    Raises:
        ValueError: it is no pattern, has look-around or a back-reference, or is too large.
    """
    return jsonschema_rs.Draft202012Validator(
        {"pattern": pattern}, pattern_options=_LINEAR
    ).is_valid


def has_part(schema: dict[str, Any], reference: str) -> bool:
    """Tell whether a schema, which refers to nothing outside, has what a reference within it (`#...`) names."""
    try:
        document = jsonschema_rs.Registry(
            [(_HERE, schema)], draft=jsonschema_rs.Draft202012, retriever=_nothing
        )
        document.resolver(_HERE).lookup(reference)
    except (jsonschema_rs.ReferencingError, ValueError):
        return False
    return True


def _nothing(uri: str) -> NoReturn:
    """Stand where else a document would be fetched."""
    raise ValueError(f"{uri} is not in the schema")


def _conforms(formats: FormatChecker, name: str, value: str) -> bool:
    return formats.conforms(value, name)


# The keywords of `jsonschema` that search for patterns, each with its own meaning and our engine.


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    if validator.is_type(instance, "string") and not search(pattern)(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: dict[str, Any], instance: Any, _schema: Any
) -> Iterator[Any]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, schema in patterns.items():
        for name, value in instance.items():
            if search(pattern)(name):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, schema_of_others: Any, instance: Any, schema: dict[str, Any]
) -> Iterator[Any]:
    if not validator.is_type(instance, "object"):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    others = [
        name
        for name in instance
        if name not in named and not any(search(pattern)(name) for pattern in patterns)
    ]
    if validator.is_type(schema_of_others, "object"):
        for name in others:
            yield from validator.descend(instance[name], schema_of_others, path=name)
    elif not schema_of_others and others:
        yield ValidationError(f"no such fields: {', '.join(others)}")


_THOROUGH: Final[type[Draft202012Validator]] = extend(  # type: ignore[no-untyped-call]  # its stubs give no types
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    },
)
