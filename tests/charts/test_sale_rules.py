from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st
from story import NOON, Story, at, cleared, credit, fulfilments, sale, undecided

from orderwright.money import Money
from orderwright.statechart import Emit, Explanation, Post, Reason

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


def test_returned_lines_lower_what_is_due():
    story = sale(refundedLinesMinor=3000).tell("PAYMENT_CAPTURED", amount="70.00")
    assert story.state == "CLEARED_FOR_FULFILMENT"


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


# --- captures -------------------------------------------------------------------------------------


def test_partial_captures_add_up_over_several_methods_until_the_last_one_clears():
    story = sale().tell("PAYMENT_CAPTURED", amount="30.00", paymentId="a", method="CARD")
    assert story.state == "PAYMENT_PENDING_CONFIRMATION"
    story.tell("PAYMENT_CAPTURED", amount="69.99", paymentId="b", method="WALLET")
    assert story.state == "PAYMENT_PENDING_CONFIRMATION"
    story.tell("PAYMENT_CAPTURED", amount="0.01", paymentId="c", method="CASH")
    assert (story.state, story.values["capturedMinor"]) == ("CLEARED_FOR_FULFILMENT", 10000)
    assert story.values["payments"] == {"a": 3000, "b": 6999, "c": 1}


def test_a_partial_capture_stays_in_override_review():
    story = sale(limit=10).tell("SET_PAYMENT_METHOD", **INVOICED)
    assert story.tell("PAYMENT_CAPTURED", amount="40.00").state == "OVERRIDE_REVIEW"
    assert (
        story.tell("PAYMENT_CAPTURED", amount="60.00", paymentId="b").state
        == "CLEARED_FOR_FULFILMENT"
    )


def test_a_partial_capture_that_brings_terms_within_credit_clears():
    story = sale(limit=60).tell("SET_PAYMENT_METHOD", **INVOICED)
    assert story.tell("PAYMENT_CAPTURED", amount="40.00").state == "CLEARED_FOR_FULFILMENT"


def test_a_capture_is_posted_to_the_ledger_with_its_method():
    story = sale().tell("SET_PAYMENT_METHOD", method="BANK").tell("PAYMENT_CAPTURED")
    (entry,) = [effect for effect in story.step.effects if isinstance(effect, Post)]
    assert entry.ledger == "captures"
    assert entry.data == {
        "orderId": "o1",
        "paymentId": "p-new",
        "amountMinor": 10000,
        "currency": "EUR",
        "method": "BANK",
    }


@pytest.mark.parametrize(
    ("first", "second", "excess"),
    [("150.00", None, 5000), ("60.00", "60.00", 2000), ("100.00", "5.00", 500)],
)
def test_over_capture_is_posted_and_told_with_the_excess(
    first: str, second: str | None, excess: int
):
    story = sale().tell("PAYMENT_CAPTURED", amount=first, paymentId="a")
    if second:
        story.tell("PAYMENT_CAPTURED", amount=second, paymentId="b")
    (told,) = [
        e for e in story.step.effects if isinstance(e, Emit) and e.type == "payment.overcaptured"
    ]
    assert told.data["excessMinor"] == excess
    assert any(isinstance(effect, Post) for effect in story.step.effects)
    assert (story.state, cleared(story)) == ("CLEARED_FOR_FULFILMENT", 1)


@pytest.mark.parametrize("path", [[], ["SET_PAYMENT_METHOD"], ["PAYMENT_FAILED"], ["FREEZE"]])
def test_a_repeated_payment_id_never_counts_twice(path: list[str]):
    story = sale().tell("PAYMENT_CAPTURED", amount="40.00").tell(*path)
    before = story.snapshot
    refused = story.refusal("PAYMENT_CAPTURED", amount="60.00")
    assert [why.code for why in refused.reasons] == ["payment.already_captured"]
    assert story.snapshot is before


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "1.001", "1e2", "", "abc", 5, 1.5, None])
def test_a_capture_of_no_exact_positive_amount_is_refused(amount: object):
    story = sale()
    refused = story.refusal("PAYMENT_CAPTURED", amount=amount)
    assert [why.code for why in refused.reasons] == ["input.invalid"]


def test_a_failed_payment_keeps_the_captures_and_is_forgotten_by_the_next_attempt():
    story = sale().tell("PAYMENT_CAPTURED", amount="40.00").tell("PAYMENT_FAILED")
    assert (story.state, story.values["capturedMinor"]) == ("PAYMENT_FAILED", 4000)
    assert story.copy().tell("PAYMENT_CAPTURED", paymentId="c").values["attempt"] is None
    assert (
        story.tell("PAYMENT_CAPTURED", amount="60.00", paymentId="b").state
        == "CLEARED_FOR_FULFILMENT"
    )


