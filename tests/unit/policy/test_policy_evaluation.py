from __future__ import annotations

import itertools
import time
from dataclasses import replace

import pytest
from policies import (
    LISTS,
    action,
    condition,
    deployed,
    eur,
    every,
    graph,
    ladder,
    money,
    rule,
    simple,
    some,
    trigger,
)

from orderwright.condition import Lists, NamedList
from orderwright.policy import Deployment, PolicySet, Result, Threshold, run

BIG = rule("amount", ">", eur("10000.00"))
DE = rule("user.country", "==", "DE")


def outcome(document: dict, lists: Lists = LISTS.get, /, **facts: object) -> Result:
    """The result with evaluations, which is the same as the one without."""
    deployment = deployed(document)
    found = run(deployment, facts, lists=lists)
    [quick] = PolicySet([deployment]).evaluate_each("ORDER_CREATED", facts, lists=lists)
    assert (quick.outcome, quick.actions, quick.possible, quick.path, quick.consequence) == (
        (found.outcome, found.actions, found.possible, found.path, found.consequence)
    )
    return found


def names(result: Result) -> list[str]:
    return [node.id for node in result.actions]


def path(result: Result) -> list[tuple[str, bool | None]]:
    return [(visit.node, visit.answer) for visit in result.path]


# --- the four outcomes ----------------------------------------------------------------------------


def test_a_condition_that_holds_leads_to_its_action():
    found = outcome(simple(BIG), amount=money("10000.01"))
    assert (found.outcome, names(found)) == ("hit", ["a"])
    assert path(found) == [("t", None), ("c", True), ("a", None)]
    assert found.consequence is None


def test_a_condition_that_does_not_hold_leads_nowhere():
    found = outcome(simple(BIG), amount=money("10000.00"))
    assert (found.outcome, names(found), path(found)) == ("miss", [], [("t", None), ("c", False)])


def test_a_missing_amount_is_unknown_and_never_below_the_limit():
    below = simple(rule("amount", "<", eur("100.00")), does="AUTO_APPROVE")
    found = outcome(below)
    assert (found.outcome, names(found), found.missing) == ("unknown", [], ("amount",))
    assert [node.id for node in found.possible] == ["a"]
    assert path(found) == [("t", None), ("c", None), ("a", None)]
    assert [visit.certain for visit in found.path] == [True, True, False]


def test_what_follows_from_not_knowing_is_what_the_policy_says():
    assert outcome(simple(BIG)).consequence == "hold"
    assert outcome(simple(BIG, on_unknown="flag")).consequence == "flag"
    assert outcome(simple(BIG, does="SEND_NOTIFICATION")).consequence == "flag"


def test_two_currencies_are_unknown():
    assert outcome(simple(BIG), amount=money("99999.00", "USD")).outcome == "unknown"


def test_a_fact_of_another_type_is_unknown():
    assert outcome(simple(DE), user={"country": 49}).outcome == "unknown"


def broken(name: str) -> NamedList | None:
    raise LookupError(f"no such shelf: {name}")


LISTED = rule("user.country", "in", {"list": "countries"})


def test_a_policy_that_fails_says_so_and_does_nothing():
    found = outcome(simple(LISTED), broken, user={"country": "KP"})
    assert (found.outcome, found.actions, found.path) == ("error", (), ())
    assert found.error == "LookupError: no such shelf: countries"
    assert found.consequence == "hold"
    assert outcome(simple(LISTED, on_error="flag"), broken).consequence == "flag"


def test_what_was_evaluated_before_the_failure_is_kept():
    nodes = [trigger(), condition("c", BIG), condition("d", LISTED), action("a")]
    document = graph(nodes, "t c", "c true d", "d true a")
    found = outcome(document, broken, amount=money("10001.00"))
    assert (found.outcome, [*found.evaluations]) == ("error", ["c"])


def test_a_failing_policy_between_two_good_ones_stops_neither():
    deployments = [
        deployed(simple(BIG), "1"),
        deployed(simple(LISTED), "2"),
        deployed(simple(BIG), "3"),
    ]
    facts = {"amount": money("10000.01"), "user.country": "KP"}
    for trees in (False, True):
        found = PolicySet(deployments).evaluate("ORDER_CREATED", facts, lists=broken, trees=trees)
        assert [one.outcome for one in found] == ["hit", "error", "hit"]


def test_half_a_surrogate_pair_makes_a_pattern_fail_and_nothing_else():
    found = outcome(simple(rule("user.email", "matches", "a")), user={"email": "\ud800"})
    assert found.outcome == "error"
    assert (found.error or "").startswith("UnicodeEncodeError")


