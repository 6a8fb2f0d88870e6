from __future__ import annotations

import json
from decimal import Decimal

import pytest
from conditions import LISTS, eur, every, judge, no, regex, rule, some
from hypothesis import given, strategies as st

from orderwright.condition import (
    MISSING,
    Mistyped,
    Reference,
    counterfactual,
    evaluate,
    parse,
    plain,
)
from orderwright.money import Money

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
    found = judge({"combinator": combinator, "not": negated, "rules": rules}, known)
    assert found.result is expected
    assert [one.result for one in found.members] == members
    assert found.missing == tuple(f"f{i}" for i, answer in enumerate(members) if answer is None)


def test_an_evaluation_mirrors_the_tree_with_actual_and_expected():
    source = some(rule("a", ">", 5), every(rule("b", "==", {"fact": "c"})))
    found = judge(source, {"a": 3, "b": "x", "c": "x"})
    assert found.result is True
    first, nested = found.members
    assert (first.actual, first.expected, first.result) == (3, 5, False)
    assert first.group is None
    assert nested.group is not None
    (inner,) = nested.members
    assert (inner.actual, inner.expected) == ("x", "x")
    assert inner.rule is not None
    assert inner.rule.value == Reference("c")


@pytest.mark.parametrize(
    ("one", "held", "cause"),
    [
        (rule("f", "<", eur("5")), {}, "missing"),
        (rule("f", "<", {"fact": "g"}), {"f": 1}, "missing"),
        (rule("f", "in", {"list": "vips"}), {"f": 1}, "missing"),
        (rule("f", "<", eur("5")), {"f": 5}, "type"),
        (rule("f", "<", eur("5")), {"f": Money(1, "NGN")}, "currency"),
        (rule("f", "<", eur("5")), {"f": Money(1, "EUR")}, None),
    ],
)
def test_an_unknown_rule_says_why(one: dict, held: dict, cause: str | None):
    found = judge(every(one), held)
    assert found.members[0].cause == cause
    assert found.cause is None


def test_a_mistyped_field_is_said_with_what_was_found_and_what_belongs():
    wrong = Mistyped("text where money belongs")
    source = every(rule("f", "is_null"), some(rule("g", "==", {"fact": "f"})))
    found = judge(source, {"f": wrong, "g": 1})
    assert (found.result, found.missing) == (None, ())
    assert found.mistyped == {"f": "text where money belongs"}
    assert found.members[0].to_json() == {
        **rule("f", "is_null"),
        "result": None,
        "missing": [],
        "expected": None,
        "mistyped": {"f": "text where money belongs"},
        "cause": "mistyped",
    }
    assert found.members[1].to_json()["rules"][0].keys() >= {"actual", "mistyped", "cause"}
    words = counterfactual(judge(every(rule("g", "<", {"fact": "f"})), {"f": wrong, "g": 1})).words
    assert words == "would pass if f > g (1)"


def test_without_lists_every_list_is_unknown():
    group = parse(every(rule("f", "in", {"list": "countries"})))
    assert evaluate(group, lambda _: "NG").result is None
    assert evaluate(group, lambda _: "NG", lists=LISTS.get).result is True


# --- as JSON --------------------------------------------------------------------------------------


def test_an_evaluation_goes_out_as_json_with_all_that_an_explanation_shows():
    source = no(
        every(
            rule("amount", ">", eur("10000.00")),
            some(rule("country", "in", {"list": "countries"}), rule("email", "is_null")),
            rule("limit", "<", {"fact": "cap"}),
        )
    )
    held = {"amount": {"amount": "12", "currency": "NGN"}, "country": "NG", "limit": 1}
    found = judge(source, held).to_json()
    assert json.loads(json.dumps(found)) == found
    assert found == {
        "combinator": "and",
        "not": True,
        "result": None,
        "missing": ["cap"],
        "rules": [
            {
                **rule("amount", ">", eur("10000.00")),
                "result": None,
                "missing": [],
                "actual": {"money": "12.00", "currency": "NGN"},
                "expected": eur("10000.00"),
                "cause": "currency",
            },
            {
                "combinator": "or",
                "not": False,
                "result": True,
                "missing": [],
                "rules": [
                    {
                        **rule("country", "in", {"list": "countries"}),
                        "result": True,
                        "missing": [],
                        "actual": "NG",
                        "expected": {"list": "countries"},
                    },
                    {
                        **rule("email", "is_null"),
                        "result": True,
                        "missing": [],
                        "expected": None,
                    },
                ],
            },
            {
                **rule("limit", "<", {"fact": "cap"}),
                "result": None,
                "missing": ["cap"],
                "actual": 1,
                "cause": "missing",
            },
        ],
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("0.1"), 0.1),
        (Decimal("0.1000000000000000000001"), {"decimal": "0.1000000000000000000001"}),
        (Decimal("1E+999999"), {"decimal": "1E+999999"}),
        (float("inf"), "inf"),
        (Money(5, "JPY"), {"money": "5", "currency": "JPY"}),
        ({"minor": 5, "currency": "EUR"}, {"money": "0.05", "currency": "EUR"}),
        ({"a": (Money(5, "JPY"), None)}, {"a": [{"money": "5", "currency": "JPY"}, None]}),
        (MISSING, "missing"),
        (b"x", "b'x'"),
        (range(2), [0, 1]),
        (True, True),
    ],
)
def test_a_value_goes_out_exactly(value: object, expected: object):
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


def test_a_value_that_nests_without_end_is_cut():
    deep: dict = {}
    for _ in range(10_000):
        deep = {"in": deep}
    assert json.dumps(plain(deep)).count("in") == 50
    assert json.dumps(plain([[[deep]]])).count("in") == 47


def test_a_pattern_goes_out_as_its_text():
    found = evaluate(parse(every(rule("f", "matches", "a+")), regex=regex), lambda _: "aa")
    assert found.to_json()["rules"] == [
        {
            **rule("f", "matches", "a+"),
            "result": True,
            "missing": [],
            "actual": "aa",
            "expected": "a+",
        }
    ]
