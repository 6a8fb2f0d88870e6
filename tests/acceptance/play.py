"""A world for scenarios of the trade: one server that all share, and a customer with an order for each.

Everything goes through GraphQL by somebody of a role. The server runs in this process, so that the clock is the
test's: what is to happen later happens by timers and relay. After each command all that follows from it is done.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Final

import httpx

from acceptance.harness import PASSWORD, Client
from orderwright import Event, Orderwright
from orderwright.api.server import create_server
from orderwright.app import records
from orderwright.app.permissions import Role
from orderwright.app.policies.telling import POLICIES
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE: Final[Mapping[str, Role]] = {
    "mia": Role.MANAGER,
    "max": Role.MANAGER,
    "tony": Role.ACCOUNTANT,
    "will": Role.WAREHOUSE,
    "cora": Role.COMPLIANCE,
    "carl": Role.COMPLIANCE,
    "tess": Role.TREASURY,
    "theo": Role.TREASURY,
}
"""Who is at the doors beside those of `furnish`: admin, clerk (a biller), auditor and bob (a customer)."""
_REFUSAL = "... on Refusal { code reasons { code values unblockers } }"
_SENT = f"__typename ... on EventApplied {{ version }} {_REFUSAL}"
_PAID = f"__typename ... on PaymentApplied {{ payment {{ id }} }} {_REFUSAL}"
_CHANGED = f"__typename ... on OverrideChanged {{ override {{ id }} }} {_REFUSAL}"
_numbers = itertools.count(1)


@dataclass(slots=True, kw_only=True)
class Stage:
    """What all plays share: the product, people signed in, and the clock."""

    app: Orderwright
    clock: DrivenClock
    people: Mapping[str, Client]
    signed_in_at: datetime = NOON

    async def later(self, **span: float) -> None:
        """Let time pass; timers and relay do their work."""
        self.clock.advance(timedelta(**span))
        await self.app.worker.drain()
        await self._open_doors()

    async def _open_doors(self) -> None:
        """Sign everybody in again before their sessions end."""
        if self.clock.now() - self.signed_in_at > timedelta(days=75):
            for login, client in self.people.items():
                await _sign_in(client, login)
            self.signed_in_at = self.clock.now()


@asynccontextmanager
async def open_stage(url: str) -> AsyncIterator[Stage]:
    """Open a furnished database for plays."""
    clock = DrivenClock(NOON)
    settings = Settings(
        session_lifetime_hours=24 * 90,
        case_sla_minutes=0,  # the cases of scenarios that are over need no terms
        case_urgent_sla_minutes=0,
    )
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(
            Orderwright.connect(url, settings=settings, clock=clock)
        )
        for login, role in PEOPLE.items():
            await app.people.enrol(login, login.title(), PASSWORD, [role])
        fitting = records.Product(
            sku="FITTING", name="Fitting", currency="EUR", unit_price_minor=100
        )
        async with app.pool.acquire() as connection:
            await records.add_products(connection, [fitting])
            await connection.execute(
                "update orderwright.product set kind = 'SERVICE' where sku = 'FITTING'"
            )
        server = create_server(app, console=None, with_worker=False)

        people = {}
        for login in ("admin", "clerk", "bob", *PEOPLE):
            door = httpx.ASGITransport(server)
            http = httpx.AsyncClient(transport=door, base_url="http://127.0.0.1", timeout=30)
            people[login] = Client(await stack.enter_async_context(http))
            await _sign_in(people[login], login)
        yield Stage(app=app, clock=clock, people=people)


async def _sign_in(client: Client, login: str) -> None:
    given = {"login": login, "password": PASSWORD}
    answer = await client.http.post("/api/v1/session", json=given)
    assert answer.status_code == 200, answer.text


@dataclass(slots=True, kw_only=True)
class Play:
    """One scenario as it goes on: who and what it is about, and what was answered last."""

    stage: Stage
    customer: str = ""
    quotation: str = ""
    order: str = ""
    orders: list[str] = field(default_factory=list)
    payments: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    entities: dict[str, str] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)

    def by(self, login: str) -> Client:
        return self.stage.people[login]

    async def ask(self, query: str, *, by: str = "admin", **variables: Any) -> Any:
        return next(iter((await self.by(by).ask(query, **variables)).values()))

    async def command(self, query: str, *, by: str, **variables: Any) -> Mapping[str, Any]:
        """Give a command and let follow what follows from it; the answer is kept."""
        self.answer = await self.ask(query, by=by, **variables)
        await self.stage.later(seconds=0)
        return self.answer

    # --- beginnings ---

    async def meet(self, limit: str | None) -> None:
        """A customer comes; a limit of credit is set by a manager."""
        self.customer = f"customer{next(_numbers)}"
        new = records.Customer(
            id=self.customer, number=self.customer, name=self.customer, currency="EUR"
        )
        async with self.stage.app.pool.acquire() as connection:
            await records.add_customers(connection, [new])
        if limit is not None:
            await self.set_limit(limit)

    async def set_limit(self, limit: str | None, tier: str = "BRONZE") -> None:
        query = f"""mutation ($id: ID!, $limit: String) {{ setCreditProfile(customerId: $id,
          currency: "EUR", tier: {tier}, customLimit: $limit) {{ __typename {_REFUSAL} }} }}"""
        await self.command(query, by="mia", id=self.customer, limit=limit)

    async def place(self, price: str, **more: Any) -> None:
        query = """mutation ($input: OrderInput!) { createOrder(input: $input) {
          ... on OrderCreated { order { id } } } }"""
        made = await self.command(query, by="clerk", input=self._terms(price, **more))
        self.order = made["order"]["id"]
        self.orders.append(self.order)

    async def offer(self, price: str, days: float) -> None:
        """Write a quotation for bob that holds for so many days."""
        self.customer = "bob"
        until = self.stage.clock.now() + timedelta(days=days)
        query = """mutation ($input: QuotationInput!) { createQuotation(input: $input) {
          ... on QuotationCreated { quotation { id } } } }"""
        given = {**self._terms(price), "validUntil": until.isoformat()}
        self.quotation = (await self.command(query, by="clerk", input=given))["quotation"]["id"]

    def _terms(self, price: str, sku: str = "ANVIL", **more: Any) -> dict[str, Any]:
        lines = [{"sku": sku, "quantity": 1, "unitPrice": price}]
        return {"customerId": self.customer, "currency": "EUR", "lines": lines, **more}

    # --- commands ---

    async def send(self, kind: str, event: str, data: Mapping[str, Any], *, by: str) -> None:
        """Send an event to the order ("Sale"), the quotation or the last fulfilment."""
        subject = {"Sale": "orderId", "Quotation": "quotationId", "Fulfilment": "fulfilmentId"}
        query = f"""mutation ($id: ID!, $event: String!, $data: JSON) {{
          send{kind}Event({subject[kind]}: $id, event: $event, data: $data) {{ {_SENT} }} }}"""
        ids = {"Sale": self.order, "Quotation": self.quotation}
        target = ids[kind] if kind in ids else (await self.sale())["fulfilments"][-1]["id"]
        await self.command(query, by=by, id=target, event=event, data=data)

    async def decide(self, event: str, data: Mapping[str, Any]) -> None:
        """Send what only policies may send."""
        app = self.stage.app
        result = await app.engine.send(self.order, Event(event, data), actor=POLICIES)
        assert result.refused is None, result.refused
        self.answer = {"__typename": "EventApplied"}
        await self.stage.later(seconds=0)

    async def register(self, name: str, amount: str, currency: str, channel: str) -> None:
        query = f"""mutation ($input: PaymentInput!) {{
          register{channel}Payment(input: $input) {{ {_PAID} }} }}"""
        given = {"orderId": self.order, "amount": amount, "currency": currency, "method": "CARD"}
        answer = await self.command(query, by="clerk", input=given)
        if "payment" in answer:
            self.payments[name] = answer["payment"]["id"]

    async def move_money(self, name: str, command: str, by: str, **given: Any) -> None:
        """Give a command on a payment, such as `confirmPayment`."""
        kinds = {"lines": "[RefundLineInput!]"}
        declared = "".join(f", ${key}: {kinds.get(key, 'String!')}" for key in given)
        passed = "".join(f", {key}: ${key}" for key in given)
        query = f"""mutation ($id: ID!{declared}) {{
          {command}(paymentId: $id{passed}) {{ {_PAID} }} }}"""
        await self.command(query, by=by, id=self.payments[name], **given)

    async def request(self, kind: str, by: str) -> None:
        query = f"""mutation ($id: ID!) {{ requestOverride(orderId: $id, kind: {kind},
          reason: "they always pay") {{ __typename ... on OverrideRequested {{ overrideId }} {_REFUSAL} }} }}"""
        answer = await self.command(query, by=by, id=self.order)
        if "overrideId" in answer:
            self.overrides[kind] = answer["overrideId"]

    async def vote(self, kind: str, decision: str, by: str, amount: str | None) -> None:
        query = f"""mutation ($id: ID!, $amount: String) {{ voteOverride(id: $id, decision: {decision},
          reason: "seen", approvedAmount: $amount) {{ {_CHANGED} }} }}"""
        await self.command(query, by=by, id=self.overrides[kind], amount=amount)

    async def end_override(self, kind: str, command: str, by: str) -> None:
        """Revoke or withdraw an override."""
        query = f'mutation ($id: ID!) {{ {command}(id: $id, reason: "news") {{ {_CHANGED} }} }}'
        await self.command(query, by=by, id=self.overrides[kind])

    # --- looks ---

    async def sale(self) -> Any:
        return await self.ask(_ORDER, id=self.order)

    async def workflow(self, by: str) -> Any:
        return await self.ask(_WORKFLOW, by=by, id=self.order)

    async def offered(self) -> Any:
        return await self.ask(_QUOTATION, id=self.quotation)

    async def override(self, kind: str) -> Any:
        return await self.ask(_OVERRIDE, id=self.overrides[kind])

    async def told(self, root: str) -> list[tuple[str, Mapping[str, Any]]]:
        """The domain events of an order or a quotation, the oldest first."""
        query = (
            "query ($id: ID!) { outbox(rootId: $id, first: 200) { edges { node { name data } } } }"
        )
        edges = (await self.ask(query, id=root))["edges"]
        return [(edge["node"]["name"], edge["node"]["data"]) for edge in reversed(edges)]

    async def credit(self) -> Any:
        [found] = await self.ask(_CREDIT, id=self.customer)
        return found

    async def returns(self) -> Any:
        """The returns of the last fulfilment, the oldest first."""
        last = (await self.sale())["fulfilments"][-1]["id"]
        edges = (await self.ask(_RETURNS, id=last))["edges"]
        return sorted((edge["node"] for edge in edges), key=itemgetter("number"))

    async def pieces(self) -> list[str]:
        """What was booked of the order's pieces: ledger, kind and quantity."""
        return sorted(row["said"] for row in await self.stage.app.pool.fetch(_PIECES, self.order))

    async def ledger(self, name: str) -> list[int]:
        """The amounts in a ledger of this order, in minor units, the largest first."""
        rows = await self.stage.app.pool.fetch(_LEDGER, name, self.order)
        return [row["minor"] for row in rows]


