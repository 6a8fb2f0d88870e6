from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from orderwright.condition import MISSING, ConditionInvalid, Evaluation, Reference, evaluate, parse
from orderwright.condition.model import OPERATORS, UNARY

A, B, U = True, False, None  # holds, does not hold, unknown


def judged(rule: dict, **fields: object) -> bool | None:
    return whole({"combinator": "and", "rules": [rule]}, **fields).result


def whole(group: dict, **fields: object) -> Evaluation:
    return evaluate(parse(group), lambda path: fields.get(path, MISSING))


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
    rule = {"field": "f", "operator": operator, "value": value}
    assert judged(rule, f=actual) is result


@pytest.mark.parametrize(
    ("operator", "actual", "value", "result"), [row for row in TABLE if row[0] not in UNARY]
)
def test_a_value_read_from_a_field_answers_like_a_literal(
    operator: str, actual: object, value: object, result: bool | None
):
    rule = {"field": "f", "operator": operator, "value": {"fact": "g"}}
    assert judged(rule, f=actual, g=value) is result


def test_the_table_has_every_operator():
    assert {row[0] for row in TABLE} == OPERATORS - {"matches"}


@pytest.mark.parametrize("operator", sorted(OPERATORS - UNARY - {"matches"}))
def test_a_missing_field_is_unknown_and_named(operator: str):
    value = ["a", "b"] if operator in ("in", "not_in", "between") else "a"
    group = {
        "combinator": "and",
        "rules": [{"field": "f.g", "operator": operator, "value": value}],
    }
    found = whole(group)
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
    found = whole(group, a=1)
    assert found.result is None
    assert found.missing == ("limit",)


@pytest.mark.parametrize("bounds", [[1], [1, 2, 3], [], "ab", 5, None, {"low": 1, "high": 2}])
def test_between_with_a_referenced_value_that_is_no_pair_is_unknown(bounds: object):
    rule = {"field": "a", "operator": "between", "value": {"fact": "bounds"}}
    assert judged(rule, a=1, bounds=bounds) is None
    assert judged(rule, a="a", bounds=bounds) is None


def test_objects_are_equal_when_their_members_are_within_their_kinds():
    rule = {"field": "a", "operator": "==", "value": {"fact": "b"}}
    assert judged(rule, a={"x": 1, "y": [2]}, b={"y": [2], "x": 1}) is True
    assert judged(rule, a={"x": 1}, b={"x": 2}) is False
    assert judged(rule, a={"x": 1}, b={"z": 1}) is False
    assert judged(rule, a={"x": 1}, b={"x": True}) is None


# --- groups ---------------------------------------------------------------------------------------

answers = st.sampled_from([True, False, None])
RANK = {False: 0, None: 1, True: 2}  # Kleene: and is the least, or the greatest


def _rule(answer: bool | None, number: int) -> tuple[dict, dict]:
    field = f"f{number}"
    known = {} if answer is None else {field: answer}
    return {"field": field, "operator": "==", "value": True}, known


@given(st.lists(answers, min_size=1, max_size=6), st.sampled_from(["and", "or"]), st.booleans())
def test_groups_follow_kleene_logic(members: list[bool | None], combinator: str, negated: bool):
    rules, known = [], {}
    for number, answer in enumerate(members):
        rule, fields = _rule(answer, number)
        rules.append(rule)
        known |= fields
    pick = min if combinator == "and" else max
    expected = pick(members, key=RANK.__getitem__)
    if negated and expected is not None:
        expected = not expected
    found = whole({"combinator": combinator, "not": negated, "rules": rules}, **known)
    assert found.result is expected
    assert [one.result for one in found.members] == members
    assert found.missing == tuple(f"f{i}" for i, answer in enumerate(members) if answer is None)


def test_an_evaluation_mirrors_the_tree_with_actual_and_expected():
    found = whole(
        {
            "combinator": "or",
            "rules": [
                {"field": "a", "operator": ">", "value": 5},
                {
                    "combinator": "and",
                    "rules": [{"field": "b", "operator": "==", "value": {"fact": "c"}}],
                },
            ],
        },
        a=3,
        b="x",
        c="x",
    )
    assert found.result is True
    first, nested = found.members
    assert (first.actual, first.expected, first.result) == (3, 5, False)
    (inner,) = nested.members
    assert (inner.actual, inner.expected) == ("x", "x")
    assert inner.rule is not None
    assert inner.rule.value == Reference("c")


# --- parsing --------------------------------------------------------------------------------------

GOOD = {"field": "a", "operator": "==", "value": 1}


@pytest.mark.parametrize(
    ("source", "path", "code"),
    [
        ([], "at", "type"),
        (None, "at", "type"),
        ({"combinator": "xor", "rules": [GOOD]}, "at.combinator", "combinator"),
        ({"rules": [GOOD]}, "at.combinator", "combinator"),
        ({"combinator": "and", "rules": []}, "at.rules", "type"),
        ({"combinator": "and"}, "at.rules", "type"),
        ({"combinator": "and", "rules": "a"}, "at.rules", "type"),
        ({"combinator": "and", "rules": [GOOD], "not": "yes"}, "at.not", "type"),
        ({"combinator": "and", "rules": [GOOD], "id": 1}, "at.id", "unknown_key"),
        ({"combinator": "and", "rules": [5]}, "at.rules[0]", "type"),
        ({"combinator": "and", "rules": [{**GOOD, "x": 1}]}, "at.rules[0].x", "unknown_key"),
        ({"combinator": "and", "rules": [{**GOOD, "field": ""}]}, "at.rules[0].field", "type"),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": "matches"}]},
            "at.rules[0].operator",
            "operator",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": []}]},
            "at.rules[0].operator",
            "operator",
        ),
        (
            {"combinator": "and", "rules": [{"field": "a", "operator": "=="}]},
            "at.rules[0].value",
            "value_missing",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "value": {"x": 1}}]},
            "at.rules[0].value",
            "value",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "value": {"fact": 1}}]},
            "at.rules[0].value",
            "value",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": "in"}]},
            "at.rules[0].value",
            "value",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": "between"}]},
            "at.rules[0].value",
            "value",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": "between", "value": [1]}]},
            "at.rules[0].value",
            "value",
        ),
        (
            {
                "combinator": "and",
                "rules": [GOOD, {"combinator": "or", "rules": [{**GOOD, "operator": "~"}]}],
            },
            "at.rules[1].rules[0].operator",
            "operator",
        ),
    ],
)
def test_a_condition_without_meaning_is_refused_with_the_place_of_the_mistake(
    source: object, path: str, code: str
):
    with pytest.raises(ConditionInvalid) as refused:
        parse(source, "at")
    assert (path, code) in [(where, what) for where, what, _ in refused.value.problems]


def test_every_mistake_is_told_at_once():
    source = {
        "combinator": "x",
        "rules": [{"field": "", "operator": "=="}, {"field": "a", "operator": "?"}],
    }
    with pytest.raises(ConditionInvalid) as refused:
        parse(source)
    assert [path for path, _, _ in refused.value.problems] == [
        "combinator",
        "rules[0].field",
        "rules[1].operator",
    ]
