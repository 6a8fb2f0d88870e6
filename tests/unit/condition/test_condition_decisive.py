from __future__ import annotations

import pytest
from conditions import eur, every, no, on, read, rule, some

from orderwright.condition import NOTHING, both, decisive, either, evaluate, family
from orderwright.money import Money

A = rule("a", "==", "x")
B = rule("b", "in", [1, 2.0])
TEXT, NUMBER, EUROS = ("text", ""), ("number", ""), ("money", "EUR")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (every(A), {"a": (TEXT, {"x"})}),
        (every(A, B), {"a": (TEXT, {"x"}), "b": (NUMBER, {1, 2})}),
        (every(A, rule("a", "in", ["x", "y"])), {"a": (TEXT, {"x"})}),
        (some(A, rule("a", "==", "y")), {"a": (TEXT, {"x", "y"})}),
        (some(A, B), {}),
        (some(A, rule("a", "==", 1)), {}),
        (every(A, rule("a", "==", 1)), {"a": (TEXT, {"x"})}),
        (every(rule("a", "==", eur("1.00"))), {"a": (EUROS, {100})}),
        (no(every(A)), {}),
        (no(some(rule("a", "!=", "x"), rule("b", ">", 5))), {"a": (TEXT, {"x"})}),
        (no(every(rule("a", "not_in", ["x"]))), {"a": (TEXT, {"x"})}),
        (every(rule("a", "in", ["x", 1])), {}),
        (every(rule("a", "in", [])), {}),
        (every(rule("a", "==", None)), {}),
        (every(rule("a", "==", {"fact": "b"})), {}),
        (every(rule("a", ">", 1)), {}),
    ],
)
def test_what_makes_a_condition_surely_false(source: dict, found: dict):
    assert decisive(read(source)) == found


def test_another_value_of_the_family_decides_and_one_of_another_family_does_not():
    group = read(every(rule("a", "==", eur("1.00")), rule("b", "==", "x")))
    for held, result in ((Money(5, "EUR"), False), (Money(5, "USD"), None), (5, None)):
        assert evaluate(group, on({"a": held})).result is result


def test_the_family_of_money_is_its_currency():
    assert family({"amount": "1.00", "currency": "EUR"}) == (EUROS, 100)
    assert family(1.0) == (NUMBER, 1)
    assert [family(value) for value in (None, [1], {"a": 1})] == [None] * 3


def test_parts_join_as_conditions_do():
    one, other = decisive(read(every(A))), decisive(read(every(A, B)))
    assert both([one, other]) == other
    assert either([one, other]) == one
    assert both([]) == either([]) == NOTHING
