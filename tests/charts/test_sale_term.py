"""The term to pay of a sale: when it runs out, what it ends, and how it is renewed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from story import at, cleared, credit, sale

from orderwright.statechart import Cancel, Event, Schedule

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
    (timer,) = story.step.effects
    assert (timer.id, timer.delay_ms) == ("SALE_EXPIRED", 86_400_000)


def test_reopening_while_expiry_is_disabled_sets_no_term():
    story = sale().wait(days=1).tell("SALE_EXPIRED")
    story.facts["expiry"] = {"minutes": 0}
    story.tell("REOPEN")
    assert (story.values["expiresAt"], story.step.effects) == (None, ())


def test_reopening_after_the_money_came_late_clears():
    story = sale().wait(days=1).tell("SALE_EXPIRED", "PAYMENT_CAPTURED", "REOPEN")
    assert (story.state, cleared(story)) == ("CLEARED_FOR_FULFILMENT", 1)
