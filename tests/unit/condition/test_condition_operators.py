from __future__ import annotations

from decimal import Decimal
from enum import IntEnum, StrEnum

import pytest
from conditions import eur, every, judge, judged, rule

from orderwright.condition import MISSING, OPERATORS, Mistyped, NamedList
from orderwright.condition.model import UNARY
from orderwright.money import Money

A, B, U = True, False, None  # holds, does not hold, unknown


# (operator, what the field holds, the value of the rule, the result)
TABLE = [
    ("==", 1, 1, A), ("==", 1, 1.0, A), ("==", Decimal("1.5"), 1.5, A), ("==", 1, 2, B), ("==", "a", "a", A),
    ("==", "a", "A", B), ("==", 1, "1", U), ("==", True, 1, U), ("==", None, 0, U), ("==", None, None, A),
    ("==", "", None, U), ("==", [1, 2], [1, 2], A), ("==", [1, 2], [2, 1], B), ("==", [1], [1, 2], B),
    ("==", [1], [True], U), ("==", [[1], ["a"]], [[1], ["a"]], A), ("==", [1], 1, U),
    ("!=", 1, 2, A), ("!=", 1, 1, B), ("!=", 1, "1", U), ("!=", [1], [1], B), ("!=", [1], [2], A),
    (">", 2, 1, A), (">", 1, 1, B), (">", "b", "a", A), (">", 1, "a", U), (">", True, 0, U), (">", None, 0, U),
    ("<", 1, 2, A), ("<", 2, 1, B), ("<", "2026-01-01", "2026-01-02", A), ("<", [1], 2, U), ("<", 1, True, U),
    (">=", 1, 1, A), (">=", 0, 1, B), (">=", Decimal("0.3"), Decimal("0.3"), A), (">=", None, None, U),
    ("<=", 1, 1, A), ("<=", 2, 1, B), ("<=", "a", 1, U),
    ("in", "a", ["a", "b"], A), ("in", "c", ["a", "b"], B), ("in", "c", ["a", 1], U), ("in", "a", ["a", 1], A),
    ("in", "a", [], B), ("in", None, ["a"], U), ("in", True, [1], U), ("in", [1], [[1]], A),
    ("not_in", "a", ["a"], B), ("not_in", "c", ["a"], A), ("not_in", "c", [1], U), ("not_in", "c", [], A),
    ("contains", "abc", "b", A), ("contains", "abc", "x", B), ("contains", "abc", 1, U), ("contains", ["a"], "a", A),
    ("contains", ["a"], "b", B), ("contains", [1], "b", U), ("contains", 5, "5", U), ("contains", None, "a", U),
    ("not_contains", "abc", "x", A), ("not_contains", "abc", "b", B), ("not_contains", 5, "5", U),
    ("not_contains", ["a"], "b", A),
    ("starts_with", "abc", "ab", A), ("starts_with", "abc", "b", B), ("starts_with", 12, "1", U),
    ("starts_with", "abc", 1, U), ("starts_with", ["a"], "a", U),
    ("ends_with", "abc", "bc", A), ("ends_with", "abc", "b", B), ("ends_with", None, "c", U),
    ("between", 1, [1, 3], A), ("between", 3, [1, 3], A), ("between", 4, [1, 3], B), ("between", 0, [1, 3], B),
    ("between", "b", ["a", "c"], A), ("between", 2, ["a", 3], U), ("between", 4, ["a", 3], B),
    ("between", None, [1, 3], U), ("between", True, [0, 3], U),
    ("is_null", None, None, A), ("is_null", 0, None, B), ("is_null", "", None, B), ("is_null", MISSING, None, A),
    ("is_not_null", None, None, B), ("is_not_null", 0, None, A), ("is_not_null", MISSING, None, B),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "actual", "value", "result"), TABLE)
def test_an_operator_answers_by_its_row_in_the_table(
    operator: str, actual: object, value: object, result: bool | None
):
    assert judged(rule("f", operator, value), f=actual) is result


@pytest.mark.parametrize("operator", sorted(OPERATORS - {"matches"}))
@pytest.mark.parametrize("value", [1, "a", [1, 3], None])
def test_a_mistyped_field_is_unknown_to_every_operator_on_either_side(
    operator: str, value: object
):
    wrong = Mistyped("text where number belongs")
    taken = [1, 3] if operator in ("in", "not_in", "between") else value
    assert judged(rule("f", operator, None if operator in UNARY else taken), f=wrong) is None
    if operator not in UNARY:
        assert judged(rule("f", operator, {"fact": "g"}), f=value, g=wrong) is None


