"""A process that takes orders from placing to the customer's door, as `bench.goods` tells it to on its standard input.

Its clients place orders and pay them; a worker decides, reserves, clears and makes fulfilments. What is ready to pack
is read from the list of a warehouse, at intervals, as its screen does; whoever is free packs, ships and delivers it.
At the door `engine` the worker is this process's own; at `http` it is that of the server.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import os
import random  # noqa: TID251 (a fixed seed)
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol, Self

import uvloop

from bench.money.http import Caller
from bench.money.selling import CURRENCY, CUSTOMERS, LOGIN, PASSWORD, Slice
from orderwright import Event, Orderwright
from orderwright.app.goods.fulfilment_list import WantedFulfilments
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.cli.running import application

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.runtime.attempt import Result

SKUS: Final = tuple(f"SKU-{n:03}" for n in range(500))
LINES: Final = 3
EVENTS: Final = (
    "create",
    "SET_PAYMENT_METHOD",
    "PAYMENT_CAPTURED",
    "FULFILMENT_STARTED",
    "PACKAGE_SHIPPED",
    "PACKAGE_DELIVERED",
)
"""What clients do about an order, in order; between the third and the fourth a worker clears and reserves."""

_READY: Final = "PICK_PACK"
_PARCEL: Final = {"carrier": "DHL", "tracking": "JD01"}
_SIGHT: Final = 0.02
"""Seconds between two looks at the list."""
_UNDER_WAY: Final = 64
"""How many orders a process has in work at most."""
_PAGE: Final = 200
_CREATE: Final = """mutation ($input: OrderInput!) { createOrder(input: $input) {
  ... on OrderCreated { order { id } } ... on Refusal { code message } } }"""
_SALE: Final = """mutation ($id: ID!, $event: String!, $data: JSON) {
  sendSaleEvent(orderId: $id, event: $event, data: $data) {
    ... on EventApplied { workflow { state } } ... on Refusal { code message } } }"""
_FULFILMENT: Final = """mutation ($id: ID!, $event: String!, $data: JSON) {
  sendFulfilmentEvent(fulfilmentId: $id, event: $event, data: $data) {
    ... on EventApplied { workflow { state } } ... on Refusal { code message } } }"""
_LIST: Final = """query ($first: Int!) { fulfilments(filter: {states: ["PICK_PACK"]}, first: $first) {
  edges { node { id order { id } } } } }"""


class Door(Protocol):
    """A way into the product; a refusal ends the measuring."""

    async def place(self, customer_id: str, lines: Sequence[Mapping[str, object]]) -> str:
        """Place an order and return its id."""

    async def tell_sale(self, order_id: str, event: str, data: Mapping[str, object]) -> None:
        """Send a sale an event."""

    async def tell_fulfilment(
        self, fulfilment_id: str, event: str, data: Mapping[str, object]
    ) -> None:
        """Send a fulfilment an event."""

    async def ready(self) -> list[tuple[str, str]]:
        """Return the newest that are ready to pack, as fulfilment and order."""


class EngineDoor:
    """The Python API, in this process."""

    def __init__(self, app: Orderwright) -> None:
        self._app = app
        by = Identity(id=LOGIN, login=LOGIN, name="Bench", roles=frozenset({Role.ADMIN}))
        self._asked = Asked(by=by)

    async def place(self, customer_id: str, lines: Sequence[Mapping[str, object]]) -> str:
        """Place an order and return its id."""
        terms = NewTerms(
            customer_id=customer_id, channel="CONSUMER", currency=CURRENCY, lines=lines
        )
        return (await self._app.orders.create_order(terms, self._asked)).instance_id

    async def tell_sale(self, order_id: str, event: str, data: Mapping[str, object]) -> None:
        """Send a sale an event."""
        send = self._app.orders.send_sale_event
        _applied(event, await send(order_id, Event(event, data), self._asked))

    async def tell_fulfilment(
        self, fulfilment_id: str, event: str, data: Mapping[str, object]
    ) -> None:
        """Send a fulfilment an event."""
        send = self._app.orders.send_fulfilment_event
        _applied(event, await send(fulfilment_id, Event(event, data), self._asked))

    async def ready(self) -> list[tuple[str, str]]:
        """Return the newest that are ready to pack."""
        wanted = WantedFulfilments(states=[_READY])
        page = await self._app.fulfilment_list.page(
            self._asked.by, wanted, first=_PAGE, after=None
        )
        return [(row.id, row.order_id) for _, row in page.rows]


def _applied(event: str, result: Result) -> None:
    if result.refused is not None:
        raise RuntimeError(f"{event}: {result.refused}")


class HttpDoor:
    """GraphQL over HTTP, on a connection that is kept."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def place(self, customer_id: str, lines: Sequence[Mapping[str, object]]) -> str:
        """Place an order and return its id."""
        asked = {"customerId": customer_id, "currency": CURRENCY, "lines": lines}
        answer = await self._caller.ask(_CREATE, {"input": asked})
        return str(answer["createOrder"]["order"]["id"])

    async def tell_sale(self, order_id: str, event: str, data: Mapping[str, object]) -> None:
        """Send a sale an event."""
        await self._tell("sendSaleEvent", _SALE, order_id, event, data)

    async def tell_fulfilment(
        self, fulfilment_id: str, event: str, data: Mapping[str, object]
    ) -> None:
        """Send a fulfilment an event."""
        await self._tell("sendFulfilmentEvent", _FULFILMENT, fulfilment_id, event, data)

    async def _tell(
        self, name: str, query: str, target: str, event: str, data: Mapping[str, object]
    ) -> None:
        answer = await self._caller.ask(query, {"id": target, "event": event, "data": data})
        if "workflow" not in answer[name]:
            raise RuntimeError(f"{event}: {answer[name]}")

    async def ready(self) -> list[tuple[str, str]]:
        """Return the newest that are ready to pack."""
        answer = await self._caller.ask(_LIST, {"first": _PAGE})
        nodes = [edge["node"] for edge in answer["fulfilments"]["edges"]]
        return [(node["id"], node["order"]["id"]) for node in nodes]


