"""Eight clients do what comes to their minds; whatever it is, pieces and money are conserved.

Two of them speak to a server that is killed in the middle and started again; what it has not answered they say again,
and sometimes what it has, under the same key. Its worker follows up, at first alone, then beside another.

The commands are drawn with a seed that is printed.
"""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (chance is what this test is about)
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from goods_books import Pieces, arrived, conserved
from shop import ADMIN, fulfilments, open_goods, pay, place, receive, state

from acceptance.harness import PASSWORD, Server, until, working
from orderwright import Event, Orderwright
from orderwright.app.permissions import Role
from orderwright.domain.orders.order_status import OrderStatus, order_status, progress_of

CLIENTS, AT_THE_DOOR = 8, 2
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
        await self._take_in(sku, location, quantity)
        self.received[location, sku] += quantity

    async def _take_in(self, sku: str, location: str, quantity: int) -> None:
        await receive(self._app, sku, quantity, location)

    async def _sale(self) -> None:
        if self._orders:
            order_id = self._chance.choice(self._orders)
            event = self._chance.choice(OF_SALES)
            await self._app.orders.send_sale_event(order_id, event, ADMIN)

    async def _fulfil(self) -> None:
        found = await fulfilments(self._app, self._chance.choice(self._orders or [""]))
        if found:
            await self._move(self._chance.choice(found).id, self._chance.choice(OF_FULFILMENTS))

    async def _move(self, fulfilment_id: str, event: Event) -> None:
        await self._app.orders.send_fulfilment_event(fulfilment_id, event, ADMIN)


class AtTheDoor(Client):
    """Somebody who speaks to a server that may die in the middle of a word; each command has a key."""

    def __init__(
        self,
        app: Orderwright,
        chance: random.Random,
        orders: list[str],
        http: httpx.AsyncClient,
    ) -> None:
        super().__init__(app, chance, orders)
        self._http = http
        self.said = self.unanswered = 0

    async def _take_in(self, sku: str, location: str, quantity: int) -> None:
        told = await self._say(RECEIVE, sku=sku, location=location, quantity=quantity)
        assert told["__typename"] == "StockChanged"

    async def _move(self, fulfilment_id: str, event: Event) -> None:
        await self._say(MOVE, id=fulfilment_id, event=event.type, data=event.data)

    async def _say(self, query: str, **given: object) -> Any:
        asked = {"query": query, "variables": {**given, "key": str(self.said)}}

        async def answered() -> httpx.Response | None:
            try:
                return await self._http.post("/graphql", json=asked)
            except httpx.TransportError:
                self.unanswered += 1
                return None

        for _ in range(self._chance.choice((1, 1, 1, 2))):
            answer = (await until(answered)).json()
            assert "errors" not in answer, answer
        self.said += 1
        return next(iter(answer["data"].values()))


@pytest.mark.parametrize("commands", [400, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_whatever_clients_do_at_once_no_piece_and_no_money_is_lost(
    database_url: str, commands: int
):
    seed = random.randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 (to repeat it)
    orders: list[str] = []
    async with (
        open_goods(database_url) as app,
        serving(database_url) as server,
        AsyncExitStack() as stack,
    ):
        doors = [await stack.enter_async_context(door(app, server, n)) for n in range(AT_THE_DOOR)]
        outside = [
            AtTheDoor(app, random.Random(seed - n), orders, http)
            for n, http in enumerate(doors, 1)
        ]
        inside = [
            Client(app, random.Random(seed + n), orders) for n in range(CLIENTS - len(doors))
        ]
        clients = [*inside, *outside]
        async with AsyncExitStack() as at_work, asyncio.TaskGroup() as group:
            for one in clients:
                group.create_task(one.work(commands // CLIENTS))
            await followed_up(app)
            group.create_task(killed_in_the_middle(server, inside, outside, commands))
            await at_work.enter_async_context(working(app))
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


@asynccontextmanager
async def door(app: Orderwright, server: Server, number: int) -> AsyncIterator[httpx.AsyncClient]:
    """Sign somebody in who may do everything with goods."""
    login = f"door{number}"
    await app.people.enrol(login, login, PASSWORD, [Role.ADMIN])
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        given = {"login": login, "password": PASSWORD}
        assert (await http.post("/api/v1/session", json=given)).status_code == 200
        yield http


async def followed_up(app: Orderwright) -> None:
    """Wait for what only a worker does, while the server's is the only one."""
    await until(lambda: app.pool.fetchval("select count(*) from orderwright.fulfilment"))


async def killed_in_the_middle(
    server: Server, inside: list[Client], outside: list[AtTheDoor], commands: int
) -> None:
    """Kill the server that has served its clients, and start it again; they go on where they were."""

    async def half_is_done() -> bool:
        done = sum(one.done for one in (*inside, *outside))
        return done >= commands // 2 and all(one.said for one in outside)

    await until(half_is_done, seconds=3600)
    await server.kill()
    said = [one.said for one in outside]

    async def is_missed() -> bool:
        return all(one.unanswered for one in outside)

    async def is_back() -> bool:
        return all(one.said > before for one, before in zip(outside, said, strict=True))

    await until(is_missed)
    await server.start()
    await until(is_back)


async def status(app: Orderwright, order_id: str) -> OrderStatus:
    found = [
        progress_of(one.standing.words.state, one.standing.context)
        for one in await fulfilments(app, order_id)
    ]
    return order_status(await state(app, order_id), found)


RECEIVE = """
mutation ($sku: ID!, $location: ID!, $quantity: Int!, $key: String!) {
  receiveStock(sku: $sku, location: $location, quantity: $quantity, reference: "van", idempotencyKey: $key) {
    __typename } }
"""
MOVE = """
mutation ($id: ID!, $event: String!, $data: JSON, $key: String!) {
  sendFulfilmentEvent(fulfilmentId: $id, event: $event, data: $data, idempotencyKey: $key) { __typename } }
"""
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
