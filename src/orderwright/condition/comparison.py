"""The operators: what `actual operator expected` comes to.

Each answers True, False, or None (unknown). Unknown are: values of different kinds, two currencies, what is missing
or mistyped, what is not JSON, and an operator that has no meaning for a kind (`starts_with` on a number, `<` on a
list). Only `is_null` and `is_not_null` answer for what is missing: they ask whether there is a value, and it has none.
What is mistyped is unknown to them as well, for there is something, and nobody can tell what.

Not in the table: coercion of any kind ("1" is not 1, true is not 1, "" is not null), dates (ISO 8601 texts of one form
and zone sort as text) and case folding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeGuard

from orderwright.condition.kleene import join, negate
from orderwright.condition.value import (
    MAX_DEPTH,
    MISSING,
    Json,
    Mistyped,
    NamedList,
    Pattern,
    read,
)
from orderwright.money import Money

Comparison = Callable[[Json, Json], bool | None]


def compare(operator: str, actual: Json, expected: Json) -> bool | None:
    """Apply an operator of `OPERATORS` to what a field holds and what it is compared with."""
    return COMPARISONS[operator](actual, expected)


def _equal(one: Json, other: Json, depth: int = 0) -> bool | None:
    """Compare to the bottom: a list or an object is equal when its members are, each within its own kind."""
    kind, one = read(one)
    other_kind, other = read(other)
    if kind != other_kind or kind in _NEVER or depth > MAX_DEPTH:
        return None
    if isinstance(one, Money) and isinstance(other, Money):
        return one.minor == other.minor if one.currency == other.currency else None
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        same = one.keys() == other.keys()
        return same and join("and", (_equal(one[key], other[key], depth + 1) for key in one))
    if _is_list(one) and _is_list(other):
        pairs = zip(one, other, strict=False)
        same = len(one) == len(other)
        return same and join("and", (_equal(*pair, depth + 1) for pair in pairs))
    return one == other


def _order(one: Json, other: Json) -> int | None:
    """Return -1, 0 or 1 as `one` is below, equal to or above `other`; None where there is no order."""
    kind, one = read(one)
    other_kind, other = read(other)
    if kind != other_kind:
        return None
    if isinstance(one, Money) and isinstance(other, Money):
        if one.currency != other.currency:
            return None
        one, other = one.minor, other.minor
    if isinstance(one, str) and isinstance(other, str):
        return (one > other) - (one < other)
    if kind in ("number", "money") and _is_number(one) and _is_number(other):
        return (one > other) - (one < other)
    return None


def _ordered(*orders: int) -> Comparison:
    def comparison(actual: Json, expected: Json) -> bool | None:
        order = _order(actual, expected)
        return None if order is None else order in orders

    return comparison


def _between(actual: Json, expected: Json) -> bool | None:
    if not _is_list(expected) or len(expected) != 2:  # noqa: PLR2004 (a low and a high end)
        return None
    low, high = expected
    return join("and", (_at_least(actual, low), _at_most(actual, high)))


def _in(item: Json, container: Json) -> bool | None:
    if isinstance(container, NamedList):
        return _listed(item, container)
    if not _is_list(container) or read(item)[0] in _NEVER:
        return None
    return join("or", (_equal(item, member) for member in container))


def _listed(item: Json, container: NamedList) -> bool | None:
    """Answer as for a plain list of the same entries, without a walk through its texts."""
    if read(item)[0] in _NEVER:
        return None
    if isinstance(item, str):
        return item in container.texts or (None if container.others else False)
    found = join("or", (_equal(item, member) for member in container.others))
    return join("or", (found, None if container.texts else False))


def _contains(actual: Json, expected: Json) -> bool | None:
    if _is_list(actual):
        return _in(expected, actual)
    return _within(actual, expected)


def _text(comparison: Callable[[str, str], bool]) -> Comparison:
    def compared(actual: Json, expected: Json) -> bool | None:
        if isinstance(actual, str) and isinstance(expected, str):
            return comparison(actual, expected)
        return None

    return compared


def _matches(actual: Json, expected: Json) -> bool | None:
    if not isinstance(actual, str) or not isinstance(expected, Pattern):
        return None
    return expected.search(actual)


def _null(actual: Json, _expected: Json) -> bool | None:
    return None if isinstance(actual, Mistyped) else actual is None or actual is MISSING


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return read(value)[0] == "list"


def _is_number(value: Json) -> TypeGuard[int | Decimal]:
    return isinstance(value, int | Decimal)


_NEVER: Final = frozenset({"missing", "mistyped", "other"})
_at_least: Final = _ordered(0, 1)
_at_most: Final = _ordered(-1, 0)
_within: Final = _text(lambda actual, expected: expected in actual)

COMPARISONS: Final[Mapping[str, Comparison]] = {
    "==": _equal,
    "!=": lambda actual, expected: negate(_equal(actual, expected)),
    ">": _ordered(1),
    "<": _ordered(-1),
    ">=": _at_least,
    "<=": _at_most,
    "in": _in,
    "not_in": lambda actual, expected: negate(_in(actual, expected)),
    "contains": _contains,
    "not_contains": lambda actual, expected: negate(_contains(actual, expected)),
    "starts_with": _text(str.startswith),
    "ends_with": _text(str.endswith),
    "matches": _matches,
    "between": _between,
    "is_null": _null,
    "is_not_null": lambda actual, expected: negate(_null(actual, expected)),
}
"""What each operator does."""
