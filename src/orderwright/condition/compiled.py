"""Turn a condition into a closure that gives just the result, as `evaluate` would, and stops where it is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from orderwright.condition.comparison import COMPARISONS, Comparison
from orderwright.condition.evaluation import Lists, Lookup, no_lists
from orderwright.condition.kleene import negate
from orderwright.condition.model import Group, ListReference, Reference, Rule
from orderwright.condition.value import MISSING, Json, NamedList, read

_Check = Callable[[Lookup, Lists], bool | None]


class Check(Protocol):
    """A condition that waits for facts."""

    def __call__(self, lookup: Lookup, lists: Lists = no_lists) -> bool | None:
        """Return True, False or None (unknown)."""


def compile(group: Group) -> Check:  # noqa: A001 (as in re.compile)
    """Return a function `check(lookup, lists=...)` whose answer is `evaluate(group, lookup, lists=...).result`.

    It reads fields in the order of the document, and none that can no longer matter. Everything that the rules alone
    decide is worked out here, once.
    """
    check = _group(group)

    def checked(lookup: Lookup, lists: Lists = no_lists) -> bool | None:
        return check(lookup, lists)

    return checked


def _group(group: Group) -> _Check:
    checks = tuple(
        _group(member) if isinstance(member, Group) else _rule(member) for member in group.rules
    )
    joined = checks[0] if len(checks) == 1 else _joined(checks, deciding=group.combinator == "or")
    return _negated(joined) if group.negated else joined


def _joined(checks: tuple[_Check, ...], *, deciding: bool) -> _Check:
    otherwise = not deciding

    def check(lookup: Lookup, lists: Lists) -> bool | None:
        joined: bool | None = otherwise
        for one in checks:
            result = one(lookup, lists)
            if result is deciding:
                return deciding
            if result is None:
                joined = None
        return joined

    return check


def _negated(check: _Check) -> _Check:
    return lambda lookup, lists: negate(check(lookup, lists))


def _rule(rule: Rule) -> _Check:
    field, value, compare = rule.field, rule.value, COMPARISONS[rule.operator]
    if isinstance(value, Reference):
        path = value.path
        return lambda lookup, _lists: compare(lookup(field), lookup(path))
    if isinstance(value, ListReference):
        name = value.name
        return lambda lookup, lists: compare(lookup(field), lists(name) or MISSING)
    exact = _prepared(rule)
    quick = _QUICK.get((rule.operator, type(exact)))
    if quick is not None:
        return quick(field, exact, compare)
    return lambda lookup, _lists: compare(lookup(field), exact)


def _prepared(rule: Rule) -> Json:
    """Read a literal once: money and decimals exactly, the items of `in` as a list that is quick to ask."""
    if rule.operator in ("in", "not_in") and isinstance(rule.value, tuple):
        return NamedList.of("", rule.value)
    return read(rule.value)[1]


def _same_type(result: bool) -> Callable[[str, Json, Comparison], _Check]:  # noqa: FBT001
    """Compare by Python's own equality where both sides are of one plain type; by the operator elsewhere."""

    def make(field: str, expected: Json, compare: Comparison) -> _Check:
        plain = type(expected)

        def check(lookup: Lookup, _lists: Lists) -> bool | None:
            actual = lookup(field)
            if type(actual) is plain:
                return (actual == expected) is result
            return compare(actual, expected)

        return check

    return make


_QUICK: Final[Mapping[tuple[str, type], Callable[[str, Json, Comparison], _Check]]] = {
    (operator, plain): _same_type(result)
    for operator, result in (("==", True), ("!=", False))
    for plain in (str, int, bool)
}
