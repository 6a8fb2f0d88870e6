"""The shape of a condition: groups of rules as react-querybuilder draws them, parsed strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orderwright.errors import DefinitionInvalid

Json = object
"""A JSON value as Python reads it; narrowed wherever it is looked into."""

OPERATORS: Final = frozenset(
    "== != > < >= <= in not_in contains not_contains starts_with ends_with between is_null is_not_null".split()
)
UNARY: Final = frozenset({"is_null", "is_not_null"})


class ConditionInvalid(DefinitionInvalid):
    """A condition has no meaning as written; `problems` holds (path, code, message) for each mistake."""

    code = "condition.invalid"

    def __init__(self, problems: Sequence[tuple[str, str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {message}" for path, _, message in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that is read from another field when the rule is evaluated."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`field operator value`."""

    field: str
    operator: str
    value: Json | Reference = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules and groups joined by `and` or `or`, negated as a whole when `negated`."""

    combinator: str
    rules: tuple[Rule | Group, ...]
    negated: bool = False


def parse(source: Json, path: str = "") -> Group:
    """Read a group from its JSON form.

    Args:
        source: {"combinator": "and"|"or", "not": bool, "rules": [rule or group]}.
        path: where the group stands in the document, for the problems.

    Raises:
        ConditionInvalid: with every problem found.
    """
    problems: list[tuple[str, str, str]] = []
    group = _group(source, path, problems)
    if problems or group is None:
        raise ConditionInvalid(problems)
    return group


def _group(source: Json, path: str, problems: list[tuple[str, str, str]]) -> Group | None:
    if not isinstance(source, Mapping):
        problems.append(
            (path, "type", "a condition group is an object with `combinator` and `rules`")
        )
        return None
    _only(source, ("combinator", "not", "rules"), "group", path, problems)
    combinator, rules, negated = (
        source.get("combinator"),
        source.get("rules"),
        source.get("not", False),
    )
    if combinator not in ("and", "or"):
        problems.append(
            (_at(path, "combinator"), "combinator", f"{combinator!r} is not `and` or `or`")
        )
    if not isinstance(negated, bool):
        problems.append((_at(path, "not"), "type", "`not` is true or false"))
    if not isinstance(rules, Sequence) or isinstance(rules, str) or not rules:
        problems.append(
            (_at(path, "rules"), "type", "`rules` is a list of at least one rule or group")
        )
        return None
    parsed = [_member(rule, _at(path, f"rules[{i}]"), problems) for i, rule in enumerate(rules)]
    members = tuple(member for member in parsed if member is not None)
    return Group(combinator=str(combinator), rules=members, negated=bool(negated))


def _member(source: Json, path: str, problems: list[tuple[str, str, str]]) -> Rule | Group | None:
    if isinstance(source, Mapping) and "rules" in source:
        return _group(source, path, problems)
    if not isinstance(source, Mapping):
        problems.append((path, "type", "a rule is an object with `field`, `operator` and `value`"))
        return None
    _only(source, ("field", "operator", "value"), "rule", path, problems)
    field, operator = source.get("field"), source.get("operator")
    if not isinstance(field, str) or not field:
        problems.append((_at(path, "field"), "type", "`field` is the dotted path of a fact"))
        return None
    if not isinstance(operator, str) or operator not in OPERATORS:
        known = " ".join(sorted(OPERATORS))
        problems.append((_at(path, "operator"), "operator", f"{operator!r} is not one of {known}"))
        return None
    if operator not in UNARY and "value" not in source:
        problems.append(
            (_at(path, "value"), "value_missing", f"operator {operator} needs a value")
        )
        return None
    return Rule(
        field=field,
        operator=operator,
        value=_value(source.get("value"), operator, path, problems),
    )


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _only(
    source: Mapping[str, Json],
    allowed: tuple[str, ...],
    what: str,
    path: str,
    problems: list[tuple[str, str, str]],
) -> None:
    problems.extend(
        (_at(path, key), "unknown_key", f"a {what} has only {', '.join(allowed)}")
        for key in source
        if key not in allowed
    )


def _value(
    source: Json, operator: Json, path: str, problems: list[tuple[str, str, str]]
) -> Json | Reference:
    if isinstance(source, Mapping):
        referred = source.get("fact")
        if set(source) == {"fact"} and isinstance(referred, str):
            return Reference(referred)
        problems.append(
            (_at(path, "value"), "value", 'a value is a literal, a list or {"fact": path}')
        )
        return None
    if isinstance(source, list):
        if operator == "between" and len(source) != 2:  # noqa: PLR2004 (a low and a high end)
            problems.append((_at(path, "value"), "value", "`between` takes [low, high]"))
        return tuple(source)
    if operator in ("in", "not_in", "between"):
        problems.append((_at(path, "value"), "value", f"`{operator}` takes a list"))
    return source