@pytest.mark.parametrize(
    ("operator", "actual", "value", "result"), [row for row in TABLE if row[0] not in UNARY]
)
def test_a_value_read_from_a_field_answers_like_a_literal(
    operator: str, actual: object, value: object, result: bool | None
):
    assert judged(rule("f", operator, {"fact": "g"}), f=actual, g=value) is result


def test_the_table_has_every_operator():
    assert {row[0] for row in TABLE} == OPERATORS - {"matches"}


@pytest.mark.parametrize("operator", sorted(OPERATORS - UNARY - {"matches"}))
def test_a_missing_field_is_unknown_and_named(operator: str):
    value = ["a", "b"] if operator in ("in", "not_in", "between") else "a"
    group = {
        "combinator": "and",
        "rules": [{"field": "f.g", "operator": operator, "value": value}],
    }
    found = judge(group, {})
    assert found.result is None
    assert found.missing == ("f.g",)


def test_a_missing_amount_is_never_below_the_limit():
    below = {"field": "amount", "operator": "<", "value": 1000}
    assert judged(below) is None
    assert judged(below, amount=None) is None
    assert judged(below, amount="12") is None


def test_a_reference_that_leads_nowhere_is_unknown_and_named():
    group = {
        "combinator": "and",
        "rules": [{"field": "a", "operator": "<", "value": {"fact": "limit"}}],
    }
    found = judge(group, {"a": 1})
    assert found.result is None
    assert found.missing == ("limit",)


@pytest.mark.parametrize("bounds", [[1], [1, 2, 3], [], "ab", 5, None, {"low": 1, "high": 2}])
def test_between_with_a_referenced_value_that_is_no_pair_is_unknown(bounds: object):
    within = rule("a", "between", {"fact": "bounds"})
    assert judged(within, a=1, bounds=bounds) is None
    assert judged(within, a="a", bounds=bounds) is None


def test_objects_are_equal_when_their_members_are_within_their_kinds():
    same = rule("a", "==", {"fact": "b"})
    assert judged(same, a={"x": 1, "y": [2]}, b={"y": [2], "x": 1}) is True
    assert judged(same, a={"x": 1}, b={"x": 2}) is False
    assert judged(same, a={"x": 1}, b={"z": 1}) is False
    assert judged(same, a={"x": 1}, b={"x": True}) is None


# --- numbers and money ----------------------------------------------------------------------------


def test_a_float_is_the_decimal_that_was_written():
    assert judged(rule("rate", "==", 0.1), rate=Decimal("0.1")) is True
    assert judged(rule("rate", "<", Decimal("0.3")), rate=0.3) is False
    tiny = Decimal("0.1000000000000000055511151231257827")  # what a double makes of 0.1
    assert judged(rule("rate", "==", tiny), rate=0.1) is False


def test_large_integers_and_long_decimals_compare_exactly():
    assert judged(rule("n", "==", 2**53 + 1), n=2**53) is False
    assert (
        judged(rule("n", ">", {"decimal": "1.000000000000000000000000000000000000001"}), n=1)
        is False
    )
    assert judged(rule("n", "<", Decimal("1E+999999999")), n=10**100) is True


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), Decimal("sNaN"), b"a", {1}, object()])
def test_what_is_not_json_compares_with_nothing(odd: object):
    for operator in ("==", "!=", "<", "contains"):
        assert judged(rule("f", operator, {"fact": "f"}), f=odd) is None
    assert judged(rule("f", "in", []), f=odd) is None
    assert judged(rule("f", "not_in", {"list": "nothing"}), f=odd) is None


def test_members_of_enumerations_are_what_they_are_made_of():
    class Method(StrEnum):
        CARD = "CARD"

    class Rank(IntEnum):
        HIGH = 3

    assert judged(rule("f", "==", "CARD"), f=Method.CARD) is True
    assert judged(rule("f", "in", {"list": "countries"}), f=Method.CARD) is False
    assert judged(rule("f", ">", 2.5), f=Rank.HIGH) is True


