"""One change to a fact that turns a rule around, and what such changes say of one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orderwright.condition.comparison import compare
from orderwright.condition.evaluation import Evaluation
from orderwright.condition.model import UNARY, Reference
from orderwright.condition.printing import plain
from orderwright.condition.value import MISSING, Json, Mistyped, NamedList


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a field would have to be.

    Attributes:
        path: the JSON path of the rule that asks for it, within the node that was asked about.
        field: the field that would change.
        operator: how it would have to compare with `value`.
        value: a literal, the entries of a list, or what another field holds now.
        holds: False where the comparison must not hold and no operator says so (`starts_with`, `between`, `matches`).
        fixed: another field, of which `value` was read and which must stay as it is.
    """

    path: str
    field: str
    operator: str
    value: Json = None
    holds: bool = True
    fixed: str | None = None

    def admits(self, value: Json) -> bool:
        """Tell whether a value of the field does what the change asks for."""
        return compare(self.operator, value, self.value) is self.holds

    def implies(self, other: Change) -> bool:
        """Tell whether every value of the same field that this change admits is admitted by another (if provable)."""
        alike = self.operator == other.operator and self.holds == other.holds
        if alike and self.operator in UNARY:
            return True
        if self.operator == "==":
            return other.admits(self.value)
        if self.operator == "in" and isinstance(self.value, tuple):
            return all(other.admits(item) for item in self.value)
        bounds = _LOOSER.get(self.operator)
        if bounds is None or other.operator not in bounds:
            return alike and compare("==", self.value, other.value) is True
        looser = "<=" if self.operator in ("<", "<=") else ">="
        strict = self.operator in ("<=", ">=") and other.operator in ("<", ">")
        return compare(looser[0] if strict else looser, self.value, other.value) is True

    def to_json(self) -> dict[str, Json]:
        """Return the change as JSON-ready data."""
        found: dict[str, Json] = {
            "path": self.path,
            "field": self.field,
            "operator": self.operator,
        }
        if self.operator not in UNARY:
            found["value"] = plain(self.value)
        return found if self.holds else {**found, "holds": False}


_LOOSER: Final[Mapping[str, tuple[str, str]]] = {
    "<": ("<", "<="),
    "<=": ("<", "<="),
    ">": (">", ">="),
    ">=": (">", ">="),
}


def changes(node: Evaluation, path: str, *, wanted: bool) -> tuple[Change, ...]:
    """Return the changes of one field, each of which makes a rule come to `wanted`."""
    rule = node.rule
    if rule is None:
        return ()
    operator = rule.operator if wanted else _COMPLEMENTS.get(rule.operator, rule.operator)
    holds = wanted or rule.operator in _COMPLEMENTS
    other = rule.value.path if isinstance(rule.value, Reference) else None
    found = []
    if _is_known(node.expected):
        found.append(
            Change(
                path=path,
                field=rule.field,
                operator=operator,
                value=node.expected,
                holds=holds,
                fixed=other,
            )
        )
    if other is not None and _is_known(node.actual) and operator in _MIRRORED:
        mirrored = _MIRRORED[operator]
        found.append(
            Change(path=path, field=other, operator=mirrored, value=node.actual, fixed=rule.field)
        )
    return tuple(found)


def _is_known(value: Json) -> bool:
    """Tell whether there is a value to compare with."""
    return value is not MISSING and not isinstance(value, Mistyped)


_COMPLEMENTS: Final[Mapping[str, str]] = {
    one: other
    for pair in (
        ("==", "!="),
        (">", "<="),
        ("<", ">="),
        ("in", "not_in"),
        ("contains", "not_contains"),
        ("is_null", "is_not_null"),
    )
    for one, other in (pair, pair[::-1])
}
"""Each operator with the one that is True exactly where it is False."""

_MIRRORED: Final[Mapping[str, str]] = {
    "==": "==",
    "!=": "!=",
    ">": "<",
    "<": ">",
    ">=": "<=",
    "<=": ">=",
}
"""Each operator with the one that says the same from the other side."""


def overlap(one: str, other: str) -> bool:
    """Tell whether a change of one path may change what the other leads to."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def are_compatible(together: Sequence[Change]) -> bool:
    """Tell whether changes can be made together: no path within another, and nothing changed that is to stay."""
    changed = {change.field for change in together}
    apart = all(one == other or not overlap(one, other) for one in changed for other in changed)
    kept = (change.fixed for change in together if change.fixed is not None)
    return apart and not any(overlap(fixed, one) for fixed in kept for one in changed)


def without_implied(together: Iterable[Change]) -> tuple[Change, ...]:
    """Leave out each change that another one on the same field says as well."""
    kept: list[Change] = []
    for change in together:
        same = [other for other in kept if other.field == change.field]
        if any(other.implies(change) for other in same):
            continue
        kept = [other for other in kept if not (other in same and change.implies(other))]
        kept.append(change)
    return tuple(kept)


def entries(value: Json) -> Sequence[Json]:
    """Return the single values within what a field is compared with."""
    if isinstance(value, NamedList):
        return value.items
    return value if isinstance(value, tuple | list) else (value,)