def test_a_catastrophic_pattern_costs_nothing():
    document = simple(rule("user.email", "matches", "^(a+)+$"))
    begun = time.process_time()
    assert outcome(document, user={"email": "a" * 100_000 + "b"}).outcome == "miss"
    assert time.process_time() - begun < 1


def test_a_pattern_is_found_anywhere_in_a_text():
    document = simple(rule("user.email", "matches", "@(mail|temp)"))
    assert outcome(document, user={"email": "who@tempo.example"}).outcome == "hit"
    assert outcome(document, user={"email": "who@example.test"}).outcome == "miss"


def test_a_named_list_is_read_when_the_event_comes():
    document = simple(LISTED)
    assert outcome(document, user={"country": "KP"}).outcome == "hit"
    assert outcome(document, user={"country": "DE"}).outcome == "miss"
    nothing: Lists = {}.get
    assert outcome(document, nothing, user={"country": "DE"}).missing == ("list countries",)


def test_not_in_and_between_mean_what_they_say():
    outside = simple(rule("user.country", "not_in", ["DE", "FR"]))
    assert outcome(outside, user={"country": "KP"}).outcome == "hit"
    assert outcome(outside, user={"country": "DE"}).outcome == "miss"
    assert outcome(outside).outcome == "unknown"
    within = simple(rule("amount", "between", [eur("1.00"), eur("2.00")]))
    answers = [outcome(within, amount=money(a)).outcome for a in "0.99 1.00 2.00 2.01".split()]
    assert answers == ["miss", "hit", "hit", "miss"]


# --- graphs ---------------------------------------------------------------------------------------


def test_every_edge_out_of_a_node_runs_and_each_action_is_collected_once():
    nodes = [
        trigger(),
        condition("c", BIG),
        condition("d", DE),
        action("a"),
        action("b", "SEND_NOTIFICATION"),
    ]
    document = graph(nodes, "t c", "t d", "c true a", "d true a", "c true b")
    found = outcome(document, amount=money("10000.01"), user={"country": "DE"})
    assert names(found) == ["a", "b"]
    assert names(outcome(document, amount=money("1.00"), user={"country": "DE"})) == ["a"]


def test_the_false_exit_leads_where_the_condition_does_not_hold():
    nodes = [trigger(), condition("c", BIG), action("a"), action("b", "AUTO_APPROVE")]
    document = graph(nodes, "t c", "c true a", "c false b")
    assert names(outcome(document, amount=money("5.00"))) == ["b"]
    assert names(outcome(document, amount=money("50000.00"))) == ["a"]
    unknown = outcome(document)
    assert (unknown.outcome, names(unknown), len(unknown.possible)) == ("unknown", [], 2)


def test_actions_follow_each_other():
    document = graph([trigger(), action("a"), action("b", "SEND_NOTIFICATION")], "t a", "a b")
    assert names(outcome(document)) == ["a", "b"]


def test_what_is_certain_is_done_even_where_something_else_is_unknown():
    nodes = [trigger(), condition("c", BIG), condition("d", DE), action("a"), action("b")]
    document = graph(nodes, "t c", "t d", "c true a", "d true b")
    found = outcome(document, amount=money("10000.01"))
    assert (found.outcome, names(found)) == ("unknown", ["a"])
    assert [node.id for node in found.possible] == ["b"]


@pytest.mark.parametrize(
    "facts",
    [
        {name: value for name, value in chosen if value is not None}
        for chosen in itertools.product(
            [("amount", money("10000.01")), ("amount", money("1.00")), ("amount", None)],
            [("user.country", "DE"), ("user.country", "FR"), ("user.country", None)],
        )
    ],
)
def test_a_chain_of_conditions_comes_to_what_one_condition_of_them_comes_to(facts: dict):
    nodes = [trigger(), condition("c", BIG), condition("d", DE), action("a")]
    chain = graph(nodes, "t c", "c true d", "d true a")
    assert outcome(chain, **facts).outcome == outcome(simple(every(BIG, DE)), **facts).outcome
    side = graph(nodes, "t c", "t d", "c true a", "d true a")
    assert outcome(side, **facts).outcome == outcome(simple(some(BIG, DE)), **facts).outcome


def test_a_ladder_of_diamonds_is_climbed_once_and_not_once_for_each_way():
    document = ladder(18)
    begun = time.process_time()
    found = outcome(document, user={"orders": 100})
    assert (found.outcome, len(found.evaluations)) == ("hit", 36)
    assert outcome(document).outcome == "unknown"
    assert time.process_time() - begun < 1