LIMIT = eur("10000.00")
FORMS = [
    ({"amount": "10000.00", "currency": "EUR"}, A),
    ({"amount": "10000", "currency": "EUR"}, A),
    ({"amount": 10000, "currency": "EUR"}, A),
    ({"amount": 10000.0, "currency": "EUR"}, A),
    ({"amount": Decimal("10000.01"), "currency": "EUR"}, B),
    ({"money": "9999.99", "currency": "EUR"}, B),
    ({"minor": 1_000_000, "currency": "EUR"}, A),
    (Money(1_000_000, "EUR"), A),
    (Money(1_000_000, "USD"), U),
    ({"amount": "10000.00", "currency": "USD"}, U),
    ({"amount": "10000.001", "currency": "EUR"}, U),
    ({"amount": "1e4", "currency": "EUR"}, U),
    ({"amount": "10000.00", "currency": "XXX"}, U),
    ({"amount": "10000.00", "currency": None}, U),
    ({"amount": "10000.00", "currency": "EUR", "rate": 1}, U),
    ({"amount": True, "currency": "EUR"}, U),
    ({"amount": float("nan"), "currency": "EUR"}, U),
    ({"sum": "10000.00", "currency": "EUR"}, U),
    ({"minor": "1000000", "currency": "EUR"}, U),
    ({"minor": True, "currency": "EUR"}, U),
    ({"minor": 2**63, "currency": "EUR"}, U),
    ({"minor": 1, "currency": "XXX"}, U),
    (10000, U),
    ("10000.00", U),
    (None, U),
]


@pytest.mark.parametrize(("amount", "result"), FORMS)
def test_money_compares_exactly_in_each_of_its_forms_and_with_nothing_else(
    amount: object, result: bool | None
):
    assert judged(rule("amount", "==", LIMIT), amount=amount) is result
    opposite = None if result is None else not result
    assert judged(rule("amount", "!=", LIMIT), amount=amount) is opposite


@pytest.mark.parametrize("operator", ["==", "!=", ">", "<", ">=", "<="])
def test_two_currencies_never_compare(operator: str):
    assert judged(rule("amount", operator, LIMIT), amount=Money(5, "NGN")) is None
    assert judged(rule("amount", "between", [LIMIT, LIMIT]), amount=Money(5, "NGN")) is None
    assert judged(rule("amount", "in", [LIMIT]), amount=Money(5, "NGN")) is None


def test_money_has_an_order():
    below, above = Money(999_999, "EUR"), {"amount": "10000.01", "currency": "EUR"}
    for operator, answers in ((">", (B, A)), (">=", (B, A)), ("<", (A, B)), ("<=", (A, B))):
        found = [judged(rule("f", operator, LIMIT), f=amount) for amount in (below, above)]
        assert tuple(found) == answers
    assert judged(rule("f", "between", [eur("1"), LIMIT]), f=below) is True


# --- lists and patterns ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "name", "result"),
    [
        ("NG", "countries", A), ("ng", "countries", B), (1, "countries", U), (None, "countries", U),
        (1, "sums", A), (2, "sums", U), ("1", "sums", A), ("2", "sums", U), (True, "sums", U),
        (Money(100, "EUR"), "sums", A), (Money(100, "USD"), "sums", U),
        ("x", "nothing", B), (1, "nothing", B), (MISSING, "nothing", U), ("x", "unheard of", U),
    ],
)  # fmt: skip
def test_membership_of_a_named_list_is_strict(value: object, name: str, result: bool | None):
    assert judged(rule("f", "in", {"list": name}), f=value) is result
    opposite = None if result is None else not result
    assert judged(rule("f", "not_in", {"list": name}), f=value) is opposite


def test_a_list_that_is_not_there_is_named_as_missing():
    assert judge(every(rule("f", "in", {"list": "vips"})), {"f": "x"}).missing == ("list vips",)


def test_a_named_list_equals_another_with_the_same_entries():
    assert NamedList.of("l", ["a", 1]) == NamedList.of("l", ["a", 1])
    assert NamedList.of("l", ["a"]) != NamedList.of("l", ["b"])


def test_a_pattern_is_searched_by_the_engine_that_was_given():
    spam = rule("email", "matches", r"@(spam|junk)\.example$")
    assert judged(spam, email="a@junk.example") is True
    assert judged(spam, email="a@junk.example.org") is False
    assert judged(spam, email=5) is None
    assert judged(spam) is None


def test_values_that_nest_without_end_are_unknown_and_no_error():
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    assert judged(rule("f", "==", {"fact": "g"}), f=deep, g=[deep]) is None
    assert judged(rule("f", "in", {"fact": "g"}), f=deep, g=[deep]) is None
