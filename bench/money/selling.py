"""A process that sells, slice by slice, as it is told: orders are placed, decided, paid and so cleared.

    python -m bench.money.selling engine DATABASE_URL
    python -m bench.money.selling http SERVER_URL

A line of its input is a JSON object {"clients", "count"}: so many clients sell so many sales. The answer to each is a
line with what was measured.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

import uvloop

from bench.money.http import Caller
from orderwright import Event, Orderwright
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.telling import DECIDED, POLICIES
from orderwright.app.settings import Settings
from orderwright.cli.running import application

LOGIN: Final = "bench"
PASSWORD: Final = "a long password for measuring"  # noqa: S105 (of a database that lives for minutes)
SKU: Final = "ANVIL"
CURRENCY: Final = "EUR"
CUSTOMERS: Final = 1000
EVENTS: Final = ("create", "SET_PAYMENT_METHOD", "PAYMENT_CAPTURED", "DECISION_RECORDED")
"""What a whole sale takes, in order; the last one clears it."""

_CLEARED: Final = "CLEARED_FOR_FULFILMENT"
LINES: Final = ({"sku": SKU, "quantity": 2, "unitPrice": "50.00"},)
_SIGHT: Final = 0.2
"""Seconds between two looks; more often, and the looking takes the time of the server that is looked at."""
_STATE: Final = "query ($id: ID!) { order(id: $id) { workflowState } }"
_CREATE: Final = """mutation ($input: OrderInput!) { createOrder(input: $input) {
  ... on OrderCreated { order { id workflowState } } ... on Refusal { code message } } }"""
_SEND: Final = """mutation ($id: ID!, $event: String!, $data: JSON) {
  sendSaleEvent(orderId: $id, event: $event, data: $data) {
    ... on EventApplied { workflow { state } } ... on Refusal { code message } } }"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a slice came to: sales, seconds, this process's CPU seconds, and the milliseconds of every event."""

    count: int
    wall: float
    cpu: float
    milliseconds: dict[str, list[float]] = field(default_factory=dict)


class Door(Protocol):
    """A way into the product."""

    async def place(self, customer_id: str) -> str:
        """Place an order and return its id."""

    async def send(self, order_id: str, event: str, data: Mapping[str, object]) -> str:
        """Send its sale an event and return the state that it leads to; a refusal ends the measuring."""

    async def decide(self, order_id: str) -> str:
        """Have the decision on it recorded and return the state that it leads to."""


class EngineDoor:
    """The Python API, in this process."""

    def __init__(self, app: Orderwright) -> None:
        self._app = app
        self._asked = Asked(
            by=Identity(id=LOGIN, login=LOGIN, name="Bench", roles=frozenset({Role.ADMIN}))
        )

    async def place(self, customer_id: str) -> str:
        """Place an order and return its id."""
        terms = NewTerms(
            customer_id=customer_id, channel="CONSUMER", currency=CURRENCY, lines=LINES
        )
        result = await self._app.orders.create_order(terms, self._asked)
        return result.instance_id

    async def send(self, order_id: str, event: str, data: Mapping[str, object]) -> str:
        """Send its sale an event and return where it stands."""
        result = await self._app.orders.send_sale_event(order_id, Event(event, data), self._asked)
        if result.refused is not None or result.snapshot is None:
            raise RuntimeError(f"{event}: {result.refused}")
        return str(result.snapshot.configuration[-1])

    async def decide(self, order_id: str) -> str:
        """Record the decision, as the consumer of the relay does."""
        result = await self._app.engine.send(order_id, DECIDED, actor=POLICIES)
        if result.refused is not None or result.snapshot is None:
            raise RuntimeError(f"decision: {result.refused}")
        return str(result.snapshot.configuration[-1])


class HttpDoor:
    """GraphQL over HTTP, on a connection that is kept."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def place(self, customer_id: str) -> str:
        """Place an order and return its id."""
        asked = {"customerId": customer_id, "currency": CURRENCY, "lines": LINES}
        answer = await self._caller.ask(_CREATE, {"input": asked})
        return str(answer["createOrder"]["order"]["id"])

    async def send(self, order_id: str, event: str, data: Mapping[str, object]) -> str:
        """Send its sale an event and return where it stands."""
        answer = await self._caller.ask(_SEND, {"id": order_id, "event": event, "data": data})
        return str(answer["sendSaleEvent"]["workflow"]["state"])

    async def decide(self, order_id: str) -> str:
        """Wait until the server's worker has recorded it."""
        while True:
            answer = await self._caller.ask(_STATE, {"id": order_id})
            state = str(answer["order"]["workflowState"])
            if state == _CLEARED:
                return state
            await asyncio.sleep(_SIGHT)


class Selling:
    """Clients, each at a door of its own."""

    def __init__(self, doors: list[Door]) -> None:
        self._doors = doors
        # Where processes begin differs, so that they do not meet at one customer after the other.
        self._numbers = itertools.count(os.getpid() * 37)
        self._took: dict[str, list[float]] = {}

    @classmethod
    async def open(cls, kind: str, url: str, clients: int, stack: AsyncExitStack) -> Self:
        """Open as many doors as there may be clients."""
        if kind == "engine":
            settings = Settings(database_url=url, database_connections=16, log_level="warning")
            configure_log(settings)
            app = await stack.enter_async_context(application(settings))
            return cls([EngineDoor(app)] * clients)
        callers = [await Caller.open(url, LOGIN, PASSWORD, stack) for _ in range(clients)]
        return cls([HttpDoor(caller) for caller in callers])

    async def run(self, *, clients: int, count: int) -> Slice:
        """Sell so many."""
        self._took = {event: [] for event in EVENTS}
        waiting = iter(range(count))
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(self._client(door, waiting) for door in self._doors[:clients]))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return Slice(count=count, wall=wall, cpu=cpu, milliseconds=self._took)

    async def _client(self, door: Door, waiting: Iterator[int]) -> None:
        for _ in waiting:
            await self._sell(door)

    async def _sell(self, door: Door) -> None:
        number = next(self._numbers)
        began = time.perf_counter()
        order_id = await door.place(f"c{number % CUSTOMERS}")
        placed = time.perf_counter()
        await door.send(order_id, "SET_PAYMENT_METHOD", {"method": "CARD"})
        chosen = time.perf_counter()
        paid = {"amount": "100.00", "paymentId": f"{order_id}/1"}
        await door.send(order_id, "PAYMENT_CAPTURED", paid)
        captured = time.perf_counter()
        state = await door.decide(order_id)
        ended = time.perf_counter()
        if _CLEARED not in state:
            raise RuntimeError(f"{order_id} is paid and stands at {state}")
        moments = (began, placed, chosen, captured, ended)
        for event, (since, until) in zip(EVENTS, itertools.pairwise(moments), strict=True):
            self._took[event].append((until - since) * 1e3)


async def _serve(kind: str, url: str, clients: int) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        selling = await Selling.open(kind, url, clients, stack)
        while asked := await loop.run_in_executor(None, sys.stdin.readline):
            found = await selling.run(**json.loads(asked))
            sys.stdout.write(json.dumps(dataclasses.asdict(found)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
