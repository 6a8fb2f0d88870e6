"""Who may take what from where, and what it books: examples of the domain, and what holds for all others."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from orderwright.app.ledgers import LEDGERS
from orderwright.domain.orders.inventory import (
    AVAILABLE,
    RESERVED,
    SHORT,
    Supply,
    Taken,
    Want,
    back,
    called_off,
    changed,
    issue,
    missing,
    put_back,
    release,
    reserve,
    served,
    short,
    stock_of,
    take,
    taken_of,
    wants_of,
)
from orderwright.statechart import Emit, Post

WHO = {"orderId": "o1"}
SKUS, PLACES = ["A", "B", "C"], ["north", "south", "west"]
counts = st.integers(0, 9)
stocks = st.dictionaries(
    st.sampled_from(SKUS),
    st.builds(Supply, free=st.dictionaries(st.sampled_from(PLACES), counts), short=counts),
)
orders = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 9)), max_size=5).map(
    lambda lines: [
        Want(line_no=number, sku=sku, quantity=quantity)
        for number, (sku, quantity) in enumerate(lines, 1)
    ]
)


def wants(*lines: tuple[str, int]) -> list[Want]:
    return [Want(line_no=n, sku=sku, quantity=q) for n, (sku, q) in enumerate(lines, 1)]


def supply(*places: tuple[str, int], short: int = 0) -> Supply:
    return Supply(free=dict(places), short=short)


def brief(taken: tuple[Taken, ...]) -> list[tuple[int, str, int]]:
    return [(part.line_no, part.location, part.quantity) for part in taken]


@pytest.mark.parametrize(
    ("asked", "stock", "taken"),
    [
        pytest.param([("A", 3)], {"A": supply(("n", 5))}, [(1, "n", 3)], id="enough"),
        pytest.param([("A", 3)], {"A": supply(("n", 2))}, [(1, "n", 2)], id="not enough"),
        pytest.param([("A", 3)], {}, [], id="never heard of"),
        pytest.param([("A", 3)], {"A": supply(("n", 0))}, [], id="sold out"),
        pytest.param([], {"A": supply(("n", 1))}, [], id="nothing asked"),
        pytest.param(
            [("A", 3)],
            {"A": supply(("n", 2), ("s", 3))},
            [(1, "s", 3)],
            id="one location alone before an earlier one in part",
        ),
        pytest.param(
            [("A", 4)],
            {"A": supply(("n", 2), ("s", 3))},
            [(1, "n", 2), (1, "s", 2)],
            id="several locations in order of allocation",
        ),
        pytest.param(
            [("A", 1), ("B", 1)],
            {"A": supply(("n", 9), ("s", 1)), "B": supply(("s", 1))},
            [(1, "s", 1), (2, "s", 1)],
            id="the location that has all lines",
        ),
        pytest.param(
            [("A", 2), ("A", 2)],
            {"A": supply(("n", 3))},
            [(1, "n", 2), (2, "n", 1)],
            id="two lines of one SKU, the first one first",
        ),
        pytest.param(
            [("A", 2), ("B", 2)],
            {"A": supply(("n", 2)), "B": supply(("n", 1))},
            [(1, "n", 2), (2, "n", 1)],
            id="a line in part",
        ),
        pytest.param(
            [("A", 3)],
            {"A": supply(("n", 4), ("s", 4), short=6)},
            [(1, "n", 2)],
            id="not what others wait for",
        ),
        pytest.param([("A", 1)], {"A": supply(("n", 4), short=9)}, [], id="others wait for all"),
    ],
)
def test_who_is_not_in_turn_takes_what_nobody_waits_for(
    asked: list, stock: dict[str, Supply], taken: list
):
    assert brief(take(wants(*asked), stock)) == taken


def test_who_is_in_turn_takes_what_is_there():
    stock = {"A": supply(("n", 4), short=9)}
    assert brief(take(wants(("A", 5)), stock, in_turn={"A"})) == [(1, "n", 4)]


@given(orders, stocks, st.sets(st.sampled_from(SKUS)))
def test_nothing_is_taken_that_is_not_there_or_not_asked_for(
    asked: list[Want], stock: dict[str, Supply], in_turn: set[str]
):
    taken = take(asked, stock, in_turn=in_turn)
    by_shelf: Counter = Counter()
    by_line: Counter = Counter()
    for part in taken:
        assert part.quantity > 0
        by_shelf[part.sku, part.location] += part.quantity
        by_line[part.line_no, part.sku] += part.quantity
    assert all(count <= stock[sku].free[place] for (sku, place), count in by_shelf.items())
    limits = {(want.line_no, want.sku): want.quantity for want in asked}
    assert all(count <= limits[line] for line, count in by_line.items())
    assert [part.line_no for part in taken] == sorted(part.line_no for part in taken)


@given(orders, stocks, st.sets(st.sampled_from(SKUS)))
def test_as_much_is_taken_as_turn_and_stock_allow(
    asked: list[Want], stock: dict[str, Supply], in_turn: set[str]
):
    taken = take(asked, stock, in_turn=in_turn)
    for sku in SKUS:
        there = sum(stock[sku].free.values()) if sku in stock else 0
        kept = 0 if sku in in_turn or sku not in stock else stock[sku].short
        wanted = sum(want.quantity for want in asked if want.sku == sku)
        got = sum(part.quantity for part in taken if part.sku == sku)
        assert got == min(wanted, max(there - kept, 0))


@given(orders, stocks)
def test_one_location_is_enough_where_one_has_all(asked: list[Want], stock: dict[str, Supply]):
    needs: Counter = Counter()
    for want in asked:
        needs[want.sku] += want.quantity
    able = [
        place
        for place in PLACES
        if all(sku in stock and stock[sku].free.get(place, 0) >= n for sku, n in needs.items())
    ]
    places = {part.location for part in take(asked, stock, in_turn=SKUS)}
    if asked and able:
        assert len(places) == 1
        assert places <= set(able)


@given(orders, stocks)
def test_what_is_taken_and_what_is_missing_make_up_what_was_asked(
    asked: list[Want], stock: dict[str, Supply]
):
    taken = take(asked, stock, in_turn=SKUS)
    lacks = missing(asked, taken)
    assert all(want.quantity > 0 for want in lacks)
    for want in asked:
        got = sum(part.quantity for part in taken if part.line_no == want.line_no)
        rest = sum(one.quantity for one in lacks if one.line_no == want.line_no)
        assert got + rest == want.quantity


@given(orders, stocks)
def test_lines_and_stock_are_read_as_they_are_written(asked: list[Want], stock: dict[str, Supply]):
    taken = take(asked, stock, in_turn=SKUS)
    context = {
        "lines": [{**want.to_json(), "kind": "GOODS"} for want in asked],
        "taken": [part.to_json() for part in taken],
    }
    fact = {sku: {"free": dict(one.free), "short": one.short} for sku, one in stock.items()}
    assert wants_of(context) == tuple(asked)
    assert taken_of(context) == taken
    assert stock_of({"stock": fact}) == stock


# --- booking --------------------------------------------------------------------------------------

PART = Taken(line_no=1, sku="A", location="north", quantity=3)
WANT = Want(line_no=1, sku="A", quantity=3)


def booked(effects: list) -> list[tuple[str, str, str, int]]:
    posts = [one for one in effects if isinstance(one, Post)]
    read = [(one, LEDGERS[one.ledger](one.data)) for one in posts]
    assert all(booking.floor == 0 for _, booking in read)
    return [(str(p.data["kind"]), p.ledger, b.account, b.amount) for p, b in read]


@pytest.mark.parametrize(
    ("effects", "bookings", "is_freed"),
    [
        pytest.param(
            reserve([PART], WHO),
            [
                ("reserve", AVAILABLE, "north/A", -3),
                ("reserve", RESERVED, "north/A", 3),
            ],
            False,
            id="reserve",
        ),
        pytest.param(
            release([PART], WHO),
            [
                ("release", AVAILABLE, "north/A", 3),
                ("release", RESERVED, "north/A", -3),
            ],
            True,
            id="release",
        ),
        pytest.param(issue([PART], WHO), [("issue", RESERVED, "north/A", -3)], False, id="issue"),
        pytest.param(
            back([PART], WHO, given_up=False),
            [("back", RESERVED, "north/A", 3)],
            False,
            id="back, to be tried again",
        ),
        pytest.param(
            back([PART], WHO, given_up=True),
            [("back", AVAILABLE, "north/A", 3)],
            True,
            id="back, given up",
        ),
        pytest.param(
            put_back([PART], WHO), [("put_back", AVAILABLE, "north/A", 3)], True, id="put back"
        ),
        pytest.param(short([WANT], WHO), [("short", SHORT, "A", 3)], False, id="short"),
        pytest.param(served([WANT], WHO), [("served", SHORT, "A", -3)], False, id="served"),
        pytest.param(
            called_off([WANT], WHO), [("called_off", SHORT, "A", -3)], False, id="called off"
        ),
        pytest.param(
            changed("receive", "A", "north", 3, {"reference": "PO-1"}),
            [("receive", AVAILABLE, "north/A", 3)],
            True,
            id="receive",
        ),
        pytest.param(
            changed("adjust", "A", "north", -3, {}),
            [("adjust", AVAILABLE, "north/A", -3)],
            False,
            id="adjust down",
        ),
    ],
)
def test_each_movement_books_what_the_domain_says(effects: list, bookings: list, is_freed: bool):
    assert booked(effects) == bookings
    told = [Emit("stock.freed", {"sku": "A", "location": "north"})]
    emitted = [one for one in effects if isinstance(one, Emit) and one.type == "stock.freed"]
    assert emitted == (told if is_freed else [])


def test_it_is_told_once_for_each_sku_that_it_is_waited_for_no_more():
    wants = [WANT, Want(line_no=2, sku="A", quantity=1), Want(line_no=3, sku="B", quantity=1)]
    told = [one.data for one in called_off(wants, WHO) if isinstance(one, Emit)]
    assert told == [{"sku": "A"}, {"sku": "B"}]
    assert called_off([], WHO) == []


def test_rows_carry_who_they_are_about():
    [row] = [one.data for one in issue([PART], {"orderId": "o1", "fulfilmentId": "f1"})]
    assert row == {
        "kind": "issue",
        "lineNo": 1,
        "sku": "A",
        "location": "north",
        "quantity": -3,
        "orderId": "o1",
        "fulfilmentId": "f1",
    }


def test_stock_is_freed_once_for_each_shelf():
    lines = [Taken(line_no=n, sku="A", location="north", quantity=1) for n in (1, 2)]
    assert len([one for one in release(lines, WHO) if isinstance(one, Emit)]) == 1


@given(orders, stocks)
def test_what_is_reserved_and_released_leaves_every_balance_as_it_was(
    asked: list[Want], stock: dict[str, Supply]
):
    taken = take(asked, stock, in_turn=SKUS)
    totals: Counter = Counter()
    for _, ledger, account, amount in booked([*reserve(taken, WHO), *release(taken, WHO)]):
        totals[ledger, account] += amount
    assert not any(totals.values())
