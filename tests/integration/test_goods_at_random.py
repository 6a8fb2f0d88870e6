"""Eight clients do what comes to their minds; whatever it is, pieces and money are conserved, and all agree.

A worker in a process of its own follows up, is killed at its work, and goes on later beside another.

The commands are drawn with a seed that is printed.
"""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (chance is what this test is about)
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from goods_agreement import disagreements
from goods_books import Pieces, arrived, conserved
from shop import ADMIN, fulfilments, open_goods, pay, place, receive

from acceptance.harness import Server, until, working
from orderwright import Event, Orderwright
from orderwright.clock import SystemClock

CLIENTS = 8
SKUS = ("LAMP", "BULB", "DESK")
PLACES = ("main", "east")
SHIP = {"carrier": "DHL", "tracking": "T1"}
CANCEL, FAIL = Event("CANCEL"), Event("FAIL", {"reason": "lost"})
FREEZE, RELEASE = Event("FREEZE", {"reason": "odd"}), Event("RELEASE")
OF_FULFILMENTS = (
    Event("FULFILMENT_STARTED"),
    Event("FULFILMENT_STARTED"),
    Event("PACKAGE_SHIPPED", SHIP),
    Event("PACKAGE_SHIPPED", SHIP),
    Event("PACKAGE_SHIPPED", {**SHIP, "lines": [{"lineNo": 1, "quantity": 1}]}),
    Event("PACKAGE_DELIVERED"),
    Event("DELIVERY_FAILED"),
    Event("RETURN_REQUESTED", {"reason": "worn"}),
    Event("RETURN_REQUESTED", {"reason": "worn", "lines": [{"lineNo": 1, "quantity": 1}]}),
    Event("RETURN_RECEIVED", {"condition": "SELLABLE"}),
    Event("RETURN_REJECTED", {"reason": "no"}),
    Event("REFUND_ISSUED"),
    Event("HOLD"),
    Event("RESUME"),
    CANCEL,
    FAIL,
)
USUAL = {
    "PICK_PACK": OF_FULFILMENTS[0:1],
    "READY_FOR_SHIPMENT": OF_FULFILMENTS[2:5],
    "SHIPPED": OF_FULFILMENTS[5:7],
    "DELIVERED": OF_FULFILMENTS[7:9],
    "RETURN_REQUESTED": OF_FULFILMENTS[9:10],
    "RETURN_RECEIVED": OF_FULFILMENTS[10:12],
}
"""What people mostly do with a fulfilment in a state."""
OF_SALES = (
    FREEZE,
    RELEASE,
    RELEASE,
    Event("CANCEL_REQUESTED", {"reason": "no"}),
    Event("REJECT", {"reason": "fraud"}),
)


class Client:
    """Somebody who does things at random; a refusal is an answer like any other."""

    def __init__(self, app: Orderwright, chance: random.Random, orders: list[str]) -> None:
        self._app = app
        self._chance = chance
        self._orders = orders
        self._paid: list[tuple[str, str, str]] = []
        self._disputed: list[tuple[str, str]] = []
        self.done = 0
        self.received: Pieces = Counter()

    async def work(self, commands: int) -> None:
        kinds: dict[Callable[[], Awaitable[None]], int] = {
            self._buy: 3,
            self._receive: 2,
            self._sale: 1,
            self._dispute: 2,
            self._settle: 2,
            self._fulfil: 8,
        }
        for _ in range(commands):
            await self._chance.choices([*kinds], weights=[*kinds.values()])[0]()
            self.done += 1

    async def _buy(self) -> None:
        wanted = self._chance.sample(SKUS, self._chance.randint(1, 3))
        quantities = {sku: self._chance.randint(1, 3) for sku in wanted}
        order_id = await place(self._app, **quantities)
        self._orders.append(order_id)
        amount = f"{sum(quantities.values()) * 10}.00"
        self._paid.append((order_id, await pay(self._app, order_id, amount), amount))

    async def _dispute(self) -> None:
        """Take the money of an order back, or some of it."""
        if not self._paid:
            return
        order_id, payment_id, amount = self._chance.choice(self._paid)
        take = self._chance.choice([self._app.payments.refund, self._app.payments.charge_back])
        await take(payment_id, self._chance.choice([amount, "10.00"]), "stolen", ADMIN)
        self._disputed.append((order_id, amount))

    async def _settle(self) -> None:
        """Look into an order whose money was taken back, give its fulfilments up, or pay it once more."""
        if not self._disputed:
            return
        order_id, amount = self._chance.choice(self._disputed)
        way = self._chance.choice(["look", "look", "give up", "pay"])
        if way == "pay":
            await pay(self._app, order_id, amount)
        for event in (FREEZE, RELEASE) if way == "look" else ():
            await self._app.orders.send_sale_event(order_id, event, ADMIN)
        for one in await fulfilments(self._app, order_id) if way == "give up" else ():
            event = self._chance.choice((CANCEL, FAIL))
            await self._app.orders.send_fulfilment_event(one.id, event, ADMIN)

    async def _receive(self) -> None:
        sku, location = self._chance.choice(SKUS), self._chance.choice(PLACES)
        quantity = self._chance.randint(1, 5)
        await receive(self._app, sku, quantity, location)
        self.received[location, sku] += quantity

    async def _sale(self) -> None:
        if self._orders:
            order_id = self._chance.choice(self._orders)
            event = self._chance.choice(OF_SALES)
            await self._app.orders.send_sale_event(order_id, event, ADMIN)

    async def _fulfil(self) -> None:
        """Go on with an order, more often with one of the first, so that some come far."""
        orders = self._chance.choice([self._orders, self._orders[:10]])
        found = await fulfilments(self._app, self._chance.choice(orders or [""]))
        if found:
            one = self._chance.choice(found)
            usual = USUAL.get(one.standing.words.state, OF_FULFILMENTS)
            event = self._chance.choice([*usual, self._chance.choice(OF_FULFILMENTS)])
            await self._app.orders.send_fulfilment_event(one.id, event, ADMIN)


