"""Typed facts: which fields there are, and which operators and values fit each. Strict, with no coercion."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from orderwright.condition.model import UNARY, ListReference, Reference, Rule
from orderwright.condition.problem import Problem, at
from orderwright.condition.value import Case, Pattern, read

FactType = Literal["boolean", "number", "text", "money", "list", "object"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactField:
    """What is known of a field.

    Attributes:
        type: its strict type.
        label: its name for people; the field's own when empty.
        items: the type of a list's entries; None where any may stand.
        sensitive: whether what it holds is kept out of logs.
        case: how its texts are written, or those of its entries, where case has no meaning; None where it has one.
            Facts are brought to it as they are taken in, and so is whatever they are compared with.
    """

    type: FactType
    label: str = ""
    items: FactType | None = None
    sensitive: bool = False
    case: Case | None = None


Schema = Mapping[str, FactField]
"""The fields that a condition may read."""

Catalogue = Mapping[str, FactType | None]
"""The named lists that there are, each with the type of its entries (None: any)."""

_EQUALITY: Final = frozenset({"==", "!=", *UNARY})
_ORDER: Final = _EQUALITY | {">", "<", ">=", "<=", "between", "in", "not_in"}
FITTING: Final[Mapping[FactType, frozenset[str]]] = {
    "boolean": _EQUALITY,
    "number": _ORDER,
    "money": _ORDER,
    "text": _ORDER | {"contains", "not_contains", "starts_with", "ends_with", "matches"},
    "list": _EQUALITY | {"contains", "not_contains"},
    "object": _EQUALITY,
}
"""The operators that have a meaning for a type."""


def misfits(
    rule: Rule, path: str, schema: Schema, catalogue: Catalogue | None = None
) -> Iterator[Problem]:
    """Yield what does not fit the schema in a rule that stands at `path`."""
    known = schema.get(rule.field)
    if known is None:
        yield _unknown(rule.field, at(path, "field"), schema)
    elif rule.operator not in FITTING[known.type]:
        fitting = " ".join(sorted(FITTING[known.type]))
        message = f"{_name(rule.field, known)} is {known.type}; {rule.operator} does not fit it, only {fitting}"
        yield Problem(at(path, "operator"), "operator_type", message)
    elif rule.operator not in UNARY:
        yield from _values(rule, known, at(path, "value"), schema, catalogue)


def _values(
    rule: Rule, known: FactField, path: str, schema: Schema, catalogue: Catalogue | None
) -> Iterator[Problem]:
    wanted = _wanted(rule.operator, known)
    if isinstance(rule.value, Reference):
        other = schema.get(rule.value.path)
        if other is None:
            yield _unknown(rule.value.path, f"{path}.fact", schema)
        elif not _fits(wanted, other):
            yield _mistyped(f"{path}.fact", rule, known, wanted, _shape(other))
    elif isinstance(rule.value, ListReference):
        entries = (catalogue or {}).get(rule.value.name)
        if entries is not None and entries != wanted.items:
            yield _mistyped(f"{path}.list", rule, known, wanted, f"a list of {entries}")
    elif not isinstance(rule.value, Pattern):
        yield from _literals(rule, known, wanted, path)


def _wanted(operator: str, known: FactField) -> FactField:
    """Return what the value has to be: like the field, a list of its like, or one of its entries."""
    if operator in ("in", "not_in", "between"):
        return FactField(type="list", items=known.type)
    if operator in ("contains", "not_contains") and known.type == "list":
        return FactField(type=known.items) if known.items else _ANYTHING
    return known


_ANYTHING: Final = FactField(type="list", label="anything")


def _fits(wanted: FactField, other: FactField) -> bool:
    if wanted is _ANYTHING:
        return True
    same_items = wanted.items is None or other.items is None or wanted.items == other.items
    return wanted.type == other.type and same_items


def _literals(rule: Rule, known: FactField, wanted: FactField, path: str) -> Iterator[Problem]:
    if wanted is _ANYTHING:
        return
    found = read(rule.value)[0]
    if found != wanted.type:
        yield _mistyped(path, rule, known, wanted, found)
    elif wanted.items is not None and isinstance(rule.value, tuple):
        for number, item in enumerate(rule.value):
            if read(item)[0] != wanted.items:
                entry = FactField(type=wanted.items)
                yield _mistyped(f"{path}[{number}]", rule, known, entry, read(item)[0])


def _mistyped(path: str, rule: Rule, known: FactField, wanted: FactField, found: str) -> Problem:
    name = _name(rule.field, known)
    message = f"{name} {rule.operator} takes {_shape(wanted)}{_EXAMPLES[wanted.type]}, not {found}"
    return Problem(path, "value_type", message)


_EXAMPLES: Final[Mapping[FactType, str]] = {
    "boolean": " (true or false)",
    "number": " (a JSON number)",
    "text": " (a JSON string)",
    "money": ' ({"money": "10.00", "currency": "EUR"})',
    "list": "",
    "object": "",
}


def _shape(known: FactField) -> str:
    return f"a list of {known.items}" if known.items else known.type


def _unknown(field: str, path: str, schema: Schema) -> Problem:
    near = difflib.get_close_matches(field, schema, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(schema))}"
    return Problem(path, "field", f"there is no field {field!r}; {hint}")


def _name(field: str, known: FactField) -> str:
    return f"{known.label} ({field})" if known.label else field
