"""From a cleared sale to goods at the customer's: what sale, stock and fulfilments mean for each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from runpy import run_path
from typing import TypeAlias

import pytest
from shop import (
    ADMIN,
    DELIVER,
    NOON,
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
from orderwright.app.goods.fulfilment_list import WantedFulfilments
from orderwright.app.orders import NewTerms
from orderwright.app.payments import NewPayment
from orderwright.app.refundable import refundable_minor
from orderwright.app.rows import ListFilter
from orderwright.clock import DrivenClock
from orderwright.json_text import load
from orderwright.runtime.attempt import Result
from orderwright.runtime.ledger import balances

PACKAGES = Path(__file__).parents[2] / "migrations" / "versions" / "0027_packages.py"


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


class Ticking(DrivenClock):
    """A clock of which no two looks are alike, so that times tell what came first."""

    def now(self) -> datetime:
        self.advance(timedelta(milliseconds=1))
        return super().now()


Sending: TypeAlias = "Callable[[], Coroutine[None, None, Result]]"


async def test_a_freeze_and_a_shipment_at_once_have_one_winner_and_a_true_history(
    database_url: str,
):
    async with open_goods(database_url, Ticking(NOON)) as app:
        await receive(app, "LAMP", 8)
        winners = []
        for first in (*[None] * 6, "shipment", "freeze"):
            order_id = await sold(app, LAMP=1)
            [one] = await fulfilments(app, order_id)
            await act(app, one.id, PACK)
            rivals: dict[str, Sending] = {
                "shipment": partial(app.orders.send_fulfilment_event, one.id, SHIP, ADMIN),
                "freeze": partial(app.orders.send_sale_event, order_id, FREEZE, ADMIN),
            }
            sent, frozen = await raced(rivals, first)
            assert frozen.refused is None
            await app.worker.drain()
            winner = "freeze" if sent.refused else "shipment"
            assert winner == (first or winner)
            winners.append(winner)
            if sent.refused:
                assert [why.code for why in sent.refused.reasons] == ["sale.not_cleared"]
            times = await assert_true(app, order_id, one.id, winner)
            assert first is None or times == sorted(times)
        assert await stock(app, "LAMP") == {"reserved main": winners.count("freeze")}


async def raced(rivals: Mapping[str, Sending], first: str | None) -> tuple[Result, Result]:
    """Send both at once, or one before the other so that each has won for certain."""
    if first is None:
        sent, frozen = await asyncio.gather(*(send() for send in rivals.values()))
    else:
        results = {name: await rivals[name]() for name in sorted(rivals, key=first.__ne__)}
        sent, frozen = results["shipment"], results["freeze"]
    return sent, frozen


async def assert_true(
    app: Orderwright, order_id: str, fulfilment_id: str, winner: str
) -> list[datetime]:
    """The logs tell who won, by what each knew and caused; return the times, the winner's first.

    Of two at once the one that had to wait may have begun to look before the other did.
    """
    package = {row["event_type"]: row for row in await app.pool.fetch(_LOG, fulfilment_id)}
    sale = {row["event_type"]: row for row in await app.pool.fetch(_LOG, order_id)}
    frozen = sale["FREEZE"]
    assert frozen["from_state"] == "CLEARED_FOR_FULFILMENT"
    if winner == "shipment":
        shipped, told = package["PACKAGE_SHIPPED"], sale["FULFILMENT_SHIPPED"]
        known = load(shipped["facts"])["sale"]
        assert known["state"] == "CLEARED_FOR_FULFILMENT"
        assert known["version"] < frozen["version"]
        assert told["from_state"] == "FROZEN"
        assert "HOLD" not in package
        assert await state(app, fulfilment_id) == "SHIPPED"
        return [row["occurred_at"] for row in (shipped, frozen)]
    held = package["HOLD"]
    assert held["causation_id"].startswith(f"{order_id}/")
    assert held["from_state"] == "READY_FOR_SHIPMENT"
    assert {"PACKAGE_SHIPPED", "FULFILMENT_SHIPPED"}.isdisjoint({*package, *sale})
    assert await state(app, fulfilment_id) == "ON_HOLD"
    return [row["occurred_at"] for row in (frozen, held)]


FREEZE = Event("FREEZE", {"reason": "odd"})
_LOG = """
select event_type, version, from_state, facts, causation_id, occurred_at
from orderwright.log where instance_id = $1 order by version
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


