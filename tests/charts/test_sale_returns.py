"""What comes back of an order: less is due, and what was paid may go back after its end too."""

from __future__ import annotations

from story import sale


def test_returned_lines_lower_what_is_due():
    story = sale(refundedLinesMinor=3000).tell("PAYMENT_CAPTURED", amount="70.00")
    assert story.state == "CLEARED_FOR_FULFILMENT"


def test_credited_lines_lower_what_is_due_and_release_the_credit_that_held_it():
    story = sale(limit=500).tell("SET_PAYMENT_METHOD", method="INVOICE")
    story.tell("FULFILMENT_SHIPPED").tell("LINES_CREDITED", returnId="rma1", amount="30.00")
    assert (story.values["refundedLinesMinor"], story.values["creditHeldMinor"]) == (3000, 7000)
    (why,) = story.refusal("LINES_CREDITED", returnId="rma1", amount="30.00").reasons
    assert why.code == "return.already_credited"
    story.tell("FULFILMENT_COMPLETED").tell("LINES_CREDITED", returnId="rma2", amount="70.00")
    assert (story.state, story.values["creditHeldMinor"]) == ("COMPLETED", 0)


def test_a_completed_sale_keeps_its_books_open_for_money_that_goes_back():
    story = sale().tell("PAYMENT_CAPTURED", paymentId="p").tell("FULFILMENT_COMPLETED")
    refund = {"paymentId": "p", "amount": "30.00", "remaining": "70.00", "ofLines": "30.00"}
    story.tell("PAYMENT_REFUNDED", **refund)
    assert (story.state, story.values["capturedMinor"]) == ("COMPLETED", 7000)
    story.tell("PAYMENT_CHARGED_BACK", paymentId="p", amount="70.00", remaining="0.00")
    assert (story.values["capturedMinor"], story.values["creditHeldMinor"]) == (0, 7000)


def test_a_refund_of_lines_that_is_undone_makes_them_due_again_and_clears_the_sale_once():
    story = sale().tell("PAYMENT_CAPTURED", paymentId="p")
    refund = {"paymentId": "p", "refundId": "r", "amount": "30.00", "ofLines": "20.00"}
    story.tell("PAYMENT_REFUNDED", **refund, remaining="70.00")
    assert story.state == "PAYMENT_PENDING_CONFIRMATION"
    story.tell("PAYMENT_REFUND_UNDONE", **refund, remaining="100.00")
    assert (story.state, story.values["capturedMinor"]) == ("CLEARED_FOR_FULFILMENT", 10000)
    assert story.values["refundedLinesMinor"] == 0
    (why,) = story.refusal("PAYMENT_REFUND_UNDONE", **refund, remaining="100.00").reasons
    assert why.code == "payment.no_refund"
