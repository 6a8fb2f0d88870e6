"""A sale and the decision of the policies: it clears once that is recorded, and not before."""

from __future__ import annotations

import pytest
from story import HOLD, cleared, credit, undecided

from orderwright.statechart import Cancel, Emit


@pytest.mark.parametrize(
    "path",
    [
        [("PAYMENT_CAPTURED", {})],
        [("SET_PAYMENT_METHOD", {"method": "INVOICE"})],
        [("ADMIN_OVERRIDE_GRANTED", {})],
        [("PAYMENT_CAPTURED", {}), ("FREEZE", {}), ("RELEASE", {})],
        [("FREEZE", {}), ("PAYMENT_CAPTURED", {}), ("RELEASE", {})],
    ],
)
def test_a_sale_clears_once_it_is_decided_and_not_before(path: list[tuple[str, dict]]):
    story = undecided(limit=500)
    for event, data in path:
        story.tell(event, **data)
    assert (story.state != "CLEARED_FOR_FULFILMENT", cleared(story)) == (True, 0)
    story.tell("DECISION_RECORDED")
    assert (story.state, cleared(story)) == ("CLEARED_FOR_FULFILMENT", 1)


@pytest.mark.parametrize("event", ["DECISION_RECORDED", "RECHECK", "INITIATE_PAYMENT"])
def test_a_sale_on_terms_whose_credit_is_used_up_meanwhile_goes_to_review(event: str):
    story = undecided(limit=100).tell("SET_PAYMENT_METHOD", method="INVOICE")
    assert story.state == "PAYMENT_INITIATED"
    story.facts["credit"] = credit(100, 1)
    assert (story.tell(event).state, cleared(story)) == ("OVERRIDE_REVIEW", 0)


def test_a_sale_that_costs_nothing_waits_for_its_decision_too():
    story = undecided(grandTotalMinor=0)
    assert story.state == "AWAITING_PAYMENT_METHOD"
    assert story.tell("DECISION_RECORDED").state == "CLEARED_FOR_FULFILMENT"


def test_why_a_paid_sale_is_not_cleared_says_that_the_policies_have_not_decided():
    story = undecided().tell("PAYMENT_CAPTURED")
    why = story.explain()["always"].reasons
    assert ("policy.undecided", ("COMPLIANCE",)) in [(one.code, one.unblockers) for one in why]


def test_a_decision_is_recorded_once_also_while_frozen_and_ends_its_term():
    for path in ([], ["FREEZE"]):
        story = undecided().tell(*path, "DECISION_RECORDED")
        assert Cancel("DECISION_OVERDUE") in story.step.effects
        story.tell("DECISION_RECORDED", holds={"h9": HOLD})
        assert (story.step.changed, story.step.effects) == (False, ())


def test_a_sale_that_is_not_decided_in_time_is_told_and_stays_blocked():
    story = undecided().tell("PAYMENT_CAPTURED").wait(minutes=1).tell("DECISION_OVERDUE")
    (told,) = story.step.effects
    assert told == Emit("sale.undecided", {"orderId": "o1", "number": "SO-1"})
    assert story.state == "PAYMENT_PENDING_CONFIRMATION"
    assert story.tell("DECISION_RECORDED").state == "CLEARED_FOR_FULFILMENT"
