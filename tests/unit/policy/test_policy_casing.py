"""A fact whose case has no meaning meets what it is compared with in one case, however people have written it."""

from __future__ import annotations

import json

import datalogic_py
import pytest
from policies import FACTS, TRIGGERS, deployed, read, rule, simple

from orderwright.condition import FactField, NamedList
from orderwright.condition.value import in_case
from orderwright.domain.trigger import TRIGGERS as OF_TRADE
from orderwright.policy import (
    Deployment,
    PolicyInvalid,
    PolicySet,
    TriggerType,
    linear,
    load,
    logic_data,
    run,
    to_json_logic,
)

MIXED = {"spam": NamedList.of("spam", ["Mailinator.COM", "YOPMAIL.com"])}.get
KNOWN = {"user.domain": "mailinator.com"}
ASKED = [
    (rule("user.domain", "==", "Mailinator.COM"), True),
    (rule("user.domain", "!=", "Mailinator.COM"), False),
    (rule("user.domain", "in", ["Mailinator.COM"]), True),
    (rule("user.domain", "not_in", ["example.test", "Mailinator.COM"]), False),
    (rule("user.domain", "in", {"list": "spam"}), True),
    (rule("user.domain", "not_in", {"list": "spam"}), False),
    (rule("user.domain", "contains", "INATOR"), True),
    (rule("user.domain", "not_contains", "INATOR"), False),
    (rule("user.domain", "starts_with", "Mail"), True),
    (rule("user.domain", "ends_with", ".COM"), True),
    (rule("user.domain", "between", ["MA", "MB"]), True),
    (rule("user.domain", "matches", r"^Mail|\.COM$"), True),
    (rule("user.domain", "matches", "^ator"), False),
    (rule("user.domain", "==", "Yopmail.COM"), False),
]


@pytest.mark.parametrize(("asked", "holds"), ASKED)
def test_what_a_fact_is_compared_with_is_brought_to_its_case(asked: dict, holds: bool):
    found = run(_spam(asked), KNOWN, lists=MIXED)
    assert found.outcome == ("hit" if holds else "miss")
    policies = PolicySet([_spam(asked)])
    for evaluate in (policies.evaluate_each, policies.evaluate):
        outcomes = [one.outcome for one in evaluate("ORDER_CREATED", KNOWN, lists=MIXED)]
        assert ("hit" in outcomes) is holds


@pytest.mark.parametrize(("asked", "holds"), [one for one in ASKED if "between" not in str(one)])
def test_json_logic_carries_what_is_compared_in_the_case_of_the_fact(asked: dict, holds: bool):
    policy = _spam(asked).policy
    [logic] = to_json_logic(policy, FACTS, lists=MIXED).values()
    operators = {"matches": _matches}
    engine = datalogic_py.Engine(custom_operators=operators)
    assert engine.eval(logic, logic_data(KNOWN, FACTS)) is holds


def _matches(arguments: str) -> str:
    text, pattern = json.loads(arguments)
    return json.dumps(linear(pattern)(text))


def _spam(asked: dict) -> Deployment:
    policy = load(simple(asked), triggers=TRIGGERS, catalogue={"spam": "text"})
    return Deployment(id="p", version=1, policy=policy)


def test_a_fact_whose_case_has_a_meaning_is_compared_as_it_is_written():
    for asked in (
        rule("user.email", "==", "A@B.example"),
        rule("user.email", "in", ["A@B.example"]),
        rule("user.email", "matches", "^A@"),
    ):
        assert run(deployed(simple(asked)), {"user.email": "a@b.example"}).outcome == "miss"


def test_what_is_no_text_has_no_case():
    assert (in_case(5, "lower"), in_case(("A", 5), "lower")) == (5, ("a", 5))


def test_entries_of_a_list_of_texts_are_compared_in_its_case():
    facts = {**FACTS, "tags": FactField(type="list", items="text", case="upper")}
    types = {"ORDER_CREATED": TriggerType(name="ORDER_CREATED", facts=facts)}
    policy = load(simple(rule("tags", "contains", "vip")), triggers=types)
    found = run(Deployment(id="p", version=1, policy=policy), {"tags": ["VIP"]})
    assert found.outcome == "hit"


def test_a_document_stays_as_it_is_written():
    source = simple(rule("user.domain", "in", ["Mailinator.COM"]))
    policy, unread = read(source), load(source)
    assert policy.to_json() == unread.to_json()
    assert policy.fingerprint == unread.fingerprint


def test_a_document_that_was_stored_unchecked_is_asked_in_the_case_of_its_facts():
    stored = simple(rule("user.domain", "==", "Mailinator.COM"), rule("gone", "is_null"))
    policy = load(stored, cases=TRIGGERS)
    assert run(Deployment(id="p", version=1, policy=policy), KNOWN).outcome == "hit"


def test_a_pattern_that_is_too_large_without_case_is_a_mistake_of_the_policy():
    pattern = "K" * 500
    assert linear(f"(?i){pattern}")("k" * 500)
    with pytest.raises(PolicyInvalid) as refused:
        load(simple(rule("user.domain", "matches", "K")), triggers=TRIGGERS, regex=_small)
    [problem] = refused.value.problems
    assert (problem.path, problem.code) == ("graph.nodes[1].group", "pattern")


def _small(pattern: str):  # noqa: ANN202 (tests)
    if pattern.startswith("(?i)"):
        raise ValueError("pattern too large")
    return linear(pattern)


@pytest.mark.parametrize(
    ("trigger", "fact", "case"),
    [
        ("ORDER_CREATED", "user.emailDomain", "lower"),
        ("ORDER_CREATED", "user.country", "upper"),
        ("USER_REGISTERED", "country", "upper"),
        ("USER_REGISTERED", "email", "lower"),
        ("WALLET_ADDED", "country", "upper"),
        ("KYC_SUBMITTED", "country", "upper"),
        ("AMOUNT_THRESHOLD", "user.emailDomain", "lower"),
    ],
)
def test_facts_of_the_trade_whose_case_has_no_meaning_say_so(trigger: str, fact: str, case: str):
    assert OF_TRADE[trigger].facts[fact].case == case
