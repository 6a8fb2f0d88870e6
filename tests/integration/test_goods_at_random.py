"""Eight clients do what comes to their minds; whatever it is, pieces and money are conserved.

Two workers follow up, of which one is a process that is killed in the middle and started again.

The commands are drawn with a seed that is printed.
"""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (chance is what this test is about)
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from goods_books import Pieces, arrived, conserved
from shop import ADMIN, fulfilments, open_goods, pay, place, receive, state

from acceptance.harness import Server, until, working
from orderwright import Event, Orderwright
from orderwright.domain.orders.order_status import OrderStatus, order_status, progress_of

CLIENTS = 8
SKUS = ("LAMP", "BULB", "DESK")
PLACES = ("main", "east")
SHIP = {"carrier": "DHL", "tracking": "T1"}
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
    Event("CANCEL"),
    Event("FAIL", {"reason": "lost"}),
)
OF_SALES = (
    Event("FREEZE", {"reason": "odd"}),
    Event("RELEASE"),
    Event("RELEASE"),
    Event("CANCEL_REQUESTED", {"reason": "no"}),
)


class Client:
    """Somebody who does things at random; a refusal is an answer like any other."""

    def __init__(self, app: Orderwright, chance: random.Random, orders: list[str]) -> None:
        self._app = app
        self._chance = chance
        self._orders = orders
        self.done = 0
        self.received: Pieces = Counter()

    async def work(self, commands: int) -> None:
        kinds: list[Callable[[], Awaitable[None]]] = [self._buy, self._receive, self._sale]
        for _ in range(commands):
            await self._chance.choices([*kinds, self._fulfil], weights=[3, 2, 1, 8])[0]()
            self.done += 1

    async def _buy(self) -> None:
        wanted = self._chance.sample(SKUS, self._chance.randint(1, 3))
        quantities = {sku: self._chance.randint(1, 3) for sku in wanted}
        order_id = await place(self._app, **quantities)
        self._orders.append(order_id)
        await pay(self._app, order_id, f"{sum(quantities.values()) * 10}.00")

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
        found = await fulfilments(self._app, self._chance.choice(self._orders or [""]))
        if found:
            event = self._chance.choice(OF_FULFILMENTS)
            await self._app.orders.send_fulfilment_event(
                self._chance.choice(found).id, event, ADMIN
            )


@pytest.mark.parametrize("commands", [400, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_whatever_clients_do_at_once_no_piece_and_no_money_is_lost(
    database_url: str, commands: int
):
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 (to repeat it)
    orders: list[str] = []
    async with open_goods(database_url) as app, serving(database_url) as server:
        clients = [Client(app, random.Random(seed + n), orders) for n in range(CLIENTS)]
        async with working(app):
            async with asyncio.TaskGroup() as group:
                group.create_task(killed_in_the_middle(server, clients, commands))
                for one in clients:
                    group.create_task(one.work(commands // CLIENTS))
            assert await server.stop() == 0
        await app.worker.drain()
        assert await conserved(app) == []
        assert await arrived(app) == sum((one.received for one in clients), Counter())
        assert await app.pool.fetch(_OVER_REFUNDED) == []
        assert await app.pool.fetch(_WAITED) == []
        assert await app.pool.fetch(_MISPLACED) == []
        assert await app.pool.fetch(_BELOW_ZERO) == []
        assert await app.pool.fetchval(_DEADLOCKS) == 0
        for order_id in orders:
            assert await status(app, order_id) in OrderStatus


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[Server]:
    """Start a server with a worker, and end it whatever happens."""
    server = Server(url)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()


async def killed_in_the_middle(server: Server, clients: list[Client], commands: int) -> None:
    async def half_is_done() -> bool:
        return sum(one.done for one in clients) >= commands // 2

    await until(half_is_done, seconds=3600)
    await server.kill()
    await server.start()


async def status(app: Orderwright, order_id: str) -> OrderStatus:
    found = [
        progress_of(one.standing.words.state, one.standing.context)
        for one in await fulfilments(app, order_id)
    ]
    return order_status(await state(app, order_id), found)


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
