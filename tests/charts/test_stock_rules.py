"""What the charts of stock and of reservations book, tell and remember."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from story import Story, reservation, stock

from orderwright.statechart import Emit, Post


def booked(story: Story) -> list[tuple[str, str, str, int]]:
    posts = [one for one in story.step.effects if isinstance(one, Post)]
    return [(p.data["kind"], p.ledger, p.data["location"], p.data["quantity"]) for p in posts]


def told(story: Story) -> list[tuple[str, Mapping]]:
    return [(one.type, one.data) for one in story.step.effects if isinstance(one, Emit)]


def test_what_arrives_is_booked_told_and_free():
    story = stock().tell("RECEIVE_STOCK")
    shelf = {"sku": "LAMP", "location": "north"}
    assert booked(story) == [("receive", "stock.available", "north", 10)]
    assert told(story) == [
        ("stock.received", {**shelf, "quantity": 10, "reference": "DN-1"}),
        ("stock.freed", shelf),
    ]


@pytest.mark.parametrize(
    ("change", "names"), [(-1, ["stock.adjusted"]), (2, ["stock.adjusted", "stock.freed"])]
)
def test_only_what_is_found_is_free(change: int, names: list[str]):
    story = stock().tell("ADJUST_STOCK", change=change)
    assert booked(story) == [("adjust", "stock.available", "north", change)]
    assert [name for name, _ in told(story)] == names


def test_a_change_of_nothing_is_refused():
    [reason] = stock().refusal("ADJUST_STOCK", change=0).reasons
    assert reason.code == "stock.unchanged"


def test_serving_on_frees_nothing_more_and_tells_it():
    story = stock().tell("SERVE_ON")
    assert (booked(story), [name for name, _ in told(story)]) == ([], ["stock.freed"])


def test_a_reservation_gives_back_exactly_what_it_took_and_may_take_again():
    story = reservation().tell("RESERVE")
    part = {"lineNo": 1, "sku": "LAMP", "location": "south", "quantity": 3}
    assert story.values["taken"] == [part]
    assert booked(story) == [
        ("reserve", "stock.available", "south", -3),
        ("reserve", "stock.reserved", "south", 3),
    ]
    story.tell("RELEASE")
    assert (story.state, story.values["taken"]) == ("RELEASED", [])
    assert booked(story) == [
        ("release", "stock.available", "south", 3),
        ("release", "stock.reserved", "south", -3),
    ]
    assert told(story) == [("stock.freed", {"sku": "LAMP", "location": "south"})]
    story.facts["stock"] = {"LAMP": {"free": {"north": 1}, "short": 0}}
    assert story.tell("RESERVE").values["taken"] == [{**part, "location": "north", "quantity": 1}]


def test_handing_over_books_nothing_and_leaves_what_was_taken_to_be_read():
    story = reservation().tell("RESERVE", "HAND_OVER")
    assert (story.step.effects, story.state) == ((), "HANDED_OVER")
    assert [one["quantity"] for one in story.values["taken"]] == [3]


def test_who_is_cleared_before_anything_was_reserved_has_nothing_and_takes_nothing_more():
    story = reservation().tell("HAND_OVER")
    assert story.values["taken"] == []
    assert story.refusal("RESERVE").code == "done"


def test_nothing_is_reserved_while_it_is_not_known_what_is_there():
    story = reservation()
    del story.facts["stock"]
    assert story.refusal("RESERVE").code == "action_error"
