"""Evaluate a condition to True, False or None (unknown), with a tree that mirrors the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from orderwright.condition.comparison import compare
from orderwright.condition.kleene import join, negate
from orderwright.condition.model import UNARY, Group, ListReference, Reference, Rule
from orderwright.condition.printing import plain, to_json
from orderwright.condition.value import MISSING, Json, Mistyped, NamedList, read
from orderwright.money import Money

__all__ = ["MISSING", "Evaluation", "Lists", "Lookup", "evaluate", "join"]

Lookup = Callable[[str], Json]
"""Reads a dotted path; MISSING where it leads nowhere."""

Lists = Callable[[str], NamedList | None]
"""Finds a named list as it is at this moment; None where there is none."""

Cause = Literal["missing", "mistyped", "type", "currency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one rule or group came to.

    Attributes:
        result: True, False, or None when unknown.
        rule: the rule, or None for a group.
        group: the group, or None for a rule.
        actual: what the field held (rules only); MISSING when it was absent.
        expected: what it was compared with (rules only): a literal, what a reference led to, a list's entries.
        missing: the paths that led nowhere below this node, and `list <name>` for a list that does not exist.
        members: the evaluations of a group's members, in order, all of them.
    """

    result: bool | None
    rule: Rule | None = None
    group: Group | None = None
    actual: Json = None
    expected: Json = None
    missing: tuple[str, ...] = ()
    members: tuple[Evaluation, ...] = ()

    @property
    def cause(self) -> Cause | None:
        """Why a rule is unknown: something is missing or mistyped, the types differ, or the currencies do."""
        if self.rule is None or self.result is not None:
            return None
        if self.missing:
            return "missing"
        if self.mistyped:
            return "mistyped"
        actual, expected = read(self.actual)[1], read(self.expected)[1]
        two = isinstance(actual, Money) and isinstance(expected, Money)
        return "currency" if two else "type"

    @property
    def mistyped(self) -> dict[str, str]:
        """The fields below this node that hold nothing of their type, each with what was found and what belongs."""
        found = {path: reason for one in self.members for path, reason in one.mistyped.items()}
        if self.rule is not None and isinstance(self.actual, Mistyped):
            found[self.rule.field] = self.actual.reason
        other = self.rule.value if self.rule is not None else None
        if isinstance(other, Reference) and isinstance(self.expected, Mistyped):
            found[other.path] = self.expected.reason
        return found

    def to_json(self) -> dict[str, Json]:
        """Return the tree as JSON-ready data: each rule and group as written, with what it came to."""
        if self.group is not None:
            found = {**to_json(self.group), "result": self.result, "missing": list(self.missing)}
            found["rules"] = [member.to_json() for member in self.members]
            return found
        found = {**(to_json(self.rule) if self.rule else {}), "result": self.result}
        found["missing"] = list(self.missing)
        for key, value in (("actual", self.actual), ("expected", self.expected)):
            if value is not MISSING and not isinstance(value, Mistyped):
                found[key] = plain(value)
        if self.mistyped:
            found["mistyped"] = self.mistyped
        if self.cause:
            found["cause"] = self.cause
        return found


def no_lists(_name: str) -> NamedList | None:
    """Find no list: what a condition without lists is evaluated with."""
    return None


def evaluate(group: Group, lookup: Lookup, *, lists: Lists = no_lists) -> Evaluation:
    """Evaluate every rule of a group by Kleene's three-valued logic.

    Args:
        group: what `parse` read.
        lookup: reads facts.
        lists: finds named lists; a list that it does not know leaves its rules unknown.
    """
    members = tuple(
        evaluate(member, lookup, lists=lists)
        if isinstance(member, Group)
        else _rule(member, lookup, lists)
        for member in group.rules
    )
    result = join(group.combinator, [member.result for member in members])
    return Evaluation(
        result=negate(result) if group.negated else result,
        group=group,
        missing=tuple(dict.fromkeys(path for member in members for path in member.missing)),
        members=members,
    )


def _rule(rule: Rule, lookup: Lookup, lists: Lists) -> Evaluation:
    actual, expected = lookup(rule.field), rule.value
    missing = [] if actual is not MISSING or rule.operator in UNARY else [rule.field]
    if isinstance(rule.value, Reference):
        expected = lookup(rule.value.path)
        missing += [rule.value.path] if expected is MISSING else []
    elif isinstance(rule.value, ListReference):
        expected = rule.value.find(lists)
        if expected is None:
            expected = MISSING
            missing.append(f"list {rule.value.name}")
    return Evaluation(
        result=compare(rule.operator, actual, expected),
        rule=rule,
        actual=actual,
        expected=expected,
        missing=tuple(missing),
    )
