"""What people and programs may ask of the order trade; every door comes through here.

Permission is checked first, then the caller's sight of the record, then the lifecycle decides. A refusal by a
lifecycle is part of the result; everything else that is wrong is raised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orderwright.app import records
from orderwright.app.ending import require_ahead, require_end
from orderwright.app.formats import canonical
from orderwright.app.late_money import keep_late_money
from orderwright.app.permissions import Identity, require
from orderwright.app.phases import expiry_of
from orderwright.app.placing import place_order
from orderwright.domain.orders.quotation import terms_context
from orderwright.domain.orders.terms import Terms, read_terms
from orderwright.errors import NotFound
from orderwright.money import exponent
from orderwright.runtime.command import Actor, Cause, Create, Send, require_id
from orderwright.runtime.identity import derived_id, fresh_id
from orderwright.runtime.observation import told_on_commit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.queries import Queries
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerms:
    """What a caller wants to sell; amounts are decimal strings in major units of the currency.

    `lines` are objects with sku, quantity, unitPrice and optionally discount and tax.
    """

    customer_id: str
    channel: records.Channel
    currency: str
    lines: Sequence[Mapping[str, object]]
    shipping: str = "0"
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The circumstances of a call: who asks, under which key, and why.

    Raises:
        InputInvalid: the key is empty, too long, or cannot be stored.
    """

    by: Identity
    idempotency_key: str | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.idempotency_key is not None:
            require_id("idempotencyKey", self.idempotency_key)

    @property
    def key(self) -> str | None:
        """The key as it is remembered: everybody has their own."""
        return f"{self.by.id}/{self.idempotency_key}" if self.idempotency_key is not None else None

    @property
    def cause(self) -> Cause:
        """The circumstances as the engine takes them."""
        return Cause(actor=actor_of(self.by), idempotency_key=self.key, reason=self.reason)


