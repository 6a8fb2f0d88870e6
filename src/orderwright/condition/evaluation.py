"""Evaluate a condition to True, False or None (unknown), with a tree that mirrors the rules."""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeGuard

from orderwright.condition.model import Group, Json, Reference, Rule


class _Missing:
    """The value of a path that leads nowhere; distinct from null."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Missing()

Lookup = Callable[[str], Json]
"""Reads a dotted path; MISSING where it leads nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one rule or group came to.

    Attributes:
        result: True, False, or None when unknown.
        rule: the rule, or None for a group.
        actual: what the field held (rules only); MISSING when it was absent.
        expected: what it was compared with (rules only).
        missing: the paths that led nowhere, below this node.
        members: the evaluations of a group's members, in order, all of them.
    """

    result: bool | None
    rule: Rule | None = None
    actual: Json = None
    expected: Json = None
    missing: tuple[str, ...] = ()
    members: tuple[Evaluation, ...] = ()


def evaluate(group: Group, lookup: Lookup) -> Evaluation:
    """Evaluate every rule of a group by Kleene's three-valued logic."""
    members = tuple(
        evaluate(member, lookup) if isinstance(member, Group) else _rule(member, lookup)
        for member in group.rules
    )
    result = join(group.combinator, [member.result for member in members])
    if group.negated and result is not None:
        result = not result
    missing = tuple(dict.fromkeys(path for member in members for path in member.missing))
    return Evaluation(result=result, missing=missing, members=members)


def join(combinator: str, results: Sequence[bool | None]) -> bool | None:
    """Join results: a False decides an `and`, a True decides an `or`; else an unknown stays unknown."""
    deciding = combinator == "or"
    if deciding in results:
        return deciding
    return None if None in results else not deciding


def _rule(rule: Rule, lookup: Lookup) -> Evaluation:
    actual = lookup(rule.field)
    expected = lookup(rule.value.path) if isinstance(rule.value, Reference) else rule.value
    missing = [rule.field] if actual is MISSING else []
    if expected is MISSING and isinstance(rule.value, Reference):
        missing.append(rule.value.path)
    if rule.operator in _NULL:
        result: bool | None = (actual is MISSING or actual is None) is _NULL[rule.operator]
        missing = []
    elif missing:
        result = None
    else:
        result = _compare(rule.operator, actual, expected)
    return Evaluation(
        result=result, rule=rule, actual=actual, expected=expected, missing=tuple(missing)
    )


_NULL: Final[Mapping[str, bool]] = {"is_null": True, "is_not_null": False}
_NUMBERS: Final = (int, float, Decimal)
_ORDER: Final = {">": op.gt, "<": op.lt, ">=": op.ge, "<=": op.le}
_NEGATIONS: Final[Mapping[str, str]] = {"!=": "==", "not_in": "in", "not_contains": "contains"}


def _compare(operator: str, actual: Json, expected: Json) -> bool | None:
    if operator in _NEGATIONS:
        positive = _compare(_NEGATIONS[operator], actual, expected)
        return None if positive is None else not positive
    if operator == "==":
        return _equal(actual, expected)
    if operator in _ORDER:
        return _ordered(operator, actual, expected)
    if operator in ("in", "between"):
        return _in(actual, expected) if operator == "in" else _between(actual, expected)
    if operator == "contains" and _is_list(actual):
        return _in(expected, actual)
    return _text(operator, actual, expected)


def _equal(one: Json, other: Json) -> bool | None:
    """Compare to the bottom: a list or an object is equal when its members are, each within its own kind."""
    if kind(one) != kind(other):
        return None
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys():
            return False
        return join("and", [_equal(one[key], other[key]) for key in one])
    if _is_list(one) and _is_list(other):
        if len(one) != len(other):
            return False
        return join("and", [_equal(*pair) for pair in zip(one, other, strict=True)])
    return one == other


def _between(actual: Json, expected: Json) -> bool | None:
    if not _is_list(expected) or len(expected) != 2:  # noqa: PLR2004 (a low and a high end)
        return None
    low, high = expected
    return join("and", [_ordered(">=", actual, low), _ordered("<=", actual, high)])


def _ordered(operator: str, actual: Json, expected: Json) -> bool | None:
    if isinstance(actual, str) and isinstance(expected, str):
        return bool(_ORDER[operator](actual, expected))
    if isinstance(actual, _NUMBERS) and isinstance(expected, _NUMBERS):
        exact = kind(actual) == kind(expected) == "number"
        return bool(_ORDER[operator](actual, expected)) if exact else None
    return None


def _in(item: Json, container: Json) -> bool | None:
    if not _is_list(container):
        return None
    return join("or", [_equal(item, member) for member in container])


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _text(operator: str, actual: Json, expected: Json) -> bool | None:
    if not isinstance(actual, str) or not isinstance(expected, str):
        return None
    if operator == "contains":
        return expected in actual
    return actual.startswith(expected) if operator == "starts_with" else actual.endswith(expected)


def kind(value: Json) -> str:
    """Name the strict type of a JSON value; two values compare only within one kind."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, str):
        return "text"
    if value is None:
        return "null"
    return "object" if isinstance(value, Mapping) else "list"
