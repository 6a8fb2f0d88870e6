"""Orders take stock and give it back, on a real PostgreSQL: to the piece, in any race, and once however often told."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (the seed is printed)
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from goods_house import (
    ADMIN,
    CANCEL,
    PLACES,
    SKUS,
    deadlocks,
    on_shelf,
    open_house,
    place,
    receive,
    taken,
    tell,
)

from orderwright import Event, Orderwright
from orderwright.app.goods.reservations import reservation_id_of
from orderwright.app.goods.stock_records import Shelf
from orderwright.clock import DrivenClock
from orderwright.runtime.command import Actor

TESTER = Actor("tester", "system")


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(
        database_url, DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    ) as opened:
        yield opened


async def test_an_order_takes_what_is_there_from_one_location_if_one_has_all(app: Orderwright):
    await receive(app, "ANVIL", 2, "north")
    await receive(app, "ANVIL", 5, "south")
    await receive(app, "CHISEL", 1, "south")
    whole = await place(app, ("ANVIL", 3), ("CHISEL", 1))
    await app.worker.drain()
    part = await place(app, ("ANVIL", 9), ("ADVICE", 1), ("DRILL", 1))
    await app.worker.drain()
    assert await taken(app, whole) == [("ANVIL", "south", 3), ("CHISEL", "south", 1)]
    assert await taken(app, part) == [("ANVIL", "north", 2), ("ANVIL", "south", 2)]
    assert await on_shelf(app, "ANVIL", "south") == {"available": 0, "reserved": 5}


async def test_of_orders_that_are_reserved_for_together_the_first_ones_take(app: Orderwright):
    await receive(app, "ANVIL", 7)
    orders = [await place(app, ("ANVIL", 1)) for _ in range(12)]
    await app.worker.drain()
    assert [len(await taken(app, one)) for one in orders] == [1] * 7 + [0] * 5


async def test_who_has_to_wait_for_what_is_just_put_back_is_not_overtaken(app: Orderwright):
    await receive(app, "ANVIL", 1)
    await receive(app, "CHISEL", 1)
    first = await place(app, ("ANVIL", 1))
    await app.worker.drain()
    assert (await app.orders.send_sale_event(first, CANCEL, ADMIN)).refused is None
    both = await place(app, ("ANVIL", 1), ("CHISEL", 1))
    later = await place(app, ("CHISEL", 1))
    await app.worker.drain()
    assert await taken(app, both) == [("ANVIL", "north", 1), ("CHISEL", "north", 1)]
    assert await taken(app, later) == []


async def test_cancelling_and_rejecting_give_back_exactly_what_was_taken(app: Orderwright):
    await receive(app, "ANVIL", 10)
    orders = [await place(app, ("ANVIL", 4)) for _ in range(3)]
    await app.worker.drain()
    assert [await taken(app, one) for one in orders[1:]] == [
        [("ANVIL", "north", 4)],
        [("ANVIL", "north", 2)],
    ]
    await tell(app, orders[2], CANCEL)
    assert await on_shelf(app, "ANVIL") == {"available": 2, "reserved": 8}
    await tell(app, orders[0], Event("REJECT", {"reason": "fraud"}))
    assert await on_shelf(app, "ANVIL") == {"available": 6, "reserved": 4}
    assert await taken(app, orders[0]) == []


async def test_expiry_gives_back_and_reopening_takes_again_what_is_there_then(app: Orderwright):
    assert isinstance(app.clock, DrivenClock)
    await receive(app, "ANVIL", 4)
    order_id = await place(app, ("ANVIL", 4))
    await app.worker.drain()
    app.clock.advance(timedelta(days=1))
    await app.worker.drain()
    assert await on_shelf(app, "ANVIL") == {"available": 4, "reserved": 0}
    other = await place(app, ("ANVIL", 3))
    await app.worker.drain()
    await tell(app, order_id, Event("REOPEN"))
    assert await taken(app, order_id) == [("ANVIL", "north", 1)]
    assert await taken(app, other) == [("ANVIL", "north", 3)]


async def test_events_that_are_told_again_change_nothing(app: Orderwright):
    await receive(app, "ANVIL", 10)
    kept, cancelled = [await place(app, ("ANVIL", 3)) for _ in range(2)]
    await app.worker.drain()
    await tell(app, cancelled, CANCEL)
    before = await app.pool.fetchval("select count(*) from orderwright.log")
    for table in ("consumer", "acknowledgement"):
        column = "name" if table == "consumer" else "consumer"
        await app.pool.execute(f"delete from orderwright.{table} where {column} = 'reservations'")
    await app.worker.drain()
    assert await app.pool.fetchval("select count(*) from orderwright.log") == before
    assert await on_shelf(app, "ANVIL") == {"available": 7, "reserved": 3}
    assert await taken(app, kept) == [("ANVIL", "north", 3)]


async def test_who_cancels_before_anything_was_reserved_takes_nothing(app: Orderwright):
    await receive(app, "ANVIL", 1)
    order_id = await place(app, ("ANVIL", 1))
    await tell(app, order_id, CANCEL)
    assert await on_shelf(app, "ANVIL") == {"available": 1, "reserved": 0}
    assert [row["event_type"] for row in await log_of(app, order_id)][1:] == ["RESERVE", "RELEASE"]


async def test_who_orders_while_the_first_pieces_ever_arrive_gets_them_or_nothing(
    app: Orderwright,
):
    _, orders = await asyncio.gather(
        asyncio.gather(*(receive(app, "DRILL", 5, place) for place in PLACES)),
        asyncio.gather(*(place(app, ("DRILL", 2)) for _ in range(5))),
    )
    await app.worker.drain()
    got = [sum(n for *_, n in await taken(app, one)) for one in orders]
    shelves = [await on_shelf(app, "DRILL", one) for one in PLACES]
    assert sum(got) == sum(shelf["reserved"] for shelf in shelves)
    assert sum(shelf["available"] + shelf["reserved"] for shelf in shelves) == 15


async def test_many_clients_in_random_order_of_skus_meet_no_deadlock_and_lose_no_piece(
    app: Orderwright,
):
    """Some receive, some adjust, some reserve and release; each order names its SKUs in an order of its own."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 (shown where the test fails)
    before = await deadlocks(app)
    counted: Counter[tuple[str, str]] = Counter()
    async with asyncio.TaskGroup() as group:
        for n in range(8):
            group.create_task(client(app, random.Random(f"{seed}/{n}"), counted))
    await app.worker.drain()
    assert await deadlocks(app) == before
    reserved = Counter[tuple[str, str]]()
    for order_id in await orders_of(app):
        for sku, location, pieces in await taken(app, order_id):
            reserved[sku, location] += pieces
    for sku in SKUS:
        for location in PLACES:
            shelf = await on_shelf(app, sku, location)
            assert min(shelf.values()) >= 0
            assert shelf["reserved"] == reserved[sku, location]
            assert sum(shelf.values()) == counted[sku, location]


