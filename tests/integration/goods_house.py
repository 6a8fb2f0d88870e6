"""A house for tests of goods: three locations, goods and a service; ada buys, the admin does the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from orderwright import Event, Orderwright
from orderwright.app import records
from orderwright.app.goods.reservations import reservation_id_of
from orderwright.app.goods.stock_records import Location, Shelf, add_locations
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.runtime.ledger import balances, differences

if TYPE_CHECKING:
    from orderwright.clock import Clock

BOSS = Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN}))
ADMIN = Asked(by=BOSS)
CANCEL = Event("CANCEL_REQUESTED", {"reason": "no"})
SKUS = ("ANVIL", "BELLOWS", "CHISEL", "DRILL")
PLACES = ("north", "south", "main")
_NAMES = {"available": "stock.available", "reserved": "stock.reserved"}


@asynccontextmanager
async def open_house(url: str, clock: Clock | None = None) -> AsyncIterator[Orderwright]:
    """Open it; at the end logs and balances agree with all else, and nothing is parked."""
    async with Orderwright.connect(url, settings=Settings(), clock=clock) as app:
        await _furnish(app)
        yield app
        assert [one async for one in differences(app.pool)] == []
        assert [one async for one in app.replay.verify_all()] == []
        assert await app.pool.fetchval("select count(*) from orderwright.parked_root") == 0


async def _furnish(app: Orderwright) -> None:
    goods = [
        records.Product(sku=sku, name=sku.title(), currency="EUR", unit_price_minor=100)
        for sku in (*SKUS, "ADVICE")
    ]
    async with app.pool.acquire() as connection:
        await records.add_customers(
            connection, [records.Customer(id="ada", number="A", name="Ada", currency="EUR")]
        )
        await records.add_products(connection, goods)
        await connection.execute(
            "update orderwright.product set kind = 'SERVICE' where sku = 'ADVICE'"
        )
        places = [Location(id=name, name=name.title(), rank=n) for n, name in enumerate(PLACES)]
        await add_locations(connection, places)


async def receive(app: Orderwright, sku: str, quantity: int, location: str = "north") -> None:
    """Take pieces in."""
    result = await app.stock_desk.receive(Shelf(sku, location), quantity, "DN-1", ADMIN)
    assert result.refused is None, result.refused


async def place(app: Orderwright, *lines: tuple[str, int]) -> str:
    """Place an order of SKUs with quantities and return its id."""
    asked = [{"sku": sku, "quantity": pieces, "unitPrice": "1.00"} for sku, pieces in lines]
    terms = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=asked)
    return (await app.orders.create_order(terms, ADMIN)).instance_id


async def tell(app: Orderwright, order_id: str, event: Event) -> None:
    """Send an event to an order's sale, and let all follow."""
    result = await app.orders.send_sale_event(order_id, event, ADMIN)
    assert result.refused is None, result.refused
    await app.worker.drain()


async def taken(app: Orderwright, order_id: str) -> list[tuple[str, str, int]]:
    """Return what an order has reserved: SKU, location, pieces."""
    found = await app.engine.read(reservation_id_of(order_id))
    assert found is not None
    return [(t["sku"], t["location"], t["quantity"]) for t in found.snapshot.context["taken"]]


async def on_shelf(app: Orderwright, sku: str, location: str = "north") -> Mapping[str, int]:
    """Return what is available and what is reserved."""
    account = f"{location}/{sku}"
    async with app.pool.acquire() as connection:
        return {
            name: (await balances(connection, ledger, [account], lock=False))[account]
            for name, ledger in _NAMES.items()
        }


async def deadlocks(app: Orderwright) -> int:
    """Return how many deadlocks the database has counted."""
    found = await app.pool.fetchval(
        "select deadlocks from pg_stat_database where datname = current_database()"
    )
    return int(found)
