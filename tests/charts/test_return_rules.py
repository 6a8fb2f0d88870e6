"""Returns: several for a fulfilment, in part, rejected, and never more than was shipped."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from story import Story, fulfilment
from test_fulfilment_rules import DAY, DELIVERED, OUT, posted, told

from orderwright.domain.orders.goods_line import GoodsLine

ONE_LAMP = {"lines": [{"lineNo": 1, "quantity": 1}]}
BACK = ("RETURN_RECEIVED", "REFUND_ISSUED")


def delivered() -> Story:
    return fulfilment().tell(*DELIVERED)


def test_a_return_in_part_leaves_the_rest_delivered_until_everything_is_back():
    story = delivered().tell("RETURN_REQUESTED", **ONE_LAMP).tell(*BACK)
    assert (story.state, story.values["returned"]) == ("DELIVERED", {"1": 1})
    story.tell("RETURN_REQUESTED", *BACK)
    assert (story.state, story.values["returned"]) == ("REFUNDED", {"1": 2, "2": 3})
    assert story.values["returns"] == 2


def test_returns_are_worth_in_all_what_was_sold_to_the_minor_unit():
    story, amounts = delivered(), []
    for lines in (ONE_LAMP, {"lines": [{"lineNo": 2, "quantity": 1}]}, {}):
        story.tell("RETURN_REQUESTED", **lines).tell(*BACK)
        amounts.append(told(story, "return.refunded")[0]["amountMinor"])
    assert amounts == [500, 333, 1001 + 1000 - 500 - 333]


@given(st.integers(0, 10**12), st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_however_a_line_is_cut_its_parts_are_worth_the_whole(total: int, parts: list[int]):
    rest = GoodsLine(
        line_no=1, sku="LAMP", quantity=sum(parts), of_pieces=sum(parts), total_minor=total
    )
    worth = 0
    for part in parts:
        cut, rest = rest.cut(part)
        half = part // 2
        worth += cut.worth_minor(0, half) + cut.worth_minor(half, part - half)
    assert worth == total
    assert rest.quantity == 0


def test_no_more_comes_back_than_went_out_and_no_line_twice():
    story = delivered().tell("RETURN_REQUESTED", **ONE_LAMP).tell(*BACK)
    for lines in (
        [{"lineNo": 1, "quantity": 2}],
        [{"lineNo": 9, "quantity": 1}],
        [{"lineNo": 2, "quantity": 1}, {"lineNo": 2, "quantity": 1}],
    ):
        (why,) = story.refusal("RETURN_REQUESTED", lines=lines).reasons
        assert why.code == "return.exceeds_shipped"


def test_sellable_goods_go_back_on_hand_and_damaged_ones_do_not():
    story = delivered().tell("RETURN_REQUESTED")
    worn = [{"lineNo": 2, "condition": "DAMAGED"}]
    story.tell("RETURN_RECEIVED", lines=worn)
    assert posted(story) == [("available", "put_back", "LAMP", "MAIN", 2)]
    assert [row["sku"] for row in told(story, "stock.freed")] == ["LAMP"]
    assert [row["condition"] for row in told(story, "return.received")[0]["lines"]] == [
        "SELLABLE",
        "DAMAGED",
    ]
    story.tell("REFUND_ISSUED")
    assert posted(story) == []


def test_a_condition_of_what_is_not_returned_is_refused():
    story = delivered().tell("RETURN_REQUESTED", **ONE_LAMP)
    worn = [{"lineNo": 2, "condition": "DAMAGED"}]
    (why,) = story.refusal("RETURN_RECEIVED", lines=worn).reasons
    assert (why.code, why.values) == ("return.lines_unknown", {"lines": [2]})


@pytest.mark.parametrize(("path", "state"), [(OUT, "SHIPPED"), (DELIVERED, "DELIVERED")])
def test_a_rejected_return_goes_back_where_it_came_from_and_counts_for_nothing(
    path: tuple[str, ...], state: str
):
    asked = fulfilment().tell(*path, "RETURN_REQUESTED")
    for story in (asked.copy(), asked.copy().tell("RETURN_RECEIVED")):
        story.tell("RETURN_REJECTED")
        assert (story.state, story.values["returned"], story.values["return"]) == (state, {}, None)
    assert ("available", "put_back", "LAMP", "MAIN", -2) in posted(story)
    assert story.tell("RETURN_REQUESTED").state == "RETURN_REQUESTED"


def test_goods_of_a_return_that_were_promised_since_cannot_go_back_and_the_refusal_says_why():
    story = delivered().tell("RETURN_REQUESTED", "RETURN_RECEIVED")
    story.facts["stock"] = {
        "LAMP": {"free": {"MAIN": 1, "EAST": 9}, "short": 0},
        "BULB": {"free": {"MAIN": 3}, "short": 0},
    }
    (why,) = story.refusal("RETURN_REJECTED").reasons
    assert why.code == "return.goods_promised"
    assert why.message.startswith("1 LAMP of the return were put back at MAIN and are promised")
    assert why.values["returned"] == {"LAMP": 2, "BULB": 3}
    assert why.values["free"] == {"LAMP": 1, "BULB": 3}
    assert why.unblockers == ("WAREHOUSE", "MANAGER")
    del story.facts["stock"]
    assert story.refusal("RETURN_REJECTED").reasons[0].code == "stock.unknown"


def test_what_lies_free_where_nothing_is_to_be_taken_can_go_back_to_the_customer():
    story = delivered().tell("RETURN_REQUESTED", **ONE_LAMP).tell("RETURN_RECEIVED")
    story.facts["stock"] = {"LAMP": {"free": {"EAST": 9}, "short": 0, "closed": {"EAST": 1}}}
    assert story.refusal("RETURN_REJECTED").reasons[0].code == "return.goods_promised"
    story.facts["stock"] = {"LAMP": {"free": {"EAST": 9}, "short": 0, "closed": {"MAIN": 1}}}
    assert story.tell("RETURN_REJECTED").state == "DELIVERED"


def test_a_word_about_a_return_that_is_done_does_not_move_the_next_one():
    story = delivered().tell("RETURN_REQUESTED", **ONE_LAMP)
    first = story.values["return"]["returnId"]
    for event in BACK:
        story.tell(event, returnId=first)
    story.tell("RETURN_REQUESTED", **ONE_LAMP)
    second = story.values["return"]["returnId"]
    told_of = {"named": first, "open": second}
    for event in BACK:
        for wanted in (event, "RETURN_REJECTED"):
            (why,) = story.refusal(wanted, returnId=first).reasons
            assert (why.code, why.values) == ("return.done", told_of)
        (why,) = story.refusal(event, returnId="elsewhere").reasons
        assert why.code == "return.not_here"
        story.tell(event, returnId=second)
    assert (story.state, story.values["returned"]) == ("DELIVERED", {"1": 2})
    story.tell("RETURN_REQUESTED", "RETURN_RECEIVED")
    (why,) = story.refusal("REFUND_ISSUED", returnId=second).reasons
    assert why.code == "return.done"


def test_worn_goods_of_a_return_go_back_whatever_the_stock_is():
    story = delivered().tell("RETURN_REQUESTED").tell("RETURN_RECEIVED", condition="DAMAGED")
    del story.facts["stock"]
    assert story.tell("RETURN_REJECTED").state == "DELIVERED"


def test_each_return_has_an_id_of_its_own_that_follows_from_the_fulfilment():
    story, ids = delivered(), []
    for _ in range(2):
        story.tell("RETURN_REQUESTED")
        ids.append(told(story, "return.requested")[0]["returnId"])
        story.tell("RETURN_REJECTED")
    assert len(set(ids)) == 2
    assert told(delivered().tell("RETURN_REQUESTED"), "return.requested")[0]["returnId"] == ids[0]


def test_a_rejected_return_does_not_restart_the_return_window():
    story = delivered().tell("RETURN_REQUESTED")
    story.wait(days=9).tell("RETURN_REJECTED")
    assert story.step.effects[-1].delay_ms == 5 * DAY
    story.tell("RETURN_REQUESTED").wait(days=30).tell("RETURN_REJECTED")
    assert story.step.effects[-1].delay_ms == 0


def test_the_window_of_what_came_back_from_the_road_begins_with_the_refund():
    story = fulfilment().tell(*OUT).tell("RETURN_REQUESTED", **ONE_LAMP)
    story.wait(days=3).tell(*BACK)
    assert story.state == "DELIVERED"
    assert story.step.effects[-1].delay_ms == 14 * DAY


def test_a_fulfilment_that_fails_ends_its_open_return():
    story = delivered().tell("RETURN_REQUESTED", "FAIL")
    assert [row["reason"] for row in told(story, "return.rejected")] == ["lost"]