@pytest.mark.parametrize("commands", [400, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_whatever_clients_do_at_once_no_piece_and_no_money_is_lost(
    database_url: str, commands: int
):
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 (to repeat it)
    orders: list[str] = []
    async with open_goods(database_url, SystemClock()) as app, serving(database_url) as server:
        clients = [Client(app, random.Random(seed + n), orders) for n in range(CLIENTS)]
        half = commands // CLIENTS // 2
        async with asyncio.TaskGroup() as group:
            group.create_task(killed_at_work(app, server, clients, half))
            for one in clients:
                group.create_task(one.work(half))
        async with working(app):
            await server.start()
            async with asyncio.TaskGroup() as group:
                for one in clients:
                    group.create_task(one.work(half))
            assert await server.stop() == 0
        await app.worker.drain()
        assert await conserved(app) == []
        assert await arrived(app) == sum((one.received for one in clients), Counter())
        assert await app.pool.fetch(_OVER_REFUNDED) == []
        assert await app.pool.fetch(_WAITED) == []
        assert await app.pool.fetch(_MISPLACED) == []
        assert await app.pool.fetch(_BELOW_ZERO) == []
        assert await app.pool.fetchval(_DEADLOCKS) == 0
        assert await disagreements(app, orders) == []


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[Server]:
    """Start a server with a worker, and end it whatever happens."""
    server = Server(url)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()


async def killed_at_work(
    app: Orderwright, server: Server, clients: list[Client], commands: int
) -> None:
    """Kill the server, whose worker alone follows up so far, when it has made fulfilments and there is more to do."""

    async def is_at_work() -> bool:
        done = sum(one.done for one in clients)
        return done >= commands and bool(await app.pool.fetchval(_FULFILMENTS))

    await until(is_at_work, seconds=3600)
    await server.kill()


_FULFILMENTS = "select count(*) from orderwright.fulfilment"
_OVER_REFUNDED = """
select instance_id from orderwright.instance
where chart_id = 'payment' and ((snapshot::jsonb)->'context'->>'refundedMinor')::bigint
                               > ((snapshot::jsonb)->'context'->>'amountMinor')::bigint
"""
_WAITED = """
with waiting as (
    select short->>'sku' as sku, sum((short->>'quantity')::bigint) as pieces
    from orderwright.instance as i
    cross join lateral jsonb_array_elements(
        coalesce(nullif((i.snapshot::jsonb)->'context'->'short', 'null'), '[]')) as short
    where i.chart_id = 'fulfilment' group by 1)
select sku, waiting.pieces, b.amount
from waiting full join (
    select account as sku, amount from orderwright.balance where ledger = 'stock.short' and amount <> 0) as b
  using (sku)
where coalesce(waiting.pieces, 0) <> coalesce(b.amount, 0)
"""
_MISPLACED = """
select waiting.instance_id, waiting.sku, 'waits in no queue'
from (
    select i.instance_id, short->>'sku' as sku from orderwright.instance as i
    cross join lateral jsonb_array_elements((i.snapshot::jsonb)->'context'->'short') as short
    where i.chart_id = 'fulfilment' and i.state = 'BACKORDERED') as waiting
left join orderwright.backorder as b on b.fulfilment_id = waiting.instance_id and b.sku = waiting.sku
where b.sku is null
union all
select b.fulfilment_id, b.sku, 'has ended' from orderwright.backorder as b
join orderwright.instance as i on i.instance_id = b.fulfilment_id where i.status = 'done'
"""
_BELOW_ZERO = "select * from orderwright.balance where ledger like 'stock.%' and amount < 0"
_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
