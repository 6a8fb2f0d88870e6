from __future__ import annotations

import itertools
import json

import pytest
from conditions import (
    FIELDS,
    LISTS,
    eur,
    every,
    facts,
    facts_values,
    groups,
    judge,
    no,
    on,
    read,
    rule,
    rules,
    some,
)
from hypothesis import given, settings, strategies as st

from orderwright.condition import (
    MISSING,
    Change,
    FactField,
    NamedList,
    Way,
    counterfactual,
    evaluate,
)
from orderwright.money import Money

small = groups(rules())


# --- soundness ------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(small, facts, st.booleans())
def test_the_example_of_a_suggestion_does_what_was_asked_for(
    source: dict, held: dict, wanted: bool
):
    for way in counterfactual(judge(source, held), wanted=wanted).ways:
        assert _settled(way) or judge(source, {**held, **way.example}).result is wanted


@settings(max_examples=200)
@given(small, facts, st.dictionaries(st.sampled_from(FIELDS), facts_values))
def test_whatever_does_as_a_suggestion_says_does_what_was_asked_for(
    source: dict, held: dict, chance: dict
):
    found = counterfactual(judge(source, held))
    for way in found.ways:
        tried = {change.field: chance.get(change.field, MISSING) for change in way.changes}
        if all(change.admits(tried[change.field]) for change in way.changes):
            assert judge(source, {**held, **tried}).result is found.wanted


def _settled(way: Way) -> bool:
    """A pattern has no example."""
    return len(way.example) < len({change.field for change in way.changes})


@given(small, facts)
def test_no_suggestion_contains_another_and_the_smallest_comes_first(source: dict, held: dict):
    ways = counterfactual(judge(source, held)).ways
    asked = [{(c.field, c.operator, c.holds, str(c.value)) for c in way.changes} for way in ways]
    assert all(asked)  # what is otherwise now needs at least one change
    for one, other in itertools.permutations(asked, 2):
        assert not one <= other
    sizes = [len({change.field for change in way.changes}) for way in ways]
    assert sizes == sorted(sizes)


@given(small, facts)
def test_a_counterfactual_goes_out_as_json(source: dict, held: dict):
    exported = counterfactual(judge(source, held)).to_json()
    assert json.loads(json.dumps(exported, allow_nan=False)) == exported


# --- one rule -------------------------------------------------------------------------------------

LIMIT = rule("amount", "<=", eur("10000.00"))


@pytest.mark.parametrize(
    ("one", "held", "words"),
    [
        (LIMIT, {"amount": Money(1_000_001, "EUR")}, "would pass if amount <= 10,000.00 EUR"),
        (LIMIT, {"amount": Money(5, "NGN")}, "would pass if amount <= 10,000.00 EUR"),
        (LIMIT, {}, "would pass if amount <= 10,000.00 EUR"),
        (LIMIT, {"amount": Money(5, "EUR")}, "would not pass if amount > 10,000.00 EUR"),
        (rule("f", "==", {"money": "-1234567", "currency": "JPY"}), {}, "would pass if f == -1,234,567 JPY"),
        (rule("f", "==", "x"), {"f": "y"}, 'would pass if f == "x"'),
        (rule("f", "!=", True), {"f": True}, "would pass if f != true"),
        (rule("f", "==", None), {"f": 1}, "would pass if f == null"),
        (rule("f", ">", 5), {"f": 5}, "would pass if f > 5"),
        (rule("f", ">=", 0.5), {"f": 0}, "would pass if f >= 0.5"),
        (rule("f", "<", 5), {"f": "5"}, "would pass if f < 5"),
        (rule("f", "in", ["a", "b"]), {"f": "c"}, 'would pass if f is one of "a", "b"'),
        (rule("f", "not_in", [1, 2]), {"f": 1}, "would pass if f is none of 1, 2"),
        (rule("f", "in", list(range(9))), {"f": 9}, "would pass if f is one of 0, 1, 2, 3, 4, ..."),
        (rule("f", "in", {"list": "countries"}), {"f": "x"}, "would pass if f is one of the list countries"),
        (rule("f", "not_in", {"list": "countries"}), {"f": "NG"}, "would pass if f is none of the list countries"),
        (rule("f", "contains", "a"), {"f": "b"}, 'would pass if f contains "a"'),
        (rule("f", "contains", "a"), {"f": ["a"]}, 'would not pass if f does not contain "a"'),
        (rule("f", "starts_with", "a"), {"f": "b"}, 'would pass if f starts with "a"'),
        (rule("f", "starts_with", "a"), {"f": "a"}, 'would not pass if f does not start with "a"'),
        (rule("f", "ends_with", "a"), {"f": "a"}, 'would not pass if f does not end with "a"'),
        (rule("f", "between", [1, 3]), {"f": 5}, "would pass if f is between 1 and 3"),
        (rule("f", "between", [1, 3]), {"f": 3}, "would not pass if f is not between 1 and 3"),
        (rule("f", "matches", "^a+$"), {"f": "b"}, "would pass if f matches ^a+$"),
        (rule("f", "matches", "^a+$"), {"f": "a"}, "would not pass if f does not match ^a+$"),
        (rule("f", "is_null"), {"f": 1}, "would pass if f is empty"),
        (rule("f", "is_not_null"), {}, "would pass if f is not empty"),
        (rule("f", "<", {"fact": "g"}), {"f": 5, "g": 4}, "would pass if f < g (4)"),
        (rule("f", "<", {"fact": "g"}), {"f": 5}, "would pass if g > f (5)"),
        (rule("f", "contains", {"fact": "g"}), {"f": "a", "g": "b"}, 'would pass if f contains g ("b")'),
    ],
)  # fmt: skip
def test_a_rule_says_what_would_turn_it_around(one: dict, held: dict, words: str):
    group = judge(every(one), held)
    assert counterfactual(group).words == words
    assert counterfactual(group.members[0]).words == words


