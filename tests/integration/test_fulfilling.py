"""From a cleared sale to goods at the customer's: what sale, stock and fulfilments mean for each other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest
from shop import (
    ADMIN,
    DELIVER,
    PACK,
    SHIP,
    act,
    context,
    fulfilments,
    open_goods,
    place,
    receive,
    sold,
    state,
    stock,
    tell,
    wait,
)

from orderwright import Event, Orderwright


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_goods(database_url) as opened:
        yield opened


async def states(app: Orderwright, order_id: str) -> list[str]:
    return [await state(app, one.id) for one in await fulfilments(app, order_id)]


async def test_a_cleared_sale_parts_by_location_by_what_is_short_and_by_services(
    app: Orderwright,
):
    await receive(app, "LAMP", 2)
    await receive(app, "BULB", 3, "east")
    order_id = await sold(app, LAMP=2, BULB=3, DESK=1, FITTING=1)
    found = [await context(app, one.id) for one in await fulfilments(app, order_id)]
    parts = [(one["location"], [line["sku"] for line in one["lines"]]) for one in found]
    assert sorted(parts, key=str) == [
        ("east", ["BULB"]),
        ("main", ["LAMP"]),
        (None, ["DESK"]),
        (None, ["FITTING"]),
    ]
    assert sorted(await states(app, order_id)) == ["BACKORDERED", *["PICK_PACK"] * 3]
    assert await stock(app, "LAMP") == {"reserved main": 2}
    assert await stock(app, "DESK") == {"short": 1}


async def test_what_is_not_shipped_goes_on_and_the_sale_completes_with_the_last_part(
    app: Orderwright,
):
    await receive(app, "LAMP", 5)
    order_id = await sold(app, LAMP=5)
    [first] = await fulfilments(app, order_id)
    part = Event("PACKAGE_SHIPPED", {**SHIP.data, "lines": [{"lineNo": 1, "quantity": 2}]})
    await act(app, first.id, PACK, part, DELIVER)
    first, second = await fulfilments(app, order_id)
    assert await states(app, order_id) == ["DELIVERED", "PICK_PACK"]
    assert await stock(app, "LAMP") == {"reserved main": 3}
    rows = await app.pool.fetch(
        "select quantity from orderwright.fulfilment_line order by quantity"
    )
    assert [row["quantity"] for row in rows] == [2, 3]
    await wait(app, days=14)
    assert await state(app, order_id) == "CLEARED_FOR_FULFILMENT"
    await act(app, second.id, PACK, SHIP, DELIVER)
    await wait(app, days=14)
    assert await state(app, order_id) == "COMPLETED"


async def test_a_freeze_stops_what_is_not_shipped_and_cancelling_frees_it(app: Orderwright):
    await receive(app, "LAMP", 1)
    order_id = await sold(app, LAMP=2)
    assert await states(app, order_id) == ["PICK_PACK", "BACKORDERED"]
    await tell(app, order_id, "FREEZE", reason="odd")
    assert await states(app, order_id) == ["ON_HOLD", "ON_HOLD"]
    assert await stock(app, "LAMP") == {"reserved main": 1}
    await tell(app, order_id, "RELEASE")
    assert await states(app, order_id) == ["PICK_PACK", "BACKORDERED"]
    assert await stock(app, "LAMP") == {"reserved main": 1, "short": 1}
    await tell(app, order_id, "FREEZE", reason="odd")
    await tell(app, order_id, "CANCEL_REQUESTED", reason="no")
    assert await states(app, order_id) == ["CANCELLED", "CANCELLED"]
    assert await stock(app, "LAMP") == {"available main": 1}


async def test_a_part_that_leaves_a_fulfilment_of_a_frozen_sale_waits_as_well(app: Orderwright):
    await receive(app, "LAMP", 2)
    order_id = await sold(app, LAMP=2)
    [first] = await fulfilments(app, order_id)
    part = Event("PACKAGE_SHIPPED", {**SHIP.data, "lines": [{"lineNo": 1, "quantity": 1}]})
    for event in (PACK, part):
        assert (await app.orders.send_fulfilment_event(first.id, event, ADMIN)).refused is None
    await tell(app, order_id, "FREEZE", reason="odd")
    assert await states(app, order_id) == ["SHIPPED", "ON_HOLD"]
    await act(app, first.id, Event("DELIVERY_FAILED"))
    assert await states(app, order_id) == ["ON_HOLD", "ON_HOLD"]


async def test_a_freeze_and_a_shipment_at_once_have_one_winner_and_a_true_history(
    app: Orderwright,
):
    await receive(app, "LAMP", 12)
    shipped = 0
    for _ in range(12):
        order_id = await sold(app, LAMP=1)
        [one] = await fulfilments(app, order_id)
        await act(app, one.id, PACK)
        freeze = Event("FREEZE", {"reason": "odd"})
        sent, frozen = await asyncio.gather(
            app.orders.send_fulfilment_event(one.id, SHIP, ADMIN),
            app.orders.send_sale_event(order_id, freeze, ADMIN),
        )
        assert frozen.refused is None
        await app.worker.drain()
        if sent.refused is None:
            shipped += 1
            assert await state(app, one.id) == "SHIPPED"
            [left] = await logged(app, one.id, "PACKAGE_SHIPPED")
            [stopped] = await logged(app, order_id, "FREEZE")
            assert left["facts"]["sale"]["version"] < stopped["version"]
        else:
            assert [why.code for why in sent.refused.reasons] == ["sale.not_cleared"]
            assert await state(app, one.id) == "ON_HOLD"
    assert await stock(app, "LAMP") == ({"reserved main": 12 - shipped} if shipped < 12 else {})


async def logged(app: Orderwright, instance_id: str, event: str) -> list[dict[str, Any]]:
    rows = await app.pool.fetch(_LOGGED, instance_id, event)
    return [{"version": row["version"], "facts": json.loads(row["facts"])} for row in rows]


_LOGGED = """
select version, facts from orderwright.log where instance_id = $1 and event_type = $2 order by version
"""
END = {
    "COMPLETED": [PACK, SHIP, DELIVER],
    "CANCELLED": [Event("CANCEL")],
    "FAILED": [Event("FAIL", {"reason": "lost"})],
}
OUTCOMES = {
    "COMPLETED": lambda ends: "COMPLETED" in ends,
    "CANCELLED": lambda ends: set(ends) == {"CANCELLED"},
}


async def test_the_sale_ends_as_its_fulfilments_end_in_every_combination(app: Orderwright):
    for ends in product(END, repeat=2):
        await receive(app, "LAMP", 1)
        await receive(app, "BULB", 1, "east")
        order_id = await sold(app, LAMP=1, BULB=1)
        for one, end in zip(await fulfilments(app, order_id), ends, strict=True):
            await act(app, one.id, *END[end])
        await wait(app, days=14)
        assert sorted(await states(app, order_id)) == sorted(ends)
        expected = [outcome for outcome, holds in OUTCOMES.items() if holds(ends)]
        assert await state(app, order_id) == (expected or ["CLEARED_FOR_FULFILMENT"])[0], ends
    cases = await app.pool.fetchval(
        "select count(*) from orderwright.case_record where case_type = 'FAILED_FULFILMENT'"
    )
    assert cases == 3


async def test_a_service_completes_without_stock(app: Orderwright):
    order_id = await sold(app, FITTING=1)
    [one] = await fulfilments(app, order_id)
    at = {"at": "2026-03-09T09:00:00Z"}
    started, done = Event("SERVICE_STARTED"), Event("SERVICE_COMPLETED")
    await act(app, one.id, Event("SERVICE_SCHEDULED", at), started, done)
    assert await state(app, order_id) == "COMPLETED"


async def test_an_order_that_is_not_paid_has_no_fulfilment(app: Orderwright):
    await receive(app, "LAMP", 1)
    order_id = await place(app, LAMP=1)
    await app.worker.drain()
    assert await fulfilments(app, order_id) == []
