"""A server as users run it: a process of its own, spoken to over HTTP."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import httpx
import pytest

from acceptance.calling import Process, begin
from orderwright import Event, Orderwright
from orderwright.app import records
from orderwright.app.goods.stock_desk import move_stock
from orderwright.app.goods.stock_records import Shelf
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings
from orderwright.runtime.command import Actor, Cause

PASSWORD = "correct horse battery staple"
_PATIENCE = 120.0


@dataclass
class Server:
    """`orderwright serve` in a process of its own; it can be killed and started again."""

    database_url: str
    port: int = field(default_factory=lambda: free_port())  # noqa: PLW0108 (it is defined below)
    with_worker: bool = True
    settings: dict[str, str] = field(default_factory=dict)
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> IO[bytes]:
        """What it says on stderr."""
        assert self.process is not None
        return self.process.errors

    async def start(self) -> None:
        self.process = await begin(
            "serve",
            **{
                "ORDERWRIGHT_DATABASE_URL": self.database_url,
                "ORDERWRIGHT_DATABASE_CONNECTIONS": "12",
                "ORDERWRIGHT_WORKER": str(self.with_worker),
                "PORT": str(self.port),
                **self.settings,
            },
        )
        try:
            async with asyncio.timeout(_PATIENCE):
                line = await self.process.stdout.readline()
        except TimeoutError:
            self.process.send_signal(signal.SIGKILL)
            line = b""
        if not line.startswith(b"listening"):
            _, _, said = await self.process.said()
            pytest.fail(f"the server did not start: {said}")

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
            async with asyncio.timeout(_PATIENCE):
                await self.process.said()
        return await self.process.wait()


@dataclass(frozen=True)
class Client:
    """Somebody signed in, speaking GraphQL."""

    http: httpx.AsyncClient

    async def raw(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ask(self, query: str, **variables: Any) -> Any:
        answer = await self.raw(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def create_order(
        self, *, key: str | None = None, price: str = "50.00", sku: str = "ANVIL"
    ) -> Any:
        data = await self.ask(
            CREATE_ORDER,
            input={
                "customerId": "ada",
                "currency": "EUR",
                "lines": [{"sku": sku, "quantity": 2, "unitPrice": price}],
                "shipping": "5.00",
            },
            key=key,
        )
        return data["createOrder"]

    async def decided(self, order_id: str) -> str:
        """Wait until the decision on an order is recorded, and return its id."""

        async def recorded() -> bool:
            log = await self.log(order_id)
            return "DECISION_RECORDED" in {row["eventType"] for row in log}

        await until(recorded)
        return order_id

    async def sale(
        self, order_id: str, event: str, data: Any = None, key: str | None = None
    ) -> Any:
        answer = await self.ask(SEND_SALE, id=order_id, event=event, data=data, key=key)
        return answer["sendSaleEvent"]

    async def fulfil(self, fulfilment_id: str, event: str, data: Any = None) -> Any:
        answer = await self.ask(SEND_FULFILMENT, id=fulfilment_id, event=event, data=data)
        return answer["sendFulfilmentEvent"]

    async def quote(self, quotation_id: str, event: str, data: Any = None) -> Any:
        answer = await self.ask(SEND_QUOTATION, id=quotation_id, event=event, data=data)
        return answer["sendQuotationEvent"]

    async def order(self, order_id: str) -> Any:
        return (await self.ask(ORDER, id=order_id))["order"]

    async def log(self, order_id: str) -> list[Any]:
        return (await self.ask(LOG, id=order_id))["saleWorkflow"]["transitionLog"]


_RESULT = """
  __typename
  ... on EventApplied { version replayed workflow { state version label } }
  ... on Refusal { code message reasons { code message values unblockers } }
"""
SEND_SALE = f"""
mutation ($id: ID!, $event: String!, $data: JSON, $key: String) {{
  sendSaleEvent(orderId: $id, event: $event, data: $data, idempotencyKey: $key) {{ {_RESULT} }} }}
