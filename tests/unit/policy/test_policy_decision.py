from __future__ import annotations

import json

import pytest
from policies import CONFIGS, action, deployed, eur, graph, money, rule, simple, trigger

from orderwright.condition import Mistyped
from orderwright.policy import (
    ACTIONS,
    Decision,
    Deployment,
    PolicySet,
    Result,
    decide,
    is_restrictive,
    load,
    said,
)


def always(*actions: str, name: str = "p", **keys: object) -> object:
    """A policy that comes to actions whatever happens."""
    nodes = [action(f"a{i}", what) for i, what in enumerate(actions)]
    mode = {"mode": keys.pop("mode")} if "mode" in keys else {}
    document = graph([trigger(), *nodes], *(f"t a{i}" for i in range(len(nodes))), **keys)
    return deployed(document, name, **mode)


def results(*deployments: object, **facts: object) -> tuple[Result, ...]:
    return PolicySet(deployments).evaluate("ORDER_CREATED", facts, trees=True)  # type: ignore[arg-type]


def decided(*deployments: object, standing: tuple[str, ...] = (), **facts: object) -> Decision:
    return decide(results(*deployments, **facts), standing=standing)


def done(decision: Decision) -> list[str]:
    return [one.node.action for one in decision.actions]


def dropped(decision: Decision) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.planned.node.action, one.code, one.by) for one in decision.dropped]


BIG = rule("amount", ">", {"money": "10000.00", "currency": "EUR"})
RESTRICTIVE = sorted(ACTIONS.keys() - {"SEND_NOTIFICATION", "AUTO_APPROVE"})


def test_restrictive_are_all_but_two():
    assert sorted(filter(is_restrictive, ACTIONS)) == RESTRICTIVE
    assert set(CONFIGS) == set(ACTIONS)
    assert len(ACTIONS) == 8


def test_nothing_is_decided_where_nothing_matches():
    found = decided(deployed(simple(BIG)), amount=money("1.00"))
    assert found == Decision()
    assert not found.is_restrictive
    assert not found.approves


def test_a_rejection_drops_what_it_makes_pointless():
    found = decided(always(*ACTIONS))
    assert done(found) == [
        "REJECT_TRANSACTION",
        "SEND_NOTIFICATION",
        "FLAG_FOR_REVIEW",
        "ESCALATE_TO_COMPLIANCE",
    ]
    assert [(what, code) for what, code, _ in dropped(found)] == [
        ("FREEZE_ORDER", "overridden"),
        ("REQUEST_DOCUMENT", "overridden"),
        ("REQUIRE_APPROVAL", "overridden"),
        ("AUTO_APPROVE", "restricted"),
    ]


def test_other_restrictive_actions_add_up_across_policies():
    found = decided(always("FREEZE_ORDER", name="1"), always("FREEZE_ORDER", name="2"))
    assert [one.deployment.id for one in found.actions] == ["1", "2"]
    assert done(decided(always("FREEZE_ORDER", "REQUIRE_APPROVAL", "REQUEST_DOCUMENT"))) == [
        "FREEZE_ORDER",
        "REQUIRE_APPROVAL",
        "REQUEST_DOCUMENT",
    ]


@pytest.mark.parametrize("what", RESTRICTIVE)
def test_an_approval_falls_where_anything_restrictive_stands(what: str):
    approving = always("AUTO_APPROVE", name="2", priority=9)
    found = decided(always(what, name="1"), approving)
    assert done(found) == [what]
    assert dropped(found) == [("AUTO_APPROVE", "restricted", (what,))]
    assert found.is_restrictive
    assert not found.approves


def test_an_approval_stands_alone_or_beside_a_notification():
    found = decided(always("AUTO_APPROVE", "SEND_NOTIFICATION"))
    assert done(found) == ["AUTO_APPROVE", "SEND_NOTIFICATION"]
    assert found.approves
    assert not found.is_restrictive


def test_an_approval_falls_where_an_earlier_decision_restricts():
    approving = always("AUTO_APPROVE")
    assert dropped(decided(approving, standing=("FREEZE_ORDER",))) == [
        ("AUTO_APPROVE", "restricted", ("FREEZE_ORDER",))
    ]
    assert dropped(decided(approving, standing=("hold",)))
    assert decided(approving, standing=("SEND_NOTIFICATION",)).approves


def test_an_earlier_decision_does_not_make_a_freeze_pointless():
    assert done(decided(always("FREEZE_ORDER"), standing=("REJECT_TRANSACTION",))) == [
        "FREEZE_ORDER"
    ]


