from __future__ import annotations

from policies import (
    FACTS,
    LISTS,
    action,
    condition,
    deployed,
    eur,
    every,
    graph,
    ladder,
    money,
    read,
    rule,
    simple,
    some,
    trigger,
)

from orderwright.policy import counterfactual, run

BIG = rule("amount", ">", eur("10000.00"))
DE = rule("user.country", "==", "DE")
FACTS_OF_A_HIT = {"amount": money("12500.00"), "user.country": "DE"}


def words(document: dict, facts: dict, **keys: object) -> str:
    found = counterfactual(read(document), facts, schema=FACTS, lists=LISTS.get, **keys)
    return found.words


def test_a_hit_says_what_would_have_let_it_pass():
    found = words(simple(BIG), FACTS_OF_A_HIT)
    assert found == "would not pass if Amount <= 10,000.00 EUR"


def test_a_miss_says_what_would_have_made_it_match():
    assert words(simple(every(BIG, DE)), {"amount": money("1.00"), "user.country": "DE"}) == (
        "would pass if Amount > 10,000.00 EUR"
    )


def test_an_unknown_says_what_would_make_it_match():
    assert words(simple(BIG), {}) == "would pass if Amount > 10,000.00 EUR"
    assert words(simple(BIG), {}, wanted=False) == "would not pass if Amount <= 10,000.00 EUR"


def test_a_chain_of_conditions_needs_all_of_them():
    nodes = [trigger(), condition("c", BIG), condition("d", DE), action("a")]
    chain = graph(nodes, "t c", "c true d", "d true a")
    facts = {"amount": money("1.00"), "user.country": "FR"}
    assert words(chain, facts) == ('would pass if Amount > 10,000.00 EUR and Country == "DE"')


def test_the_false_exit_asks_for_the_opposite():
    nodes = [trigger(), condition("c", some(BIG, DE)), action("a")]
    document = graph(nodes, "t c", "c false a")
    assert words(document, FACTS_OF_A_HIT) == (
        'would pass if Amount <= 10,000.00 EUR and Country != "DE"'
    )


def test_one_action_can_be_asked_for():
    nodes = [trigger(), condition("c", BIG), condition("d", DE), action("a"), action("b")]
    document = graph(nodes, "t c", "t d", "c true a", "d true b")
    facts = {"amount": money("1.00"), "user.country": "DE"}
    assert words(document, facts, action="a") == "would pass if Amount > 10,000.00 EUR"
    assert words(document, facts, action="b") == 'would not pass if Country != "DE"'


def test_what_is_said_is_true_of_the_policy():
    nodes = [trigger(), condition("c", BIG), condition("d", DE), action("a")]
    for edges in (
        ["c true d", "d true a"],
        ["c false d", "d false a"],
        ["c true a", "c false d", "d true a"],
    ):
        deployment = deployed(graph(nodes, "t c", *edges))
        for facts in (FACTS_OF_A_HIT, {"amount": money("1.00"), "user.country": "FR"}, {}):
            found = counterfactual(deployment.policy, facts)
            for way in found.ways:
                changed = run(deployment, {**facts, **way.example})
                assert (changed.outcome == "hit") is found.wanted


def test_nothing_can_be_changed_where_the_action_always_follows():
    document = graph([trigger(), action("a")], "t a")
    assert words(document, {}) == "nothing simple would make it not pass"
    assert words(document, {}, wanted=True) == "nothing simple would make it pass"


def test_a_graph_with_too_many_ways_has_no_simple_answer():
    facts = {"user.orders": 1}
    assert words(ladder(18), facts) == "nothing simple would make it pass"
    assert words(ladder(18), facts, wanted=False) == "nothing simple would make it not pass"


def test_a_condition_that_is_too_deep_has_no_simple_answer():
    group = every(BIG)
    for _ in range(40):
        group = every(group)
    assert words(simple(group), {}) == "nothing simple would make it pass"