def test_a_wide_policy_keeps_a_bounded_number_of_results():
    nodes = [trigger(), action("a")]
    nodes += [condition(f"c{i}", rule("tags", "contains", f"{i}")) for i in range(11)]
    edges = [edge for i in range(11) for edge in (f"t c{i}", f"c{i} true a")]
    deployment = deployed(graph(nodes, *edges))
    policies = PolicySet([deployment])
    sides = [[], [None]]
    for chosen in itertools.product(*[sides] * 11):
        tags = [f"{i}" for i, side in enumerate(chosen) if side]
        found = policies.evaluate("ORDER_CREATED", {"tags": tags})
        assert [one.outcome for one in found] == (["hit"] if tags else [])
    assert len(policies._plans["p"]._known) == 1024


# --- sets -----------------------------------------------------------------------------------------


def ids(results: tuple[Result, ...]) -> list[str]:
    return [result.deployment.id for result in results]


def test_policies_run_by_priority_and_then_by_id():
    documents = {"b": 1, "a": 1, "c": 5, "d": -1}
    policies = PolicySet(deployed(simple(BIG, priority=p), name) for name, p in documents.items())
    assert ids(policies.evaluate("ORDER_CREATED", {"amount": money("10000.01")})) == [*"cabd"]


def test_misses_are_left_out_and_can_be_had():
    policies = PolicySet([deployed(simple(BIG))])
    facts = {"amount": money("1.00")}
    assert policies.evaluate("ORDER_CREATED", facts) == ()
    [missed] = policies.evaluate_each("ORDER_CREATED", facts, trees=True)
    assert (missed.outcome, [*missed.evaluations]) == ("miss", ["c"])


def test_a_trigger_that_nobody_waits_for_comes_to_nothing():
    policies = PolicySet([deployed(simple(BIG))])
    assert policies.evaluate("USER_REGISTERED", {}) == ()
    assert policies.evaluate_each("USER_REGISTERED", {}) == ()
    assert (policies.count("USER_REGISTERED"), policies.count("ORDER_CREATED")) == (0, 1)


def test_a_policy_that_is_only_watched_decides_on_nothing():
    decides, watched = (
        deployed(simple(BIG), "1"),
        replace(deployed(simple(BIG), "2"), mode="shadow"),
    )
    nobody = replace(deployed(simple(BIG), "3"), rollout=0)
    assert PolicySet([watched, decides]).decides_on("ORDER_CREATED")
    assert not PolicySet([watched, nobody]).decides_on("ORDER_CREATED")
    assert not PolicySet([decides]).decides_on("USER_REGISTERED")


def test_publishing_replaces_a_version_and_leaves_the_old_set_as_it_was():
    before = PolicySet([deployed(simple(BIG), "p"), deployed(simple(BIG), "q")])
    changed = Deployment(id="p", version=2, policy=deployed(simple(DE)).policy)
    after = before.publish(changed)
    facts = {"amount": money("10000.01"), "user.country": "FR"}
    assert ids(before.evaluate("ORDER_CREATED", facts)) == ["p", "q"]
    assert ids(after.evaluate("ORDER_CREATED", facts)) == ["q"]
    assert {(one.id, one.version) for one in after.deployments} == {("p", 2), ("q", 1)}
    assert (len(before), len(after)) == (2, 2)


def test_a_policy_that_is_withdrawn_runs_no_more_and_one_that_comes_back_does():
    policies = PolicySet([deployed(simple(BIG), "p"), deployed(simple(BIG), "q")])
    facts = {"amount": money("10000.01")}
    paused = policies.withdraw("p")
    assert ids(paused.evaluate("ORDER_CREATED", facts)) == ["q"]
    assert paused.withdraw("p") is paused
    assert ids(paused.publish(deployed(simple(BIG), "p")).evaluate("ORDER_CREATED", facts)) == [
        "p",
        "q",
    ]


def test_a_policy_that_moves_to_another_trigger_leaves_the_first():
    line = {
        "type": "AMOUNT_THRESHOLD",
        "aggregate": "count",
        "of": "ORDER_CREATED",
        "key": "user",
        "window": "1h",
        "threshold": 5,
    }
    policies = PolicySet([deployed(simple(BIG))])
    moved = deployed(graph([trigger(), action("a")], "t a", trigger=line))
    after = policies.publish(moved)
    [threshold] = after.thresholds
    assert isinstance(threshold, Threshold)
    assert after.evaluate("ORDER_CREATED", {"amount": money("10000.01")}) == ()
    assert ids(after.evaluate(threshold, {})) == ["p"]
    assert after.withdraw("p").thresholds == frozenset()