def test_what_another_trigger_of_the_event_says_weighs_as_if_it_stood_here():
    rejecting = always("REJECT_TRANSACTION", name="1")
    approving = always("AUTO_APPROVE", "FREEZE_ORDER")
    beside = said(results(rejecting, deployed(simple(BIG), "2"), always("AUTO_APPROVE", name="3")))
    assert beside == ("REJECT_TRANSACTION", "AUTO_APPROVE", "unknown")
    assert said(results(always("FREEZE_ORDER", mode="shadow"))) == ()
    found = decide(results(approving), beside=beside)
    assert dropped(found) == [
        ("AUTO_APPROVE", "restricted", ("FREEZE_ORDER", "REJECT_TRANSACTION", "unknown")),
        ("FREEZE_ORDER", "overridden", ("REJECT_TRANSACTION",)),
    ]


@pytest.mark.parametrize("follows", ["hold", "flag"])
def test_an_unknown_never_approves(follows: str):
    doubtful = deployed(simple(BIG, on_unknown=follows), "1")
    found = decided(doubtful, always("AUTO_APPROVE", name="2"))
    assert dropped(found) == [("AUTO_APPROVE", "restricted", ("unknown",))]
    [doubt] = found.doubts
    assert (doubt.deployment.id, doubt.outcome, doubt.consequence, doubt.reason) == (
        ("1", "unknown", follows, "amount")
    )
    assert found.is_restrictive


def test_an_approval_on_an_unknown_fact_does_not_approve():
    small = rule("amount", "<", {"money": "100.00", "currency": "EUR"})
    found = decided(deployed(simple(small, does="AUTO_APPROVE")))
    assert (done(found), found.approves, len(found.doubts)) == ([], False, 1)


def test_an_error_holds_and_does_not_approve():
    broken = rule("user.email", "matches", "a")
    found = decided(
        deployed(simple(broken), "1"), always("AUTO_APPROVE", name="2"), **{"user.email": "\ud800"}
    )
    assert dropped(found) == [("AUTO_APPROVE", "restricted", ("error",))]
    [doubt] = found.doubts
    assert (doubt.outcome, doubt.consequence) == ("error", "hold")
    assert doubt.reason.startswith("UnicodeEncodeError")


def test_a_policy_in_shadow_has_no_say():
    for shadow in (
        always("REJECT_TRANSACTION", name="1", mode="shadow"),
        deployed(simple(BIG), "1", mode="shadow"),
    ):
        found = decided(shadow, always("AUTO_APPROVE", "FREEZE_ORDER", name="2"))
        assert done(found) == ["FREEZE_ORDER"]
        assert dropped(found) == [("AUTO_APPROVE", "restricted", ("FREEZE_ORDER",))]
        assert found.doubts == ()
    assert decided(always("AUTO_APPROVE", mode="shadow")) == Decision()


def test_a_decision_goes_out_as_json():
    found = decided(
        deployed(simple(BIG), "1"), always("AUTO_APPROVE", "SEND_NOTIFICATION", name="2")
    )
    exported = found.to_json()
    assert json.loads(json.dumps(exported)) == exported
    assert exported["actions"] == [
        {
            "action": "SEND_NOTIFICATION",
            "config": CONFIGS["SEND_NOTIFICATION"],
            "policy": "2",
            "version": 1,
            "node": "a1",
        }
    ]
    assert exported["dropped"][0]["code"] == "restricted"
    assert exported["doubts"] == [
        {
            "policy": "1",
            "version": 1,
            "outcome": "unknown",
            "consequence": "hold",
            "reason": "amount",
        }
    ]


@pytest.mark.parametrize("figure", ["total", "count"])
def test_a_threshold_that_is_perhaps_crossed_is_a_doubt_of_its_policies(figure: str):
    is_sum = figure == "total"
    line = {
        "type": "AMOUNT_THRESHOLD",
        "aggregate": "sum" if is_sum else "count",
        "of": "ORDER_CREATED",
        "key": "user",
        "window": "24h",
        "threshold": eur("1000.00") if is_sum else 3,
    }
    asks = simple(rule("userId", "==", "u1"), trigger=line)
    whole = graph([trigger(), action("a")], "t a", trigger=line)
    policies = PolicySet(
        [
            Deployment(id=f"p{i}", version=1, policy=load(one))
            for i, one in enumerate((asks, whole))
        ]
    )
    threshold = policies.deployments[0].policy.trigger
    unread = {figure: Mistyped("an amount is not known")}
    for user, count in (("u1", 2), ("u2", 1)):
        facts = {"userId": user, figure: money("1000.00") if is_sum else 3}
        told = {**facts, **unread}
        for known, outcome in ((facts, "hit"), (told, "unknown")):
            for trees in (False, True):
                found = policies.evaluate(threshold, known, trees=trees)
                each = policies.evaluate_each(threshold, known, trees=trees)
                assert [one.outcome for one in found] == [outcome] * count
                assert [one for one in each if one.outcome != "miss"] == [*found]
        [*_, last] = policies.evaluate(threshold, told, trees=True)
        [*_, doubt] = decide([last]).doubts
        assert (last.actions, [one.id for one in last.possible]) == ((), ["a"])
        assert (doubt.consequence, doubt.reason) == ("hold", f"{figure} (an amount is not known)")
