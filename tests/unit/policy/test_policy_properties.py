"""What holds of all policies and facts; each failure names the seed that drew them."""

from __future__ import annotations

from random import Random  # noqa: TID251 (seeded)

import chance
from policies import LISTS, deployed, read, simple

from orderwright.condition import decisive, evaluate, family, parse
from orderwright.policy import (
    Decision,
    Deployment,
    PolicySet,
    Result,
    decide,
    is_restrictive,
    linear,
    load,
    reading,
    run,
    said,
)

ORDER = "ORDER_CREATED"
lists = LISTS.get


def deployments(drawn: list[dict], shadow: Random | None = None) -> list[Deployment]:
    modes = ["shadow" if shadow and shadow.random() < 0.4 else "enforce" for _ in drawn]
    return [
        deployed(one, f"p{i}", mode=mode)
        for i, (one, mode) in enumerate(zip(drawn, modes, strict=True))
    ]


def results(policies: list[Deployment], facts: dict) -> tuple[Result, ...]:
    return PolicySet(policies).evaluate(ORDER, facts, lists=lists)


def bare(result: Result) -> tuple:
    return result.deployment.id, result.outcome, result.actions, result.possible, result.path


def test_the_index_finds_what_evaluating_each_finds():
    left_out = 0
    for seed in range(600):
        draw = Random(seed)
        policies = PolicySet(deployments(chance.documents(draw)))
        facts = chance.facts(draw)
        each = policies.evaluate_each(ORDER, facts, lists=lists)
        found = policies.evaluate(ORDER, facts, lists=lists)
        assert found == tuple(one for one in each if one.outcome != "miss"), f"seed {seed}"
        candidates = policies._groups[ORDER].index.candidates(reading(facts))
        left_out += len(each) - len(candidates)
    assert left_out > 20


def test_results_with_evaluations_and_without_are_the_same():
    for seed in range(300):
        draw = Random(seed)
        policies = PolicySet(deployments(chance.documents(draw)))
        facts = chance.facts(draw)
        quick = policies.evaluate(ORDER, facts, lists=lists)
        slow = policies.evaluate(ORDER, facts, lists=lists, trees=True)
        assert [bare(one) for one in quick] == [bare(one) for one in slow], f"seed {seed}"


def test_a_set_does_not_depend_on_how_it_came_about():
    for seed in range(200):
        draw = Random(seed)
        whole = deployments(chance.documents(draw))
        facts = chance.facts(draw)
        grown = PolicySet()
        for one in draw.sample(whole, len(whole)):
            grown = grown.publish(one)
        assert grown.evaluate(ORDER, facts, lists=lists) == results(whole, facts), f"seed {seed}"


def test_a_restriction_or_a_doubt_never_leads_to_approval():
    approved = 0
    for seed in range(1000):
        draw = Random(seed)
        found = results(deployments(chance.documents(draw), draw), chance.facts(draw))
        standing = ("FREEZE_ORDER",) if draw.random() < 0.1 else ()
        decision = decide(found, standing=standing)
        against = [one for one in found if not one.is_shadow and _is_against(one)]
        assert not (decision.approves and (against or standing)), f"seed {seed}"
        assert bool(against) is decision.is_restrictive, f"seed {seed}"
        approved += decision.approves
    assert approved > 5


def _is_against(result: Result) -> bool:
    restricts = any(is_restrictive(node.action) for node in result.actions)
    return restricts or result.outcome != "hit"


def test_what_is_unknown_neither_approves_nor_acts():
    unknown = 0
    for seed in range(300):
        draw = Random(seed)
        whole, facts = deployments(chance.documents(draw)), chance.some_facts(draw)
        found = results(whole, facts)
        doubtful = [one for one in found if one.outcome == "unknown"]
        decision = decide(found)
        assert len(decision.doubts) == len(doubtful), f"seed {seed}"
        assert not (doubtful and decision.approves), f"seed {seed}"
        for one in doubtful:
            assert not {*map(id, one.actions)} & {*map(id, one.possible)}, f"seed {seed}"
        unknown += len(doubtful)
    assert unknown > 100


def test_shadow_changes_no_decision():
    for seed in range(200):
        draw = Random(seed)
        whole, facts = deployments(chance.documents(draw), draw), chance.facts(draw)
        enforced = [one for one in whole if one.mode == "enforce"]
        assert decide(results(whole, facts)) == decide(results(enforced, facts)), f"seed {seed}"


