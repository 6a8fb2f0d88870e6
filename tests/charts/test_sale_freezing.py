"""A frozen sale: nothing goes on, what happens meanwhile is kept, and its release draws the conclusion."""

from __future__ import annotations

import pytest
from story import NOON, at, cleared, sale

INVOICED = {"method": "INVOICE"}


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
    story = sale(limit=30).tell("SET_PAYMENT_METHOD", **INVOICED)
    story.tell("CREDIT_OVERRIDE_GRANTED", "FREEZE", "OVERRIDE_REVOKED", "RELEASE")
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