class Orders:
    """Commands on quotations, sale orders and fulfilments."""

    def __init__(self, engine: Engine, queries: Queries, settings: LiveSettings) -> None:
        self._engine = engine
        self._queries = queries
        self._settings = settings

    # --- creating ---

    async def create_order(self, new: NewTerms, asked: Asked) -> Result:
        """Place a direct order; its lifecycle starts in the same transaction.

        Raises:
            RoleMissing, CustomerNotFound, InputInvalid, IdempotencyMismatch.
        """
        require(asked.by, "order.create")
        self._sees(asked.by, new.customer_id, records.CustomerNotFound, new.customer_id)
        order_id, settings = id_for("order", asked.key), await self._settings.current()
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            order = await self._read_order(connection, order_id, new)
            return await place_order(
                self._engine,
                order,
                asked.cause,
                request=_request(new),
                expires_at=expiry_of(settings, order.placed_at),
                connection=connection,
            )

    async def _read_order(
        self, connection: Connection, order_id: str, new: NewTerms
    ) -> records.SaleOrder:
        number, terms = await _named_terms(connection, new, "order_number")
        return records.SaleOrder(
            id=order_id,
            number=number,
            channel=new.channel,
            customer_id=new.customer_id,
            terms=terms,
            placed_at=self._engine.clock.now(),
        )

    async def create_quotation(self, new: NewTerms, asked: Asked) -> Result:
        """Draft a quotation.

        Raises:
            RoleMissing, CustomerNotFound, InputInvalid, IdempotencyMismatch.
        """
        require(asked.by, "quotation.create")
        now, settings = self._engine.clock.now(), await self._settings.current()
        ends = new.valid_until or now + timedelta(days=settings.quotation_validity_days)
        require_end("validUntil", ends)
        quotation_id = id_for("quotation", asked.key)
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            number, terms = await _named_terms(connection, new, "quotation_number")
            context = {
                "quotationId": quotation_id,
                "number": number,
                "channel": new.channel,
                "customerId": new.customer_id,
                "currency": new.currency,
                "validUntil": ends.isoformat(),
                **terms_context(terms),
            }
            result = await self._engine.carry_out(
                Create(
                    chart_id="quotation",
                    instance_id=quotation_id,
                    root_id=quotation_id,
                    context=context,
                    request=_request(new),
                    cause=asked.cause,
                ),
                connection=connection,
            )
            if result.refused is None and not result.replayed:
                require_ahead("validUntil", ends, now)
                await records.add_quotation(
                    connection,
                    quotation_id=quotation_id,
                    number=number,
                    channel=new.channel,
                    customer_id=new.customer_id,
                    currency=new.currency,
                    at=now,
                )
        return result

    # --- events ---

    async def send_quotation_event(self, quotation_id: str, event: Event, asked: Asked) -> Result:
        """Send an event to a quotation.

        Raises:
            RoleMissing, QuotationNotFound, IdempotencyMismatch, InstanceBusy.
        """
        customer = await self._queries.customer_of_quotation(quotation_id)
        self._sees(asked.by, customer, records.QuotationNotFound, quotation_id)
        if event.type == "EDIT":
            event = await self._named(event)
        return await self._send("quotation", quotation_id, event, asked)

    async def _named(self, event: Event) -> Event:
        """Give the lines of an edit the names of their products; what has no shape is left to the chart's schema.

        Raises:
            InputInvalid: a SKU is not a product's.
        """
        lines = event.data.get("lines")
        if not isinstance(lines, list) or not all(_has_sku(line) for line in lines):
            return event
        async with self._engine.pool.acquire() as connection:
            names = await records.product_names(connection, [line["sku"] for line in lines])
        named = [{**line, "name": names[line["sku"]]} for line in lines]
        return Event(event.type, {**event.data, "lines": named})

    async def send_sale_event(self, order_id: str, event: Event, asked: Asked) -> Result:
        """Send an event to an order's sale lifecycle; money that it refuses because it has ended is kept.

        Raises:
            RoleMissing, OrderNotFound, InputInvalid, IdempotencyMismatch, InstanceBusy.
        """
        customer = await self._queries.customer_of_order(order_id)
        self._sees(asked.by, customer, records.OrderNotFound, order_id)
        result = await self._send("sale", order_id, event, asked)
        ended = result.refused is not None and result.refused.code == "done"
        if ended and event.type == "PAYMENT_CAPTURED":
            await self._keep(order_id, event, asked)
        return result

    async def _keep(self, order_id: str, captured: Event, asked: Asked) -> None:
        chart = await self._queries.chart("sale")
        data = canonical(captured.data, chart.events[captured.type].data)
        captured = Event(captured.type, data if isinstance(data, Mapping) else {})
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            await keep_late_money(self._engine, connection, order_id, captured, asked.cause)

    async def send_fulfilment_event(
        self, fulfilment_id: str, event: Event, asked: Asked
    ) -> Result:
        """Send an event to a fulfilment.

        Raises:
            RoleMissing, FulfilmentNotFound, IdempotencyMismatch, InstanceBusy.
        """
        customer = await self._queries.customer_of_fulfilment(fulfilment_id)
        self._sees(asked.by, customer, records.FulfilmentNotFound, fulfilment_id)
        return await self._send("fulfilment", fulfilment_id, event, asked)

    async def _send(self, chart_id: str, instance_id: str, event: Event, asked: Asked) -> Result:
        chart = await self._queries.chart(chart_id)
        declared = chart.events.get(event.type)
        if declared is not None and declared.by == "user":
            require(asked.by, f"{chart_id}.{event.type}")
            data = canonical(event.data, declared.data)
            event = Event(event.type, data if isinstance(data, Mapping) else {})
        return await self._engine.carry_out(
            Send(instance_id=instance_id, event=event, cause=asked.cause)
        )

    @staticmethod
    def _sees(
        identity: Identity, customer_id: str | None, missing: type[NotFound], name: str
    ) -> None:
        if customer_id is None or not identity.sees(customer_id):
            raise missing(f"nothing here has the id {name!r}", values={"id": name})


def _has_sku(line: object) -> bool:
    return isinstance(line, Mapping) and isinstance(line.get("sku"), str)


def actor_of(identity: Identity) -> Actor:
    """Return how the log names somebody."""
    return Actor(identity.id)


def id_for(kind: str, key: str | None) -> str:
    """Return a new id; under an idempotency key always the same, so that a repetition finds it."""
    return derived_id(f"{kind}/key/{key}") if key else fresh_id()


async def _named_terms(
    connection: Connection, new: NewTerms, counter: records.Counter
) -> tuple[str, Terms]:
    exponent(new.currency)
    read = read_terms(new.currency, new.lines, new.shipping)
    number, lines = await records.open_terms(connection, counter, new.customer_id, read.lines)
    return number, Terms(currency=read.currency, lines=lines, shipping_minor=read.shipping_minor)


def _request(new: NewTerms) -> dict[str, object]:
    return {
        "customerId": new.customer_id,
        "channel": new.channel,
        "currency": new.currency,
        "lines": [dict(line) for line in new.lines],
        "shipping": new.shipping,
        "validUntil": new.valid_until.isoformat() if new.valid_until else None,
    }
