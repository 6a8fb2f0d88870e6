"""What a sale asks of others, and what the answers of approvals do to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from story import NOON, Story, at, credit, sale

from orderwright.domain.approval import approval_id
from orderwright.statechart import Emit

GRANT = "ADMIN_OVERRIDE_GRANTED"
REQUESTS = {"ADMIN": "ADMIN_OVERRIDE_REQUESTED", "CREDIT": "CREDIT_OVERRIDE_REQUIRED"}


def over() -> Story:
    """On invoice, 70.00 over the limit."""
    return sale(limit=30).tell("SET_PAYMENT_METHOD", method="INVOICE")


def asked(story: Story) -> dict:
    [effect] = [e for e in story.step.effects if isinstance(e, Emit)]
    assert effect.type == "override.requested"
    return dict(effect.data)


@pytest.mark.parametrize(("kind", "minor"), [("ADMIN", 6000), ("CREDIT", 3000)])
def test_a_request_names_what_is_outstanding_or_the_overage(kind: str, minor: int):
    story = sale(limit=30).tell("PAYMENT_CAPTURED", amount="40.00").tell(REQUESTS[kind])
    assert asked(story) == {
        "orderId": "o1",
        "kind": kind,
        "approvalId": approval_id("o1", kind, 1),
        "amountMinor": minor,
        "currency": "EUR",
        "reason": {"ADMIN": "old friend", "CREDIT": "big order"}[kind],
    }


def test_a_second_request_of_a_kind_is_refused_while_one_waits():
    story = over().tell("CREDIT_OVERRIDE_REQUIRED")
    [reason] = story.refusal("CREDIT_OVERRIDE_REQUIRED").reasons
    waiting = approval_id("o1", "CREDIT", 1)
    assert (reason.code, reason.values["approvalId"]) == ("override.pending", waiting)
    assert story.tell("ADMIN_OVERRIDE_REQUESTED").state == "OVERRIDE_REVIEW"


def test_nobody_asks_to_exceed_a_limit_that_is_kept_or_not_known():
    story = sale(limit=500)
    assert [r.code for r in story.refusal("CREDIT_OVERRIDE_REQUIRED").reasons] == [
        "override.not_needed"
    ]
    del story.facts["credit"]
    assert story.refusal("CREDIT_OVERRIDE_REQUIRED").code == "guard_unknown"


def test_a_late_answer_about_another_approval_changes_nothing():
    story = over().tell("CREDIT_OVERRIDE_REQUIRED", "CREDIT_OVERRIDE_DENIED")
    story.tell("SET_PAYMENT_METHOD", method="INVOICE").tell("CREDIT_OVERRIDE_REQUIRED")
    first, second = (approval_id("o1", "CREDIT", n) for n in (1, 2))
    before = story.values
    for event in ("CREDIT_OVERRIDE_GRANTED", "OVERRIDE_REVOKED", "OVERRIDE_EXPIRED"):
        [reason] = story.refusal(event, approvalId=first).reasons
        assert reason.code == "override.other_approval"
    assert story.values == before
    assert story.tell("CREDIT_OVERRIDE_GRANTED", approvalId=second).state == (
        "CLEARED_FOR_FULFILMENT"
    )


@pytest.mark.parametrize("answer", ["CREDIT_OVERRIDE_DENIED", "OVERRIDE_REVOKED"])
def test_a_no_to_a_second_request_leaves_the_first_grant_standing(answer: str):
    story = over().tell("CREDIT_OVERRIDE_REQUIRED").tell("CREDIT_OVERRIDE_GRANTED", amount="50.00")
    story.tell("CREDIT_OVERRIDE_REQUIRED", answer)
    entry = story.values["overrides"]["CREDIT"]
    assert (entry["status"], entry["amountMinor"], entry["asked"]) == ("GRANTED", 5000, None)
    first = approval_id("o1", "CREDIT", 1)
    story.tell("OVERRIDE_EXPIRED", approvalId=first)
    assert story.values["overrides"]["CREDIT"]["status"] == "EXPIRED"


def waived_and_expired() -> Story:
    """Payment was waived, the customer has no credit, and the time to pay is over."""
    lasting = at(NOON + timedelta(days=7))
    story = sale().tell("ADMIN_OVERRIDE_REQUESTED")
    story.tell("ADMIN_OVERRIDE_GRANTED", expiresAt=lasting)
    return story.wait(days=1).tell("SALE_EXPIRED")


@pytest.mark.parametrize("ending", ["OVERRIDE_REVOKED", "OVERRIDE_EXPIRED"])
def test_a_waiver_that_ended_while_the_sale_was_expired_does_not_clear_it_once_reopened(
    ending: str,
):
    story = waived_and_expired()
    first = approval_id("o1", "ADMIN", 1)
    story.tell(ending, kind="ADMIN", approvalId=first)
    story.facts["credit"] = credit(500)
    assert story.tell("REOPEN").state == "AWAITING_PAYMENT_METHOD"
    assert story.values["overrides"]["ADMIN"]["status"] == ending.removeprefix("OVERRIDE_")


def test_a_waiver_that_still_holds_clears_the_sale_once_reopened():
    story = waived_and_expired()
    story.facts["credit"] = credit(500)
    assert story.tell("REOPEN").state == "CLEARED_FOR_FULFILMENT"


def test_a_credit_override_revoked_while_the_sale_was_expired_covers_nothing_once_reopened():
    story = sale(limit=30).tell("CREDIT_OVERRIDE_REQUIRED")
    story.tell("CREDIT_OVERRIDE_GRANTED", expiresAt=at(NOON + timedelta(days=7)))
    story.wait(days=1).tell("SALE_EXPIRED")
    story.tell("OVERRIDE_REVOKED", approvalId=approval_id("o1", "CREDIT", 1))
    assert story.tell("REOPEN").tell("SET_PAYMENT_METHOD", method="INVOICE").state == (
        "OVERRIDE_REVIEW"
    )


@pytest.mark.parametrize(
    "told", [["SALE_EXPIRED", GRANT, "REOPEN"], ["SALE_EXPIRED", "REOPEN", GRANT]]
)
def test_a_grant_that_meets_an_expiry_counts_once_reopened(told: list[str]):
    story = sale(limit=500).tell("ADMIN_OVERRIDE_REQUESTED").wait(days=1)
    story.data = {
        **story.data,
        GRANT: {**story.data[GRANT], "expiresAt": at(NOON + timedelta(days=8))},
    }
    assert story.tell(*told).state == "CLEARED_FOR_FULFILMENT"


def test_what_was_asked_before_an_expiry_waits_for_its_answer_until_that_has_come():
    story = sale().tell("ADMIN_OVERRIDE_REQUESTED").wait(days=1).tell("SALE_EXPIRED", "REOPEN")
    [reason] = story.refusal("ADMIN_OVERRIDE_REQUESTED").reasons
    assert reason.code == "override.pending"
    story.tell("OVERRIDE_REVOKED", kind="ADMIN", approvalId=approval_id("o1", "ADMIN", 1))
    story.tell("ADMIN_OVERRIDE_REQUESTED")
    assert asked(story)["approvalId"] == approval_id("o1", "ADMIN", 2)


def test_an_admin_override_waives_payment_and_never_credit():
    story = sale(limit=30).tell("ADMIN_OVERRIDE_REQUESTED", "ADMIN_OVERRIDE_GRANTED")
    assert story.state == "AWAITING_PAYMENT_METHOD"
    assert story.tell("CREDIT_OVERRIDE_REQUIRED", "CREDIT_OVERRIDE_GRANTED").state == (
        "CLEARED_FOR_FULFILMENT"
    )


def test_answers_are_kept_while_frozen_and_count_on_release():
    story = over().tell("CREDIT_OVERRIDE_REQUIRED", "FREEZE", "CREDIT_OVERRIDE_GRANTED")
    assert story.state == "FROZEN"
    assert story.tell("RELEASE").state == "CLEARED_FOR_FULFILMENT"


def test_a_grant_that_came_too_late_to_hold_clears_nothing():
    story = over().tell("CREDIT_OVERRIDE_REQUIRED")
    assert story.tell("CREDIT_OVERRIDE_GRANTED", expiresAt=at(NOON)).state == "OVERRIDE_REVIEW"
