"""Read models of what belongs to orders, of master data and of charts. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select

from orderwright.app import tables as t
from orderwright.app.page import size
from orderwright.app.permissions import Identity
from orderwright.app.rows import (
    CustomerRow,
    FulfilmentRow,
    ProductRow,
    Standing,
)
from orderwright.app.words import words_of
from orderwright.domain.orders.inventory import AVAILABLE
from orderwright.domain.orders.terms import Line
from orderwright.runtime.command import require_storable
from orderwright.runtime.tables import balance, instance

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from orderwright.runtime.engine import Engine
    from orderwright.statechart import Chart


class Queries:
    """Reads lines, fulfilments and master data, each as far as the asking person may see it."""

    def __init__(self, database: AsyncEngine, engine: Engine) -> None:
        self._database = database
        self._engine = engine

    # --- records ---

    async def lines(self, order_ids: Sequence[str]) -> dict[str, list[Line]]:
        """Return the lines of orders."""
        line = t.sale_order_line
        query = (
            select(line)
            .where(line.c.order_id.in_(order_ids))
            .order_by(line.c.order_id, line.c.line_no)
        )
        found: dict[str, list[Line]] = {order_id: [] for order_id in order_ids}
        for row in await self._all(query):
            found[row.order_id].append(_line(row))
        return found

    async def fulfilments(self, order_ids: Sequence[str]) -> dict[str, list[FulfilmentRow]]:
        """Return the fulfilments of orders, the oldest first."""
        query = (
            _fulfilments()
            .where(t.fulfilment.c.order_id.in_(order_ids))
            .order_by(t.fulfilment.c.number)
        )
        found: dict[str, list[FulfilmentRow]] = {order_id: [] for order_id in order_ids}
        for row in await self._all(query):
            found[row.order_id].append(await self._fulfilment(row))
        return found

    async def customers(self, by: Identity, search: str, first: int) -> list[CustomerRow]:
        """Return customers whose name or number holds the search text."""
        customer = t.customer
        query = select(customer).where(_holds(search, customer.c.name, customer.c.number))
        if not by.is_staff:
            query = query.where(customer.c.id == by.customer_id)
        rows = await self._all(query.order_by(customer.c.name).limit(size(first)))
        return [CustomerRow(id=row.id, number=row.number, name=row.name) for row in rows]

    async def customer(self, by: Identity, customer_id: str) -> CustomerRow | None:
        """Return a customer, or None if there is none whom the person may see."""
        if not by.sees(customer_id):
            return None
        rows = await self._all(select(t.customer).where(t.customer.c.id == customer_id))
        return (
            CustomerRow(id=rows[0].id, number=rows[0].number, name=rows[0].name) if rows else None
        )

    async def products(self, search: str, first: int) -> list[ProductRow]:
        """Return products whose name or SKU holds the search text."""
        product = t.product
        query = select(product, _is_at_hand()).where(_holds(search, product.c.name, product.c.sku))
        rows = await self._all(query.order_by(product.c.name).limit(size(first)))
        return [_product(row) for row in rows]

    async def names(self, person_ids: Sequence[str]) -> dict[str, str]:
        """Return the names of people by id; whoever is unknown is left out."""
        query = select(t.person.c.id, t.person.c.name).where(t.person.c.id.in_(person_ids))
        return {row.id: row.name for row in await self._all(query)}

    async def names_or_ids(self, person_ids: Sequence[str]) -> dict[str, str]:
        """Return how people are shown: by name, or by id where nobody has it."""
        return dict(zip(person_ids, person_ids, strict=True)) | await self.names(person_ids)

    # --- who owns what ---

    # Asked before every command, so by the driver itself: the toolkit's own transaction is two round trips more.
    # An id that no text column can hold is `InputInvalid`.

    async def customer_of_order(self, order_id: str) -> str | None:
        """Return the customer of an order, or None if there is no such order."""
        return await self._owner(_OWNER_OF_ORDER, order_id)

    async def customer_of_quotation(self, quotation_id: str) -> str | None:
        """Return the customer of a quotation, or None if there is no such quotation."""
        return await self._owner(_OWNER_OF_QUOTATION, quotation_id)

    async def customer_of_fulfilment(self, fulfilment_id: str) -> str | None:
        """Return the customer of a fulfilment's order, or None if there is no such fulfilment."""
        return await self._owner(_OWNER_OF_FULFILMENT, fulfilment_id)

    async def _owner(self, query: str, subject_id: str) -> str | None:
        require_storable("id", subject_id)
        owner: str | None = await self._engine.pool.fetchval(query, subject_id)
        return owner

    # --- charts ---

    async def chart(self, chart_id: str, version: int | None = None) -> Chart:
        """Return a chart, by default its latest version.

        Raises:
            ChartNotFound: it was never published.
        """
        registry = self._engine.registry
        known = registry.known(chart_id, version)
        if known is not None:
            return known.chart
        async with self._engine.pool.acquire() as connection:
            if version is None:
                return (await registry.latest(connection, chart_id)).chart
            return await registry.chart(connection, chart_id, version)

    # --- rows to records ---

    async def _standing(self, row: Row[Any]) -> Standing:
        chart = await self.chart(row.chart_id, row.chart_version)
        return Standing(
            words=words_of(chart, row.state), context=json.loads(row.snapshot)["context"]
        )

    async def _fulfilment(self, row: Row[Any]) -> FulfilmentRow:
        return FulfilmentRow(
            id=row.id,
            number=row.number,
            order_id=row.order_id,
            created_at=row.created_at,
            standing=await self._standing(row),
        )

    async def _all(self, query: Select[Any]) -> Sequence[Any]:
        async with self._database.connect() as connection:
            return list(await connection.execute(query))