@pytest.mark.parametrize(
    ("one", "held"),
    [
        (rule("f", "<", {"fact": "g"}), {}),
        (rule("f", "<", {"fact": "f"}), {"f": 1}),
        (rule("f", "<", {"fact": "f.low"}), {"f": {"low": 1}, "f.low": 1}),
        (rule("f", "<", {"fact": "g"}), {"f": [], "g": None}),
        (rule("f", "in", {"list": "unheard of"}), {"f": 1}),
        (rule("f", "in", {"list": "nothing"}), {"f": 1}),
        (rule("f", "in", {"fact": "g"}), {"f": 1}),
        (rule("f", "between", [3, 1]), {"f": 2}),
    ],
)
def test_where_no_single_value_would_do_nothing_is_suggested(one: dict, held: dict):
    found = counterfactual(judge(every(one), held), wanted=True)
    assert (found.ways, found.words) == ((), "nothing simple would make it pass")
    assert found.to_json() == {"wanted": True, "ways": [], "words": found.words}


def test_a_suggestion_is_data_too():
    held = {"amount": Money(1_000_001, "EUR")}
    found = counterfactual(judge(every(rule("x", "is_null"), LIMIT), held))
    assert found.to_json() == {
        "wanted": True,
        "words": "would pass if amount <= 10,000.00 EUR",
        "ways": [
            {
                "changes": [
                    {
                        "path": "rules[1]",
                        "field": "amount",
                        "operator": "<=",
                        "value": eur("10000.00"),
                    }
                ],
                "words": "amount <= 10,000.00 EUR",
                "example": {"amount": eur("10000.00")},
            }
        ],
    }


def test_a_comparison_that_must_not_hold_says_so_in_its_data():
    found = counterfactual(judge(every(rule("f", "starts_with", "a")), {"f": "a"}))
    assert found.ways[0].changes[0].to_json() == {
        "path": "rules[0]",
        "field": "f",
        "operator": "starts_with",
        "value": "a",
        "holds": False,
    }


def test_what_a_field_must_not_have_has_no_value_in_its_data():
    found = counterfactual(judge(every(rule("f", "is_null")), {"f": 1}))
    assert found.ways[0].changes[0].to_json() == {
        "path": "rules[0]",
        "field": "f",
        "operator": "is_null",
    }


def test_labels_stand_for_fields():
    schema = {
        "f": FactField(type="number", label="Orders"),
        "g": FactField(type="number", label="Limit"),
        "h": FactField(type="number"),
    }
    source = every(rule("f", "<", {"fact": "g"}), rule("h", "<", 1))
    found = counterfactual(judge(source, {"f": 2, "g": 2, "h": 2}), schema=schema)
    assert found.words == "would pass if Orders < Limit (2) and h < 1"


