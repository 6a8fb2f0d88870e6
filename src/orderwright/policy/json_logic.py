"""Write a policy as JSON Logic (jsonlogic.com): for other engines to read, and to test ours against them.

JSON Logic has two values and coerces, so the export means the same only where every fact that is read is there and of
its type, and amounts that meet are of one currency: what we call unknown has no place in it. Of a mistyped fact
neither `is_null` nor `is_not_null` is true, as with us; what is built on them by `not` may be. Standard operators
only, with one exception: `matches` comes out as an operator of that name, which an engine either is given or refuses
loudly. What cannot be said exactly is not exported.

Facts go along in a form of their own (`logic_data`): amounts as {"minor", "currency"}, every path nested, and what is
mistyped as something else than null that is not of its type: a text, or false where a text belongs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from orderwright.condition import (
    IGNORING_CASE,
    MISSING,
    FactField,
    Group,
    Json,
    ListReference,
    Lists,
    Pattern,
    Reference,
    Rule,
    Schema,
    family,
    no_lists,
    read,
    walk,
)
from orderwright.errors import DefinitionInvalid
from orderwright.money import Money
from orderwright.policy.model import ActionNode, ConditionNode, Policy
from orderwright.policy.reading import reading
from orderwright.policy.route import Route

MAX_RULES: Final = 10_000
"""Rules of an export; a graph with many ways repeats its conditions for each of them."""

_EXACT: Final = 2**53
_SIGNS: Final[Mapping[str, str]] = {">": ">", "<": "<", ">=": ">=", "<=": "<="}
_NEGATIVE: Final[Mapping[str, str]] = {
    "!=": "==",
    "not_in": "in",
    "not_contains": "contains",
}


class NotExportable(DefinitionInvalid):
    """A policy says something that JSON Logic cannot say exactly."""

    code = "policy.not_exportable"


def to_json_logic(policy: Policy, schema: Schema, *, lists: Lists = no_lists) -> dict[str, Json]:
    """Return for each action node the rule that is true where the node is reached.

    Args:
        policy: the policy.
        schema: the types of the facts that it reads; amounts are compared otherwise than numbers.
        lists: named lists, whose entries are written out as they are now.

    Raises:
        NotExportable: a value, a comparison or the size of the graph has no exact form in JSON Logic.
    """
    writer = _Writer(schema, lists)
    conditions = {node.id: node.group for node in policy.conditions}
    rules: list[Json] = []
    sizes: list[int] = []
    answers: dict[int, Json] = {}
    found: dict[str, Json] = {}
    for place, stop in enumerate(Route.of(policy).stops):
        ways = [_way(rules[source], answers.get(source), exit_) for source, exit_ in stop.entries]
        size = sum(sizes[source] for source, _ in stop.entries)
        if isinstance(stop.node, ConditionNode):
            group = conditions[stop.node.id]
            answers[place] = writer.group(group)
            size += sum(1 for _ in walk(group))
        if size > MAX_RULES:
            raise NotExportable(f"the graph has too many ways: more than {MAX_RULES} rules")
        rules.append(_any(ways) if stop.entries else True)
        sizes.append(size)
        if isinstance(stop.node, ActionNode):
            found[stop.node.id] = rules[place]
    return found


def logic_data(facts: Mapping[str, Json], schema: Schema) -> dict[str, Json]:
    """Return facts in the form that exported rules read: those of the schema that are there, nested by their paths."""
    lookup = reading(facts)
    data: dict[str, Json] = {}
    for path in schema:
        value = lookup(path)
        if value is not MISSING:
            *parts, last = path.split(".")
            place = data
            for part in parts:
                below = place.setdefault(part, {})
                place = below if isinstance(below, dict) else {}
            place[last] = _told(value, schema[path])
    return data


def _told(value: Json, known: FactField) -> Json:
    if read(value)[0] in ("null", known.type):
        return _fact(value)
    return False if known.type == "text" else "mistyped"


def _fact(value: Json) -> Json:
    known = family(value)
    if known is not None and known[0][0] == "money":
        return {"minor": known[1], "currency": known[0][1]}
    if isinstance(value, Mapping):
        return {str(key): _fact(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_fact(member) for member in value]
    return float(value) if isinstance(value, Decimal) else value


def _way(reached: Json, answer: Json, exit_: bool | None) -> Json:  # noqa: FBT001 (an answer)
    if exit_ is None:
        return reached
    given = answer if exit_ else _not(answer)
    return given if reached is True else {"and": [reached, given]}


def _any(ways: list[Json]) -> Json:
    if any(way is True for way in ways):
        return True
    return ways[0] if len(ways) == 1 else {"or": ways}


def _not(rule: Json) -> Json:
    return {"!": [rule]}


def _all(rules: list[Json]) -> Json:
    return rules[0] if len(rules) == 1 else {"and": rules}


class _Writer:
    """Writes conditions with the types of one schema and the lists of one moment."""

    def __init__(self, schema: Schema, lists: Lists) -> None:
        self.schema = schema
        self.lists = lists

    def group(self, group: Group) -> Json:
        """Write a group and all below it."""
        members = [
            self.group(one) if isinstance(one, Group) else self._rule(one) for one in group.rules
        ]
        joined = members[0] if len(members) == 1 else {group.combinator: members}
        return _not(joined) if group.negated else joined

    def _rule(self, rule: Rule) -> Json:
        positive = _NEGATIVE.get(rule.operator)
        if positive is not None:
            return _not(self._rule(Rule(field=rule.field, operator=positive, value=rule.value)))
        if rule.operator in _SIGNS or rule.operator == "==":
            return self._compared(rule, rule.operator, rule.value)
        return _FORMS[rule.operator](self, rule)

    def _compared(self, rule: Rule, operator: str, value: Json) -> Json:
        """Write a comparison with a literal or another fact."""
        sign = _SIGNS.get(operator, "===")
        if isinstance(value, Reference):
            if not self._is_money(rule.field):
                return {sign: [_var(rule.field), _var(value.path)]}
            currencies = [_var(f"{rule.field}.currency"), _var(f"{value.path}.currency")]
            units = [_var(f"{rule.field}.minor"), _var(f"{value.path}.minor")]
            return {"and": [{"===": currencies}, {sign: units}]}
        if isinstance(value, Money):
            currency = {"===": [_var(f"{rule.field}.currency"), value.currency]}
            return {"and": [currency, {sign: [_var(f"{rule.field}.minor"), value.minor]}]}
        return {sign: [_var(rule.field), _literal(value)]}

    def _is_money(self, field: str) -> bool:
        known = self.schema.get(field)
        if known is None:
            raise NotExportable(f"the type of {field} is not known")
        return known.type == "money"

    def between(self, rule: Rule) -> Json:
        """Write a range, both ends included."""
        if not isinstance(rule.value, tuple):
            raise NotExportable("`between` with another fact has no form in JSON Logic")
        low, high = rule.value
        return _all([self._compared(rule, ">=", low), self._compared(rule, "<=", high)])

    def listed(self, rule: Rule) -> Json:
        """Write membership; amounts are compared one by one."""
        value = rule.value
        if isinstance(value, Reference):
            return {"in": [_var(rule.field), _var(value.path)]}
        entries = value
        if isinstance(value, ListReference):
            known = value.find(self.lists)
            if known is None:
                raise NotExportable(f"there is no list {value.name}")
            entries = known.items
        items = entries if isinstance(entries, tuple) else ()
        if any(isinstance(item, Money) for item in items):
            return {"or": [self._compared(rule, "==", item) for item in items]}
        return {"in": [_var(rule.field), [_literal(item) for item in items]]}

    def contains(self, rule: Rule) -> Json:
        """Write that a text or a list holds something: one operator for both."""
        if isinstance(rule.value, Reference):
            return {"in": [_var(rule.value.path), _var(rule.field)]}
        return {"in": [_literal(rule.value), _var(rule.field)]}

    def starts(self, rule: Rule) -> Json:
        """Write a beginning."""
        text = _text(rule)
        return {"===": [{"substr": [_var(rule.field), 0, len(text)]}, text]}

    def ends(self, rule: Rule) -> Json:
        """Write an end; every text ends in nothing."""
        text = _text(rule)
        whole: Json = {"===": [{"substr": [_var(rule.field), -len(text)]}, text]}
        return whole if text else {"===": [_var(rule.field), _var(rule.field)]}

    def matches(self, rule: Rule) -> Json:
        """Write a search for a pattern."""
        assert isinstance(rule.value, Pattern)  # `parse` takes nothing else
        flag = IGNORING_CASE if rule.value.ignores_case else ""
        return {"matches": [_var(rule.field), f"{flag}{rule.value.text}"]}

    def null(self, rule: Rule) -> Json:
        """Write that there is no value."""
        return {"===": [_var(rule.field), None]}

    def some(self, rule: Rule) -> Json:
        """Write that there is a value, and of its type; a text alone is left as it is by `cat`."""
        known, value = self.schema.get(rule.field), _var(rule.field)
        is_text: Json = {"===": [{"cat": [value]}, value]}
        if known is not None and known.type == "text":
            return is_text
        return {"and": [_not(self.null(rule)), _not(is_text)]} if known else _not(self.null(rule))


_FORMS: Final[Mapping[str, Callable[[_Writer, Rule], Json]]] = {
    "between": _Writer.between,
    "in": _Writer.listed,
    "contains": _Writer.contains,
    "starts_with": _Writer.starts,
    "ends_with": _Writer.ends,
    "matches": _Writer.matches,
    "is_null": _Writer.null,
    "is_not_null": _Writer.some,
}


def _var(path: str) -> dict[str, Json]:
    return {"var": path}


def _text(rule: Rule) -> str:
    if isinstance(rule.value, str) and rule.value.isascii():
        return rule.value
    raise NotExportable(f"`{rule.operator}` goes out with plain ASCII text only")


def _literal(value: Json) -> Json:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and abs(value) <= _EXACT:
        return value
    if isinstance(value, float):
        return value
    if isinstance(value, Decimal):
        number = float(value)
        if math.isfinite(number) and Decimal(repr(number)) == value:
            return number
    raise NotExportable(f"{value!r} has no exact form in JSON Logic")
