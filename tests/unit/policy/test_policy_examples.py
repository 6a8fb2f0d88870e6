"""The policies that ship, each on a case that it hits, one that it misses and one where it does not know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orderwright.app.permissions import Role
from orderwright.condition import NamedList
from orderwright.domain.trigger import LISTS, TRIGGERS
from orderwright.policy import (
    Deployment,
    PolicySet,
    Threshold,
    counterfactual,
    decide,
    load,
    run,
    to_json_logic,
)

FOLDER = Path(__file__).parents[3] / "policies"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json") if "." not in path.stem)
LISTED = {
    "sanctioned-countries": NamedList.of("sanctioned-countries", ["IR", "KP"]),
    "temporary-mail-domains": NamedList.of("temporary-mail-domains", ["throw.example"]),
}


DOES = {
    "daily-volume-threshold": ["FREEZE_ORDER", "ESCALATE_TO_COMPLIANCE"],
    "high-amount": ["REQUIRE_APPROVAL"],
    "kyc-resubmission": ["ESCALATE_TO_COMPLIANCE"],
    "large-first-order": ["FREEZE_ORDER", "FLAG_FOR_REVIEW"],
    "low-risk-auto-approval": ["AUTO_APPROVE"],
    "new-wallet": ["REQUIRE_APPROVAL"],
    "night-time-payout": ["FLAG_FOR_REVIEW"],
    "payin-amount-mismatch": ["FREEZE_ORDER", "SEND_NOTIFICATION"],
    "payout-velocity": ["REQUIRE_APPROVAL"],
    "sanctioned-country": ["REJECT_TRANSACTION", "ESCALATE_TO_COMPLIANCE"],
    "temporary-email-domain": ["FLAG_FOR_REVIEW", "REQUEST_DOCUMENT"],
    "third-party-sender": ["FREEZE_ORDER", "REQUEST_DOCUMENT"],
}
"""What each policy does where it hits."""


def shipped(name: str) -> Deployment:
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    policy = load(text, triggers=TRIGGERS, catalogue=LISTS, roles=tuple(Role))
    return Deployment(id=name, version=1, policy=policy)


def cases(name: str) -> dict[str, dict]:
    told = json.loads((FOLDER / f"{name}.cases.json").read_text(encoding="utf-8"))
    told.pop("lists", None)
    return told


def test_twelve_policies_ship():
    assert [*DOES] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_policy_does_on_its_cases_what_they_say(name: str):
    deployment, expected = shipped(name), cases(name)
    assert [*expected] == ["hit", "miss", "unknown"]
    for outcome, facts in expected.items():
        found = run(deployment, facts, lists=LISTED.get)
        assert found.outcome == outcome, found.to_json()
        assert [node.action for node in found.actions] == (DOES[name] if outcome == "hit" else [])
        schema = TRIGGERS[_trigger(deployment)].facts
        assert counterfactual(
            deployment.policy, facts, lists=LISTED.get, schema=schema
        ).words.startswith("would")


def _trigger(deployment: Deployment) -> str:
    trigger = deployment.policy.trigger
    return "AMOUNT_THRESHOLD" if isinstance(trigger, Threshold) else trigger


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_policy_can_be_exported(name: str):
    deployment = shipped(name)
    schema = TRIGGERS[_trigger(deployment)].facts
    rules = to_json_logic(deployment.policy, schema, lists=LISTED.get)
    assert [*rules] == [node.id for node in deployment.policy.actions]


def test_together_they_approve_a_small_payout_and_stop_where_one_does_not_know():
    policies = PolicySet(map(shipped, NAMES))
    small = cases("low-risk-auto-approval")["hit"]
    known = {
        **small,
        "walletAgeHours": 100,
        "hour": 12,
        "velocity.PAYOUT_REQUESTED.sum.user.24h": small["amount"],
    }
    found = decide(policies.evaluate("PAYOUT_REQUESTED", known, lists=LISTED.get))
    assert found.approves
    less = {name: fact for name, fact in known.items() if not name.endswith("sum.user.24h")}
    found = decide(policies.evaluate("PAYOUT_REQUESTED", less, lists=LISTED.get))
    assert not found.approves
    assert [doubt.deployment.id for doubt in found.doubts] == ["payout-velocity"]


def test_velocities_that_add_up_are_money_and_those_that_count_are_numbers():
    facts = TRIGGERS["PAYOUT_REQUESTED"].facts
    assert facts["velocity.PAYOUT_REQUESTED.sum.user.24h"].type == "money"
    assert facts["velocity.USER_REGISTERED.count.country.1h"].type == "number"
    assert "velocity.USER_REGISTERED.sum.country.1h" not in facts
