"""What a sale books on its customer's credit, and what the profile's own chart does."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from story import Story, credit, profile, sale

from orderwright.statechart import Emit, Post

PART = {"amount": "40.00", "paymentId": "p-part"}


def bookings(story: Story) -> list[tuple[str, int]]:
    rows = [e.data for step in story.steps for e in step.effects if isinstance(e, Post)]
    return [(row["kind"], row["amountMinor"]) for row in rows if "kind" in row]


def told(story: Story, name: str) -> list[Mapping]:
    effects = [e for step in story.steps for e in step.effects if isinstance(e, Emit)]
    return [one.data for one in effects if one.type == name]


def invoiced() -> Story:
    return sale(limit=500).tell("SET_PAYMENT_METHOD", method="INVOICE")


def completed() -> Story:
    return invoiced().tell("FULFILMENT_COMPLETED")


# --- holding --------------------------------------------------------------------------------------


def test_a_sale_that_clears_on_credit_holds_what_is_outstanding_once():
    story = invoiced().tell("RECHECK", "RECHECK")
    assert bookings(story) == [("hold", 10000)]
    [row] = [e.data for step in story.steps for e in step.effects if isinstance(e, Post)]
    assert row == {
        "orderId": "o1",
        "customerId": "c1",
        "currency": "EUR",
        "kind": "hold",
        "amountMinor": 10000,
    }


def test_only_the_uncovered_part_is_held():
    story = sale(limit=500).tell("PAYMENT_CAPTURED", **PART)
    assert bookings(story.tell("SET_PAYMENT_METHOD", method="PO")) == [("hold", 6000)]


def test_a_waived_sale_holds_credit_for_a_waiver_pays_nothing():
    assert bookings(sale(limit=500).tell("ADMIN_OVERRIDE_GRANTED")) == [("hold", 10000)]


def test_a_sale_that_is_paid_holds_nothing():
    assert bookings(sale(limit=500).tell("PAYMENT_CAPTURED")) == []


# --- letting go -----------------------------------------------------------------------------------


@pytest.mark.parametrize("frozen", [False, True])
def test_captures_settle_what_is_held_to_the_unit(frozen: bool):
    story = invoiced()
    if frozen:
        story.tell("FREEZE")
    story.tell("PAYMENT_CAPTURED", **PART).tell("PAYMENT_CAPTURED", amount="70.00")
    assert bookings(story) == [("hold", 10000), ("settle", -4000), ("settle", -6000)]
    assert [one["amountMinor"] for one in told(story, "credit.released")] == [4000, 6000]


@pytest.mark.parametrize("ending", ["CANCEL_REQUESTED", "REJECT"])
@pytest.mark.parametrize("frozen", [False, True])
def test_the_end_of_a_sale_releases_what_it_holds(ending: str, frozen: bool):
    story = invoiced()
    if frozen:
        story.tell("FREEZE")
    story.tell(ending)
    assert bookings(story) == [("hold", 10000), ("release", -10000)]
    assert told(story, "credit.released")[0]["kind"] == "release"


def test_unclearing_releases_and_clearing_again_holds_again():
    story = invoiced()
    story.facts["credit"] = credit(0)
    assert story.tell("RECHECK").state == "OVERRIDE_REVIEW"
    story.facts["credit"] = credit(500)
    assert story.tell("RECHECK").state == "CLEARED_FOR_FULFILMENT"
    assert bookings(story) == [("hold", 10000), ("release", -10000), ("hold", 10000)]


def test_freezing_and_releasing_a_cleared_sale_books_nothing():
    assert bookings(invoiced().tell("FREEZE", "RELEASE")) == [("hold", 10000)]


# --- completed and not paid -----------------------------------------------------------------------


def test_a_completed_sale_that_is_not_paid_is_still_owed():
    story = completed()
    assert bookings(story) == [("hold", 10000)]
    assert told(story, "sale.completed")[0]["capturedMinor"] == 0


def test_money_for_a_completed_sale_settles_and_is_told_as_paid_later():
    story = completed().tell("PAYMENT_CAPTURED", **PART).tell("PAYMENT_CAPTURED", amount="60.00")
    assert story.state == "COMPLETED"
    assert bookings(story) == [("hold", 10000), ("settle", -4000), ("settle", -6000)]
    assert [one["amountMinor"] for one in told(story, "sale.paid_later")] == [4000, 6000]
    assert told(story, "payment.overcaptured") == []


def test_what_goes_back_of_a_completed_sale_is_told_and_what_a_bank_gives_back_too():
    paid = sale().tell("PAYMENT_CAPTURED", paymentId="p-full")
    story = paid.copy().tell("FULFILMENT_COMPLETED")
    for event, data in (
        ("PAYMENT_REFUNDED", {"remaining": "70.00", "amount": "30.00"}),
        ("PAYMENT_CHARGED_BACK", {"remaining": "0.00"}),
        ("PAYMENT_CHARGEBACK_REVERSED", {"remaining": "70.00"}),
    ):
        story.tell(event, **data)
        paid.tell(event, **data)
    assert told(story, "sale.completed")[0]["capturedMinor"] == 10000
    assert [one["amountMinor"] for one in told(story, "sale.paid_back")] == [3000, 7000]
    assert [one["amountMinor"] for one in told(story, "sale.paid_later")] == [7000]
    assert told(paid, "sale.paid_back") == told(paid, "sale.paid_later") == []


def test_a_debt_is_written_off_once_and_money_that_comes_after_all_is_an_over_capture_no_more():
    story = completed().tell("PAYMENT_CAPTURED", **PART).tell("WRITE_OFF")
    assert bookings(story) == [("hold", 10000), ("settle", -4000), ("write_off", -6000)]
    assert story.refusal("WRITE_OFF").reasons[0].code == "credit.nothing_owed"
    story.tell("PAYMENT_CAPTURED", amount="60.00")
    assert len(bookings(story)) == 3
    assert told(story, "payment.overcaptured") == []


# --- the profile ----------------------------------------------------------------------------------


def test_setting_a_profile_takes_tier_and_custom_limit_and_leaving_the_limit_out_ends_it():
    story = profile().tell("SET_PROFILE")
    assert (story.values["tier"], story.values["customLimitMinor"]) == ("SILVER", 50000)
    story.send("SET_PROFILE", customLimit=None)
    assert story.values["customLimitMinor"] is None
    assert len(told(story, "credit.changed")) == 2


def test_a_profile_that_does_not_change_says_nothing():
    story = profile().tell("SET_PROFILE", "SET_PROFILE")
    assert len(told(story, "credit.changed")) == 1


@pytest.mark.parametrize("limit", ["-0.01", "0.001", "1000000000000000.00", "nothing", 500])
def test_a_limit_that_is_no_amount_from_zero_up_is_refused(limit: object):
    refused = profile().refusal("SET_PROFILE", customLimit=limit)
    assert [reason.code for reason in refused.reasons] == ["input.invalid"]


def test_completed_sales_add_up_and_raise_the_tier():
    edge = profile(cumulativeMinor=10_000_000_000)  # has earned 1,000,000.00 exactly
    assert edge.values["tier"] == "BRONZE"
    edge.tell("SALE_COMPLETED", amountMinor=99)
    assert edge.values["tier"] == "BRONZE"
    edge.tell("SALE_COMPLETED", amountMinor=1)
    assert edge.values["tier"] == "SILVER"
    assert told(edge, "credit.changed")[-1] == {
        "customerId": "c1",
        "currency": "EUR",
        "tier": "SILVER",
        "customLimitMinor": None,
        "cumulativeMinor": 10_000_000_100,
        "earnedMinor": 100_000_001,
    }


def test_what_goes_back_of_completed_sales_lowers_what_they_have_earned_and_the_tier_with_it():
    story = profile().tell("SALE_COMPLETED", amountMinor=10_000_000_100)
    assert story.values["tier"] == "SILVER"
    story.tell("SALE_PAID_BACK", amountMinor=1)
    assert (story.values["tier"], story.values["cumulativeMinor"]) == ("BRONZE", 10_000_000_099)
    (why,) = story.refusal("SALE_PAID_BACK", amountMinor=10_000_000_100).reasons
    assert why.code == "credit.not_counted"
    story.tell("SET_PROFILE", tier="GOLD").tell("SALE_PAID_BACK", amountMinor=10_000_000_099)
    assert (story.values["tier"], story.values["cumulativeMinor"]) == ("GOLD", 0)


def test_sales_do_not_lower_a_tier_that_staff_have_set():
    story = profile().tell("SET_PROFILE", tier="GOLD").tell("SALE_COMPLETED")
    assert story.values["tier"] == "GOLD"
