"""Many who want one SKU at once: they share transactions, and each decides by what those before it have taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from goods_house import on_shelf, open_house, place, receive, taken

from orderwright import Event, Orderwright
from orderwright.app.goods.reservations import ensure_reservations, reservation_id_of
from orderwright.runtime.command import Actor, Cause

TESTER = Actor("tester", "system")


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(database_url) as opened:
        yield opened


async def waiting(app: Orderwright, count: int) -> list[str]:
    """Place orders of one piece, whose reservations have taken nothing yet."""
    orders = [await place(app, ("ANVIL", 1)) for _ in range(count)]
    causes = {order_id: Cause(actor=TESTER) for order_id in orders}
    async with app.pool.acquire() as connection, connection.transaction():
        await ensure_reservations(app.engine, connection, causes)
    return orders


async def tell_all(app: Orderwright, orders: list[str], name: str) -> None:
    for result in await asyncio.gather(
        *(app.engine.send(reservation_id_of(one), Event(name), actor=TESTER) for one in orders)
    ):
        assert result.refused is None


async def transactions(app: Orderwright, name: str) -> int:
    count = "select count(distinct xmin::text) from orderwright.log where event_type = $1"
    return int(await app.pool.fetchval(count, name))


async def test_reservations_on_one_shelf_share_transactions_and_take_no_piece_twice(
    app: Orderwright,
):
    await receive(app, "ANVIL", 20, "north")
    await receive(app, "ANVIL", 5, "south")
    orders = await waiting(app, 32)

    await tell_all(app, orders, "RESERVE")

    got = [await taken(app, one) for one in orders]
    assert sorted(map(len, got)) == [0] * 7 + [1] * 25
    assert await on_shelf(app, "ANVIL", "north") == {"available": 0, "reserved": 20}
    assert await on_shelf(app, "ANVIL", "south") == {"available": 0, "reserved": 5}
    assert await transactions(app, "RESERVE") < len(orders) / 2


async def test_what_is_put_back_on_an_empty_shelf_is_there_for_who_comes_next(app: Orderwright):
    await receive(app, "ANVIL", 8)
    first, then = await waiting(app, 8), await waiting(app, 8)
    await tell_all(app, first, "RESERVE")

    await asyncio.gather(tell_all(app, first, "RELEASE"), tell_all(app, then, "RESERVE"))

    reserved = sum([len(await taken(app, one)) for one in (*first, *then)])
    assert await on_shelf(app, "ANVIL") == {"available": 8 - reserved, "reserved": reserved}