def test_every_action_is_done_or_dropped_and_what_is_dropped_may_be():
    for seed in range(300):
        draw = Random(seed)
        found = results(deployments(chance.documents(draw)), chance.facts(draw))
        decision = decide(found)
        asked = [(one.deployment.id, node.id) for one in found for node in one.actions]
        told = [*decision.actions, *(one.planned for one in decision.dropped)]
        pairs = sorted((one.deployment.id, one.node.id) for one in told)
        assert pairs == sorted(asked), f"seed {seed}"
        gone = {one.planned.node.action for one in decision.dropped}
        assert gone <= {"AUTO_APPROVE", "FREEZE_ORDER", "REQUIRE_APPROVAL", "REQUEST_DOCUMENT"}


def test_what_one_event_sets_off_weighs_as_one_however_it_is_spread_over_triggers():
    seen = {"overridden": 0, "restricted": 0}
    for seed in range(600):
        draw = Random(seed)
        found = results(deployments(chance.documents(draw), draw), chance.facts(draw))
        triggers: list[list[Result]] = [[], [], []]
        for one in found:
            draw.choice(triggers).append(one)
        apart = [
            decide(one, beside=[word for two in triggers if two is not one for word in said(two)])
            for one in triggers
        ]
        assert _weighed(*apart) == _weighed(decide(found)), f"seed {seed}"
        for one in (gone for decision in apart for gone in decision.dropped):
            seen[one.code] += 1
    assert min(seen.values()) > 20, seen


def _weighed(*decisions: Decision) -> tuple[list, list, list]:
    """What decisions come to together, whatever stands first."""
    kept = [(id(one.node), one.node.action) for each in decisions for one in each.actions]
    gone = [
        (id(one.planned.node), one.code, sorted(one.by))
        for each in decisions
        for one in each.dropped
    ]
    doubts = [(one.deployment.id, one.outcome) for each in decisions for one in each.doubts]
    return sorted(kept), sorted(gone), sorted(doubts)


def test_the_order_of_rules_in_a_group_does_not_matter():
    for seed in range(300):
        draw = Random(seed)
        document, facts = chance.document(draw), chance.facts(draw)
        nodes = [
            {**node, "group": _shuffled(node["group"], draw)} if "group" in node else node
            for node in document["graph"]["nodes"]
        ]
        shuffled = {**document, "graph": {**document["graph"], "nodes": nodes}}
        before, after = (run(deployed(one), facts, lists=lists) for one in (document, shuffled))
        assert (after.outcome, after.actions, after.path) == (
            (before.outcome, before.actions, before.path)
        ), f"seed {seed}"


def _shuffled(group: dict, draw: Random) -> dict:
    parts = [_shuffled(part, draw) if "rules" in part else part for part in group["rules"]]
    return {**group, "rules": draw.sample(parts, len(parts))}


def test_to_know_less_never_turns_a_hit_into_a_miss_or_a_miss_into_a_hit():
    compared = 0
    for seed in range(600):
        draw = Random(seed)
        document, facts = chance.document(draw), chance.some_facts(draw)
        if "is_null" in str(document) or "is_not_null" in str(document) or not facts:
            continue
        less = dict(facts)
        del less[draw.choice(sorted(facts))]
        before, after = (run(deployed(document), one, lists=lists) for one in (facts, less))
        if after.outcome != "unknown":
            compared += 1
            assert (after.outcome, after.actions) == (before.outcome, before.actions), seed
    assert compared > 50


def test_a_policy_comes_back_as_it_went_out():
    for seed in range(200):
        policy = read(chance.document(Random(seed)))
        assert read(policy.to_json()) == policy, f"seed {seed}"
        assert load(policy.to_json()).fingerprint == policy.fingerprint, f"seed {seed}"


def test_what_is_decisive_makes_a_condition_false_and_nothing_less():
    decided = 0
    for seed in range(2000):
        draw = Random(seed)
        group, lookup = (
            parse(chance.group(draw), regex=linear),
            reading(chance.facts(draw)),
        )
        result = evaluate(group, lookup, lists=lists).result
        for wanted in (True, False):
            for field, (of, values) in decisive(group, wanted=wanted).items():
                known = family(lookup(field))
                if known is not None and known[0] == of and known[1] not in values:
                    decided += 1
                    assert result is not wanted, f"seed {seed}"
                    assert result is not None, f"seed {seed}"
    assert decided > 100


def test_of_nothing_nothing_is_known():
    for seed in range(200):
        group = chance.group(Random(seed))
        if "is_null" not in str(group) and "is_not_null" not in str(group):
            found = run(deployed(simple(group)), {}, lists=lists)
            assert found.outcome == "unknown", f"seed {seed}"
