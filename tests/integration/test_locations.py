"""Locations are added, renamed, closed and opened again on a real PostgreSQL; a closed one gives and takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from goods_house import on_shelf, taken
from shop import (
    ADMIN,
    DELIVER,
    PACK,
    SELLABLE,
    SHIP,
    act,
    fulfilments,
    open_goods,
    place,
    receive,
    sold,
    state,
)

from orderwright import Event, Orderwright
from orderwright.app.goods.location_desk import LocationInUse
from orderwright.app.goods.stock_records import Location, LocationClosed, LocationNotFound, Shelf
from orderwright.app.orders import Asked
from orderwright.errors import InputInvalid
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.runtime.ticket import Result


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_goods(database_url) as opened:
        yield opened


async def names(app: Orderwright) -> list[tuple[str, str, int, bool]]:
    page = await app.stock_list.locations(ADMIN.by, first=50, after=None)
    return [(one.id, one.name, one.rank, one.closed_at is None) for _, one in page.rows]


async def field_of(app: Orderwright, location_id: str, name: str, rank: int | None) -> str:
    with pytest.raises(InputInvalid) as found:
        await app.location_desk.add(location_id, name, rank, ADMIN)
    return found.value.field


async def test_a_location_is_added_last_and_renamed_and_what_is_wrong_names_its_field(
    app: Orderwright,
):
    once = Asked(by=ADMIN.by, idempotency_key="once")
    for _ in range(2):
        added = await app.location_desk.add("east-2", "  East   wing ", None, once)
        assert added == Location(id="east-2", name="East wing", rank=2)
    with pytest.raises(IdempotencyMismatch):
        await app.location_desk.add("east-3", "East wing", None, once)
    wrong = [
        ("East", "New", None, "id"),
        ("a/b", "New", None, "id"),
        ("east", "New", None, "id"),
        ("new", " ", None, "name"),
        ("new", "x" * 101, None, "name"),
        ("new", "EAST", None, "name"),
        ("new", "New", 10**7, "rank"),
    ]
    for location_id, name, rank, field in wrong:
        assert await field_of(app, location_id, name, rank) == field
    with pytest.raises(InputInvalid, match="no other location"):
        await app.location_desk.rename("main", "east", ADMIN)
    with pytest.raises(LocationNotFound):
        await app.location_desk.rename("moon", "Moon", ADMIN)
    await app.location_desk.rename("east", "EAST", ADMIN)
    assert await names(app) == [
        ("main", "Main warehouse", 0, True),
        ("east", "EAST", 1, True),
        ("east-2", "East wing", 2, True),
    ]


async def test_a_location_with_stock_or_reservations_is_not_closed_and_says_what_lies_there(
    app: Orderwright,
):
    await receive(app, "LAMP", 3)
    order = await place(app, LAMP=2)
    await app.worker.drain()
    with pytest.raises(LocationInUse) as found:
        await app.location_desk.close("main", ADMIN)
    assert found.value.values == {
        "field": "id",
        "value": "main",
        "onHand": 3,
        "reserved": 2,
        "skus": ["LAMP"],
    }
    await app.stock_desk.adjust(Shelf("LAMP", "main"), -1, "broken", ADMIN)
    with pytest.raises(LocationInUse, match=r"2 pieces lie there \(LAMP\), 2 of them reserved"):
        await app.location_desk.close("main", ADMIN)
    assert await taken(app, order) == [("LAMP", "main", 2)]
    assert (await names(app))[0] == ("main", "Main warehouse", 0, True)


async def test_a_closed_location_receives_nothing_and_what_comes_back_to_it_waits_for_its_opening(
    app: Orderwright,
):
    package = await sent(app)
    first = await app.location_desk.close("main", ADMIN)
    assert await app.location_desk.close("main", ADMIN) == first
    for shelf in (Shelf("LAMP", "main"), Shelf("DESK", "main")):
        with pytest.raises(LocationClosed, match="Main warehouse is closed"):
            await app.stock_desk.receive(shelf, 1, "DN-2", ADMIN)
    with pytest.raises(LocationClosed):
        await app.stock_desk.adjust(Shelf("LAMP", "main"), 1, "found", ADMIN)

    await receive(app, "LAMP", 1, "east")
    await act(app, package, Event("RETURN_REQUESTED", {"reason": "dark"}), SELLABLE)
    waiting = await sold(app, LAMP=3)
    assert await on_shelf(app, "LAMP", "main") == {"available": 2, "reserved": 0}
    assert await on_shelf(app, "LAMP", "east") == {"available": 0, "reserved": 1}
    assert await states(app, waiting) == ["BACKORDERED", "PICK_PACK"]

    await app.location_desk.reopen("main", ADMIN)
    await app.worker.drain()
    assert await on_shelf(app, "LAMP", "main") == {"available": 0, "reserved": 2}
    assert await states(app, waiting) == ["PICK_PACK", "PICK_PACK"]


async def test_what_lies_free_at_a_closed_location_goes_back_to_who_returned_it(app: Orderwright):
    package = await sent(app)
    await app.location_desk.close("main", ADMIN)
    await act(app, package, Event("RETURN_REQUESTED", {"reason": "dark"}), SELLABLE)
    await act(app, package, Event("RETURN_REJECTED", {"reason": "worn"}))
    assert await on_shelf(app, "LAMP", "main") == {"available": 0, "reserved": 0}


async def test_what_came_back_to_a_closed_location_may_be_adjusted_away(app: Orderwright):
    package = await sent(app)
    await app.location_desk.close("main", ADMIN)
    await act(app, package, Event("RETURN_REQUESTED", {"reason": "dark"}), SELLABLE)
    assert (await app.location_desk.close("main", ADMIN)).closed_at is not None
    lowered = await app.stock_desk.adjust(Shelf("LAMP", "main"), -2, "given away", ADMIN)
    assert lowered.refused is None
    assert await on_shelf(app, "LAMP", "main") == {"available": 0, "reserved": 0}


async def states(app: Orderwright, order_id: str) -> list[str]:
    return sorted([await state(app, one.id) for one in await fulfilments(app, order_id)])


async def sent(app: Orderwright) -> str:
    """Deliver two lamps, all that there are, from the main warehouse; return the package."""
    await receive(app, "LAMP", 2)
    order = await sold(app, LAMP=2)
    [package] = await fulfilments(app, order)
    await act(app, package.id, PACK, SHIP, DELIVER)
    return package.id


async def test_of_a_delivery_and_a_closing_at_once_one_wins_and_the_other_says_why(
    app: Orderwright,
):
    for _ in range(8):
        came, closed = await asyncio.gather(
            app.stock_desk.receive(Shelf("LAMP", "main"), 1, "DN", ADMIN),
            app.location_desk.close("main", ADMIN),
            return_exceptions=True,
        )
        is_in = isinstance(came, Result)
        assert is_in or isinstance(came, LocationClosed), came
        assert isinstance(closed, LocationInUse if is_in else Location), closed
        assert (await on_shelf(app, "LAMP", "main"))["available"] == int(is_in)
        assert (await names(app))[0][3] is is_in
        if is_in:
            await app.stock_desk.adjust(Shelf("LAMP", "main"), -1, "again", ADMIN)
        await app.location_desk.reopen("main", ADMIN)