"""
SEND_FULFILMENT = f"""
mutation ($id: ID!, $event: String!, $data: JSON) {{
  sendFulfilmentEvent(fulfilmentId: $id, event: $event, data: $data) {{ {_RESULT} }} }}
"""
SEND_QUOTATION = f"""
mutation ($id: ID!, $event: String!, $data: JSON) {{
  sendQuotationEvent(quotationId: $id, event: $event, data: $data) {{ {_RESULT} }} }}
"""
CREATE_ORDER = """
mutation ($input: OrderInput!, $key: String) { createOrder(input: $input, idempotencyKey: $key) {
  __typename
  ... on OrderCreated { replayed order { id number workflowState grandTotal { amount currency } } }
  ... on Refusal { code message reasons { code message values } } } }
"""
ORDER = """
query ($id: ID!) { order(id: $id) { id number workflowState workflowLabel captured { amount } due { amount }
  fulfilments { id number workflowState lines { sku quantity } } quotation { id workflowState } } }
"""
LOG = """
query ($id: ID!) { saleWorkflow(orderId: $id) { version transitionLog {
  version eventType fromState toState actor { id kind name } causationId correlationId origin } } }
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def shelve(app: Orderwright, pieces: int, sku: str = "ANVIL") -> None:
    """Put so many pieces on the shelf."""
    received = Event("RECEIVE_STOCK", {"quantity": pieces, "reference": "furniture"})
    cause = Cause(actor=Actor("furnisher", "system"), origin="import")
    async with app.pool.acquire() as connection, connection.transaction():
        await move_stock(app.engine, connection, Shelf(sku, "main"), received, cause)


async def furnish(url: str, *, anvils: int = 1_000_000) -> None:
    """Put people and master data into a database, and so many anvils on the shelf."""
    async with Orderwright.connect(url, settings=Settings()) as app:
        async with app.pool.acquire() as connection, connection.transaction():
            customers = [
                records.Customer(
                    id=name,
                    number=f"C-{name}",
                    name=f"{name.title()} Ltd",
                    currency="EUR",
                    credit_limit_minor=limit,
                )
                for name, limit in (("ada", 0), ("bob", 50_000))
            ]
            await records.add_customers(connection, customers)
            products = [
                records.Product(sku="ANVIL", name="Anvil", currency="EUR", unit_price_minor=5000),
                records.Product(sku="GONE", name="Gone", currency="EUR", unit_price_minor=100),
            ]
            await records.add_products(connection, products)
        if anvils:
            await shelve(app, anvils)
        people = {"admin": Role.ADMIN, "clerk": Role.BILLER, "auditor": Role.READ_ONLY}
        for login, role in people.items():
            await app.people.enrol(login, login.title(), PASSWORD, [role])
        await app.people.enrol("bob", "Bob", PASSWORD, [Role.CUSTOMER], customer_id="bob")


CONSUMERS = (
    "approvals",
    "backorders",
    "cases",
    "compliance",
    "credit_rechecks",
    "credit_sales",
    "decisions",
    "notifications",
    "payments",
    "phases",
    "policy-answers",
    "policy-documents",
    "policy-endings",
    "policy-life",
    "reservations",
    "returns",
    "webhooks",
)
"""Who hears of every domain event, in order."""
SignIn = Callable[..., Awaitable[Client]]
Rows = Callable[[], Awaitable[dict[str, str]]]

TABLES = (
    "chart",
    "customer",
    "fulfilment",
    "fulfilment_line",
    "idempotency_key",
    "instance",
    "ledger_entry",
    "log",
    "outbox",
    "person",
    "product",
    "quotation",
    "sale_order",
    "sale_order_line",
    "timer",
)


@asynccontextmanager
async def working(app: Orderwright) -> AsyncIterator[None]:
    """Let a worker do what follows from commands."""
    stop = asyncio.Event()
    running = asyncio.create_task(app.worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def until(look: Callable[[], Awaitable[Any]], seconds: float = _PATIENCE) -> Any:
    """Look again and again until there is something to see."""
    async with asyncio.timeout(seconds):
        while not (seen := await look()):  # noqa: ASYNC110 (another process is awaited)
            await asyncio.sleep(0.02)
        return seen
