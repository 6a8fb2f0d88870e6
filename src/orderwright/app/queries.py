"""Read models: lists and records as screens and programs want them. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, tuple_

from orderwright.app import tables as t
from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity
from orderwright.app.rows import (
    CustomerRow,
    FulfilmentRow,
    ListFilter,
    OrderRow,
    ProductRow,
    QuotationRow,
    Standing,
)
from orderwright.app.words import Words, leaf_nodes, words_of
from orderwright.domain.orders.inventory import AVAILABLE
from orderwright.domain.orders.terms import Line
from orderwright.errors import InputInvalid
from orderwright.json_text import is_storable
from orderwright.runtime.tables import balance, instance

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from orderwright.runtime.engine import Engine
    from orderwright.statechart import Chart


class Queries:
    """Reads orders, quotations, fulfilments and master data, each as far as the asking person may see it."""

    def __init__(self, database: AsyncEngine, engine: Engine) -> None:
        self._database = database
        self._engine = engine

    # --- lists ---

    async def orders(
        self, by: Identity, wanted: ListFilter, *, first: int, after: str | None
    ) -> Page[OrderRow]:
        """Return a page of orders, the newest first.

        Raises:
            InputInvalid: `first` or `after` is wrong.
        """
        query = _orders().where(*_narrowed(t.sale_order, by, wanted, with_states=True))
        rows, has_next = await self._page(
            query, t.sale_order, "placed_at", first=first, after=after
        )
        built = [(Place(row.placed_at, row.id), await self._order(row)) for row in rows]
        return Page(rows=built, has_next=has_next, has_previous=after is not None)

    async def quotations(
        self, by: Identity, wanted: ListFilter, *, first: int, after: str | None
    ) -> Page[QuotationRow]:
        """Return a page of quotations, the newest first.

        Raises:
            InputInvalid: `first` or `after` is wrong.
        """
        query = _quotations().where(*_narrowed(t.quotation, by, wanted, with_states=True))
        rows, has_next = await self._page(
            query, t.quotation, "created_at", first=first, after=after
        )
        built = [(Place(row.created_at, row.id), await self._quotation(row)) for row in rows]
        return Page(rows=built, has_next=has_next, has_previous=after is not None)

    async def _page(
        self, query: Select[Any], table: Any, key: str, *, first: int, after: str | None
    ) -> tuple[Sequence[Row[Any]], bool]:
        wanted, at = size(first), (table.c[key], table.c.id)
        if after is not None:
            place = Place.read(after)
            query = query.where(tuple_(*at) < tuple_(place.at, place.id))
        ordered = query.order_by(*(column.desc() for column in at)).limit(wanted + 1)
        rows = await self._all(ordered)
        return rows[:wanted], len(rows) > wanted

    async def count_orders(self, by: Identity, wanted: ListFilter) -> int:
        """Return how many orders match."""
        return await self._count(t.sale_order, by, wanted)

    async def count_quotations(self, by: Identity, wanted: ListFilter) -> int:
        """Return how many quotations match."""
        return await self._count(t.quotation, by, wanted)

    async def _count(self, table: Any, by: Identity, wanted: ListFilter) -> int:
        query = (
            select(func.count().label("rows"))
            .select_from(_joined(table))
            .where(*_narrowed(table, by, wanted, with_states=True))
        )
        [row] = await self._all(query)
        return int(row.rows)

    async def order_states(self, by: Identity, wanted: ListFilter) -> list[tuple[Words, int]]:
        """Return how many orders stand in each state, of all that match the filter without its states."""
        return await self._states(t.sale_order, "sale", by, wanted)

    async def quotation_states(self, by: Identity, wanted: ListFilter) -> list[tuple[Words, int]]:
        """Return how many quotations stand in each state, of all that match but for the states."""
        return await self._states(t.quotation, "quotation", by, wanted)

    async def _states(
        self, table: Any, chart_id: str, by: Identity, wanted: ListFilter
    ) -> list[tuple[Words, int]]:
        query = (
            select(instance.c.state, func.count().label("rows"))
            .select_from(_joined(table))
            .where(*_narrowed(table, by, wanted, with_states=False))
            .group_by(instance.c.state)
        )
        rows: Sequence[Any] = await self._all(query)
        counts = {row.state: int(row.rows) for row in rows}
        chart = await self.chart(chart_id)
        nodes = leaf_nodes(chart)
        return [
            (words_of(chart, node.key), counts[node.key]) for node in nodes if node.key in counts
        ]

    # --- records ---

    async def order(self, by: Identity, order_id: str) -> OrderRow | None:
        """Return an order, or None if there is none that the person may see."""
        rows = await self._all(_orders().where(t.sale_order.c.id == order_id))
        return await self._order(rows[0]) if rows and by.sees(rows[0].customer_id) else None

    async def quotation(self, by: Identity, quotation_id: str) -> QuotationRow | None:
        """Return a quotation, or None if there is none that the person may see."""
        rows = await self._all(_quotations().where(t.quotation.c.id == quotation_id))
        return await self._quotation(rows[0]) if rows and by.sees(rows[0].customer_id) else None

    async def orders_by_id(self, order_ids: Sequence[str]) -> dict[str, OrderRow]:
        """Return orders whoever asks: the caller has been found to see what belongs to them."""
        rows = await self._all(_orders().where(t.sale_order.c.id.in_(order_ids)))
        return {row.id: await self._order(row) for row in rows}

    async def quotations_by_id(
        self, quotation_ids: Sequence[str]
    ) -> dict[str, QuotationRow | None]:
        """Return quotations whoever asks: the caller has been found to see the orders that they belong to."""
        found: dict[str, QuotationRow | None] = dict.fromkeys(quotation_ids)
        for row in await self._all(_quotations().where(t.quotation.c.id.in_(quotation_ids))):
            found[row.id] = await self._quotation(row)
        return found

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
        if not is_storable(subject_id):
            raise InputInvalid("id", ascii(subject_id), "text without NUL or half surrogate pairs")
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
            return (await registry.get(connection, chart_id, version)).chart

    # --- rows to records ---

    async def _standing(self, row: Row[Any]) -> Standing:
        chart = await self.chart(row.chart_id, row.chart_version)
        return Standing(
            words=words_of(chart, row.state), context=json.loads(row.snapshot)["context"]
        )

    async def _order(self, row: Row[Any]) -> OrderRow:
        return OrderRow(
            id=row.id,
            number=row.number,
            channel=row.channel,
            customer=_customer(row),
            currency=row.currency,
            placed_at=row.placed_at,
            shipping_minor=row.shipping_minor,
            grand_total_minor=row.grand_total_minor,
            quotation_id=row.quotation_id,
            standing=await self._standing(row),
        )

    async def _quotation(self, row: Row[Any]) -> QuotationRow:
        return QuotationRow(
            id=row.id,
            number=row.number,
            channel=row.channel,
            customer=_customer(row),
            currency=row.currency,
            created_at=row.created_at,
            order_id=row.order_id,
            standing=await self._standing(row),
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
_CUSTOMER = (
    t.customer.c.number.label("customer_number"),
    t.customer.c.name.label("customer_name"),
)


def _joined(table: Any) -> Any:
    return table.join(instance, instance.c.instance_id == table.c.id).join(
        t.customer, t.customer.c.id == table.c.customer_id
    )


def _orders() -> Select[Any]:
    return select(t.sale_order, *_CUSTOMER, *_STANDING).select_from(_joined(t.sale_order))


def _quotations() -> Select[Any]:
    order_id = (
        select(t.sale_order.c.id)
        .where(t.sale_order.c.quotation_id == t.quotation.c.id)
        .order_by(t.sale_order.c.quotation_version.desc())
        .limit(1)
        .scalar_subquery()
        .label("order_id")
    )
    return select(t.quotation, *_CUSTOMER, *_STANDING, order_id).select_from(_joined(t.quotation))


def _fulfilments() -> Select[Any]:
    return select(t.fulfilment, *_STANDING).join(
        instance, instance.c.instance_id == t.fulfilment.c.id
    )


def _narrowed(
    table: Any, by: Identity, wanted: ListFilter, *, with_states: bool
) -> list[ColumnElement[bool]]:
    conditions = [_holds(wanted.search, table.c.number, t.customer.c.name, table.c.id)]
    if not by.is_staff:
        conditions.append(table.c.customer_id == by.customer_id)
    if wanted.states and with_states:
        conditions.append(instance.c.state.in_(wanted.states))
    if wanted.channel:
        conditions.append(table.c.channel == wanted.channel)
    if wanted.customer_id:
        conditions.append(table.c.customer_id == wanted.customer_id)
    return conditions


def _holds(search: str, *columns: Any) -> ColumnElement[bool]:
    """Match rows of which one column holds the text; an empty text matches all."""
    words = search.strip()
    return or_(*(column.icontains(words, autoescape=True) for column in columns))


def _customer(row: Row[Any]) -> CustomerRow:
    return CustomerRow(id=row.customer_id, number=row.customer_number, name=row.customer_name)


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
