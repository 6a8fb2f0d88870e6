"""What is left of a condition once the value of a field is known comes to the same as the whole."""

from __future__ import annotations

import pytest
from conditions import LISTS, every, facts, groups, no, on, read, rule, some
from hypothesis import given

from orderwright.condition import compile as ready, decisive, remainder
from orderwright.money import Money

A = rule("a", "==", "x")
BIG = rule("b", ">", 5)


@pytest.mark.parametrize(
    ("whole", "left"),
    [
        (every(A, BIG), every(BIG)),
        (every(rule("a", "in", ["x", "y"]), BIG), every(BIG)),
        (every(A, rule("a", "in", ["x", "y"]), BIG), every(BIG)),
        (every(A), every(A)),
        (every(rule("a", "!=", "x"), BIG), every(rule("a", "!=", "x"), BIG)),
        (some(A, BIG), some(A, BIG)),
        (no(every(A, BIG)), no(every(A, BIG))),
        (every(some(A), BIG), every(some(A), BIG)),
        (every(BIG, rule("b", "<", 9)), every(BIG, rule("b", "<", 9))),
    ],
)
def test_what_a_known_value_answers_is_not_asked_again(whole: dict, left: dict):
    assert remainder(read(whole), "a") == read(left)


@given(source=groups(), known=facts)
def test_what_is_left_comes_to_the_same_where_the_field_holds_what_is_asked_for(
    source: dict, known: dict
):
    for whole in (read(source), read(every(A, BIG, source))):
        for field, ((kind, currency), values) in decisive(whole).items():
            for exact in values:
                value = Money(exact, currency) if kind == "money" else exact
                lookup = on({**known, field: value})
                left = ready(remainder(whole, field))
                assert left(lookup, LISTS.get) is ready(whole)(lookup, LISTS.get)