def test_each_policy_is_measured_by_itself():
    ticks = iter([0, 5, 100, 107])
    policies = PolicySet([deployed(simple(BIG), "p"), deployed(simple(BIG), "q")])
    facts = {"amount": money("10000.01")}
    found = policies.evaluate("ORDER_CREATED", facts, stopwatch=lambda: next(ticks))
    assert [one.duration_ns for one in found] == [5, 7]


def test_facts_are_found_by_their_whole_path_or_through_objects():
    policies = PolicySet([deployed(simple(DE))])
    for facts in ({"user.country": "DE"}, {"user": {"country": "DE"}}):
        assert ids(policies.evaluate("ORDER_CREATED", facts)) == ["p"]
    for facts in ({"user": "DE"}, {"user": {}}, {}):
        [found] = policies.evaluate("ORDER_CREATED", facts, trees=True)
        assert found.missing == ("user.country",)


def test_a_result_goes_out_as_json():
    found = outcome(simple(BIG))
    assert found.to_json() == {
        "policy": "p",
        "version": 1,
        "mode": "enforce",
        "outcome": "unknown",
        "actions": [],
        "possible": [{"node": "a", "action": "FREEZE_ORDER", "config": {"reason": "looked at"}}],
        "path": [
            {"node": "t", "certain": True, "answer": None},
            {"node": "c", "certain": True, "answer": None},
            {"node": "a", "certain": False, "answer": None},
        ],
        "consequence": "hold",
        "error": None,
        "evaluations": {"c": found.evaluations["c"].to_json()},
        "missing": ["amount"],
        "mistyped": {},
        "duration_ns": None,
    }


# --- the index ------------------------------------------------------------------------------------


class Counting(dict):
    """Facts that count how often each is read."""

    def get(self, key: object, default: object = None) -> object:
        self.reads = getattr(self, "reads", 0) + 1
        return super().get(key, default)


def narrow(number: int) -> Deployment:
    ours = rule("userId", "==", f"u{number}")
    return deployed(simple(every(ours, DE, BIG)), f"p{number:04}")


def test_of_many_narrow_policies_only_those_that_fit_are_asked():
    asked: list[str] = []

    def lists(name: str) -> NamedList | None:
        asked.append(name)
        return LISTS.get(name)

    deployments = [
        deployed(simple(every(LISTED, rule("userId", "==", f"u{i}"))), f"p{i}") for i in range(100)
    ]
    facts = {"userId": "u7", "user.country": "KP"}
    found = PolicySet(deployments).evaluate("ORDER_CREATED", facts, lists=lists)
    assert ids(found) == ["p7"]
    assert asked == ["countries"]


def test_policies_are_filed_under_the_fact_that_tells_them_apart():
    policies = PolicySet(narrow(i) for i in range(50))
    facts = {"userId": "u7", "user.country": "DE", "amount": money("10000.01")}
    group = policies._groups["ORDER_CREATED"]
    lookup = {"userId": "u7", "user.country": "DE"}.__getitem__
    assert group.index.candidates(lookup) == [2 * 7]  # its user is known, and not asked again
    assert ids(policies.evaluate("ORDER_CREATED", facts)) == ["p0007"]


def test_what_a_policy_is_spared_is_worked_out_once_however_many_are_published():
    policies = PolicySet([narrow(7), narrow(8)])
    spared = policies._groups["ORDER_CREATED"].runs[0]
    after = policies.publish(narrow(9))
    assert after._groups["ORDER_CREATED"].runs[0] is spared
    facts = {"userId": "u7", "user.country": "DE", "amount": money("10000.01")}
    assert ids(after.evaluate("ORDER_CREATED", facts)) == ["p0007"]


def test_a_fact_that_is_missing_makes_the_index_ask_everybody():
    policies = PolicySet(narrow(i) for i in range(5))
    found = policies.evaluate("ORDER_CREATED", {"user.country": "DE", "amount": money("1.00")})
    assert found == ()
    found = policies.evaluate("ORDER_CREATED", {"user.country": "DE"})
    assert [one.outcome for one in found] == ["unknown"] * 5


def test_a_policy_with_a_false_exit_is_filed_under_nothing_unless_both_ways_need_it():
    nodes = [trigger(), condition("c", BIG), condition("d", DE), action("a")]
    on_false = graph(nodes, "t c", "c false d", "d true a")
    assert PolicySet([deployed(on_false)])._plans["p"].decisive.keys() == {"user.country"}
    both_ways = graph(nodes, "t c", "c false d", "c true d", "d true a")
    assert PolicySet([deployed(both_ways)])._plans["p"].decisive.keys() == {"user.country"}
    direct = graph([*nodes, action("b")], "t c", "c false d", "d true a", "c true b")
    assert PolicySet([deployed(direct)])._plans["p"].decisive == {}
