"""Shipping, failed deliveries, holds and ends: what the table of the fulfilment says, row by row."""

from __future__ import annotations

from datetime import timedelta

from story import FITTING, NOON, ONE_LAMP, SPREAD, Story, at, fulfilment

from orderwright.statechart import Emit, Post

DAY = 86_400_000
PACKED = ("ALLOCATE", "FULFILMENT_STARTED")
OUT = (*PACKED, "PACKAGE_SHIPPED")
DELIVERED = (*OUT, "PACKAGE_DELIVERED")


def posted(story: Story) -> list[tuple]:
    """What the last step posted: ledger, kind, SKU, location where there is one, and pieces."""
    rows = [effect for effect in story.step.effects if isinstance(effect, Post)]
    return [
        (
            row.ledger.removeprefix("stock."),
            *(row.data[key] for key in ("kind", "sku", "location") if row.data.get(key)),
            row.data["quantity"],
        )
        for row in rows
    ]


def told(story: Story, name: str) -> list[dict]:
    effects = [effect for effect in story.step.effects if isinstance(effect, Emit)]
    return [dict(effect.data) for effect in effects if effect.type == name]


# --- allocation -----------------------------------------------------------------------------------


def test_what_is_there_is_reserved_at_one_location_and_can_be_picked():
    story = fulfilment().tell("ALLOCATE")
    assert story.state == "PICK_PACK"
    assert story.values["location"] == "MAIN"
    assert sorted(posted(story)) == [
        ("available", "reserve", "BULB", "MAIN", -3),
        ("available", "reserve", "LAMP", "MAIN", -2),
        ("reserved", "reserve", "BULB", "MAIN", 3),
        ("reserved", "reserve", "LAMP", "MAIN", 2),
    ]


def test_what_is_not_there_is_short_and_the_rest_stays_reserved():
    story = fulfilment(ONE_LAMP).tell("ALLOCATE")
    assert story.state == "BACKORDERED"
    assert story.values["short"] == [{"lineNo": 1, "sku": "LAMP", "quantity": 1}]
    assert ("short", "short", "LAMP", 1) in posted(story)
    assert ("reserved", "reserve", "BULB", "MAIN", 3) in posted(story)


def test_a_backorder_that_is_served_in_turn_takes_what_older_ones_wait_for():
    story = fulfilment(ONE_LAMP).tell("ALLOCATE")
    story.facts["stock"] = {
        "LAMP": {"free": {"MAIN": 1}, "short": 1},
        "BULB": {"free": {}, "short": 0},
    }
    assert story.copy().tell("ALLOCATE").state == "BACKORDERED"
    assert story.copy().tell("ALLOCATE", inTurn=["BULB"]).state == "BACKORDERED"
    story.tell("ALLOCATE", inTurn=["LAMP"])
    assert story.state == "PICK_PACK"
    assert ("short", "served", "LAMP", -1) in posted(story)
    assert story.values["taken"][0]["quantity"] == 2


def test_goods_of_two_locations_part_and_each_goes_on_with_what_is_reserved_for_it():
    story = fulfilment(SPREAD).tell("ALLOCATE")
    assert (story.state, story.values["location"]) == ("PICK_PACK", "MAIN")
    assert [line["sku"] for line in story.values["lines"]] == ["LAMP"]
    [part] = told(story, "fulfilment.split")
    assert [(line["sku"], line["quantity"]) for line in part["lines"]] == [("BULB", 3)]
    assert part["taken"] == [{"lineNo": 2, "sku": "BULB", "location": "EAST", "quantity": 3}]


def test_without_knowing_the_stock_nothing_is_allocated():
    story = fulfilment()
    del story.facts["stock"]
    assert story.refusal("ALLOCATE").code == "guard_unknown"


def test_what_was_reserved_before_is_picked_at_once_and_posts_nothing():
    taken = [{"lineNo": 1, "sku": "LAMP", "location": "EAST", "quantity": 2}]
    story = fulfilment(lines=fulfilment().values["lines"][:1], taken=taken)
    assert (story.state, story.values["location"]) == ("PICK_PACK", "EAST")
    assert posted(story) == []


# --- shipping -------------------------------------------------------------------------------------


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


