from __future__ import annotations

from datetime import timedelta

from story import NOON, at, fulfilment

DAY = 86_400_000
PACKED = ("RESERVE_OK", "FULFILMENT_STARTED")


def test_nothing_is_shipped_unless_the_sale_is_cleared_at_that_moment():
    story = fulfilment().tell(*PACKED)
    story.facts["sale"] = {"state": "FROZEN", "label": "Frozen"}
    (why,) = story.refusal("PACKAGE_SHIPPED").reasons
    assert (why.code, why.values) == ("sale.not_cleared", {"state": "FROZEN"})
    assert "Frozen" in why.message


def test_an_unknown_sale_ships_nothing():
    story = fulfilment().tell(*PACKED)
    del story.facts["sale"]
    refused = story.refusal("PACKAGE_SHIPPED")
    assert (refused.code, refused.values["missing"]) == ("guard_unknown", ["facts.sale"])


def test_shipping_remembers_carrier_tracking_and_time():
    story = fulfilment().tell(*PACKED, "PACKAGE_SHIPPED")
    found = story.values
    assert (found["carrier"], found["tracking"], found["shippedAt"]) == ("DHL", "T1", at(NOON))


def test_delivered_twice_changes_nothing():
    story = fulfilment().tell(*PACKED, "PACKAGE_SHIPPED", "PACKAGE_DELIVERED")
    before = story.snapshot
    story.wait(days=1).tell("PACKAGE_DELIVERED")
    assert story.step.changed is False
    assert story.snapshot == before


def test_the_return_window_ends_in_completion():
    story = fulfilment(returnWindowDays=30).tell(*PACKED, "PACKAGE_SHIPPED", "PACKAGE_DELIVERED")
    timer = story.step.effects[-1]
    assert timer.delay_ms == 30 * DAY
    assert story.tell(timer.event.type).state == "COMPLETED"
    assert story.emitted()[-1] == "fulfilment.ended"


def test_a_rejected_return_does_not_restart_the_return_window():
    story = fulfilment().tell(*PACKED, "PACKAGE_SHIPPED", "PACKAGE_DELIVERED", "RETURN_REQUESTED")
    story.wait(days=9).tell("RETURN_REJECTED")
    assert story.step.effects[-1].delay_ms == 5 * DAY
    story.tell("RETURN_REQUESTED").wait(days=30).tell("RETURN_REJECTED")
    assert story.step.effects[-1].delay_ms == 0


def test_a_rejected_return_goes_back_where_it_came_from():
    sent = fulfilment().tell(*PACKED, "PACKAGE_SHIPPED", "RETURN_REQUESTED")
    assert sent.copy().tell("RETURN_REJECTED").state == "SHIPPED"
    assert sent.copy().tell("RETURN_RECEIVED", "RETURN_REJECTED").state == "SHIPPED"


def test_the_last_delivery_attempt_that_fails_fails_the_fulfilment():
    story = fulfilment(deliveryAttemptLimit=2).tell(*PACKED, "PACKAGE_SHIPPED")
    assert story.tell("DELIVERY_FAILED").state == "READY_FOR_SHIPMENT"
    assert story.tell("PACKAGE_SHIPPED", "DELIVERY_FAILED").state == "FAILED"
    assert story.values["deliveryAttempts"] == 2


def test_work_is_resumed_in_the_state_in_which_it_stopped():
    for path in (
        (),
        ("RESERVE_MISS",),
        ("RESERVE_OK",),
        PACKED,
        ("RESERVE_OK", "SERVICE_SCHEDULED"),
    ):
        story = fulfilment().tell(*path)
        state = story.state
        assert story.tell("HOLD").state == "ON_HOLD"
        assert story.tell("RESUME").state == state


def test_every_end_is_told_with_its_outcome():
    delivered = fulfilment().tell(*PACKED, "PACKAGE_SHIPPED", "PACKAGE_DELIVERED")
    ends = {
        "REFUNDED": delivered.copy().tell("RETURN_REQUESTED", "RETURN_RECEIVED", "REFUND_ISSUED"),
        "CANCELLED": fulfilment().tell("HOLD", "CANCEL"),
        "FAILED": delivered.copy().tell("FAIL"),
        "COMPLETED": fulfilment().tell(
            "RESERVE_OK", "SERVICE_SCHEDULED", "SERVICE_STARTED", "SERVICE_COMPLETED"
        ),
    }
    for outcome, story in ends.items():
        told = story.step.effects[-1]
        assert (story.state, told.type, told.data["outcome"]) == (
            outcome,
            "fulfilment.ended",
            outcome,
        )
        assert story.snapshot.status == "done"


def test_the_window_counts_from_the_delivery_that_a_history_import_tells():
    story = fulfilment(deliveredAt=at(NOON - timedelta(days=20)))
    story.tell(*PACKED, "PACKAGE_SHIPPED", "PACKAGE_DELIVERED")
    assert story.step.effects[-1].delay_ms == 14 * DAY
