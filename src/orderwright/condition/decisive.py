"""What single fields say against a condition: the key to an index that leaves out those that are surely False.

`required` says what must be so for a condition to be True; where it is not so, the condition is False or unknown. Who
must not lose an unknown asks here: a value of the same family as those that a condition asks for, and none of them,
makes it False, whatever is known of other fields. A family is a kind, and for money the currency with it; what is of
another family, or missing, leaves the comparison unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from orderwright.condition.model import Group, Rule
from orderwright.condition.value import Json, read
from orderwright.money import Money

Family = tuple[str, str]
"""A kind, and for money the currency."""

Decisive = Mapping[str, tuple[Family, frozenset[Json]]]
"""Field -> a family and its values. A field that holds another value of the family makes the condition False."""

NOTHING: Decisive = {}
"""Says nothing against a condition."""


def decisive(group: Group, *, wanted: bool = True) -> Decisive:
    """Return what makes a group False; or True, that is its negation False, where not `wanted`."""
    wanted = wanted is not group.negated
    found = [
        decisive(member, wanted=wanted) if isinstance(member, Group) else _rule(member, wanted)
        for member in group.rules
    ]
    return (both if (group.combinator == "and") is wanted else either)(found)


def both(parts: Iterable[Decisive]) -> Decisive:
    """Return what makes conditions False that are joined by `and`: whatever makes one of them False."""
    return reduce(_both, parts, NOTHING)


def either(parts: Iterable[Decisive]) -> Decisive:
    """Return what makes conditions False that are joined by `or`: only what makes each of them False."""
    found = list(parts)
    return reduce(_either, found) if found else NOTHING


def family(value: Json) -> tuple[Family, Json] | None:
    """Return the family of a fact's value and its exact form; None for what no condition asks for in this way."""
    kind, exact = read(value)
    if isinstance(exact, Money):
        return ("money", exact.currency), exact.minor
    return ((kind, ""), exact) if kind in ("text", "number", "boolean") else None


def _both(one: Decisive, other: Decisive) -> Decisive:
    shared = {
        field: (of, values & other[field][1])
        for field, (of, values) in one.items()
        if field in other and other[field][0] == of
    }
    return {**other, **one, **shared}


def _either(one: Decisive, other: Decisive) -> Decisive:
    return {
        field: (of, values | other[field][1])
        for field, (of, values) in one.items()
        if field in other and other[field][0] == of
    }


def _rule(rule: Rule, wanted: bool) -> Decisive:  # noqa: FBT001
    equal, listed = ("==", "in") if wanted else ("!=", "not_in")
    if rule.operator == equal:
        known = [family(rule.value)]
    elif rule.operator == listed and isinstance(rule.value, tuple):
        known = [family(item) for item in rule.value]
    else:
        return NOTHING
    whole = [one for one in known if one is not None]
    if len(whole) < len(known) or len({of for of, _ in whole}) != 1:
        return NOTHING
    return {rule.field: (whole[0][0], frozenset(value for _, value in whole))}
