"""A house with people of every duty, for tests of money on its way in and out, of users and of KYC sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from orderwright import Event, Orderwright
from orderwright.app.compliance.payins import payin_id_of
from orderwright.app.compliance.payouts import payout_id_of
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.payments import NewPayment
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime.command import Actor
from orderwright.runtime.ledger import differences
from orderwright.runtime.replay import Replay

POLICIES: Final = Actor("policies", "system")
HOLD: Final = {
    "holdId": "h1",
    "kind": "action",
    "reason": "odd sender",
    "policy": "p1",
    "policyName": "Third party",
    "version": 2,
}
LIFT: Final = {"holdId": "h1", "outcome": "approved"}


def asked(role: Role, who: str = "", key: str | None = None) -> Asked:
    """Somebody of a role asks."""
    name = who or role.lower()
    by = Identity(id=name, login=name, name=name.title(), roles=frozenset({role}))
    return Asked(by=by, idempotency_key=key)


CLERK, TONY = asked(Role.BILLER, "clerk"), asked(Role.ACCOUNTANT, "tony")
CORA = asked(Role.COMPLIANCE, "cora")
TESS, THEO = asked(Role.TREASURY, "tess"), asked(Role.TREASURY, "theo")


@asynccontextmanager
async def open_house(url: str) -> AsyncIterator[Orderwright]:
    """Open a house that is furnished; at the end its books agree and each log is what happened."""
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with Orderwright.connect(url, settings=Settings(), clock=clock) as app:
        for who in (TESS, THEO, TONY, CORA):
            await app.people.enrol(who.by.login, who.by.name, "a long enough word", who.by.roles)
        yield app
        assert [one async for one in differences(app.pool)] == []
        for (instance_id,) in await app.pool.fetch("select instance_id from orderwright.instance"):
            assert await Replay(app.pool).verify(instance_id) == ()


async def order(app: Orderwright, price: str = "100.00") -> str:
    """Ada orders an anvil."""
    lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": price}]
    terms = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=lines)
    placed = await app.orders.create_order(terms, CLERK)
    await app.worker.drain()
    return placed.instance_id


async def register(app: Orderwright, order_id: str, amount: str = "100.00") -> str:
    """Somebody says that money for an order is on its way."""
    new = NewPayment(order_id=order_id, amount=amount, currency="EUR", method="TRANSFER")
    result = await app.payments.register_consumer(new, CLERK)
    assert result.refused is None, result.refused
    await app.worker.drain()
    return result.instance_id


async def confirm(app: Orderwright, payment_id: str) -> None:
    result = await app.payments.confirm(payment_id, TONY)
    assert result.refused is None, result.refused
    await app.worker.drain()


async def refund(app: Orderwright, payment_id: str, amount: str) -> str:
    """Give money back; return the id of the pay-out."""
    result = await app.payments.refund(payment_id, amount, "late", TONY)
    assert result.refused is None, result.refused
    await app.worker.drain()
    refunds = await context(app, payment_id)
    *_, last = refunds["refunds"]
    return payout_id_of(payment_id, last)


async def decide(app: Orderwright, instance_id: str, event: str, **data: object) -> None:
    """Policies say something."""
    result = await app.engine.send(instance_id, Event(event, data), actor=POLICIES)
    assert result.refused is None, result.refused
    await app.worker.drain()


async def state(app: Orderwright, instance_id: str) -> str:
    instance = await app.engine.read(instance_id)
    assert instance is not None, instance_id
    return instance.state


async def context(app: Orderwright, instance_id: str) -> dict:
    instance = await app.engine.read(instance_id)
    assert instance is not None, instance_id
    return dict(instance.snapshot.context)


async def states(app: Orderwright, payment_id: str, order_id: str) -> tuple[str, str, str]:
    """Where the pay-in, the payment and the order stand."""
    payin = await state(app, payin_id_of(payment_id))
    return payin, await state(app, payment_id), await state(app, order_id)


async def case_types(app: Orderwright, order_id: str) -> list[str]:
    rows = await app.pool.fetch(
        "select case_type from orderwright.case_record where root_id = $1 order by number",
        order_id,
    )
    return [row["case_type"] for row in rows]
