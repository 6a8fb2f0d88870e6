"""When a sale clears, what of the rule is missing while it does not, and how overrides change that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from story import NOON, Story, at, cleared, credit, sale

from orderwright.statechart import Explanation, Reason

INVOICED = {"method": "INVOICE"}


def clears(story: Story) -> dict[str, Reason]:
    """The reasons under `always` that stand between the sale and its clearance, by code."""
    explanation: Explanation = story.explain()["always"]
    (waiting,) = [one for one in explanation.waiting if one.meta.get("explain")]
    return {reason.code: reason for reason in waiting.reasons}


# --- why is this not cleared ----------------------------------------------------------------------


def test_every_failing_half_of_the_clearance_rule_is_told_with_numbers_and_who_can_lift_it():
    story = sale(limit=30, exposure=20)
    story.tell("PAYMENT_CAPTURED", amount="40.00", paymentId="p1")
    halves = clears(story)
    assert set(halves) == {
        "payment.outstanding",
        "override.admin_missing",
        "payment.not_on_terms",
        "credit.exceeded",
    }
    assert halves["payment.outstanding"].values == {
        "captured": "40.00",
        "due": "100.00",
        "outstanding": "60.00",
        "currency": "EUR",
    }
    assert halves["credit.exceeded"].values == {
        "limit": "30.00",
        "exposure": "20.00",
        "uncovered": "60.00",
        "overage": "50.00",
        "approved": "0.00",
        "currency": "EUR",
    }
    assert halves["payment.outstanding"].message == "60.00 EUR of 100.00 EUR is outstanding"
    assert (
        halves["credit.exceeded"].message
        == "the credit limit of 30.00 EUR is exceeded by 50.00 EUR"
    )
    assert all(reason.unblockers for reason in halves.values())


def test_a_half_that_holds_is_not_among_the_reasons():
    story = sale(limit=500).tell("SET_PAYMENT_METHOD")
    assert set(clears(story)) == {
        "payment.outstanding",
        "override.admin_missing",
        "payment.not_on_terms",
    }


# --- the rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "captured", "waived", "limit", "exposure", "covered", "result"),
    [
        ("CARD", "100.00", False, 0, 0, None, True),
        ("CARD", "99.99", False, 500, 0, None, False),  # credit pays nothing on a card
        ("CARD", None, True, 100, 0, None, True),  # an admin override waives payment ...
        ("CARD", None, True, 99, 0, None, False),  # ... and never credit
        ("CARD", None, True, 0, 0, "100.00", True),
        ("CARD", None, False, 0, 0, "100.00", False),  # covering credit does not pay
        ("INVOICE", None, False, 100, 0, None, True),  # exactly at the limit
        ("INVOICE", None, False, 99, 0, None, False),
        ("INVOICE", None, False, 100, 1, None, False),  # one over, by others' exposure
        ("PO", None, False, 150, 50, None, True),
        ("PO", "40.00", False, 60, 0, None, True),  # only the uncovered part counts
        ("PO", "40.00", False, 59, 0, None, False),
        ("INVOICE", None, False, 30, 0, "70.00", True),  # covers the overage exactly
        ("INVOICE", None, False, 30, 0, "69.99", False),
        ("INVOICE", None, True, 30, 0, None, False),
        ("INVOICE", "100.00", False, 0, 999, None, True),  # paid in full: credit is not asked
    ],
)
def test_the_sale_clears_by_capture_by_waiver_within_credit_or_on_terms_within_credit(  # noqa: PLR0913 (the columns of a table)
    method: str,
    captured: str | None,
    waived: bool,
    limit: int,
    exposure: int,
    covered: str | None,
    result: bool,
):
    story = sale(limit=limit, exposure=exposure)
    if captured:
        story.tell("PAYMENT_CAPTURED", amount=captured)
    if story.state != "CLEARED_FOR_FULFILMENT":
        story.tell("SET_PAYMENT_METHOD", method=method)
    if covered:
        story.tell("CREDIT_OVERRIDE_GRANTED", amount=covered)
    if waived:
        story.tell("ADMIN_OVERRIDE_GRANTED")
    story.tell("RECHECK")
    assert (story.state == "CLEARED_FOR_FULFILMENT") is result
    assert cleared(story) == int(result)


def test_a_sale_over_nothing_clears_at_once():
    story = sale(grandTotalMinor=0)
    assert (story.state, cleared(story)) == ("CLEARED_FOR_FULFILMENT", 1)


@pytest.mark.parametrize("known", [{}, {"credit": None}, {"credit": {}}])
def test_unknown_credit_never_clears(known: dict):
    story = sale(limit=500)
    del story.facts["credit"]
    story.facts |= known
    refused = story.refusal("SET_PAYMENT_METHOD", **INVOICED)
    assert (refused.code, refused.values["missing"]) == ("guard_unknown", ["facts.credit"])
    refused = story.refusal("ADMIN_OVERRIDE_GRANTED")
    assert (refused.code, refused.values["missing"]) == ("guard_unknown", ["facts.credit"])
    assert (story.state, cleared(story)) == ("AWAITING_PAYMENT_METHOD", 0)


@pytest.mark.parametrize(
    "fact", [{"limitMinor": 50000}, {"limitMinor": "50000", "exposureMinor": 0}]
)
def test_a_credit_fact_that_lacks_an_amount_or_has_text_never_clears(fact: dict):
    story = sale()
    story.facts["credit"] = fact
    assert story.refusal("SET_PAYMENT_METHOD", **INVOICED).code in ("guard_error", "guard_unknown")
    assert cleared(story) == 0


def test_paid_in_full_clears_without_asking_for_credit():
    story = sale()
    del story.facts["credit"]
    assert story.tell("PAYMENT_CAPTURED").state == "CLEARED_FOR_FULFILMENT"


def test_an_unpaid_sale_is_never_cleared_by_any_single_user_event_without_credit():
    for name, event in sale().chart.events.items():
        if event.by == "user" and name != "PAYMENT_CAPTURED":
            story = sale()
            story.send(name)
            assert cleared(story) == 0


# --- overrides ------------------------------------------------------------------------------------


def over() -> Story:
    """On invoice, 70.00 over the limit."""
    return sale(limit=30).tell("SET_PAYMENT_METHOD", **INVOICED)


def test_a_grant_changes_the_outcome_and_not_only_the_log():
    story = over()
    assert story.state == "OVERRIDE_REVIEW"
    story.tell("CREDIT_OVERRIDE_GRANTED", amount="70.00")
    assert (story.state, cleared(story)) == ("CLEARED_FOR_FULFILMENT", 1)


def test_a_grant_that_covers_too_little_says_how_much():
    story = over().tell("CREDIT_OVERRIDE_GRANTED", amount="69.99")
    assert story.state == "OVERRIDE_REVIEW"
    values = clears(story)["credit.exceeded"].values
    assert (values["overage"], values["approved"]) == ("70.00", "69.99")


def test_an_override_is_valid_until_the_moment_at_which_it_expires():
    story = sale(limit=500, expiresAt=None)
    story.tell("ADMIN_OVERRIDE_GRANTED", expiresAt=at(NOON + timedelta(hours=1)))
    assert story.state == "CLEARED_FOR_FULFILMENT"
    story.wait(minutes=59, seconds=59).tell("RECHECK")
    assert story.state == "CLEARED_FOR_FULFILMENT"
    story.wait(seconds=1).tell("RECHECK")
    assert (story.state, story.emitted()[-1]) == ("AWAITING_PAYMENT_METHOD", "sale.uncleared")


def test_an_override_that_has_expired_already_clears_nothing():
    story = over().tell("CREDIT_OVERRIDE_GRANTED", expiresAt=at(NOON))
    assert story.state == "OVERRIDE_REVIEW"


@pytest.mark.parametrize("ending", ["OVERRIDE_REVOKED", "OVERRIDE_EXPIRED"])
def test_a_revoked_or_expired_override_unclears_before_anything_is_shipped(ending: str):
    story = over().tell("CREDIT_OVERRIDE_GRANTED").tell(ending)
    assert (story.state, story.emitted()[-1]) == ("OVERRIDE_REVIEW", "sale.uncleared")
    story = over().tell("CREDIT_OVERRIDE_GRANTED", "FULFILMENT_SHIPPED", ending)
    assert story.state == "CLEARED_FOR_FULFILMENT"


def test_a_second_clearance_has_a_second_number():
    story = over().tell("CREDIT_OVERRIDE_GRANTED", "OVERRIDE_REVOKED", "CREDIT_OVERRIDE_GRANTED")
    told = [
        e.data["clearance"]
        for s in story.steps
        for e in s.effects
        if getattr(e, "type", "") == "sale.cleared"
    ]
    assert told == [1, 2]


@pytest.mark.parametrize("denied", ["CREDIT_OVERRIDE_DENIED", "ADMIN_OVERRIDE_DENIED"])
def test_a_denial_on_credit_terms_asks_for_another_method(denied: str):
    story = over().tell(denied)
    assert (story.state, story.values["method"]) == ("AWAITING_PAYMENT_METHOD", None)


@pytest.mark.parametrize("denied", ["CREDIT_OVERRIDE_DENIED", "ADMIN_OVERRIDE_DENIED"])
@pytest.mark.parametrize(
    ("path", "state"),
    [
        ([], "AWAITING_PAYMENT_METHOD"),
        (["SET_PAYMENT_METHOD"], "PAYMENT_INITIATED"),
        (["PAYMENT_AUTHORIZED"], "PAYMENT_PENDING_CONFIRMATION"),
        (["PAYMENT_FAILED"], "PAYMENT_FAILED"),
        (["SET_PAYMENT_METHOD", "PAYMENT_FAILED"], "PAYMENT_FAILED"),
        (["PAYMENT_FAILED", "PAYMENT_AUTHORIZED"], "PAYMENT_PENDING_CONFIRMATION"),
    ],
)
def test_a_denial_leads_back_to_where_payment_stands(denied: str, path: list[str], state: str):
    assert sale().tell(*path, "ADMIN_OVERRIDE_REQUESTED", denied).state == state


def test_a_denial_after_a_part_payment_leads_back_to_pending():
    story = sale().tell("PAYMENT_CAPTURED", amount="40.00").tell("ADMIN_OVERRIDE_REQUESTED")
    assert story.tell("ADMIN_OVERRIDE_DENIED").state == "PAYMENT_PENDING_CONFIRMATION"


def test_exposure_that_falls_elsewhere_clears_on_a_recheck_and_one_that_rises_unclears():
    story = sale(limit=100, exposure=50).tell("SET_PAYMENT_METHOD", **INVOICED)
    assert story.state == "OVERRIDE_REVIEW"
    story.facts["credit"] = credit(100, 0)
    assert story.tell("RECHECK").state == "CLEARED_FOR_FULFILMENT"
    story.facts["credit"] = credit(100, 1)
    assert story.tell("RECHECK").state == "OVERRIDE_REVIEW"
