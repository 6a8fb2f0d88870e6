"""How a sale ends, as its fulfilments end or as people say, and what holds once something was shipped."""

from __future__ import annotations

import pytest
from story import cleared, fulfilments, sale, undecided

from orderwright.statechart import Emit

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
    story.tell("RECHECK", "PAYMENT_CHARGED_BACK", "RECHECK")
    assert story.emitted().count("sale.uncovered_after_shipping") == 1
    assert "sale.uncleared" not in story.emitted()


def test_what_was_paid_once_more_after_shipping_and_goes_back_again_is_told_again():
    story = sale().tell("PAYMENT_CAPTURED", paymentId="p").tell("FULFILMENT_SHIPPED")
    back = {"paymentId": "p", "amount": "100.00", "remaining": "0.00", "ofLines": "0.00"}
    story.tell("PAYMENT_REFUNDED", **back, refundId="r")
    story.tell("PAYMENT_CAPTURED", paymentId="q", amount="70.00")
    story.tell("PAYMENT_REFUNDED", **{**back, "paymentId": "q"}, refundId="s")
    missing = {"orderId": "o1", "outstandingMinor": 10000, "currency": "EUR"}
    told = Emit("sale.uncovered_after_shipping", missing)
    assert told in story.step.effects
    assert story.emitted().count(told.type) == 2


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
