"""A house for tests of credit: bob may owe 500.00 EUR, ada nothing; nobody needs a login."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from acceptance.harness import shelve
from orderwright import Event, Orderwright
from orderwright.app import records
from orderwright.app.credit.account import Account
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.telling import DECIDED, POLICIES
from orderwright.app.settings import Settings
from orderwright.runtime.ledger import differences

if TYPE_CHECKING:
    from orderwright.clock import Clock

BOSS = Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN}))
ADMIN = Asked(by=BOSS)
BOB = Account("bob", "EUR")
INVOICE = Event("SET_PAYMENT_METHOD", {"method": "INVOICE"})
CANCEL = Event("CANCEL_REQUESTED", {"reason": "no"})
CLEARED, REVIEW = "CLEARED_FOR_FULFILMENT", "OVERRIDE_REVIEW"


@asynccontextmanager
async def open_house(url: str, clock: Clock | None = None) -> AsyncIterator[Orderwright]:
    """Open it; at the end logs and balances agree with all else, and nothing is parked."""
    async with Orderwright.connect(url, settings=Settings(), clock=clock) as app:
        async with app.pool.acquire() as connection:
            await records.add_customers(
                connection, [_customer("ada", 0), _customer("bob", 50_000)]
            )
            anvil = records.Product(sku="ANVIL", name="Anvil", currency="EUR", unit_price_minor=1)
            await records.add_products(connection, [anvil])
        await shelve(app, 1_000_000)
        yield app
        assert [one async for one in differences(app.pool)] == []
        assert [one async for one in app.replay.verify_all()] == []
        assert await app.pool.fetchval("select count(*) from orderwright.parked_root") == 0


def _customer(name: str, limit: int) -> records.Customer:
    return records.Customer(
        id=name, number=name, name=name, currency="EUR", credit_limit_minor=limit
    )


async def place(app: Orderwright, price: str, *, customer: str = "bob") -> str:
    """Place an order on which the policies have decided, and return its id."""
    lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": price}]
    terms = NewTerms(customer_id=customer, channel="CONSUMER", currency="EUR", lines=lines)
    sale = (await app.orders.create_order(terms, ADMIN)).instance_id
    assert (await app.engine.send(sale, DECIDED, actor=POLICIES)).refused is None
    return sale