def test_shipping_remembers_carrier_tracking_and_time_and_takes_the_goods_off_the_shelf():
    story = fulfilment().tell(*OUT)
    found = story.values
    assert (found["carrier"], found["tracking"], found["shippedAt"]) == ("DHL", "T1", at(NOON))
    assert sorted(posted(story)) == [
        ("reserved", "issue", "BULB", "MAIN", -3),
        ("reserved", "issue", "LAMP", "MAIN", -2),
    ]


def test_lines_that_are_not_shipped_go_on_elsewhere_with_what_is_reserved_for_them():
    story = fulfilment().tell(*PACKED)
    story.tell("PACKAGE_SHIPPED", lines=[{"lineNo": 1, "quantity": 1}])
    assert posted(story) == [("reserved", "issue", "LAMP", "MAIN", -1)]
    [rest] = told(story, "fulfilment.split")
    assert [(line["sku"], line["quantity"], line["firstPiece"]) for line in rest["lines"]] == [
        ("LAMP", 1, 1),
        ("BULB", 3, 0),
    ]
    assert [(row["sku"], row["quantity"]) for row in rest["taken"]] == [("LAMP", 1), ("BULB", 3)]
    assert [line["quantity"] for line in story.values["lines"]] == [1]


def test_no_more_is_shipped_than_there_is_and_no_line_twice():
    story = fulfilment().tell(*PACKED)
    for lines in (
        [{"lineNo": 1, "quantity": 3}],
        [{"lineNo": 9, "quantity": 1}],
        [{"lineNo": 1, "quantity": 1}, {"lineNo": 1, "quantity": 1}],
    ):
        (why,) = story.refusal("PACKAGE_SHIPPED", lines=lines).reasons
        assert why.code == "fulfilment.lines_not_here"


# --- delivery -------------------------------------------------------------------------------------


def test_delivered_twice_changes_nothing():
    story = fulfilment().tell(*DELIVERED)
    before = story.snapshot
    story.wait(days=1).tell("PACKAGE_DELIVERED")
    assert story.step.changed is False
    assert story.snapshot == before


def test_the_return_window_ends_in_completion():
    story = fulfilment(returnWindowDays=30).tell(*DELIVERED)
    timer = story.step.effects[-1]
    assert timer.delay_ms == 30 * DAY
    assert story.tell(timer.event.type).state == "COMPLETED"
    assert story.emitted()[-1] == "fulfilment.ended"


def test_a_failed_delivery_comes_back_on_the_shelf_still_reserved():
    story = fulfilment().tell(*OUT, "DELIVERY_FAILED")
    assert story.state == "READY_FOR_SHIPMENT"
    assert sorted(posted(story)) == [
        ("reserved", "back", "BULB", "MAIN", 3),
        ("reserved", "back", "LAMP", "MAIN", 2),
    ]
    story.tell("PACKAGE_SHIPPED")
    assert len(posted(story)) == 2


def test_the_last_delivery_attempt_that_fails_fails_the_fulfilment_and_frees_the_goods():
    story = fulfilment(deliveryAttemptLimit=2).tell(*OUT)
    assert story.tell("DELIVERY_FAILED").state == "READY_FOR_SHIPMENT"
    assert story.tell("PACKAGE_SHIPPED", "DELIVERY_FAILED").state == "FAILED"
    assert story.values["deliveryAttempts"] == 2
    assert sorted(posted(story)) == [
        ("available", "back", "BULB", "MAIN", 3),
        ("available", "back", "LAMP", "MAIN", 2),
    ]
    assert {row["sku"] for row in told(story, "stock.freed")} == {"LAMP", "BULB"}


def test_the_window_counts_from_the_delivery_that_a_history_import_tells():
    story = fulfilment(deliveredAt=at(NOON - timedelta(days=20))).tell(*DELIVERED)
    assert story.step.effects[-1].delay_ms == 14 * DAY


# --- services -------------------------------------------------------------------------------------


def test_a_service_is_scheduled_rendered_and_complete_and_touches_no_stock():
    story = fulfilment(lines=[FITTING])
    assert story.state == "PICK_PACK"
    (why,) = story.refusal("FULFILMENT_STARTED").reasons
    assert why.code == "fulfilment.is_service"
    story.tell("SERVICE_SCHEDULED", "SERVICE_STARTED", "SERVICE_COMPLETED")
    assert story.state == "COMPLETED"
    assert [
        effect for step in story.steps for effect in step.effects if isinstance(effect, Post)
    ] == []