def test_what_is_as_wanted_needs_no_change():
    found = counterfactual(judge(every(rule("f", "==", 1)), {"f": 1}), wanted=True)
    assert (found.words, found.ways[0].changes) == ("does pass as it is", ())


# --- groups ---------------------------------------------------------------------------------------

P, Q, R = rule("p", ">", 1), rule("q", ">", 1), rule("r", ">", 1)
LOW = {"p": 0, "q": 0, "r": 0}
HIGH = {"p": 2, "q": 2, "r": 2}
P5 = rule("p", ">", 5)
NINE = rule("p", "!=", 9)
NOTHING = "nothing simple would make it pass"


@pytest.mark.parametrize(
    ("source", "held", "ways"),
    [
        (every(P, Q), LOW, ["p > 1 and q > 1"]),
        (some(P, Q), LOW, ["p > 1", "q > 1"]),
        (every(P, Q), HIGH, ["p <= 1", "q <= 1"]),
        (some(P, Q), HIGH, ["p <= 1 and q <= 1"]),
        (no(every(P, Q)), HIGH, ["p <= 1", "q <= 1"]),
        (no(some(P, Q)), LOW, ["p > 1", "q > 1"]),
        (every(P, Q), {**LOW, "p": 2}, ["q > 1"]),
        (every(P, Q), {"p": 2}, ["q > 1"]),
        (every(P, some(Q, R)), LOW, ["p > 1 and q > 1", "p > 1 and r > 1"]),
        (some(every(P, Q), R), LOW, ["r > 1", "p > 1 and q > 1"]),
        (some(P, P), LOW, ["p > 1"]),
        (some(P, every(Q, P)), LOW, ["p > 1"]),
        (some(P, every(P, R)), LOW, ["p > 1"]),
        (some(every(P, no(every(Q))), R), LOW, ["p > 1", "r > 1"]),
    ],
)
def test_a_group_says_which_rules_must_change(source: dict, held: dict, ways: list[str]):
    assert [way.words for way in counterfactual(judge(source, held)).ways] == ways


@pytest.mark.parametrize(
    ("source", "held", "words"),
    [
        (every(rule("p", "<=", 9), rule("p", ">=", 5)), {"p": 20}, "would pass if p <= 9 and p >= 5"),
        (every(rule("p", "<=", 9), rule("p", "<=", 5)), {"p": 20}, "would pass if p <= 5"),
        (every(rule("p", "<=", 5), rule("p", "<=", 9)), {"p": 20}, "would pass if p <= 5"),
        (every(rule("p", "<", 9), rule("p", "<=", 9)), {"p": 20}, "would pass if p < 9"),
        (every(rule("p", "<=", 9), rule("p", "<", 9)), {"p": 20}, "would pass if p < 9"),
        (every(rule("p", ">", 9), rule("p", ">=", 5)), {"p": 0}, "would pass if p > 9"),
        (every(rule("p", ">", 3), rule("p", "==", 5)), {"p": 0}, "would pass if p == 5"),
        (every(rule("p", "in", [4, 5]), rule("p", ">", 3)), {"p": 0}, "would pass if p is one of 4, 5"),
        (every(rule("p", "in", [2, 5]), rule("p", ">", 3)), {"p": 0}, "would pass if p is one of 2, 5 and p > 3"),
        (every(rule("p", "!=", 1), rule("p", "!=", 1)), {"p": 1}, "would pass if p != 1"),
        (every(rule("p", "is_null"), rule("p", "is_null")), {"p": 1}, "would pass if p is empty"),
        (every(rule("p", ">", 1), rule("p", "<", 2)), {"p": 5}, "would pass if p < 2 and p > 1"),
        (every(rule("p", ">", 5), rule("p", "<", 5)), {"p": 5}, "nothing simple would make it pass"),
        (every(rule("p", ">", eur("1")), rule("p", "<", eur("3"))), {}, "would pass if p > 1.00 EUR and p < 3.00 EUR"),
        (every(P5, rule("q", "<", {"fact": "p"})), {"p": 0, "q": 1}, "would pass if p > 5"),
        (every(P5, rule("q", "<", {"fact": "p"})), {"p": 0, "q": 7}, "would pass if p > q (7)"),
        (every(P5, rule("p", "<", {"fact": "q"})), {"p": 0, "q": 7}, "would pass if p > 5 and p < q (7)"),
        (every(P5, rule("p", "<", {"fact": "q"})), {"p": 0, "q": 3}, NOTHING),
        (every(rule("p", "is_null"), rule("p.x", "==", 1)), {"p": 1, "p.x": 0}, NOTHING),
        (some(every(P5, NINE), every(rule("p", "<", 0), NINE)), {"p": 3}, "would pass if p > 5 and p != 9"),
        (every(rule("p", "==", {"fact": "p.x"}), rule("p.x", "==", 1)), {"p": 0, "p.x": 0}, NOTHING),
    ],
)  # fmt: skip
def test_rules_on_one_field_are_weighed_together(source: dict, held: dict, words: str):
    found = counterfactual(judge(source, held))
    assert sorted(_parts(found.words)) == sorted(_parts(words))


