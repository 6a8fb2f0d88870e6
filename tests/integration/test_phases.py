"""What one lifecycle's event means for the next, on a real database with a clock that the test drives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from orderwright import Event, Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime.replay import Replay

ADMIN = Asked(by=Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN})))
CLERK = Asked(by=Identity(id="clerk", login="clerk", name="Clerk", roles=frozenset({Role.BILLER})))
LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
TERMS = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=LINES)


@pytest.fixture
async def app(furnished_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with Orderwright.connect(furnished_url, settings=Settings(), clock=clock) as opened:
        yield opened
        for (instance_id,) in await opened.pool.fetch(
            "select instance_id from orderwright.instance"
        ):
            assert await Replay(opened.pool).verify(instance_id) == ()


def wait(app: Orderwright, **span: float) -> None:
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(**span))


async def state(app: Orderwright, instance_id: str) -> str:
    instance = await app.engine.read(instance_id)
    assert instance is not None
    return instance.state


async def agree(app: Orderwright, quotation_id: str, version: int) -> str:
    """Bring a quotation to mutual approval and return the order that it became."""
    for event, by in (
        (Event("SHARE"), ADMIN),
        (Event("BUYER_APPROVES", {"version": version}), ADMIN),
        (Event("SELLER_APPROVES", {"version": version}), CLERK),
    ):
        result = await app.orders.send_quotation_event(quotation_id, event, by)
        assert result.refused is None, result.refused
    await app.worker.drain()
    [order_id] = await app.pool.fetchrow(
        "select id from orderwright.sale_order where quotation_id = $1 and quotation_version = $2",
        quotation_id,
        version,
    )
    return order_id


async def test_an_admin_may_speak_for_either_side_and_never_makes_an_order_alone(app: Orderwright):
    quotation_id = (await app.orders.create_quotation(TERMS, ADMIN)).instance_id
    for event in (Event("SHARE"), Event("BUYER_APPROVES", {"version": 1})):
        await app.orders.send_quotation_event(quotation_id, event, ADMIN)
    seller = Event("SELLER_APPROVES", {"version": 1})
    alone = await app.orders.send_quotation_event(quotation_id, seller, ADMIN)
    assert alone.refused is not None
    assert [reason.code for reason in alone.refused.reasons] == ["quotation.same_person"]
    assert (await app.orders.send_quotation_event(quotation_id, seller, CLERK)).refused is None


async def test_an_expired_order_returns_its_quotation_and_gives_way_to_a_newer_version(
    app: Orderwright,
):
    quotation_id = (await app.orders.create_quotation(TERMS, ADMIN)).instance_id
    first = await agree(app, quotation_id, 1)
    wait(app, days=1)
    await app.worker.drain()
    assert (await state(app, first), await state(app, quotation_id)) == ("EXPIRED", "REVISED")

    second = await agree(app, quotation_id, 2)
    reopened = await app.orders.send_sale_event(first, Event("REOPEN"), ADMIN)
    assert reopened.refused is not None
    assert [reason.code for reason in reopened.refused.reasons] == ["sale.superseded"]
    assert await state(app, second) == "AWAITING_PAYMENT_METHOD"
    assert await state(app, quotation_id) == "MUTUALLY_APPROVED"


async def test_an_order_that_was_reopened_may_expire_again(app: Orderwright):
    order_id = (await app.orders.create_order(TERMS, ADMIN)).instance_id
    for _ in range(2):
        wait(app, days=1)
        await app.worker.drain()
        assert await state(app, order_id) == "EXPIRED"
        assert (await app.orders.send_sale_event(order_id, Event("REOPEN"), ADMIN)).refused is None


async def test_freezing_holds_fulfilments_and_release_lets_them_go_on(app: Orderwright):
    order_id = (await app.orders.create_order(TERMS, ADMIN)).instance_id
    paid = Event("PAYMENT_CAPTURED", {"amount": "10.00", "paymentId": "p"})
    await app.orders.send_sale_event(order_id, paid, ADMIN)
    await app.worker.drain()
    [fulfilment] = (await app.queries.fulfilments([order_id]))[order_id]
    for event, expected in (
        (Event("FREEZE", {"reason": "check"}), "ON_HOLD"),
        (Event("RELEASE"), "PICK_PACK"),
        (Event("CANCEL_REQUESTED", {"reason": "no"}), "CANCELLED"),
    ):
        assert (await app.orders.send_sale_event(order_id, event, ADMIN)).refused is None
        await app.worker.drain()
        assert await state(app, fulfilment.id) == expected
    cleared = await app.pool.fetchval(
        "select count(*) from orderwright.outbox where name = 'sale.cleared'"
    )
    assert cleared == 1


async def test_a_delivered_order_completes_after_the_return_window(app: Orderwright):
    order_id = (await app.orders.create_order(TERMS, ADMIN)).instance_id
    paid = Event("PAYMENT_CAPTURED", {"amount": "10.00", "paymentId": "p"})
    await app.orders.send_sale_event(order_id, paid, ADMIN)
    await app.worker.drain()
    [fulfilment] = (await app.queries.fulfilments([order_id]))[order_id]
    for event in (
        Event("FULFILMENT_STARTED"),
        Event("PACKAGE_SHIPPED", {"carrier": "DHL", "tracking": "1"}),
        Event("PACKAGE_DELIVERED"),
    ):
        assert (
            await app.orders.send_fulfilment_event(fulfilment.id, event, ADMIN)
        ).refused is None
    wait(app, days=14, seconds=-1)
    await app.worker.drain()
    assert await state(app, order_id) == "CLEARED_FOR_FULFILMENT"
    wait(app, seconds=1)
    await app.worker.drain()
    assert (await state(app, fulfilment.id), await state(app, order_id)) == (
        "COMPLETED",
        "COMPLETED",
    )