_OWNER_OF_ORDER = "select customer_id from orderwright.sale_order where id = $1"
_OWNER_OF_QUOTATION = "select customer_id from orderwright.quotation where id = $1"
_OWNER_OF_FULFILMENT = """
select customer_id from orderwright.sale_order where id = (select order_id from orderwright.fulfilment where id = $1)
"""
_STANDING = (instance.c.chart_id, instance.c.chart_version, instance.c.state, instance.c.snapshot)


def _fulfilments() -> Select[Any]:
    return select(t.fulfilment, *_STANDING).join(
        instance, instance.c.instance_id == t.fulfilment.c.id
    )


def _holds(search: str, *columns: Any) -> ColumnElement[bool]:
    """Match rows of which one column holds the text; an empty text matches all."""
    words = search.strip()
    return or_(*(column.icontains(words, autoescape=True) for column in columns))


def _is_at_hand() -> ColumnElement[bool]:
    """Return whether some of a product may be promised, wherever it lies; a service always may."""
    item = t.stock_item
    account = item.c.location + "/" + item.c.sku
    of_item = and_(balance.c.ledger == AVAILABLE, balance.c.account == account)
    is_open = and_(t.location.c.id == item.c.location, t.location.c.closed_at.is_(None))
    shelves = select(item.c.sku).join(balance, of_item).join(t.location, is_open)
    free = shelves.where(item.c.sku == t.product.c.sku, balance.c.amount > 0)
    return or_(t.product.c.kind == "SERVICE", exists(free)).label("is_at_hand")


def _product(row: Row[Any]) -> ProductRow:
    return ProductRow(
        sku=row.sku,
        name=row.name,
        currency=row.currency,
        unit_price_minor=row.unit_price_minor,
        in_stock=row.is_at_hand,
    )


def _line(row: Row[Any]) -> Line:
    return Line(
        sku=row.sku,
        name=row.name,
        quantity=row.quantity,
        unit_price_minor=row.unit_price_minor,
        discount_minor=row.discount_minor,
        tax_minor=row.tax_minor,
    )