def test_money_after_the_end_changes_nothing_and_money_after_expiry_never_revives():
    story = sale().tell("CANCEL_REQUESTED")
    assert story.refusal("PAYMENT_CAPTURED").code == "done"
    story = sale().wait(days=1).tell("SALE_EXPIRED").tell("PAYMENT_CAPTURED")
    assert (story.state, story.values["capturedMinor"]) == ("EXPIRED", 10000)
    assert story.emitted()[-1] == "payment.late"
    assert cleared(story) == 0


@given(st.lists(st.integers(1, 9000), max_size=8), st.integers(1, 20_000))
@settings(max_examples=60, deadline=None)
def test_captured_is_the_exact_sum_and_clears_exactly_when_it_covers(parts: list[int], total: int):
    story = sale(grandTotalMinor=total)
    for number, minor in enumerate(parts):
        story.tell("PAYMENT_CAPTURED", amount=Money(minor, "EUR").amount, paymentId=f"p{number}")
    posted = [e.data["amountMinor"] for s in story.steps for e in s.effects if isinstance(e, Post)]
    assert story.values["capturedMinor"] == sum(parts) == sum(posted)
    assert (story.state == "CLEARED_FOR_FULFILMENT") is (sum(parts) >= total)
    assert cleared(story) == int(sum(parts) >= total)


def test_a_capture_after_an_over_capture_is_in_excess_as_a_whole():
    story = sale().tell("PAYMENT_CAPTURED", amount="150.00", paymentId="a")
    story.tell("PAYMENT_CAPTURED", amount="5.00", paymentId="b")
    told = story.step.effects[-1]
    assert (told.type, told.data["excessMinor"]) == ("payment.overcaptured", 500)


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


# --- freezing -------------------------------------------------------------------------------------

FORWARD = [
    "SET_PAYMENT_METHOD",
    "INITIATE_PAYMENT",
    "PAYMENT_AUTHORIZED",
    "PAYMENT_FAILED",
    "ADMIN_OVERRIDE_REQUESTED",
    "CREDIT_OVERRIDE_REQUIRED",
]


@pytest.mark.parametrize("event", FORWARD)
def test_while_frozen_a_forward_event_is_refused_with_the_reason_and_the_policy(event: str):
    story = sale().tell("FREEZE")
    (why,) = story.refusal(event).reasons
    assert why.code == "sale.frozen"
    assert why.message == "the order is frozen by policy fraud-1: odd address"
    assert why.values == {"reason": "odd address", "policy": "fraud-1", "since": at(NOON)}


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ([], "AWAITING_PAYMENT_METHOD"),
        (["SET_PAYMENT_METHOD"], "PAYMENT_INITIATED"),
        (["PAYMENT_AUTHORIZED"], "PAYMENT_PENDING_CONFIRMATION"),
        (["PAYMENT_FAILED"], "PAYMENT_FAILED"),
        (["ADMIN_OVERRIDE_REQUESTED"], "OVERRIDE_REVIEW"),
        (["PAYMENT_CAPTURED"], "CLEARED_FOR_FULFILMENT"),
    ],
)
def test_release_leads_back_by_history(path: list[str], state: str):
    story = sale().tell(*path, "FREEZE")
    assert story.state == "FROZEN"
    story.tell("RELEASE")
    assert (story.state, story.values["frozen"]) == (state, None)


def test_returning_to_cleared_through_history_emits_no_second_clearance():
    story = sale().tell("PAYMENT_CAPTURED", "FREEZE", "RELEASE", "FREEZE", "RELEASE")
    assert (cleared(story), story.values["clearance"]) == (1, 1)
    assert [name for name in story.emitted() if name.startswith("sale.")] == [
        "sale.cleared",
        *["sale.frozen", "sale.released"] * 2,
    ]


def test_money_captured_while_frozen_is_recorded_and_clears_on_release():
    story = sale().tell("FREEZE", "PAYMENT_CAPTURED")
    assert (story.state, story.values["capturedMinor"], cleared(story)) == ("FROZEN", 10000, 0)
    assert story.tell("RELEASE").state == "CLEARED_FOR_FULFILMENT"
    assert cleared(story) == 1


def test_an_override_lost_while_frozen_unclears_on_release():
    story = over().tell("CREDIT_OVERRIDE_GRANTED", "FREEZE", "OVERRIDE_REVOKED", "RELEASE")
    assert (story.state, story.emitted()[-1]) == ("OVERRIDE_REVIEW", "sale.uncleared")


