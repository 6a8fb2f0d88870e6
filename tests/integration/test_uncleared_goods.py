"""Goods of an order that was cleared and is not any more: nothing goes on until it is cleared again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from shop import (
    ADMIN,
    PACK,
    SHIP,
    act,
    fulfilments,
    open_goods,
    pay,
    place,
    receive,
    sold,
    state,
    stock,
    tell,
    wait,
)

from orderwright import Event, Orderwright
from orderwright.app.goods.backorders import Backorders
from orderwright.app.payment_phases import PaymentPhases
from orderwright.runtime.worker import Worker

FREEZE = Event("FREEZE", {"reason": "odd"})
MINUTE = 60_000


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_goods(database_url) as opened:
        yield opened


async def states(app: Orderwright, order_id: str) -> list[str]:
    return [await state(app, one.id) for one in await fulfilments(app, order_id)]


async def uncleared(app: Orderwright, **quantities: int) -> str:
    """An order that was cleared, and whose money the customer's bank took back."""
    order_id = await sold(app, **quantities)
    await charge_back(app, order_id)
    await app.worker.drain()
    assert await state(app, order_id) == "AWAITING_PAYMENT_METHOD"
    return order_id


async def charge_back(app: Orderwright, order_id: str) -> None:
    [row] = await app.pool.fetch(_PAYMENTS, order_id)
    amount = f"{row['amount_minor'] // 100}.00"
    result = await app.payments.charge_back(row["id"], amount, "stolen", ADMIN)
    assert result.refused is None, result.refused


async def refusals(app: Orderwright, fulfilment_id: str, event: Event) -> list[str]:
    result = await app.orders.send_fulfilment_event(fulfilment_id, event, ADMIN)
    assert result.refused is not None, event
    return [why.code for why in result.refused.reasons]


async def test_an_unpaid_order_that_is_frozen_and_released_goes_on_when_it_is_paid_and_not_before(
    app: Orderwright,
):
    await receive(app, "LAMP", 1)
    order_id = await uncleared(app, LAMP=2)
    later = await sold(app, LAMP=1)
    await tell(app, order_id, "FREEZE", reason="odd")
    await tell(app, order_id, "RELEASE")
    assert await states(app, order_id) == ["ON_HOLD", "ON_HOLD"]
    await tell(app, order_id, "FREEZE", reason="odd", releaseAfterMs=MINUTE)
    await wait(app, minutes=1)
    assert await states(app, order_id) == ["ON_HOLD", "ON_HOLD"]
    await receive(app, "LAMP", 1)
    await app.worker.drain()
    assert await states(app, later) == ["PICK_PACK"]
    await pay(app, order_id, "20.00")
    await app.worker.drain()
    assert await states(app, order_id) == ["PICK_PACK", "BACKORDERED"]


async def test_nobody_resumes_or_renders_what_a_sale_that_is_not_cleared_holds(app: Orderwright):
    order_id = await sold(app, FITTING=1)
    [one] = await fulfilments(app, order_id)
    at = {"at": "2026-03-09T09:00:00Z"}
    await act(app, one.id, Event("SERVICE_SCHEDULED", at), Event("SERVICE_STARTED"))
    frozen = await app.orders.send_sale_event(order_id, FREEZE, ADMIN)
    assert frozen.refused is None  # and its fulfilment has not heard of it yet
    assert await refusals(app, one.id, Event("SERVICE_COMPLETED")) == ["sale.not_cleared"]
    await app.worker.drain()
    assert await states(app, order_id) == ["ON_HOLD"]
    assert await refusals(app, one.id, Event("RESUME")) == ["sale.not_cleared"]
    await tell(app, order_id, "REJECT", reason="fraud")
    assert await states(app, order_id) == ["CANCELLED"]


async def test_a_person_resumes_what_a_person_stopped(app: Orderwright):
    await receive(app, "LAMP", 1)
    order_id = await sold(app, LAMP=1)
    [one] = await fulfilments(app, order_id)
    await act(app, one.id, Event("HOLD"), Event("RESUME"))
    assert await states(app, order_id) == ["PICK_PACK"]


