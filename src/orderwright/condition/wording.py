"""Say a change in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.condition.change import Change
from orderwright.condition.model import UNARY
from orderwright.condition.value import Json, NamedList, Pattern, read
from orderwright.money import Money

_MOST: Final = 5  # entries of a list that are told one by one
_VERBS: Final[Mapping[str, tuple[str, str]]] = {
    "in": ("is one of", "is none of"),
    "not_in": ("is none of", "is one of"),
    "contains": ("contains", "does not contain"),
    "not_contains": ("does not contain", "contains"),
    "starts_with": ("starts with", "does not start with"),
    "ends_with": ("ends with", "does not end with"),
    "matches": ("matches", "does not match"),
    "between": ("is between", "is not between"),
    "is_null": ("is empty", "is not empty"),
    "is_not_null": ("is not empty", "is empty"),
}
"""How an operator is said where it holds, and where it must not; the signs stand for themselves."""


def say(change: Change, labels: Mapping[str, str]) -> str:
    """Return a change in words, such as `amount <= 10,000.00 EUR`; labels stand for fields."""
    verb = _VERBS.get(change.operator, (change.operator,))[0 if change.holds else 1]
    name = labels.get(change.field, change.field)
    if change.operator in UNARY:
        return f"{name} {verb}"
    return f"{name} {verb} {_value(change, labels)}"


def _value(change: Change, labels: Mapping[str, str]) -> str:
    if change.operator == "between" and isinstance(change.value, tuple | list):
        return " and ".join(shown(end) for end in change.value)
    said = shown(change.value)
    return f"{labels.get(change.fixed, change.fixed)} ({said})" if change.fixed else said


def shown(value: Json) -> str:
    """Return a value as people write it."""
    kind, exact = read(value)
    if isinstance(exact, Money):
        whole, point, cents = exact.amount.partition(".")
        return f"{int(whole):,}{point}{cents} {exact.currency}"
    if isinstance(value, NamedList):
        return f"the list {value.name}"
    if isinstance(value, Pattern):
        return value.text
    if isinstance(exact, tuple | list):
        more = ", ..." if len(exact) > _MOST else ""
        return ", ".join(shown(item) for item in exact[:_MOST]) + more
    if kind == "text":
        return f'"{exact}"'
    return {"True": "true", "False": "false", "None": "null"}.get(str(exact), str(exact))
