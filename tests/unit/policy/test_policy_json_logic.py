from __future__ import annotations

import json
from decimal import Decimal
from random import Random  # noqa: TID251 (seeded)

import chance
import datalogic_py
import pytest
from policies import (
    FACTS,
    LISTS,
    action,
    condition,
    deployed,
    eur,
    graph,
    ladder,
    money,
    read,
    rule,
    simple,
    trigger,
)

from orderwright.condition import Mistyped
from orderwright.condition.value import kind
from orderwright.policy import NotExportable, linear, load, logic_data, run, to_json_logic


def matches(arguments: str) -> str:
    text, pattern = json.loads(arguments)
    return json.dumps(linear(pattern)(text))


ENGINE = datalogic_py.Engine(custom_operators={"matches": matches})


def exported(document: dict) -> dict[str, object]:
    return to_json_logic(read(document), FACTS, lists=LISTS.get)


def test_ten_thousand_policies_agree_with_datalogic_on_their_export():
    outcomes = set()
    for seed in range(10_000):
        draw = Random(seed)
        document, facts = chance.document(draw), chance.known_facts(draw)
        found = run(deployed(document), facts, lists=LISTS.get)
        data = logic_data(facts, FACTS)
        rules = exported(document)
        answers = {name: ENGINE.eval(one, data) for name, one in rules.items()}
        assert set(answers.values()) <= {True, False}, f"seed {seed}"
        reached = {name for name, answer in answers.items() if answer}
        assert reached == {node.id for node in found.actions}, f"seed {seed}"
        outcomes.add(found.outcome)
    assert outcomes == {"hit", "miss"}


ORDERED = {
    "amount": money("1.00"),
    "limit": money("2.00"),
    "userId": "ab",
    "user": {"country": "KP", "email": "a@b.example", "domain": "kp.example", "orders": 2},
    "tags": ["a", "KP"],
    "verified": True,
}


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (rule("amount", "==", eur("1.00")), True),
        (rule("amount", "!=", eur("1.00")), False),
        (rule("amount", "<", {"fact": "limit"}), True),
        (rule("amount", "in", [eur("1.00"), eur("3.00")]), True),
        (rule("amount", "in", []), False),
        (rule("limit", "not_in", [eur("1.00")]), True),
        (rule("amount", "between", [eur("1.00"), eur("1.50")]), True),
        (rule("user.orders", "between", [3, 4]), False),
        (rule("user.orders", ">=", 2.0), True),
        (rule("user.country", "in", {"list": "countries"}), True),
        (rule("user.country", "not_in", ["DE", "FR"]), True),
        (rule("user.domain", "==", "KP.example"), True),
        (rule("user.domain", "in", {"list": "countries"}), False),
        (rule("user.domain", "not_in", ["KP.Example"]), False),
        (rule("user.domain", "ends_with", ".EXAMPLE"), True),
        (rule("user.domain", "matches", "^KP|^IR"), True),
        (rule("user.country", "contains", "P"), True),
        (rule("tags", "contains", {"fact": "user.country"}), True),
        (rule("tags", "not_contains", "b"), True),
        (rule("userId", "contains", {"fact": "user.country"}), False),
        (rule("userId", "==", {"fact": "user.country"}), False),
        (rule("userId", "starts_with", "a"), True),
        (rule("userId", "starts_with", ""), True),
        (rule("userId", "ends_with", "b"), True),
        (rule("userId", "ends_with", "aab"), False),
        (rule("userId", "ends_with", ""), True),
        (rule("user.email", "matches", "@b"), True),
        (rule("verified", "==", True), True),
        (rule("userId", "is_null"), False),
        (rule("userId", "is_not_null"), True),
    ],
)
def test_every_operator_means_the_same_in_json_logic(asked: dict, holds: bool):
    document = simple({"combinator": "and", "not": False, "rules": [asked]})
    turned = simple({"combinator": "or", "not": True, "rules": [asked, asked]})
    for one, expected in ((document, holds), (turned, not holds)):
        [logic] = exported(one).values()
        assert ENGINE.eval(logic, logic_data(ORDERED, FACTS)) is expected
        found = run(deployed(one), ORDERED, lists=LISTS.get)
        assert (found.outcome == "hit") is expected