def test_goods_are_not_scheduled():
    (why,) = fulfilment().tell("ALLOCATE").refusal("SERVICE_SCHEDULED").reasons
    assert why.code == "fulfilment.is_goods"


# --- holds and ends -------------------------------------------------------------------------------


def test_work_is_resumed_in_the_state_in_which_it_stopped():
    for story in (
        fulfilment(),
        fulfilment(ONE_LAMP).tell("ALLOCATE"),
        fulfilment().tell("ALLOCATE"),
        fulfilment().tell(*PACKED),
        fulfilment(lines=[FITTING]).tell("SERVICE_SCHEDULED"),
    ):
        state = story.state
        assert story.tell("HOLD").state == "ON_HOLD"
        assert story.tell("RESUME").state == state
        assert told(story, "fulfilment.resumed") == [{"fulfilmentId": "f1", "orderId": "o1"}]


def test_work_is_not_resumed_and_no_service_rendered_unless_the_sale_is_cleared_at_that_moment():
    service = fulfilment(lines=[FITTING])
    for story, event in (
        (fulfilment().tell("HOLD"), "RESUME"),
        (service, "SERVICE_SCHEDULED"),
        (service.copy().tell("SERVICE_SCHEDULED"), "SERVICE_STARTED"),
        (service.copy().tell("SERVICE_SCHEDULED", "SERVICE_STARTED"), "SERVICE_COMPLETED"),
    ):
        story.facts["sale"] = {"state": "FROZEN"}
        (why,) = story.refusal(event).reasons
        assert (why.code, why.values) == ("sale.not_cleared", {"state": "FROZEN"})
        assert why.unblockers == ("COMPLIANCE", "MANAGER")
        del story.facts["sale"]
        assert story.refusal(event).code == "guard_unknown"


def test_who_is_stopped_waits_for_nothing_and_waits_anew_afterwards():
    story = fulfilment(ONE_LAMP).tell("ALLOCATE", "HOLD")
    assert posted(story) == [("short", "called_off", "LAMP", -1)]
    story.facts["stock"] = ONE_LAMP | {"LAMP": {"free": {}, "short": 0}}
    story.tell("RESUME", "ALLOCATE")
    assert posted(story) == [("short", "short", "LAMP", 1)]


def test_cancelling_gives_back_what_is_reserved_and_waits_for_nothing():
    waiting = fulfilment(ONE_LAMP).tell("ALLOCATE")
    for story in (waiting.copy().tell("CANCEL"), waiting.copy().tell("HOLD", "CANCEL")):
        assert story.state == "CANCELLED"
        assert ("available", "release", "BULB", "MAIN", 3) in posted(story)
        assert story.values["taken"] == []
        assert story.values["short"] == []
    assert ("short", "called_off", "LAMP", -1) in posted(waiting.copy().tell("CANCEL"))
    assert ("short", "called_off", "LAMP", -1) not in posted(story)


def test_giving_up_frees_what_is_reserved_and_leaves_what_is_out():
    assert ("available", "release", "LAMP", "MAIN", 2) in posted(
        fulfilment().tell(*PACKED, "FAIL")
    )
    assert posted(fulfilment().tell(*OUT, "FAIL")) == []


def test_every_end_is_told_with_its_outcome():
    delivered = fulfilment().tell(*DELIVERED)
    ends = {
        "REFUNDED": delivered.copy().tell("RETURN_REQUESTED", "RETURN_RECEIVED", "REFUND_ISSUED"),
        "CANCELLED": fulfilment().tell("HOLD", "CANCEL"),
        "FAILED": delivered.copy().tell("FAIL"),
        "COMPLETED": fulfilment(lines=[FITTING]).tell(
            "SERVICE_SCHEDULED", "SERVICE_STARTED", "SERVICE_COMPLETED"
        ),
    }
    for outcome, story in ends.items():
        last = story.step.effects[-1]
        assert (story.state, last.type, last.data["outcome"]) == (
            outcome,
            "fulfilment.ended",
            outcome,
        )
        assert story.snapshot.status == "done"
