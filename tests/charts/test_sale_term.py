"""The term to pay of a sale: when it runs out, what it ends, and how it is renewed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from story import NOON, Story, at, cleared, credit, sale

from orderwright.statechart import Cancel, Emit, Event, Schedule

INVOICED = {"method": "INVOICE"}


def test_a_sale_that_is_uncleared_does_not_expire_by_the_term_it_once_had():
    story = sale(limit=500).tell("SET_PAYMENT_METHOD", **INVOICED)
    assert Cancel("SALE_EXPIRED") in story.step.effects
    story.wait(days=2).facts["credit"] = credit(0, 0)
    assert story.tell("RECHECK").state == "OVERRIDE_REVIEW"


def test_the_term_to_pay_is_one_timer_from_the_start_that_nothing_restarts():
    story = sale()
    timers = [effect for effect in story.steps[0].effects if isinstance(effect, Schedule)]
    assert timers == [
        Schedule(Event("SALE_EXPIRED"), 86_400_000, "SALE_EXPIRED"),
        Schedule(Event("DECISION_OVERDUE"), 60_000, "DECISION_OVERDUE"),
    ]
    story.tell(
        "ADMIN_OVERRIDE_REQUESTED", "FREEZE", "RELEASE", "SET_PAYMENT_METHOD", "PAYMENT_FAILED"
    )
    assert not [e for step in story.steps[1:] for e in step.effects if isinstance(e, Schedule)]


def test_a_sale_without_a_term_has_no_timer_and_never_lapses():
    story = sale(expiresAt=None)
    timers = [effect.id for effect in story.steps[0].effects if isinstance(effect, Schedule)]
    assert timers == ["DECISION_OVERDUE"]
    assert story.tell("FREEZE").wait(days=999).tell("RELEASE").state == "AWAITING_PAYMENT_METHOD"


def test_the_end_of_the_term_of_a_part_paid_sale_is_told_once_and_the_sale_stays_open():
    story = sale().tell("PAYMENT_CAPTURED", amount="0.01").wait(days=1).tell("SALE_EXPIRED")
    (told,) = story.step.effects
    assert (told.type, told.data["capturedMinor"]) == ("sale.expiry_part_paid", 1)
    assert (story.state, story.values["expiresAt"]) == ("PAYMENT_PENDING_CONFIRMATION", None)
    story.wait(hours=1).tell("SALE_EXPIRED", "RECHECK", "FREEZE", "RELEASE")
    assert story.emitted().count("sale.expiry_part_paid") == 1
    assert (
        story.tell("PAYMENT_CAPTURED", amount="99.99", paymentId="p-rest").state
        == "CLEARED_FOR_FULFILMENT"
    )


@pytest.mark.parametrize(
    "path", [["PAYMENT_CAPTURED"], ["PAYMENT_CAPTURED", "FULFILMENT_SHIPPED"]]
)
def test_expiry_never_ends_a_cleared_order(path: list[str]):
    story = sale().tell(*path).wait(days=1)
    assert story.refusal("SALE_EXPIRED").code == "unhandled"
    assert story.state == "CLEARED_FOR_FULFILMENT"


def test_reopening_gives_a_new_term_and_a_fresh_start():
    story = (
        sale().tell("SET_PAYMENT_METHOD", "PAYMENT_AUTHORIZED").wait(days=1).tell("SALE_EXPIRED")
    )
    story.wait(hours=5).tell("REOPEN")
    assert story.state == "AWAITING_PAYMENT_METHOD"
    assert story.values["expiresAt"] == at(story.now + timedelta(days=1))
    assert (story.values["method"], story.values["attempt"]) == (None, None)
    (timer, told) = story.step.effects
    assert told == Emit("sale.reopened", {"orderId": "o1"})
    assert (timer.id, timer.delay_ms) == ("SALE_EXPIRED", 86_400_000)


def test_reopening_while_expiry_is_disabled_sets_no_term():
    story = sale().wait(days=1).tell("SALE_EXPIRED")
    story.facts["expiry"] = {"minutes": 0}
    story.tell("REOPEN")
    assert story.values["expiresAt"] is None
    assert story.step.effects == (Emit("sale.reopened", {"orderId": "o1"}),)


def test_reopening_after_the_money_came_late_clears():
    story = sale().wait(days=1).tell("SALE_EXPIRED", "PAYMENT_CAPTURED", "REOPEN")
    assert (story.state, cleared(story)) == ("CLEARED_FOR_FULFILMENT", 1)


@pytest.mark.parametrize(("minutes", "delay_ms"), [(60, 3_600_000), (2880, 172_800_000)])
def test_another_length_of_the_term_sets_its_timer_anew_counted_from_the_placing(
    minutes: int, delay_ms: int
):
    story = changed(sale().tell("ADMIN_OVERRIDE_REQUESTED").wait(minutes=10), minutes)
    left = Schedule(Event("SALE_EXPIRED"), delay_ms - 600_000, "SALE_EXPIRED")
    assert story.step.effects == (Cancel("SALE_EXPIRED"), left)
    assert story.values["expiresAt"] == at(NOON + timedelta(minutes=minutes))
    assert story.state == "OVERRIDE_REVIEW"


def test_a_term_that_is_over_by_its_new_length_expires_the_sale_at_once_without_a_timer():
    story = changed(sale().wait(hours=2), 60)
    assert (story.state, story.step.effects[0]) == ("EXPIRED", Cancel("SALE_EXPIRED"))
    assert not [effect for effect in story.step.effects if isinstance(effect, Schedule)]
    part_paid = changed(sale().tell("PAYMENT_CAPTURED", amount="0.01").wait(hours=2), 60)
    assert part_paid.emitted()[-1] == "sale.expiry_part_paid"


def test_a_frozen_sale_remembers_its_new_end_and_a_cleared_one_gets_none():
    frozen = changed(sale().tell("FREEZE").wait(hours=2), 60)
    assert (frozen.state, frozen.tell("RELEASE").state) == ("FROZEN", "EXPIRED")
    cleared_before = sale(limit=500).tell("SET_PAYMENT_METHOD", **INVOICED)
    cleared_before.facts["credit"] = credit(0, 0)
    assert cleared_before.tell("RECHECK").refusal("TERM_CHANGED").code == "blocked"
    assert cleared_before.tell("FREEZE").refusal("TERM_CHANGED").code == "blocked"


def changed(story: Story, minutes: int) -> Story:
    story.facts["expiry"] = {"minutes": minutes, "since": at(NOON)}
    return story.tell("TERM_CHANGED")


def test_a_part_paid_sale_on_terms_that_it_exceeds_lapses_as_any_other():
    story = sale(limit=30).tell("SET_PAYMENT_METHOD", **INVOICED)
    story.tell("PAYMENT_CAPTURED", amount="0.01").wait(days=1).tell("SALE_EXPIRED")
    assert (story.state, story.emitted()[-1]) == ("OVERRIDE_REVIEW", "sale.expiry_part_paid")