def _parts(words: str) -> list[str]:
    return words.removeprefix("would pass if ").split(" and ")


@pytest.mark.parametrize(
    "asked",
    [
        [
            rule("f", "starts_with", "ab"),
            rule("f", "ends_with", "yz"),
            rule("f", "contains", "mn"),
        ],
        [rule("f", "starts_with", "ab"), rule("f", "!=", "ab"), rule("f", "not_contains", "q")],
        [rule("f", "not_in", {"list": "countries"}), rule("f", "!=", "x"), rule("f", "!=", "")],
        [rule("f", "not_in", list(range(100))), rule("f", ">", 10)],
        [rule("f", "not_in", [eur(str(n)) for n in range(1, 50)]), rule("f", ">", eur("1"))],
        [rule("f", "contains", 1), rule("f", "contains", 3), rule("f", "not_contains", 2)],
        [rule("f", ">", {"decimal": "1.1"}), rule("f", "<", {"decimal": "1.2"})],
        [rule("f", ">", {"decimal": "1E+99999999999"})],
        [rule("f", ">", eur("1")), rule("f", "!=", eur("1.01")), rule("f", "<", eur("1.04"))],
        [
            rule("f", ">", eur("1")),
            rule("f", "<", eur("9")),
            rule("f", "!=", eur("1.01")),
            rule("f", "!=", eur("8.99")),
        ],
        [rule("f", "==", True), rule("f", "!=", False)],
        [rule("f", "is_not_null"), rule("f", "!=", 0)],
        [rule("f", "!=", ["a"])],
        [no(every(rule("f", "matches", "a"))), rule("f", "contains", "b")],
    ],
)
def test_an_example_is_found_for_what_several_rules_ask_of_a_field(asked: list[dict]):
    source = every(*asked)
    (way, *_) = counterfactual(judge(source, {}), wanted=True).ways
    assert judge(source, way.example).result is True


def test_an_example_is_a_plain_number_where_one_will_do():
    source = every(rule("f", ">", {"decimal": "1.1"}), rule("f", "<", {"decimal": "1.2"}))
    (way,) = counterfactual(judge(source, {})).ways
    assert way.to_json()["example"] == {"f": 1.15}


def test_a_pattern_has_no_example():
    (way,) = counterfactual(judge(every(rule("f", "matches", "a")), {})).ways
    assert (way.words, way.example) == ("f matches a", {})
    both = every(rule("f", "matches", "a"), rule("f", "starts_with", "b"))
    assert counterfactual(judge(both, {})).ways == ()


def test_a_change_of_one_field_is_not_needed_for_another_reading_of_it():
    change = Change(path="", field="f", operator="in", value=LISTS["countries"])
    assert not change.implies(Change(path="", field="f", operator="!=", value="x"))
    assert change.admits("NG")


def test_a_wide_condition_is_answered_in_bounded_time():
    wide = every(*(some(*(rule(f"f{i}.{j}", "==", 1) for j in range(10))) for i in range(30)))
    found = counterfactual(judge(wide, {}))
    assert 1 <= len(found.ways) <= 32
    assert judge(wide, found.ways[0].example).result is True


def test_a_long_list_is_looked_through_only_once():
    names = NamedList.of("l", [f"w{i}" for i in range(100_000)])
    group = read(every(rule("f", "not_in", {"list": "l"})))
    found = counterfactual(evaluate(group, on({"f": "w5"}), lists={"l": names}.get))
    assert found.words == "would pass if f is none of the list l"
