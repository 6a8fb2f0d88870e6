"""Whoever takes several sales in one transaction takes their customers' credit in one order, on a real PostgreSQL.

Two sales are always told something in the order that is not that of the locks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from credit_house import ADMIN, BOB, INVOICE, open_house

from acceptance.harness import until
from orderwright import Event, Orderwright
from orderwright.app.credit.account import Account
from orderwright.app.credit.commands import NewProfile
from orderwright.app.expiry import ACTION
from orderwright.app.orders import NewTerms
from orderwright.app.payments import NewPayment
from orderwright.clock import DrivenClock
from orderwright.domain.orders.credit import Tier
from orderwright.runtime.pool import Connection
from orderwright.runtime.schedule import put_schedule
from orderwright.runtime.slots import earliest_slot
from orderwright.runtime.strike import strike_next

ADA = Account("ada", "EUR")
IN_ORDER = sorted((ADA, BOB))
BY_PROFILE = sorted((ADA, BOB), key=lambda account: account.profile_id)
SHIPPING = (
    Event("FULFILMENT_STARTED"),
    Event("PACKAGE_SHIPPED", {"carrier": "DHL", "tracking": "1"}),
)


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, 10, tzinfo=UTC))
    async with open_house(database_url, clock) as opened:
        async with opened.pool.acquire() as connection, connection.transaction():
            schedule = await opened.expiry.schedule(connection)
            await put_schedule(connection, schedule, at=clock.now())
        await limit(opened, "500.00")
        await opened.worker.drain()
        yield opened


async def limit(app: Orderwright, amount: str) -> None:
    for account in (BOB, ADA):
        new = NewProfile(account=account, tier=Tier.BRONZE, custom_limit=amount)
        assert (await app.credit.set_profile(new, ADMIN)).refused is None


async def on_invoice(app: Orderwright) -> list[str]:
    """Place an order of bob's, then one of ada's."""
    lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
    orders = []
    for account in (BOB, ADA):
        terms = NewTerms(
            customer_id=account.customer_id, channel="CONSUMER", currency="EUR", lines=lines
        )
        orders.append((await app.orders.create_order(terms, ADMIN)).instance_id)
        assert (await app.orders.send_sale_event(orders[-1], INVOICE, ADMIN)).refused is None
    return orders


async def ship(app: Orderwright, orders: Sequence[str]) -> None:
    found = await app.queries.fulfilments(orders)
    for order in orders:
        for event in SHIPPING:
            [one] = found[order]
            result = await app.orders.send_fulfilment_event(one.id, event, ADMIN)
            assert result.refused is None, result.refused


async def pay(app: Orderwright, orders: Sequence[str]) -> None:
    for order in orders:
        new = NewPayment(order_id=order, amount="5.00", currency="EUR", method="CARD")
        payment = (await app.payments.register_consumer(new, ADMIN)).instance_id
        assert (await app.payments.confirm(payment, ADMIN)).refused is None


async def test_who_waits_for_one_customers_credit_holds_that_of_no_later_one(app: Orderwright):
    orders = await on_invoice(app)
    await follow_in_order(app, "policies")
    await ship(app, orders)
    await follow_in_order(app, "phases")
    await pay(app, orders)
    await follow_in_order(app, "payments")
    await limit(app, "1.00")
    await follow_in_order(app, "credit")
    await on_invoice(app)
    await app.worker.drain()
    await app.pool.execute("delete from orderwright.timer where timer_id = 'SALE_EXPIRED'")
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(hours=25))
    await follow_in_order(app, "schedule", follow=sweep)
    states = await app.pool.fetch("select state from orderwright.instance where chart_id = 'sale'")
    assert (
        sorted(row["state"] for row in states) == ["CLEARED_FOR_FULFILMENT"] * 2 + ["EXPIRED"] * 2
    )


async def drain(app: Orderwright) -> None:
    await app.worker.drain()


async def sweep(app: Orderwright) -> None:
    actions = {ACTION: app.expiry.sweep}
    async with app.pool.acquire() as connection:
        while (due_at := await earliest_slot(connection, actions)) and due_at <= app.clock.now():
            await strike_next(app.engine, actions)


async def follow_in_order(
    app: Orderwright,
    actor: str,
    *,
    follow: Callable[[Orderwright], Coroutine[None, None, None]] = drain,
) -> None:
    """Work off what follows while others hold what is first in order: it waits for them, and holds nothing later."""
    before = await app.pool.fetchval(_STEPS, actor)
    async with app.pool.acquire() as holder, app.pool.acquire() as other:
        balance, profile = holder.transaction(), other.transaction()
        await balance.start()
        await profile.start()
        await holder.execute(_HOLD_BALANCE, IN_ORDER[0].name)
        await other.execute(_HOLD_PROFILE, BY_PROFILE[0].profile_id)
        following = asyncio.create_task(follow(app))
        await waited_for(app, holder)
        assert await app.pool.fetchval(_FREE_BALANCE, IN_ORDER[1].name)
        await balance.rollback()
        await waited_for(app, other)
        assert await app.pool.fetchval(_FREE_PROFILE, BY_PROFILE[1].profile_id)
        await profile.rollback()
    await following
    assert await app.pool.fetchval(_STEPS, actor) > before


async def waited_for(app: Orderwright, holder: Connection) -> None:
    await until(lambda: app.pool.fetchval(_WAITING, holder.get_server_pid()))


_STEPS = "select count(*) from orderwright.log where actor_id = $1"
_HOLD_BALANCE = """
select 1 from orderwright.balance where ledger = 'credit' and account = $1 for update
"""
_FREE_BALANCE = _HOLD_BALANCE + "skip locked"
_HOLD_PROFILE = "select 1 from orderwright.instance where instance_id = $1 for no key update "
_FREE_PROFILE = _HOLD_PROFILE + "skip locked"
_WAITING = """
select count(*) from pg_stat_activity where datname = current_database() and $1 = any(pg_blocking_pids(pid))
"""
