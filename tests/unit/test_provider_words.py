"""What providers say, read into our words: the kinds of reports, their amounts, and whom they name."""

from __future__ import annotations

import pytest

from orderwright.api.webhooks.paystack import Paystack
from orderwright.api.webhooks.standard import Standard
from orderwright.api.webhooks.stripe import Stripe
from orderwright.app.payment_reports import Kind, Report
from orderwright.errors import InputInvalid

NAMES = {"orderId": "SO-1", "customerId": "ada"}


def stripe(kind: str, **thing: object) -> Report | None:
    shown = {
        "id": "ch_1",
        "object": "charge",
        "payment_intent": "pi_1",
        "currency": "eur",
        **thing,
    }
    event = {"id": "evt_1", "type": kind, "data": {"object": shown}}
    return Stripe().read(event, {})


def paystack(name: str, **data: object) -> Report | None:
    return Paystack().read({"event": name, "data": {"currency": "NGN", **data}}, {})


def test_a_charge_that_stripe_captures_later_counts_for_what_is_captured():
    assert stripe("charge.succeeded", amount=10000, captured=False) is None
    captured = stripe("charge.captured", amount=10000, amount_captured=8000)
    assert captured is not None
    assert (captured.kind, captured.amount_minor, captured.reference) == (
        Kind.CAPTURED,
        8000,
        "pi_1",
    )


@pytest.mark.parametrize(
    ("kind", "status", "read"),
    [
        ("funds_withdrawn", "needs_response", Kind.CHARGED_BACK),
        ("funds_reinstated", "won", Kind.CHARGEBACK_REVERSED),
        ("closed", "lost", Kind.CHARGED_BACK),
        ("closed", "won", Kind.CHARGEBACK_REVERSED),
    ],
)
def test_money_of_a_dispute_that_stripe_withdraws_or_gives_back_is_that_of_one_dispute(
    kind: str, status: str, read: Kind
):
    dispute = {"id": "dp_1", "object": "dispute", "amount": 10000, "status": status}
    report = stripe(f"charge.dispute.{kind}", **dispute)
    assert report is not None
    assert (report.kind, report.part, report.amount_minor) == (read, "dp_1", 10000)


def test_funds_of_an_inquiry_at_stripe_have_not_moved():
    inquiry = {"id": "dp_1", "object": "dispute", "amount": 1, "status": "warning_closed"}
    assert stripe("charge.dispute.funds_withdrawn", **inquiry) is None


@pytest.mark.parametrize(
    ("resolution", "read"),
    [
        ("declined", Kind.CHARGEBACK_REVERSED),
        ("merchant-accepted", Kind.CHARGED_BACK),
        ("auto-accepted", Kind.CHARGED_BACK),
    ],
)
def test_a_dispute_at_paystack_is_won_where_it_is_declined_and_lost_else(
    resolution: str, read: Kind
):
    charge = {"reference": "T-1", "amount": 10000, "currency": "NGN", "metadata": NAMES}
    told = paystack("charge.dispute.resolve", id=7, transaction=charge, resolution=resolution)
    assert told is not None
    assert (told.kind, told.part, told.amount_minor) == (read, "7", 10000)
    assert (told.order, told.customer) == ("SO-1", "ada")


def test_what_the_house_has_told_a_provider_of_a_payment_comes_back_and_is_read():
    data = {"reference": "T-1", "amount": "1.00", "currency": "EUR", **NAMES}
    reports = [
        stripe("charge.succeeded", amount=1, metadata=NAMES),
        paystack("charge.success", id=1, reference="T-1", amount=1, metadata=NAMES),
        Standard().read({"type": "charge.succeeded", "data": data}, {"webhook-id": "1"}),
    ]
    assert {(one.order, one.customer) for one in reports if one} == {("SO-1", "ada")}
    assert None not in reports
    unsaid = paystack("charge.success", id=1, reference="T-1", amount=1, metadata="none")
    assert unsaid is not None
    assert (unsaid.order, unsaid.to_json().keys() & {"order", "customer"}) == ("", set())


@pytest.mark.parametrize(
    ("kind", "own"), [("charge.succeeded", {}), ("charge.refunded", {"refundId": "R-1"})]
)
def test_money_below_zero_is_no_money_that_has_moved(kind: str, own: dict[str, str]) -> None:
    data = {"reference": "T-1", "amount": "-5.00", "currency": "EUR", **own}
    with pytest.raises(InputInvalid, match="amount"):
        Standard().read({"type": kind, "data": data}, {"webhook-id": "msg-1"})