def test_a_fulfilment_that_ends_while_frozen_completes_the_sale_on_release():
    story = sale().tell("PAYMENT_CAPTURED", "FREEZE", "FULFILMENT_SHIPPED", "FULFILMENT_COMPLETED")
    assert story.state == "FROZEN"
    assert story.tell("RELEASE").state == "COMPLETED"


def test_a_deadline_that_passed_while_frozen_expires_the_sale_on_release():
    story = sale().tell("FREEZE").wait(days=1)
    assert story.tell("SALE_EXPIRED").state == "FROZEN"
    assert story.step.effects == ()
    assert story.tell("RELEASE").state == "EXPIRED"
    assert story.emitted()[-2:] == ["sale.released", "sale.expired"]


def test_a_part_paid_or_cleared_sale_does_not_expire_on_release():
    story = sale().tell("PAYMENT_CAPTURED", amount="40.00").tell("FREEZE").wait(days=2)
    assert story.tell("SALE_EXPIRED", "RELEASE").state == "PAYMENT_PENDING_CONFIRMATION"
    assert story.emitted()[-2:] == ["sale.released", "sale.expiry_part_paid"]
    story = sale(limit=500).tell("SET_PAYMENT_METHOD", **INVOICED).tell("FREEZE").wait(days=2)
    assert story.tell("RELEASE").state == "CLEARED_FOR_FULFILMENT"


def test_an_override_granted_while_frozen_clears_on_release_even_past_the_deadline():
    story = sale(limit=500).tell("FREEZE")
    story.tell("ADMIN_OVERRIDE_GRANTED", expiresAt="2026-04-01T00:00:00+00:00").wait(
        days=1, hours=1
    )
    assert story.tell("RELEASE").state == "CLEARED_FOR_FULFILMENT"


# --- the end --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["COMPLETED"], "COMPLETED"),
        (["COMPLETED", "CANCELLED"], "COMPLETED"),
        (["REFUNDED"], "COMPLETED"),
        (["COMPLETED", "FAILED"], "COMPLETED"),
        (["CANCELLED", "CANCELLED"], "CANCELLED"),
        (["COMPLETED", "SHIPPED"], "CLEARED_FOR_FULFILMENT"),
        (["CANCELLED", "PICK_PACK"], "CLEARED_FOR_FULFILMENT"),
        (["FAILED"], "CLEARED_FOR_FULFILMENT"),
        (["FAILED", "CANCELLED"], "CLEARED_FOR_FULFILMENT"),
        ([], "CLEARED_FOR_FULFILMENT"),
    ],
)
def test_the_sale_ends_as_its_fulfilments_end(states: list[str], state: str):
    story = sale().tell("PAYMENT_CAPTURED")
    story.facts["fulfilments"] = fulfilments(*states)
    assert story.tell("FULFILMENT_COMPLETED").state == state


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["COMPLETED", "CANCELLED"], "COMPLETED"),
        (["CANCELLED", "CANCELLED"], "CANCELLED"),
        (["CANCELLED", "ON_HOLD"], "AWAITING_PAYMENT_METHOD"),
        (["FAILED", "CANCELLED"], "AWAITING_PAYMENT_METHOD"),
    ],
)
@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_sale_that_is_not_cleared_any_more_ends_as_its_fulfilments_end(
    states: list[str], state: str, is_frozen: bool
):
    story = sale().tell("PAYMENT_CAPTURED", "PAYMENT_CHARGED_BACK", paymentId="p-full")
    assert story.state == "AWAITING_PAYMENT_METHOD"
    story.facts["fulfilments"] = fulfilments(*states)
    if is_frozen:
        assert story.tell("FREEZE", "FULFILMENT_COMPLETED").state == "FROZEN"
        story.tell("RELEASE")
    else:
        story.tell("FULFILMENT_COMPLETED")
    assert story.state == state
    assert story.emitted().count("sale.fulfilment_failed") == ("FAILED" in states)


def test_money_that_comes_back_for_what_was_called_off_meanwhile_clears_nothing():
    story = sale().tell("PAYMENT_CAPTURED", "PAYMENT_CHARGED_BACK", paymentId="p-full")
    story.facts["fulfilments"] = fulfilments("CANCELLED")
    story.tell("FREEZE", "FULFILMENT_COMPLETED", "PAYMENT_CHARGEBACK_REVERSED", "RELEASE")
    assert (story.state, cleared(story)) == ("CANCELLED", 1)
    assert Emit("sale.cancelled", {"orderId": "o1", "capturedMinor": 10000}) in story.step.effects