class Moving:
    """Clients, each at a door of its own, and one that reads the list of what is ready."""

    def __init__(self, doors: Sequence[Door], reader: Door) -> None:
        self._doors = doors
        self._reader = reader
        # Where processes begin differs, so that they do not meet at one customer after the other.
        self._numbers = itertools.count(os.getpid() * 37)
        self._chance = random.Random(os.getpid())  # noqa: S311 (no secret)
        self._took: dict[str, list[float]] = {}
        self._paid: set[str] = set()
        self._ready: deque[str] = deque()
        self._to_place = self._to_deliver = 0

    @classmethod
    async def open(cls, kind: str, url: str, clients: int, stack: AsyncExitStack) -> Self:
        """Open as many doors as there may be clients."""
        if kind == "engine":
            settings = Settings(database_url=url, database_connections=16, log_level="warning")
            configure_log(settings)
            app = await stack.enter_async_context(application(settings))
            await stack.enter_async_context(_working(app))
            door = EngineDoor(app)
            return cls([door] * clients, door)
        callers = [await Caller.open(url, LOGIN, PASSWORD, stack) for _ in range(clients + 1)]
        reader, *doors = [HttpDoor(caller) for caller in callers]
        return cls(doors, reader)

    async def run(self, *, clients: int, count: int) -> Slice:
        """Place so many orders and bring them to the door."""
        self._took = {event: [] for event in EVENTS}
        self._to_place = self._to_deliver = count
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(self._read(), *(self._client(one) for one in self._doors[:clients]))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return Slice(count=count, wall=wall, cpu=cpu, milliseconds=self._took)

    async def _read(self) -> None:
        while self._to_deliver:
            if self._paid:
                for fulfilment_id, order_id in await self._reader.ready():
                    if order_id in self._paid:
                        self._paid.remove(order_id)
                        self._ready.append(fulfilment_id)
            await asyncio.sleep(_SIGHT)

    async def _client(self, door: Door) -> None:
        while self._to_deliver:
            if self._ready:
                self._to_deliver -= 1
                await self._deliver(door, self._ready.popleft())
            elif self._to_place and len(self._paid) < _UNDER_WAY:
                self._to_place -= 1
                await self._place(door)
            else:
                await asyncio.sleep(_SIGHT)

    async def _place(self, door: Door) -> None:
        skus = self._chance.sample(SKUS, k=LINES)
        lines = [{"sku": sku, "quantity": 1, "unitPrice": "50.00"} for sku in skus]
        began = time.perf_counter()
        order_id = await door.place(f"c{next(self._numbers) % CUSTOMERS}", lines)
        self._note("create", began)
        paid = {"amount": f"{LINES * 50}.00", "paymentId": f"{order_id}/1"}
        for event, data in (
            ("SET_PAYMENT_METHOD", {"method": "CARD"}),
            ("PAYMENT_CAPTURED", paid),
        ):
            began = time.perf_counter()
            await door.tell_sale(order_id, event, data)
            self._note(event, began)
        self._paid.add(order_id)

    async def _deliver(self, door: Door, fulfilment_id: str) -> None:
        for event in EVENTS[-3:]:
            began = time.perf_counter()
            data = _PARCEL if event == "PACKAGE_SHIPPED" else {}
            await door.tell_fulfilment(fulfilment_id, event, data)
            self._note(event, began)

    def _note(self, event: str, began: float) -> None:
        self._took[event].append((time.perf_counter() - began) * 1e3)


@asynccontextmanager
async def _working(app: Orderwright) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = asyncio.create_task(app.worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await working


async def _serve(kind: str, url: str, clients: int) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        moving = await Moving.open(kind, url, clients, stack)
        while asked := await loop.run_in_executor(None, sys.stdin.readline):
            found = await moving.run(**json.loads(asked))
            sys.stdout.write(json.dumps(dataclasses.asdict(found)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
