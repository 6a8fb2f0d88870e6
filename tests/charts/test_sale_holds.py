"""A sale and what policies hold it back with: it clears when nothing does, and not before."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st
from story import HOLD, NOON, Story, at, cleared, sale, undecided
from test_sale_clearance import clears

from orderwright.statechart import Cancel, Emit, Schedule

CLEARED, PENDING = "CLEARED_FOR_FULFILMENT", "PAYMENT_PENDING_CONFIRMATION"
HOUR = 3_600_000


def test_a_paid_sale_that_is_held_says_by_what_and_who_can_lift_it():
    story = undecided().tell("PAYMENT_CAPTURED")
    story.tell("DECISION_RECORDED", holds={"h1": HOLD, "h2": {**HOLD, "kind": "approval"}})
    why = clears(story)["policy.held"]
    assert story.state == PENDING
    told = "held by policy Large first order, version 1: large first order"
    assert why.message == f"{told}; {told}"
    assert why.unblockers == ("COMPLIANCE", "MANAGER")
    assert [hold["holdId"] for hold in why.values["holds"]] == ["h1", "h2"]
    assert why.values["holds"][0].items() >= {"policy": "p1", "since": at(NOON)}.items()


def test_a_hold_from_before_names_were_kept_tells_its_policy_by_the_id():
    story = undecided().tell("PAYMENT_CAPTURED")
    story.tell("DECISION_RECORDED", holds={"h1": {**HOLD, "policyName": None}})
    assert clears(story)["policy.held"].message.startswith("held by policy p1, version 1: ")


def test_what_was_held_clears_when_the_last_hold_is_lifted():
    story = undecided().tell("PAYMENT_CAPTURED")
    story.tell("DECISION_RECORDED", holds={"h1": HOLD, "h2": HOLD})
    assert story.tell("HOLD_LIFTED", holdId="h1").state == PENDING
    assert story.tell("HOLD_LIFTED", holdId="h2").state == CLEARED
    assert (cleared(story), story.emitted().count("sale.hold_lifted")) == (1, 2)


def test_a_hold_un_clears_what_was_not_shipped_and_lifting_it_clears_again():
    story = sale().tell("PAYMENT_CAPTURED", "HOLD_PLACED")
    assert story.state == PENDING
    assert Emit("sale.held", {"orderId": "o1", "holdId": "h1", **HOLD}) in story.step.effects
    assert Emit("sale.uncleared", {"orderId": "o1"}) in story.step.effects
    assert story.tell("HOLD_LIFTED").state == CLEARED
    assert cleared(story) == 2


def test_credit_that_was_held_comes_back_with_the_hold_and_is_taken_again_when_it_is_lifted():
    story = sale(limit=500).tell("SET_PAYMENT_METHOD", method="INVOICE")
    assert story.tell("HOLD_PLACED").values["creditHeldMinor"] == 0
    assert story.tell("HOLD_LIFTED").values["creditHeldMinor"] == 10000


def test_a_hold_after_shipping_tells_of_itself_and_stops_nothing():
    story = sale().tell("PAYMENT_CAPTURED", "FULFILMENT_SHIPPED", "HOLD_PLACED")
    assert story.state == CLEARED
    told = {"orderId": "o1", "holdId": "h1", "reason": "large first order"}
    assert Emit("sale.held_after_shipping", told) in story.step.effects
    assert story.tell("HOLD_PLACED").step.effects == ()


def test_a_freeze_for_a_while_ends_by_itself_and_not_after_it_was_released():
    story = sale().tell("PAYMENT_CAPTURED").tell("FREEZE", releaseAfterMs=HOUR)
    (timer,) = [one for one in story.step.effects if isinstance(one, Schedule)]
    assert (timer.event.type, timer.delay_ms) == ("FREEZE_ENDED", HOUR)
    released = story.copy().wait(minutes=5).tell("RELEASE")
    assert Cancel("FREEZE_ENDED") in released.step.effects
    assert story.wait(hours=1).tell("FREEZE_ENDED").state == CLEARED


def test_a_longer_freeze_lengthens_one_in_place_and_a_shorter_one_adds_nothing():
    story = sale().tell("FREEZE", releaseAfterMs=HOUR)
    (why,) = story.refusal("FREEZE", releaseAfterMs=HOUR // 2).reasons
    assert why.code == "policy.frozen_already"
    story.tell("FREEZE", releaseAfterMs=2 * HOUR)
    assert (
        next(one for one in story.step.effects if isinstance(one, Schedule)).delay_ms == 2 * HOUR
    )
    story.tell("FREEZE")
    assert Cancel("FREEZE_ENDED") in story.step.effects
    assert not any(isinstance(one, Schedule) for one in story.step.effects)
    assert "until" not in story.values["frozen"]


orders = st.lists(
    st.tuples(st.sampled_from(["HOLD_PLACED", "HOLD_LIFTED"]), st.sampled_from("abc")),
    max_size=12,
)


@given(orders)
@settings(max_examples=60, deadline=None)
def test_a_hold_stands_from_when_it_is_placed_first_until_it_is_lifted_in_whatever_order_they_come(
    events: list[tuple[str, str]],
):
    story: Story = sale().tell("PAYMENT_CAPTURED")
    placed, lifted = set(), set()
    for event, hold in events:
        story.tell(event, holdId=hold)
        (placed if event == "HOLD_PLACED" else lifted).add(hold)
        assert set(story.values.get("holds", {})) == placed - lifted
        assert (story.state == CLEARED) is (not placed - lifted)


def test_a_freeze_for_good_is_explained_as_one_that_nothing_can_lengthen():
    assert sale().tell("FREEZE").explain()["FREEZE"].status == "blocked"
    assert sale().tell("FREEZE", releaseAfterMs=HOUR).explain()["FREEZE"].status == "depends"