@pytest.mark.parametrize("event", ["REJECT", "CANCEL_REQUESTED"])
@pytest.mark.parametrize(
    "path", [[], ["PAYMENT_CAPTURED"], ["FREEZE"], ["PAYMENT_CAPTURED", "FREEZE"]]
)
def test_the_end_tells_the_captured_money_and_keeps_the_reason(event: str, path: list[str]):
    story = sale().tell(*path, event)
    told = {e.type: e.data for e in story.step.effects if isinstance(e, Emit)}
    captured = {"orderId": "o1", "capturedMinor": story.values["capturedMinor"]}
    (end,) = told.keys() & {"sale.rejected", "sale.cancelled"}
    assert told[end] == captured
    if captured["capturedMinor"]:
        assert told["sale.refund_due"]["payments"] == {"p-new": 10000}
    else:
        assert "sale.refund_due" not in told
    assert (story.snapshot.status, story.values["closedReason"]) == (
        "done",
        story.data[event]["reason"],
    )


@pytest.mark.parametrize("event", ["REJECT", "CANCEL_REQUESTED"])
@pytest.mark.parametrize("path", [[], ["FREEZE"]])
def test_nothing_is_rejected_or_cancelled_once_shipped(event: str, path: list[str]):
    story = sale().tell("PAYMENT_CAPTURED", "FULFILMENT_SHIPPED", *path)
    assert [why.code for why in story.refusal(event).reasons] == ["sale.shipped"]


def test_the_creation_is_told_first():
    (told, *_) = undecided().step.effects
    assert told == Emit(
        "order.created",
        {
            "orderId": "o1",
            "number": "SO-1",
            "channel": "CONSUMER",
            "customerId": "c1",
            "currency": "EUR",
            "grandTotalMinor": 10000,
        },
    )


def test_an_expired_sale_is_not_reopened_once_a_newer_version_was_approved():
    story = sale().wait(days=1).tell("SALE_EXPIRED")
    story.facts["quotation"] = {"orderVersion": 1, "approvedVersion": 2}
    (why,) = story.refusal("REOPEN").reasons
    assert (why.code, why.values) == ("sale.superseded", {"version": 1, "approved": 2})
    del story.facts["quotation"]
    assert story.refusal("REOPEN").code == "guard_unknown"
    story.facts["quotation"] = {"orderVersion": 2, "approvedVersion": 2}
    assert story.tell("REOPEN").state == "AWAITING_PAYMENT_METHOD"


# --- after something was shipped ------------------------------------------------------------------


def test_what_was_shipped_and_is_not_covered_any_more_stays_cleared_and_is_told_once():
    story = sale().tell("PAYMENT_CAPTURED", paymentId="p-full")
    story.tell("FULFILMENT_SHIPPED", "PAYMENT_CHARGED_BACK")
    assert story.state == "CLEARED_FOR_FULFILMENT"
    missing = {"orderId": "o1", "outstandingMinor": 10000, "currency": "EUR"}
    assert Emit("sale.uncovered_after_shipping", missing) in story.step.effects
    story.tell("RECHECK", "PAYMENT_CHARGEBACK_REVERSED", "PAYMENT_CHARGED_BACK", "RECHECK")
    assert story.emitted().count("sale.uncovered_after_shipping") == 1
    assert "sale.uncleared" not in story.emitted()


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (("FAILED",), 1),
        (("FAILED", "CANCELLED"), 1),
        (("CANCELLED", "CANCELLED"), 0),
        (("FAILED", "COMPLETED"), 0),
        (("FAILED", "SHIPPED"), 0),
    ],
)
def test_it_is_told_once_when_every_fulfilment_has_ended_and_nothing_was_delivered(
    ends: tuple[str, ...], told: int
):
    story = sale().tell("PAYMENT_CAPTURED", "FULFILMENT_SHIPPED")
    story.facts["fulfilments"] = fulfilments(*ends)
    story.tell("FULFILMENT_COMPLETED")
    assert story.emitted().count("sale.fulfilment_failed") == told
    if story.snapshot.status == "active" and story.state != "COMPLETED":
        story.tell("FULFILMENT_COMPLETED", "RECHECK")
        assert story.emitted().count("sale.fulfilment_failed") == told


def test_in_which_order_two_payments_are_told_says_the_state_and_never_the_money_or_the_clearance():
    captured = {"amount": "40.00", "paymentId": "p1"}
    first = sale().tell("PAYMENT_CAPTURED", **captured).tell("PAYMENT_FAILED")
    second = sale().tell("PAYMENT_FAILED").tell("PAYMENT_CAPTURED", **captured)
    assert (first.state, second.state) == ("PAYMENT_FAILED", "PAYMENT_PENDING_CONFIRMATION")
    for story in (first, second):
        assert story.values["payments"] == {"p1": 4000}
        story.tell("PAYMENT_CAPTURED", amount="60.00", paymentId="p2")
    assert first.state == second.state == "CLEARED_FOR_FULFILMENT"
    assert first.values == second.values
