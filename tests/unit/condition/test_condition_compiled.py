from __future__ import annotations

import pytest
from conditions import LISTS, eur, every, facts, groups, judge, no, on, read, rule, some
from hypothesis import given, settings

from orderwright import condition
from orderwright.condition import MISSING, key, required
from orderwright.money import Money


@settings(max_examples=200)
@given(groups(), facts)
def test_a_compiled_condition_answers_as_the_evaluated_one(source: dict, held: dict):
    group = read(source)
    assert condition.compile(group)(on(held), LISTS.get) is judge(group, held).result


P, Q = rule("p", "==", 1), rule("q", "!=", "x")


@pytest.mark.parametrize(
    ("source", "held", "result"),
    [
        (every(P), {"p": 1}, True),
        (every(P), {"p": 2}, False),
        (every(P), {"p": 1.0}, True),
        (every(P), {"p": True}, None),
        (every(P), {}, None),
        (no(every(Q)), {"q": "x"}, True),
        (no(every(Q)), {"q": 5}, None),
        (every(P, Q), {"p": 1, "q": "y"}, True),
        (every(P, Q), {"p": 1}, None),
        (every(P, Q), {"q": "x"}, False),
        (some(P, Q), {"p": 1}, True),
        (some(P, Q), {"p": 2}, None),
        (some(P, every(Q, Q)), {"p": 2, "q": "x"}, False),
        (every(rule("p", "<", {"fact": "q"})), {"p": 1, "q": 2}, True),
        (every(rule("p", "in", ["a", "b"])), {"p": "b"}, True),
        (every(rule("p", "not_in", ["a", 1])), {"p": "b"}, None),
        (every(rule("p", "<=", eur("5"))), {"p": Money(500, "EUR")}, True),
        (every(rule("p", "is_null")), {}, True),
        (every(rule("p", "matches", "^a")), {"p": "ba"}, False),
    ],
)
def test_a_compiled_condition_answers_by_its_row_in_the_table(
    source: dict, held: dict, result: bool | None
):
    assert condition.compile(read(source))(on(held)) is result


def test_it_reads_nothing_that_can_no_longer_matter():
    seen: list[str] = []

    def lookup(path: str) -> object:
        seen.append(path)
        return 1

    compiled = condition.compile(
        read(some(rule("a", "==", 2), rule("b", "==", 1), rule("c", "==", 1)))
    )
    assert compiled(lookup) is True
    assert seen == ["a", "b"]


def test_it_knows_no_lists_unless_they_are_given():
    compiled = condition.compile(read(every(rule("country", "in", {"list": "countries"}))))
    assert compiled(lambda _: "NG") is None
    assert compiled(lambda _: "NG", LISTS.get) is True


# --- what an index needs --------------------------------------------------------------------------


@settings(max_examples=200)
@given(groups(), facts)
def test_a_condition_that_holds_has_what_it_requires(source: dict, held: dict):
    group = read(source)
    if judge(group, held).result is True:
        lookup = on(held)
        assert all(key(lookup(field)) in keys for field, keys in required(group).items())


def keys(*values: object) -> frozenset:
    return frozenset(key(value) for value in values)


A_IS_1, A_IS_2, B_IS_X = rule("a", "==", 1), rule("a", "==", 2), rule("b", "==", "x")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (every(A_IS_1, B_IS_X), {"a": keys(1), "b": keys("x")}),
        (every(A_IS_1, A_IS_2), {"a": keys()}),
        (some(A_IS_1, A_IS_2), {"a": keys(1, 2)}),
        (some(A_IS_1, B_IS_X), {}),
        (some(every(A_IS_1, B_IS_X), A_IS_2), {"a": keys(1, 2)}),
        (every(rule("a", "in", ["x", True, eur("1")])), {"a": keys("x", True, Money(100, "EUR"))}),
        (every(rule("a", "in", [])), {"a": keys()}),
        (every(rule("a", "==", None)), {"a": keys(None)}),
        (no(every(A_IS_1)), {}),
        (no(some(rule("a", "!=", 1), rule("b", "not_in", ["x"]))), {"a": keys(1), "b": keys("x")}),
        (no(every(rule("a", "!=", 1), rule("a", "!=", 2))), {"a": keys(1, 2)}),
        (every(rule("a", "==", ["x"])), {}),
        (every(rule("a", "in", [["x"], "y"])), {}),
        (every(rule("a", "==", {"fact": "b"})), {}),
        (every(rule("a", "in", {"list": "countries"})), {}),
        (every(rule("a", ">", 1)), {}),
    ],
)
def test_the_equalities_that_a_condition_cannot_do_without(source: dict, expected: dict):
    assert required(read(source)) == expected


def test_keys_are_strict_and_exact():
    assert key(1) == key(1.0) != key(True)
    assert key({"amount": "1", "currency": "EUR"}) == key(Money(100, "EUR")) != key("1")
    assert key(MISSING) is key([1]) is key({}) is None