async def test_what_was_shipped_on_terms_and_never_delivered_is_written_off_and_frees_its_credit(
    app: Orderwright,
):
    await receive(app, "LAMP", 2)
    order_id = await place(app, LAMP=2)
    await tell(app, order_id, "SET_PAYMENT_METHOD", method="INVOICE")
    [one] = await fulfilments(app, order_id)
    await act(app, one.id, PACK, SHIP)
    write_off = Event("WRITE_OFF", {"reason": "lost"})
    refused = (await app.orders.send_sale_event(order_id, write_off, ADMIN)).refused
    assert refused is not None
    assert [why.code for why in refused.reasons] == ["sale.under_way"]
    lost = Event("DELIVERY_FAILED")
    await act(app, one.id, lost, SHIP, lost, SHIP, lost)
    assert await states(app, order_id) == ["FAILED"]
    assert (await context(app, order_id))["creditHeldMinor"] == 2000
    await tell(app, order_id, "WRITE_OFF", reason="lost")
    assert (await context(app, order_id))["creditHeldMinor"] == 0
    assert await balance_of(app, "ada/EUR") == 0


async def balance_of(app: Orderwright, account: str) -> int:
    async with app.pool.acquire() as connection:
        return (await balances(connection, "credit", [account], lock=False))[account]


async def test_an_order_is_found_by_its_package_and_its_payment(app: Orderwright):
    await receive(app, "LAMP", 2)
    order_id, other = [await sold(app, LAMP=1) for _ in range(2)]
    [one] = await fulfilments(app, order_id)
    sent = Event("PACKAGE_SHIPPED", {"carrier": "DHL", "tracking": "JD-77"})
    await act(app, one.id, PACK, sent)
    known = NewPayment(
        order_id=other,
        amount="1.00",
        currency="EUR",
        method="CARD",
        provider="stripe",
        reference="pi_88",
    )
    await app.payments.register_consumer(known, ADMIN)
    for words, found in ((" jd-77", [order_id]), ("PI_88", [other]), ("jd-7", [])):
        page = await app.order_list.page(ADMIN.by, ListFilter(search=words), first=5, after=None)
        assert [row.id for _, row in page.rows] == found, words
    await app.pool.execute("delete from orderwright.package")
    await app.pool.execute(run_path(str(PACKAGES))["_UNDER_WAY"])  # as if it was shipped before
    page = await app.order_list.page(ADMIN.by, ListFilter(search="JD-77"), first=5, after=None)
    assert [row.id for _, row in page.rows] == [order_id]
    wanted = WantedFulfilments(search="jd-7")
    page = await app.fulfilment_list.page(ADMIN.by, wanted, first=5, after=None)
    assert [row.id for _, row in page.rows] == [one.id]


async def test_a_package_is_known_by_a_number_that_can_be_looked_up(app: Orderwright):
    await receive(app, "LAMP", 1)
    order_id = await sold(app, LAMP=1)
    [packed] = await fulfilments(app, order_id)
    await act(app, packed.id, PACK)
    endless = "".join(map(str, range(4000)))
    for data in ({"tracking": endless}, {"carrier": endless}):
        pasted = Event("PACKAGE_SHIPPED", {**SHIP.data, **data})
        result = await app.orders.send_fulfilment_event(packed.id, pasted, ADMIN)
        assert result.refused is not None
        assert result.refused.values["expected"] == "at most 255 characters"
    longest = "\N{LINEAR B SYLLABLE B008 A}" * 255
    await act(app, packed.id, Event("PACKAGE_SHIPPED", {**SHIP.data, "tracking": longest}))
    assert (await context(app, order_id))["isShipped"] is True


async def test_a_line_that_a_discount_alone_makes_one_that_can_be_held_is_fulfilled(
    app: Orderwright,
):
    half = "92233720368547758.07"
    line = {"sku": "LAMP", "quantity": 2, "unitPrice": half, "discount": half}
    free = {**line, "quantity": 1}
    terms = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=[line, free])
    order_id = (await app.orders.create_order(terms, ADMIN)).instance_id
    await app.worker.drain()
    await tell(app, order_id, "PAYMENT_CAPTURED", amount=half, paymentId="till")
    assert await states(app, order_id) == ["BACKORDERED"]
    async with app.pool.acquire() as connection:
        left = await refundable_minor(connection, [order_id], lock=False)
    assert left == {order_id: {"1": 2**63 - 1, "2": 0}}


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
