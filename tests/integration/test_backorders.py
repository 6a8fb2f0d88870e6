"""Backorders are served oldest first as stock arrives, and nobody takes what older ones wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from shop import (
    ADMIN,
    act,
    again,
    fulfilments,
    open_goods,
    pay,
    place,
    receive,
    sold,
    state,
    stock,
    tell,
)

from acceptance.harness import until, working
from orderwright import Event, Orderwright
from orderwright.app.goods import backorders
from orderwright.app.goods.fulfilment_list import WORK, WantedFulfilments
from orderwright.app.payment_phases import PaymentPhases
from orderwright.clock import DrivenClock
from orderwright.runtime.worker import Worker


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_goods(database_url) as opened:
        yield opened


def later(app: Orderwright) -> None:
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(seconds=1))


async def of(app: Orderwright, order_id: str) -> str:
    """The state of the last fulfilment of an order."""
    return await state(app, (await fulfilments(app, order_id))[-1].id)


async def queue(app: Orderwright) -> int:
    return await app.pool.fetchval("select count(*) from orderwright.backorder")


async def test_who_waits_longest_is_served_first_and_in_part_if_need_be(app: Orderwright):
    orders = []
    for _ in range(3):
        orders.append(await sold(app, LAMP=2))
        later(app)
    await receive(app, "LAMP", 3)
    await app.worker.drain()
    assert [await of(app, one) for one in orders] == ["PICK_PACK", "BACKORDERED", "BACKORDERED"]
    assert await stock(app, "LAMP") == {"reserved main": 3, "short": 3}
    await receive(app, "LAMP", 4)
    await app.worker.drain()
    assert [await of(app, one) for one in orders] == ["PICK_PACK"] * 3
    assert await stock(app, "LAMP") == {"available main": 1, "reserved main": 6}
    assert await queue(app) == 0


async def test_a_new_order_takes_nothing_that_an_older_one_waits_for(app: Orderwright):
    old = await sold(app, LAMP=2)
    await receive(app, "LAMP", 3)
    new = await place(app, LAMP=2)
    await pay(app, new, "20.00")
    await app.worker.drain()
    assert [await of(app, one) for one in (old, new)] == ["PICK_PACK", "BACKORDERED"]
    assert await stock(app, "LAMP") == {"reserved main": 3, "short": 1}


async def test_who_is_in_turn_for_one_sku_overtakes_nobody_for_another(app: Orderwright):
    old = await sold(app, BULB=1)
    later(app)
    both = await sold(app, LAMP=1, BULB=1)
    await receive(app, "LAMP", 1)
    await receive(app, "BULB", 1)  # is there already when the lamp is given away
    await app.worker.drain()
    assert [await of(app, one) for one in (old, both)] == ["PICK_PACK", "BACKORDERED"]
    assert await stock(app, "LAMP") == {"reserved main": 1}
    assert await stock(app, "BULB") == {"reserved main": 1, "short": 1}
    await receive(app, "BULB", 1)
    await app.worker.drain()
    assert await of(app, both) == "PICK_PACK"


async def cleared_and_frozen(app: Orderwright) -> str:
    """An order whose fulfilment is on hold before it has looked for stock."""
    order_id = await place(app, LAMP=1)
    await app.worker.drain()
    await pay(app, order_id, "10.00")
    await Worker(app.engine, [PaymentPhases(app.engine).consumer()]).drain()
    await tell(app, order_id, "FREEZE", reason="odd")
    assert await of(app, order_id) == "ON_HOLD"
    return order_id


async def test_backorders_are_listed_by_how_long_they_have_waited_page_by_page(app: Orderwright):
    made_first = await cleared_and_frozen(app)
    orders = []
    for _ in range(2):
        later(app)
        orders.append(await sold(app, LAMP=1))
    later(app)
    await tell(app, made_first, "RELEASE")
    wanted = WantedFulfilments(states=WORK["ALLOCATE"], sku="LAMP", oldest_first=True)
    seen, after = [], None
    for _ in range(3):
        page = await app.fulfilment_list.page(ADMIN.by, wanted, first=1, after=after)
        [(at, row)] = page.rows
        seen.append(row.order_id)
        after = at.cursor()
    assert seen == [made_first, *orders]
    assert not page.has_next
    newest = await app.fulfilment_list.page(ADMIN.by, WantedFulfilments(), first=3, after=None)
    assert [row.order_id for _, row in newest.rows] == [*reversed(orders), made_first]


async def test_goods_that_are_set_free_go_to_who_waits(app: Orderwright):
    await receive(app, "LAMP", 1)
    first = await sold(app, LAMP=1)
    second = await sold(app, LAMP=1)
    assert await of(app, second) == "BACKORDERED"
    await tell(app, first, "CANCEL_REQUESTED", reason="no")
    assert await of(app, second) == "PICK_PACK"
    assert await stock(app, "LAMP") == {"reserved main": 1}


async def test_a_stopped_backorder_is_passed_over_keeps_its_place_and_looks_again_when_resumed(
    app: Orderwright,
):
    first = await sold(app, LAMP=1)
    later(app)
    second = await sold(app, LAMP=1)
    await tell(app, first, "FREEZE", reason="odd")
    await receive(app, "LAMP", 1)
    await app.worker.drain()
    assert [await of(app, one) for one in (first, second)] == ["ON_HOLD", "PICK_PACK"]
    third = await sold(app, LAMP=1)
    await tell(app, first, "RELEASE")
    await receive(app, "LAMP", 1)
    await app.worker.drain()
    assert [await of(app, one) for one in (first, third)] == ["PICK_PACK", "BACKORDERED"]
    await tell(app, third, "FREEZE", reason="odd")
    await receive(app, "LAMP", 1)
    await tell(app, third, "RELEASE")
    assert await of(app, third) == "PICK_PACK"


async def test_an_order_that_is_frozen_before_its_goods_are_begun_waits_since_it_was_cleared(
    app: Orderwright,
):
    first = await place(app, LAMP=1)
    await tell(app, first, "FREEZE", reason="odd")
    await pay(app, first, "10.00")
    await app.worker.drain()
    for event in (Event("RELEASE"), Event("FREEZE", {"reason": "odd"})):  # cleared in between
        assert (await app.orders.send_sale_event(first, event, ADMIN)).refused is None
    await app.worker.drain()
    assert await of(app, first) == "ON_HOLD"
    later(app)
    second = await sold(app, LAMP=1)
    later(app)
    await tell(app, first, "RELEASE")
    assert await of(app, first) == "BACKORDERED"
    await receive(app, "LAMP", 1)
    await app.worker.drain()
    assert [await of(app, one) for one in (first, second)] == ["PICK_PACK", "BACKORDERED"]


async def test_a_cancelled_backorder_waits_for_nothing(app: Orderwright):
    order_id = await sold(app, LAMP=1)
    [one] = await fulfilments(app, order_id)
    await act(app, one.id, Event("CANCEL"))
    assert await stock(app, "LAMP") == {}
    assert await queue(app) == 0
    await receive(app, "LAMP", 1)
    await app.worker.drain()
    assert await stock(app, "LAMP") == {"available main": 1}


async def test_a_backorder_that_is_served_from_two_places_parts(app: Orderwright):
    order_id = await sold(app, LAMP=3)
    await receive(app, "LAMP", 1, "east")
    await app.worker.drain()
    await receive(app, "LAMP", 2)
    await app.worker.drain()
    found = await fulfilments(app, order_id)
    assert [await state(app, one.id) for one in found] == ["PICK_PACK", "PICK_PACK"]
    assert await stock(app, "LAMP") == {"reserved east": 1, "reserved main": 2}


async def test_more_than_a_round_is_served_by_one_arrival(
    app: Orderwright, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backorders, "_ROUND", 3)
    orders = [await sold(app, LAMP=1) for _ in range(8)]
    await receive(app, "LAMP", 10)
    await app.worker.drain()
    assert {await of(app, one) for one in orders} == {"PICK_PACK"}
    assert await stock(app, "LAMP") == {"available main": 2, "reserved main": 8}


async def test_of_200_parallel_orders_on_goods_for_50_the_others_are_served_in_order_as_stock_arrives(
    app: Orderwright,
):
    """Each is of two lamps. Lots bigger and smaller than an order race with each other and with new orders."""
    await receive(app, "LAMP", 2 * 50)
    async with working(app):
        await asyncio.gather(*(_buy_two(app) for _ in range(200)))
        await until(lambda: _stand(app, PICK_PACK=50, BACKORDERED=150))
        assert await stock(app, "LAMP") == {"reserved main": 100, "short": 300}
        waiting = [row["fulfilment_id"] for row in await app.pool.fetch(_QUEUE)]
        arriving = [receive(app, "LAMP", *lot) for lot in LOTS]
        await asyncio.gather(*(_buy_two(app) for _ in range(20)), *arriving)
        await until(lambda: _are_served(app, waiting))
    await app.worker.drain()
    reserved = {"reserved main": 100 + _sum("main"), "reserved east": _sum("east")}
    assert await stock(app, "LAMP") == {**reserved, "short": 40}
    assert await _served(app, waiting) == [n for n in range(150) for _ in range(2)]


LOTS = [
    *((1, "main"), (40, "east"), (3, "main"), (1, "east"), (64, "main"), (2, "east"), (9, "main")),
    *((80, "east"), (1, "main"), (33, "main"), (5, "east"), (60, "main"), (1, "east")),
]


def _sum(location: str) -> int:
    return sum(pieces for pieces, place in LOTS if place == location)


async def _buy_two(app: Orderwright) -> None:
    """Place an order and pay it, later than everybody before."""
    order_id = await place(app, LAMP=2)
    later(app)
    paid = Event("PAYMENT_CAPTURED", {"amount": "20.00", "paymentId": "cash"})
    assert (await app.orders.send_sale_event(order_id, paid, ADMIN)).refused is None


async def _stand(app: Orderwright, **expected: int) -> bool:
    rows = await app.pool.fetch(_STATES)
    return {row["state"]: row["count"] for row in rows} == expected


async def _are_served(app: Orderwright, fulfilments: list[str]) -> bool:
    return not {row["fulfilment_id"] for row in await app.pool.fetch(_QUEUE)} & set(fulfilments)


async def _served(app: Orderwright, waiting: list[str]) -> list[int]:
    """Return for each piece that was given to somebody who waited which place they had; by transaction."""
    places = {one: place for place, one in enumerate(waiting)}
    rows = await app.pool.fetch(_SERVED)
    given = sorted((row["at"], places[row["instance_id"]], row["pieces"]) for row in rows)
    return [place for _, place, pieces in given for _ in range(pieces)]


_QUEUE = "select fulfilment_id from orderwright.backorder order by since, fulfilment_id"
_STATES = """
select state, count(*) from orderwright.instance where chart_id = 'fulfilment' group by state
"""
_SERVED = """
select instance_id, -amount as pieces, xmin::text::bigint as at
from orderwright.ledger_entry where ledger = 'stock.short' and amount < 0
"""


async def test_working_off_an_event_again_serves_nobody_twice(app: Orderwright):
    await sold(app, LAMP=1)
    await receive(app, "LAMP", 5)
    await app.worker.drain()
    before = await stock(app, "LAMP")
    await again(app)
    assert await stock(app, "LAMP") == before
