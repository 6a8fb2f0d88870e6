"""Read a condition from its JSON form, strictly, and say all that is wrong with it at once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, TypeGuard

from orderwright.condition.model import (
    OPERATORS,
    UNARY,
    Group,
    ListReference,
    Reference,
    Rule,
    too_deep,
)
from orderwright.condition.problem import ConditionInvalid, Problem, at
from orderwright.condition.schema import Catalogue, Schema, misfits
from orderwright.condition.value import MAX_DEPTH, Json, Pattern, kind
from orderwright.errors import InputInvalid
from orderwright.money import Money

Regex = Callable[[str], Callable[[str], bool]]
"""A regex engine: from a pattern to a search that tells whether it occurs in a text; ValueError for no pattern."""


def parse(
    source: Json,
    path: str = "",
    *,
    regex: Regex | None = None,
    schema: Schema | None = None,
    catalogue: Catalogue | None = None,
) -> Group:
    """Read a group from its JSON form.

    Args:
        source: {"combinator": "and"|"or", "not": bool, "rules": [rule or group]}.
        path: where the group stands in the document, for the problems.
        regex: the engine for `matches`; without one there is no such operator.
        schema: the fields that there are; without it fields and types are not checked.
        catalogue: the named lists that there are; without it their names are not checked.

    Raises:
        ConditionInvalid: with every problem found.
    """
    reader = _Reader(regex, schema, catalogue)
    group = reader.group(source, path, 1)
    if reader.problems or group is None:
        raise ConditionInvalid(reader.problems)
    return group


class _Reader:
    """Reads groups, rules and values; what is wrong goes to `problems`, and None comes back."""

    def __init__(
        self, regex: Regex | None, schema: Schema | None, catalogue: Catalogue | None
    ) -> None:
        self.regex = regex
        self.schema = schema
        self.catalogue = catalogue
        self.operators = OPERATORS if regex else OPERATORS - {"matches"}
        self.problems: list[Problem] = []

    def note(self, path: str, code: str, message: str) -> None:
        """Note a mistake."""
        self.problems.append(Problem(path, code, message))

    def group(self, source: Json, path: str, depth: int) -> Group | None:
        """Read a group that stands in `depth - 1` others."""
        if depth > MAX_DEPTH:
            self.problems.append(too_deep(path))
            return None
        if not isinstance(source, Mapping):
            self.note(path, "type", "a condition group is an object with `combinator` and `rules`")
            return None
        self._only(source, path, "group", ("combinator", "not", "rules"))
        combinator = self._combinator(source.get("combinator"), at(path, "combinator"))
        negated = source.get("not", False)
        if not isinstance(negated, bool):
            self.note(at(path, "not"), "type", "`not` is true or false")
        rules = source.get("rules")
        if not _is_list(rules) or not rules:
            message = "`rules` is a list of at least one rule or group"
            self.note(at(path, "rules"), "type", message)
            return None
        places = ((rule, at(path, f"rules[{i}]")) for i, rule in enumerate(rules))
        members = [self._member(rule, place, depth) for rule, place in places]
        found = tuple(member for member in members if member is not None)
        return Group(combinator=combinator, rules=found, negated=negated is True)

    def _combinator(self, source: Json, path: str) -> str:
        if isinstance(source, str) and source in ("and", "or"):
            return source
        self.note(path, "combinator", f"{source!r} is not `and` or `or`")
        return "and"

    def _member(self, source: Json, path: str, depth: int) -> Rule | Group | None:
        if isinstance(source, Mapping) and "rules" in source:
            return self.group(source, path, depth + 1)
        if isinstance(source, Mapping):
            return self._rule(source, path)
        self.note(path, "type", "a rule is an object with `field`, `operator` and `value`")
        return None

    def _rule(self, source: Mapping[str, Json], path: str) -> Rule | None:
        self._only(source, path, "rule", ("field", "operator", "value"))
        field, operator = source.get("field"), source.get("operator")
        if not isinstance(field, str) or not field:
            self.note(at(path, "field"), "type", "`field` is the dotted path of a fact")
            return None
        if not isinstance(operator, str) or operator not in self.operators:
            known = " ".join(sorted(self.operators))
            self.note(at(path, "operator"), "operator", f"{operator!r} is not one of {known}")
            return None
        before = len(self.problems)
        value = self._value(source, operator, at(path, "value"))
        rule = Rule(field=field, operator=operator, value=value)
        if self.schema is not None and len(self.problems) == before:
            self.problems.extend(misfits(rule, path, self.schema, self.catalogue))
        return rule

    def _only(
        self, source: Mapping[str, Json], path: str, what: str, allowed: tuple[str, ...]
    ) -> None:
        for key in source:
            if key not in allowed:
                message = f"a {what} has only {', '.join(allowed)}"
                self.note(at(path, str(key)), "unknown_key", message)

    # --- values -----------------------------------------------------------------------------------

    def _value(self, rule: Mapping[str, Json], operator: str, path: str) -> Json:
        source = rule.get("value")
        if operator in UNARY:
            if source not in (None, ""):
                self.note(path, "value", f"`{operator}` takes no value; leave it out")
            return None
        if "value" not in rule:
            self.note(path, "value_missing", f"operator {operator} needs a value")
            return None
        if operator == "matches":
            return self._pattern(source, path)
        if isinstance(source, Mapping) and set(source) in ({"fact"}, {"list"}):
            return self._reference(source, operator, path)
        if operator in ("in", "not_in", "between"):
            return self._several(source, operator, path)
        return self._literal(source, path)

    def _pattern(self, source: Json, path: str) -> Pattern | None:
        if self.regex is None or not isinstance(source, str):
            self.note(path, "value", "`matches` takes a pattern, written out as a string")
            return None
        try:
            return Pattern(text=source, search=self.regex(source))
        except ValueError as error:
            self.note(path, "pattern", f"{source!r} is not a pattern: {error}")
            return None

    def _reference(self, source: Mapping[str, Json], operator: str, path: str) -> Json:
        ((what, name),) = source.items()
        if not isinstance(name, str) or not name:
            self.note(path, "value", f"`{what}` is followed by a name")
        elif what == "fact":
            return Reference(name)
        elif operator not in ("in", "not_in"):
            message = f"`{operator}` takes no named list; only in and not_in do"
            self.note(path, "value", message)
        elif self.catalogue is not None and name not in self.catalogue:
            known = ", ".join(sorted(self.catalogue)) or "none"
            self.note(at(path, "list"), "list", f"there is no list {name!r}; there are {known}")
        else:
            return ListReference(name)
        return None

    def _several(self, source: Json, operator: str, path: str) -> Json:
        if not _is_list(source):
            self.note(path, "value", f"`{operator}` takes a list")
            return None
        if operator == "between" and len(source) != 2:  # noqa: PLR2004 (a low and a high end)
            self.note(path, "value", "`between` takes [low, high]")
        return self._literal(source, path)

    def _literal(self, source: Json, path: str, depth: int = 0) -> Json:
        if isinstance(source, Mapping):
            return self._exact(source, path)
        if _is_list(source) and depth < MAX_DEPTH:
            items = enumerate(source)
            return tuple(self._literal(item, f"{path}[{i}]", depth + 1) for i, item in items)
        if kind(source) not in ("boolean", "number", "text", "null"):
            self.note(path, "value", f"a value is {_VALUES}")
        return source

    def _exact(self, source: Mapping[str, Json], path: str) -> Json:
        if set(source) == {"decimal"}:
            return self._decimal(source["decimal"], path)
        money, currency = source.get("money"), source.get("currency")
        if set(source) != {"money", "currency"}:
            self.note(path, "value", f"a value is {_VALUES}")
        elif not isinstance(money, str) or not isinstance(currency, str):
            message = "`money` is a decimal string such as 10.00, `currency` an ISO 4217 code"
            self.note(path, "money", message)
        else:
            try:
                return Money.parse(money, currency, field="money")
            except InputInvalid as invalid:
                self.note(at(path, invalid.field), "money", str(invalid))
        return None

    def _decimal(self, source: Json, path: str) -> Decimal | None:
        if isinstance(source, str) and _NUMBER.fullmatch(source):
            with contextlib.suppress(InvalidOperation):  # an exponent beyond what a Decimal has
                return Decimal(source)
        message = "`decimal` is a number in a string, such as 0.000000000000000001"
        self.note(at(path, "decimal"), "value", message)
        return None


_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?")
_VALUES: Final = (
    'a literal, a list of them, {"money", "currency"} or {"decimal"}; '
    'by itself also {"fact": path} or {"list": name}'
)


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return kind(value) == "list"
