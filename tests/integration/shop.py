"""A house for tests of goods: two warehouses, three kinds of goods and a service; ada buys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from goods_books import conserved

from orderwright import Event, Orderwright
from orderwright.app import records
from orderwright.app.goods.stock_desk import move_stock
from orderwright.app.goods.stock_records import Location, Shelf, add_locations
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.payments import NewPayment
from orderwright.app.permissions import Identity, Role
from orderwright.app.queries import FulfilmentRow
from orderwright.app.settings import Settings
from orderwright.clock import Clock, DrivenClock
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.ledger import differences

BOSS = Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN}))
ADMIN = Asked(by=BOSS)
SHIP = Event("PACKAGE_SHIPPED", {"carrier": "DHL", "tracking": "T1"})
PACK, DELIVER, REFUND = (
    Event("FULFILMENT_STARTED"),
    Event("PACKAGE_DELIVERED"),
    Event("REFUND_ISSUED"),
)
SELLABLE = Event("RETURN_RECEIVED", {"condition": "SELLABLE"})
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_CARRIER = Cause(actor=Actor("carrier", "system"))


@asynccontextmanager
async def open_goods(
    url: str, clock: Clock | None = None, **more: Any
) -> AsyncIterator[Orderwright]:
    """Open it; at the end logs, balances and stock agree, and nothing is parked."""
    clock = clock or DrivenClock(NOON)
    async with Orderwright.connect(url, settings=Settings(), clock=clock, **more) as app:
        await _furnish(app)
        yield app
        assert await app.pool.fetch("select * from orderwright.parked_root") == []
        assert [one async for one in differences(app.pool)] == []
        assert [one async for one in app.replay.verify_all()] == []
        assert await conserved(app) == []


async def _furnish(app: Orderwright) -> None:
    ada = records.Customer(
        id="ada", number="ada", name="ada", currency="EUR", credit_limit_minor=10_000
    )
    goods = [
        records.Product(sku=sku, name=sku.title(), currency="EUR", unit_price_minor=1000)
        for sku in ("LAMP", "BULB", "DESK", "FITTING")
    ]
    async with app.pool.acquire() as connection, connection.transaction():
        await records.add_customers(connection, [ada])
        await records.add_products(connection, goods)
        await add_locations(connection, [Location(id="east", name="East", rank=1)])
        await connection.execute(
            "update orderwright.product set kind = 'SERVICE' where sku = 'FITTING'"
        )


async def receive(app: Orderwright, sku: str, quantity: int, location: str = "main") -> None:
    """Let goods arrive."""
    arrived = Event("RECEIVE_STOCK", {"quantity": quantity, "reference": "van"})
    async with app.pool.acquire() as connection, connection.transaction():
        shelf = Shelf(sku, location)
        result = await move_stock(app.engine, connection, shelf, arrived, _CARRIER)
    assert result.refused is None, result.refused


async def place(
    app: Orderwright, price: str = "10.00", *, shipping: str = "0.00", **quantities: int
) -> str:
    """Place an order of so many pieces of each SKU, and return its id."""
    lines = [
        {"sku": sku, "quantity": count, "unitPrice": price} for sku, count in quantities.items()
    ]
    terms = NewTerms(
        customer_id="ada", channel="CONSUMER", currency="EUR", lines=lines, shipping=shipping
    )
    return (await app.orders.create_order(terms, ADMIN)).instance_id


async def register(app: Orderwright, order_id: str, amount: str) -> str:
    """Register a payment, and return its id."""
    new = NewPayment(order_id=order_id, amount=amount, currency="EUR", method="CARD")
    return (await app.payments.register_consumer(new, ADMIN)).instance_id


async def pay(app: Orderwright, order_id: str, amount: str) -> str:
    """Register and confirm a payment, and return its id."""
    payment_id = await register(app, order_id, amount)
    assert (await app.payments.confirm(payment_id, ADMIN)).refused is None
    return payment_id


async def sold(app: Orderwright, price: str = "10.00", **quantities: int) -> str:
    """Place an order, pay it in full, and work off what follows; this makes a sale ready for its goods."""
    order_id = await place(app, price, **quantities)
    await app.worker.drain()
    pieces = sum(quantities.values())
    await pay(app, order_id, str(pieces * int(float(price))) + ".00")
    await app.worker.drain()
    assert await state(app, order_id) == "CLEARED_FOR_FULFILMENT"
    return order_id


async def act(app: Orderwright, fulfilment_id: str, *events: Event) -> None:
    """Send events to a fulfilment, none of which may be refused, and work off what follows."""
    for event in events:
        result = await app.orders.send_fulfilment_event(fulfilment_id, event, ADMIN)
        assert result.refused is None, (event, result.refused)
    await app.worker.drain()


async def tell(app: Orderwright, order_id: str, event: str, **data: object) -> None:
    """Send an event to a sale, which may not refuse it, and work off what follows."""
    result = await app.orders.send_sale_event(order_id, Event(event, data), ADMIN)
    assert result.refused is None, (event, result.refused)
    await app.worker.drain()


async def state(app: Orderwright, instance_id: str) -> str:
    instance = await app.engine.read(instance_id)
    assert instance is not None
    return instance.state


async def fulfilments(app: Orderwright, order_id: str) -> list[FulfilmentRow]:
    """The fulfilments of an order, the oldest first."""
    return (await app.queries.fulfilments([order_id]))[order_id]


async def context(app: Orderwright, instance_id: str) -> Mapping[str, object]:
    instance = await app.engine.read(instance_id)
    assert instance is not None
    return instance.snapshot.context


async def wait(app: Orderwright, **span: float) -> None:
    """Let time pass, and work off what is due then."""
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(**span))
    await app.worker.drain()


async def again(app: Orderwright) -> None:
    """Work off every domain event once more."""
    await app.pool.execute("update orderwright.consumer set ord = '0', id = 0")
    await app.pool.execute("delete from orderwright.acknowledgement")
    await app.worker.drain()


async def stock(app: Orderwright, sku: str) -> dict[str, int]:
    """What there is of a SKU: free and reserved by location, and short; what is zero is left out."""
    rows = await app.pool.fetch(
        "select ledger, account, amount from orderwright.balance"
        " where ledger like 'stock.%' and (account = $1 or account like '%/' || $1) and amount <> 0",
        sku,
    )
    return {
        " ".join((row["ledger"].removeprefix("stock."), *_place(row["account"]))): row["amount"]
        for row in rows
    }


def _place(account: str) -> Sequence[str]:
    location, slash, _ = account.rpartition("/")
    return [location] if slash else []
