"""The money that a sale hears of: it adds up exactly, counts once, and is never lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st
from story import cleared, sale

from orderwright.money import Money
from orderwright.statechart import Emit, Post

INVOICED = {"method": "INVOICE"}


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