@pytest.mark.parametrize("field", ["userId", "user.orders", "verified", "amount", "tags"])
@pytest.mark.parametrize("wrong", ["12,50", 5, True, ["x"], {"mistyped": "x"}, Mistyped("x")])
@pytest.mark.parametrize("operator", ["is_null", "is_not_null"])
def test_a_mistyped_fact_is_neither_empty_nor_not_in_json_logic(
    field: str, wrong: object, operator: str
):
    if kind(wrong) == FACTS[field].type:
        return
    [logic] = exported(simple(rule(field, operator))).values()
    assert ENGINE.eval(logic, logic_data({field: wrong}, FACTS)) is False


def test_membership_in_another_fact_is_exported():
    policy = load(simple(rule("userId", "in", {"fact": "tags"})))
    [logic] = to_json_logic(policy, FACTS).values()
    assert logic == {"in": [{"var": "userId"}, {"var": "tags"}]}


def test_a_path_through_what_is_no_object_is_left_out():
    schema = dict.fromkeys(("a", "a.b"), FACTS["userId"])
    assert logic_data({"a": "x", "a.b": "y"}, schema) == {"a": "x"}


def test_an_amount_is_exported_with_its_currency():
    document = simple(rule("amount", ">", eur("10000.00")))
    assert exported(document) == {
        "a": {
            "and": [
                {"===": [{"var": "amount.currency"}, "EUR"]},
                {">": [{"var": "amount.minor"}, 1_000_000]},
            ]
        }
    }
    facts = {"amount": money("10000.01"), "user.country": "DE", "user.orders": Decimal("1.5")}
    data = {
        "amount": {"minor": 1_000_001, "currency": "EUR"},
        "user": {"country": "DE", "orders": 1.5},
    }
    assert logic_data(facts, FACTS) == data


def test_facts_within_lists_and_objects_are_written_too():
    facts = {"tags": (money("1.00"), {"n": Decimal("0.5")})}
    assert logic_data(facts, FACTS) == {"tags": [{"minor": 100, "currency": "EUR"}, {"n": 0.5}]}


def test_an_action_that_is_always_reached_is_true():
    assert exported(graph([trigger(), action("a")], "t a")) == {"a": True}


def test_both_exits_of_a_graph_are_exported():
    nodes = [trigger(), condition("c", rule("verified", "==", True)), action("a"), action("b")]
    holds = {"===": [{"var": "verified"}, True]}
    found = exported(graph(nodes, "t c", "c true a", "c false b", "t b"))
    assert found == {"a": holds, "b": True}


@pytest.mark.parametrize(
    "asked",
    [
        rule("user.orders", "==", {"decimal": "0.10000000000000000001"}),
        rule("user.orders", "==", 2**53 + 1),
        rule("tags", "==", ["a"]),
        rule("amount", "between", {"fact": "tags"}),
        rule("user.country", "starts_with", "ü"),
        rule("user.country", "ends_with", {"fact": "user.email"}),
        rule("user.country", "in", {"list": "nobody's"}),
        rule("unheard.of", "==", {"fact": "user.email"}),
        rule("user.email", "contains", eur("1.00")),
    ],
)
def test_what_has_no_exact_form_is_not_exported(asked: dict):
    policy = load(simple(asked))
    with pytest.raises(NotExportable):
        to_json_logic(policy, FACTS, lists=LISTS.get)


def test_a_decimal_that_a_double_holds_is_exported_as_a_number():
    [asked] = exported(simple(rule("user.orders", ">", {"decimal": "0.5"}))).values()
    assert asked == {">": [{"var": "user.orders"}, 0.5]}


def test_a_ladder_of_diamonds_is_too_large_to_export_and_says_so_at_once():
    with pytest.raises(NotExportable, match="too many ways"):
        exported(ladder(18))
    assert [*exported(ladder(3))] == ["a"]
