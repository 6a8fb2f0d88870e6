"""Write conditions and values as JSON-ready data; `parse` reads a condition back as it was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from orderwright.condition.model import UNARY, Group, ListReference, Reference, Rule
from orderwright.condition.value import MAX_DEPTH, Json, NamedList, Pattern, read
from orderwright.money import Money


def to_json(member: Group | Rule) -> dict[str, Json]:
    """Return a group or a rule in the form that `parse` reads."""
    if isinstance(member, Group):
        rules = [to_json(below) for below in member.rules]
        return {"combinator": member.combinator, "not": member.negated, "rules": rules}
    if member.operator in UNARY:
        return {"field": member.field, "operator": member.operator}
    return {"field": member.field, "operator": member.operator, "value": plain(member.value)}


def plain(value: Json) -> Json:
    """Return a value of a rule or of a fact as JSON-ready data.

    A number stays one where a double holds it exactly, and is {"decimal": text} elsewhere; money is
    {"money", "currency"}; what is not JSON is its text. Nesting is cut at MAX_DEPTH, with null below.
    """
    return _plain(value, MAX_DEPTH)


def _plain(value: Json, depth: int) -> Json:
    special = _special(value)
    if special is not None:
        return special
    found, form = read(value)
    if isinstance(form, Money):
        return {"money": form.amount, "currency": form.currency}
    if isinstance(form, Mapping) or found == "list":
        return _nested(form, depth - 1) if depth else None
    if isinstance(form, Decimal) and found == "number":
        return _number(form)
    return str(form) if found in ("missing", "other") else form


def _special(value: Json) -> Json:
    """Return the form of what only rules hold; None for a plain value."""
    if isinstance(value, Reference):
        return {"fact": value.path}
    if isinstance(value, ListReference | NamedList):
        return {"list": value.name}
    return value.text if isinstance(value, Pattern) else None


def _nested(form: Json, depth: int) -> Json:
    if isinstance(form, Mapping):
        return {str(key): _plain(member, depth) for key, member in form.items()}
    return [_plain(member, depth) for member in form] if isinstance(form, Sequence) else None


def _number(exact: Decimal) -> Json:
    as_float = float(exact)
    if math.isfinite(as_float) and Decimal(repr(as_float)) == exact:
        return as_float
    return {"decimal": str(exact)}
