"""Turn a condition into a closure that gives just the result, as `evaluate` would, and stops where it is decided."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Final, Protocol, cast

from orderwright.condition.comparison import COMPARISONS, Comparison
from orderwright.condition.evaluation import Lists, Lookup, no_lists
from orderwright.condition.kleene import negate
from orderwright.condition.model import Group, ListReference, Reference, Rule
from orderwright.condition.value import MISSING, Json, NamedList, read
from orderwright.money import Money

Holds = Callable[[Json, Json], bool]
_Make = Callable[[str, Json, Comparison], "Check"]
"""Makes the check of a rule from its field, what it compares with, and its operator for all that is not common."""


class Check(Protocol):
    """A condition that waits for facts."""

    def __call__(self, lookup: Lookup, lists: Lists = no_lists) -> bool | None:
        """Return True, False or None (unknown)."""


def compile(group: Group) -> Check:  # noqa: A001 (as in re.compile)
    """Return a function `check(lookup, lists=...)` whose answer is `evaluate(group, lookup, lists=...).result`.

    It reads fields in the order of the document, and none that can no longer matter. Everything that the rules alone
    decide is worked out here, once.
    """
    checks = tuple(
        compile(member) if isinstance(member, Group) else _rule(member) for member in group.rules
    )
    joined = checks[0] if len(checks) == 1 else _joined(checks, deciding=group.combinator == "or")
    return _negated(joined) if group.negated else joined


def _joined(checks: tuple[Check, ...], *, deciding: bool) -> Check:
    if len(checks) == 2:  # noqa: PLR2004 (the most common number, without a loop)
        return _paired(*checks, deciding=deciding)
    otherwise = not deciding

    def check(lookup: Lookup, lists: Lists = no_lists) -> bool | None:
        joined: bool | None = otherwise
        for one in checks:
            result = one(lookup, lists)
            if result is deciding:
                return deciding
            if result is None:
                joined = None
        return joined

    return check


def _paired(first: Check, second: Check, *, deciding: bool) -> Check:
    otherwise = not deciding

    def check(lookup: Lookup, lists: Lists = no_lists) -> bool | None:
        one = first(lookup, lists)
        if one is deciding:
            return deciding
        other = second(lookup, lists)
        if other is deciding:
            return deciding
        return None if one is None or other is None else otherwise

    return check


def _negated(check: Check) -> Check:
    return lambda lookup, lists=no_lists: negate(check(lookup, lists))


def _rule(rule: Rule) -> Check:
    field, value, compare = rule.field, rule.value, COMPARISONS[rule.operator]
    if isinstance(value, Reference):
        path = value.path
        return lambda lookup, lists=no_lists: compare(lookup(field), lookup(path))  # noqa: ARG005
    if isinstance(value, ListReference):
        find = value.find
        return lambda lookup, lists=no_lists: compare(lookup(field), find(lists) or MISSING)
    exact = _prepared(rule)
    quick = _QUICK.get((rule.operator, type(exact)), _plain)
    return quick(field, exact, compare)


def _prepared(rule: Rule) -> Json:
    """Read a literal once: money and decimals exactly, the items of `in` as a list that is quick to ask."""
    if rule.operator in ("in", "not_in") and isinstance(rule.value, tuple):
        return NamedList.of("", rule.value)
    return read(rule.value)[1]


# --- what is common, without a detour; `compare` has the answer for everything else ----------------


def _plain(field: str, expected: Json, compare: Comparison) -> Check:
    return lambda lookup, lists=no_lists: compare(lookup(field), expected)  # noqa: ARG005


def _same_type(holds: Holds) -> _Make:
    """Compare by Python's own operator where both sides are of one plain type."""

    def make(field: str, expected: Json, compare: Comparison) -> Check:
        plain = type(expected)

        def check(lookup: Lookup, lists: Lists = no_lists) -> bool | None:  # noqa: ARG001
            actual = lookup(field)
            return holds(actual, expected) if type(actual) is plain else compare(actual, expected)

        return check

    return make


def _same_currency(holds: Holds) -> _Make:
    """Compare minor units where both sides are amounts of one currency."""

    def make(field: str, expected: Json, compare: Comparison) -> Check:
        assert isinstance(expected, Money)  # as the table says
        minor, currency = expected.minor, expected.currency

        def check(lookup: Lookup, lists: Lists = no_lists) -> bool | None:  # noqa: ARG001
            actual = lookup(field)
            if type(actual) is Money and actual.currency == currency:
                return holds(actual.minor, minor)
            return compare(actual, expected)

        return check

    return make


def _listed(*, result: bool) -> _Make:
    """Look a text up among texts."""

    def make(field: str, expected: Json, compare: Comparison) -> Check:
        if not isinstance(expected, NamedList) or expected.others:
            return _plain(field, expected, compare)
        texts = expected.texts

        def check(lookup: Lookup, lists: Lists = no_lists) -> bool | None:  # noqa: ARG001
            actual = lookup(field)
            return (
                (actual in texts) is result if type(actual) is str else compare(actual, expected)
            )

        return check

    return make


_EQUALITY: Final[Mapping[str, Holds]] = {"==": operator.eq, "!=": operator.ne}
_ORDER: Final[Mapping[str, Holds]] = {
    sign: cast("Holds", holds)  # both sides are of one type that has an order
    for sign, holds in (
        (">", operator.gt),
        ("<", operator.lt),
        (">=", operator.ge),
        ("<=", operator.le),
    )
}
_QUICK: Final[Mapping[tuple[str, type], _Make]] = {
    **{
        (sign, plain): _same_type(_EQUALITY[sign])
        for sign in _EQUALITY
        for plain in (str, int, bool)
    },
    **{(sign, plain): _same_type(_ORDER[sign]) for sign in _ORDER for plain in (str, int)},
    **{(sign, Money): _same_currency(holds) for sign, holds in {**_EQUALITY, **_ORDER}.items()},
    ("in", NamedList): _listed(result=True),
    ("not_in", NamedList): _listed(result=False),
}
