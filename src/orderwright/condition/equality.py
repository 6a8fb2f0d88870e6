"""What a condition asks of single fields before it can hold: the key to an index over many conditions.

Whoever has a thousand conditions and one event need not evaluate them all. `required` says of a condition: it can be
True only if this field holds one of these values. A condition whose requirement an event does not meet is False or
unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from orderwright.condition.model import Group, Rule
from orderwright.condition.value import Json, Kind, read

Key = tuple[Kind, Json]
"""A scalar or an amount by strict kind, hashable: 1 and 1.0 are one key, 1 and true are two."""

Requirement = Mapping[str, frozenset[Key]]
"""Field -> the values of which it must hold one. An empty set cannot be met; no field asks for nothing."""


def required(group: Group) -> Requirement:
    """Return what fields must hold, each, for a group to be True; a necessary condition, not a sufficient one."""
    return _group(group, wanted=True)


def key(value: Json) -> Key | None:
    """Return the key of a value that a fact holds; None for what no requirement names (lists, objects, nothing)."""
    kind, exact = read(value)
    return (kind, exact) if kind in ("boolean", "number", "text", "money", "null") else None


def _group(group: Group, *, wanted: bool) -> Requirement:
    """By De Morgan: what must be so for a group to be `wanted`."""
    wanted = wanted is not group.negated
    found = [
        _group(member, wanted=wanted) if isinstance(member, Group) else _rule(member, wanted)
        for member in group.rules
    ]
    return reduce(_both if (group.combinator == "and") is wanted else _either, found or [{}])


def _both(one: Requirement, other: Requirement) -> Requirement:
    shared = {field: one[field] & other[field] for field in one.keys() & other.keys()}
    return {**one, **other, **shared}


def _either(one: Requirement, other: Requirement) -> Requirement:
    return {field: one[field] | other[field] for field in one.keys() & other.keys()}


def _rule(rule: Rule, wanted: bool) -> Requirement:  # noqa: FBT001
    equal, listed = ("==", "in") if wanted else ("!=", "not_in")
    if rule.operator == equal:
        keys = [key(rule.value)]
    elif rule.operator == listed and isinstance(rule.value, tuple):
        keys = [key(item) for item in rule.value]
    else:
        return {}
    whole = [one for one in keys if one is not None]
    return {rule.field: frozenset(whole)} if len(whole) == len(keys) else {}