async def test_a_backorder_whose_sale_is_not_cleared_is_passed_over_before_it_hears_of_that(
    app: Orderwright,
):
    first = await sold(app, LAMP=1)
    await wait(app, seconds=1)
    second = await sold(app, LAMP=1)
    frozen = await app.orders.send_sale_event(first, FREEZE, ADMIN)
    assert frozen.refused is None
    await receive(app, "LAMP", 1)
    await Worker(app.engine, [Backorders(app.engine).consumer()]).drain()
    assert [*await states(app, first), *await states(app, second)] == ["BACKORDERED", "PICK_PACK"]
    await app.worker.drain()
    assert await states(app, first) == ["ON_HOLD"]


@pytest.mark.parametrize("event", ["FREEZE", "CANCEL_REQUESTED"])
async def test_what_was_kept_for_a_backorder_that_waits_no_more_goes_to_who_came_meanwhile(
    app: Orderwright, event: str
):
    first = await sold(app, LAMP=1)
    second = await place(app, LAMP=1)
    await app.worker.drain()
    await pay(app, second, "10.00")
    await Worker(app.engine, [PaymentPhases(app.engine).consumer()]).drain()
    assert await state(app, second) == "CLEARED_FOR_FULFILMENT"  # and its goods are not begun
    stopped = await app.orders.send_sale_event(first, Event(event, {"reason": "odd"}), ADMIN)
    assert stopped.refused is None
    await receive(app, "LAMP", 1)
    await Worker(app.engine, [Backorders(app.engine).consumer()]).drain()
    assert await stock(app, "LAMP") == {"available main": 1, "short": 1}
    await app.worker.drain()
    assert await states(app, second) == ["PICK_PACK"]
    assert await stock(app, "LAMP") == {"reserved main": 1}


async def test_an_order_that_is_not_cleared_any_more_ends_as_its_fulfilments_end(
    app: Orderwright,
):
    order_id = await uncleared(app, LAMP=1, FITTING=1)
    for one in await fulfilments(app, order_id):
        await act(app, one.id, Event("CANCEL"))
    assert await state(app, order_id) == "CANCELLED"
    assert await cases_of(app, order_id) == []
    order_id = await uncleared(app, LAMP=1)
    [one] = await fulfilments(app, order_id)
    await act(app, one.id, Event("FAIL", {"reason": "lost"}))
    assert await state(app, order_id) == "AWAITING_PAYMENT_METHOD"
    assert await cases_of(app, order_id) == ["FAILED_FULFILMENT"]


async def cases_of(app: Orderwright, order_id: str) -> list[str]:
    """The cases about an order that its goods have opened."""
    rows = await app.pool.fetch(_CASES, order_id)
    return [row["case_type"] for row in rows]


async def test_shipped_goods_that_are_paid_again_and_refunded_again_open_another_case(
    app: Orderwright,
):
    await receive(app, "LAMP", 2)
    order_id = await sold(app, LAMP=2)
    [one] = await fulfilments(app, order_id)
    await act(app, one.id, PACK, SHIP)
    [first] = await app.pool.fetch(_PAYMENTS, order_id)
    await give_back(app, first["id"])
    await give_back(app, await pay(app, order_id, "20.00"))
    assert await cases_of(app, order_id) == ["UNCOVERED", "UNCOVERED"]


async def give_back(app: Orderwright, payment_id: str) -> None:
    await app.worker.drain()
    assert (await app.payments.refund(payment_id, "20.00", "mistake", ADMIN)).refused is None
    await app.worker.drain()


_CASES = """
select case_type from orderwright.case_record
where root_id = $1 and case_type <> 'CHARGEBACK' order by opened_at
"""
_PAYMENTS = "select id, amount_minor from orderwright.payment where order_id = $1"
