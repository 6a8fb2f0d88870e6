from __future__ import annotations

import pytest
from conditions import eur, every, regex, rule, some

from orderwright.condition import OPERATORS, ConditionInvalid, FactField, parse
from orderwright.condition.model import UNARY
from orderwright.condition.schema import FITTING

SCHEMA = {
    "amount": FactField(type="money", label="Amount"),
    "fee": FactField(type="money"),
    "orders": FactField(type="number", label="Orders"),
    "first": FactField(type="boolean"),
    "user.country": FactField(type="text"),
    "user.email": FactField(type="text"),
    "tags": FactField(type="list", items="text"),
    "bag": FactField(type="list"),
    "raw": FactField(type="object"),
}
CATALOGUE = {"countries": "text", "sums": "money", "mixed": None}
FITS = {
    "money": ("amount", eur("1")),
    "number": ("orders", 1),
    "boolean": ("first", True),
    "text": ("user.country", "NG"),
    "list": ("tags", ["a"]),
    "object": ("raw", {"fact": "raw"}),
}


def problems(*rules: dict) -> list[tuple[str, str, str]]:
    try:
        parse(every(*rules), regex=regex, schema=SCHEMA, catalogue=CATALOGUE)
    except ConditionInvalid as invalid:
        return [tuple(problem) for problem in invalid.problems]
    return []


def shaped(operator: str, value: object, of: str) -> object:
    """The value in the shape that an operator takes."""
    if operator in ("in", "not_in", "between"):
        return [value, value]
    return "a" if of == "list" and operator in ("contains", "not_contains") else value


@pytest.mark.parametrize("operator", sorted(OPERATORS))
@pytest.mark.parametrize("of", sorted(FITS))
def test_an_operator_is_taken_where_it_fits_the_type_and_refused_elsewhere(of: str, operator: str):
    field, value = FITS[of]
    found = problems(rule(field, operator, shaped(operator, value, of)))
    if operator in FITTING[of]:
        assert found == []
    elif found[0][1] != "value":  # an object is no literal of a list
        ((path, code, message),) = found
        assert (path, code) == ("rules[0].operator", "operator_type")
        assert f"{operator} does not fit it" in message


def test_every_type_has_equality_and_emptiness():
    assert set(FITTING) == set(FITS)
    assert all({"==", "!=", *UNARY} <= fitting for fitting in FITTING.values())
    assert frozenset().union(*FITTING.values()) == OPERATORS


@pytest.mark.parametrize(
    ("one", "path", "code", "words"),
    [
        (rule("amonut", "==", 1), "field", "field", "did you mean 'amount'?"),
        (rule("zzz", "==", 1), "field", "field", "there are amount, bag, fee"),
        (rule("amount", "<", {"fact": "fees"}), "value.fact", "field", "did you mean 'fee'?"),
        (
            rule("amount", "<", 5),
            "value",
            "value_type",
            'Amount (amount) < takes money ({"money":',
        ),
        (rule("amount", "<", "5"), "value", "value_type", "not text"),
        (rule("amount", "==", None), "value", "value_type", "not null"),
        (rule("orders", "==", "5"), "value", "value_type", "number (a JSON number), not text"),
        (rule("orders", "==", True), "value", "value_type", "not boolean"),
        (rule("first", "==", 1), "value", "value_type", "boolean (true or false), not number"),
        (rule("user.country", "in", ["NG", 5]), "value[1]", "value_type", "text"),
        (rule("orders", "between", [1, "5"]), "value[1]", "value_type", "number"),
        (rule("orders", "<", {"fact": "amount"}), "value.fact", "value_type", "not money"),
        (rule("orders", "in", {"fact": "tags"}), "value.fact", "value_type", "not a list of text"),
        (
            rule("amount", "in", {"list": "countries"}),
            "value.list",
            "value_type",
            "a list of text",
        ),
        (rule("amount", "in", {"list": "sumz"}), "value.list", "list", "there is no list 'sumz'"),
        (rule("tags", "contains", 5), "value", "value_type", "takes text"),
        (rule("tags", "==", [5]), "value[0]", "value_type", "text"),
        (rule("tags", "==", "a"), "value", "value_type", "takes a list of text, not text"),
        (rule("raw", "==", 5), "value", "value_type", "takes object, not number"),
    ],
)
def test_what_does_not_fit_the_schema_is_told_with_its_place_and_what_would_be_right(
    one: dict, path: str, code: str, words: str
):
    ((where, what, message),) = problems(rule("orders", ">", 0), one)
    assert (where, what) == (f"rules[1].{path}", code)
    assert words in message


@pytest.mark.parametrize(
    "one",
    [
        rule("amount", "<", {"fact": "fee"}),
        rule("amount", "between", [eur("1"), {"money": "2", "currency": "NGN"}]),
        rule("amount", "in", {"list": "sums"}),
        rule("amount", "in", {"list": "mixed"}),
        rule("user.country", "not_in", {"list": "countries"}),
        rule("user.country", "in", {"fact": "tags"}),
        rule("orders", "in", {"fact": "bag"}),
        rule("tags", "contains", {"fact": "user.country"}),
        rule("bag", "contains", 5),
        rule("bag", "contains", {"fact": "orders"}),
        rule("bag", "==", [5, "a"]),
        rule("orders", "==", {"decimal": "1.5"}),
        rule("user.email", "matches", "@"),
        rule("amount", "is_null"),
    ],
)
def test_what_fits_the_schema_is_taken(one: dict):
    assert problems(one) == []


def test_mistakes_of_shape_and_of_type_are_told_together():
    found = problems(
        rule("zzz", "is_null"), rule("orders", "~", 1), some(rule("first", "<", True))
    )
    assert [(path, code) for path, code, _ in found] == [
        ("rules[0].field", "field"),
        ("rules[1].operator", "operator"),
        ("rules[2].rules[0].operator", "operator_type"),
    ]


def test_a_catalogue_is_not_needed_beside_a_schema():
    source = every(rule("amount", "in", {"list": "anything"}))
    assert parse(source, schema=SCHEMA).rules


def test_without_a_schema_only_the_shape_counts():
    assert parse(every(rule("anything", "starts_with", 5))).rules
