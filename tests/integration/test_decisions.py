"""A sale waits for the policies' decision: recorded by the relay, missed by a timer; the clock is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from orderwright import Event, Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.telling import DECIDED
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime.firing import fire_next

ADMIN = Asked(by=Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN})))
LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
TERMS = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=LINES)
PAID = Event("PAYMENT_CAPTURED", {"amount": "10.00", "paymentId": "p"})


@pytest.fixture
async def app(furnished_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with Orderwright.connect(furnished_url, settings=Settings(), clock=clock) as opened:
        yield opened


async def place_paid(app: Orderwright) -> str:
    sale = (await app.orders.create_order(TERMS, ADMIN)).instance_id
    assert (await app.orders.send_sale_event(sale, PAID, ADMIN)).refused is None
    return sale


async def state(app: Orderwright, sale: str) -> str:
    instance = await app.engine.read(sale)
    assert instance is not None
    return instance.state


async def test_a_paid_sale_clears_once_its_decision_is_recorded_and_the_log_names_why(
    app: Orderwright,
):
    sale = await place_paid(app)
    assert await state(app, sale) == "PAYMENT_PENDING_CONFIRMATION"
    waiting = (await app.engine.explain(sale, "admin"))["always"].waiting
    assert "policy.undecided" in {reason.code for one in waiting for reason in one.reasons}
    await app.worker.drain()
    assert await state(app, sale) == "CLEARED_FOR_FULFILMENT"
    row = await app.pool.fetchrow(
        "select actor_id, causation_id, correlation_id from orderwright.log"
        " where instance_id = $1 and event_type = 'DECISION_RECORDED'",
        sale,
    )
    assert tuple(row) == ("policies", f"{sale}/1/1", f"{sale}/1")


async def test_nobody_but_the_house_may_say_that_a_sale_is_decided(app: Orderwright):
    sale = await place_paid(app)
    result = await app.orders.send_sale_event(sale, DECIDED, ADMIN)
    assert result.refused is not None
    assert result.refused.code == "event_reserved"


async def test_the_decisions_on_many_orders_are_each_recorded_once(app: Orderwright):
    sales = await asyncio.gather(*(place_paid(app) for _ in range(50)))
    await asyncio.gather(app.worker.drain(), app.worker.drain())
    assert {await state(app, sale) for sale in sales} == {"CLEARED_FOR_FULFILMENT"}
    counts = await app.pool.fetch(
        "select count(*) from orderwright.log where event_type = 'DECISION_RECORDED' group by instance_id"
    )
    assert [row["count"] for row in counts] == [1] * 50
    timers = await app.pool.fetchval(
        "select count(*) from orderwright.timer where timer_id = 'DECISION_OVERDUE'"
    )
    assert timers == 0


async def test_a_sale_that_is_undecided_after_a_minute_is_a_case_and_stays_blocked(
    app: Orderwright,
):
    assert isinstance(app.clock, DrivenClock)
    async with app.pool.acquire() as held, held.transaction():
        await held.fetchval(
            "select pg_current_xact_id()"
        )  # the relay reads nothing that is younger
        sale = await place_paid(app)
        app.clock.advance(timedelta(seconds=59))
        assert not await fire_next(app.engine)
        app.clock.advance(timedelta(seconds=1))
        assert await fire_next(app.engine)
        assert await state(app, sale) == "PAYMENT_PENDING_CONFIRMATION"
    await app.worker.drain()
    kinds = await app.pool.fetch("select case_type, role from orderwright.case_record")
    assert [tuple(row) for row in kinds] == [("UNDECIDED", "COMPLIANCE")]
    assert await state(app, sale) == "CLEARED_FOR_FULFILMENT"