async def client(app: Orderwright, chance: random.Random, counted: Counter) -> None:
    for turn in range(25):
        shelf = Shelf(chance.choice(SKUS), chance.choice(PLACES))
        if turn % 5 == 0:
            pieces = chance.randint(1, 30)
            await receive(app, shelf.sku, pieces, shelf.location)
            counted[shelf.sku, shelf.location] += pieces
        elif turn % 5 == 1:
            change = chance.randint(-4, -1)
            result = await app.stock_desk.adjust(shelf, change, "broken", ADMIN)
            counted[shelf.sku, shelf.location] += change if result.refused is None else 0
        else:
            await reserve(app, chance)


async def reserve(app: Orderwright, chance: random.Random) -> None:
    """Place an order, and send to its reservation and the consumer what else would be sent, all at once."""
    skus = chance.sample(SKUS, k=chance.randint(1, len(SKUS)))
    order_id = await place(app, *((sku, chance.randint(1, 6)) for sku in skus))
    await app.worker.drain()
    if chance.random() < 0.6:
        target = reservation_id_of(order_id)
        for name in ("RELEASE", "RESERVE", "RELEASE")[: chance.randint(1, 3)]:
            result = await app.engine.send(target, Event(name), actor=TESTER)
            assert result.refused is None, result.refused


async def orders_of(app: Orderwright) -> list[str]:
    return [row["id"] for row in await app.pool.fetch("select id from orderwright.sale_order")]


async def log_of(app: Orderwright, order_id: str) -> list:
    return await app.pool.fetch(
        "select event_type from orderwright.log where instance_id = $1 order by version",
        reservation_id_of(order_id),
    )