_ORDER = """query ($id: ID!) { order(id: $id) { workflowState workflowLabel
  captured { amount } due { amount } outstanding { amount } quotation { id }
  fulfilments { id workflowState } } }"""
_WORKFLOW = """query ($id: ID!) { saleWorkflow(orderId: $id) { waitingFor { code values unblockers }
  allowedEvents { event } blockedEvents { event reasons { code unblockers } } } }"""
_QUOTATION = """query ($id: ID!) { quotation(id: $id) { workflowState workflowLabel workflowContext
  version total { amount } validUntil orderId } }"""
_OVERRIDE = """query ($id: ID!) { overrideRequest(id: $id) { workflowState kind amount { amount }
  approvedAmount { amount } expiresAt votes { by { name } } quorum { approvers including } } }"""
_CREDIT = """query ($id: ID!) { creditSnapshot(customerId: $id) { tier limit { amount }
  exposure { amount } completedSales { amount } earnedLimit { amount } } }"""
_RETURNS = """query ($id: ID!) { returns(filter: { fulfilmentId: $id }, first: 50) {
  edges { node { id number workflowState } } } }"""
_PIECES = """
select replace(ledger, 'stock.', '') || ' ' || (data::jsonb->>'kind') || ' '
       || to_char((data::jsonb->>'quantity')::bigint, 'FMSG999') as said
from orderwright.ledger_entry where ledger like 'stock.%' and data::jsonb->>'orderId' = $1
"""
_LEDGER = """
select (data::jsonb->>'amountMinor')::bigint as minor from orderwright.ledger_entry
where ledger = $1 and coalesce(data::jsonb->>'orderId', instance_id) = $2 order by 1 desc
"""
