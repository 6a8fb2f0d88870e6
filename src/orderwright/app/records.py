"""Rows of the trade tables, written and read on the connection of a running transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from orderwright.domain.orders.terms import Line, Terms
from orderwright.errors import InputInvalid, NotFound

if TYPE_CHECKING:
    from orderwright.domain.orders.goods_line import GoodsLine
    from orderwright.runtime.pool import Connection

Channel = Literal["CONSUMER", "RESELLER"]
Counter = Literal[
    "order_number",
    "quotation_number",
    "fulfilment_number",
    "case_number",
    "return_number",
    "payin_number",
    "payout_number",
    "kyc_number",
    "user_number",
]

_PREFIXES: dict[Counter, str] = {
    "order_number": "SO",
    "quotation_number": "QU",
    "fulfilment_number": "FU",
    "case_number": "CA",
    "return_number": "RE",
    "payin_number": "PI",
    "payout_number": "PO",
    "kyc_number": "KY",
    "user_number": "US",
}


class CustomerNotFound(NotFound):
    """No customer has this id."""

    code = "customer.not_found"


class OrderNotFound(NotFound):
    """No sale order has this id, or it is not the caller's to see."""

    code = "order.not_found"


class QuotationNotFound(NotFound):
    """No quotation has this id, or it is not the caller's to see."""

    code = "quotation.not_found"


class FulfilmentNotFound(NotFound):
    """No fulfilment has this id, or it is not the caller's to see."""

    code = "fulfilment.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who buys; the credit limit is in minor units of the currency."""

    id: str
    number: str
    name: str
    currency: str
    credit_limit_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What is sold: GOODS are shipped, a SERVICE is rendered."""

    sku: str
    name: str
    currency: str
    unit_price_minor: int
    kind: Literal["GOODS", "SERVICE"] = "GOODS"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleOrder:
    """The head of an order; its terms are frozen."""

    id: str
    number: str
    channel: Channel
    customer_id: str
    terms: Terms
    placed_at: datetime
    quotation_id: str | None = None
    quotation_version: int | None = None


async def next_number(connection: Connection, counter: Counter) -> str:
    """Return the next human number; gaps are allowed, repetitions are not."""
    value = await connection.fetchval(f"select nextval('orderwright.{counter}')")
    return _number(counter, value)


def _number(counter: Counter, value: int) -> str:
    return f"{_PREFIXES[counter]}-{value:06d}"


async def require_customer(connection: Connection, customer_id: str) -> None:
    """Raise `CustomerNotFound` unless the customer exists."""
    found = await connection.fetchval(
        "select 1 from orderwright.customer where id = $1", customer_id
    )
    if found is None:
        raise _no_customer(customer_id)


async def open_terms(
    connection: Connection, counter: Counter, customer_id: str, lines: Sequence[Line]
) -> tuple[str, tuple[Line, ...]]:
    """Return the next number and the lines with the names of their products, all by one query.

    Raises:
        CustomerNotFound: there is no such customer.
        InputInvalid: a SKU is not a product's.
    """
    skus = [line.sku for line in lines]
    [row] = await connection.fetch(_OPEN.format(counter), customer_id, skus)
    value, is_known, found, named = row
    if not is_known:
        raise _no_customer(customer_id)
    names = dict(zip(found, named, strict=True))
    _require_known(skus, names)
    return _number(counter, value), tuple(replace(line, name=names[line.sku]) for line in lines)


async def product_names(connection: Connection, skus: Sequence[str]) -> dict[str, str]:
    """Return the names of the products of lines, by SKU.

    Raises:
        InputInvalid: a SKU is not a product's; names its line.
    """
    rows = await connection.fetch(
        "select sku, name from orderwright.product where sku = any($1::text[])", list(skus)
    )
    names = {row["sku"]: row["name"] for row in rows}
    _require_known(skus, names)
    return names


def _no_customer(customer_id: str) -> CustomerNotFound:
    return CustomerNotFound(
        f"no customer {customer_id!r}", values={"field": "customerId", "value": customer_id}
    )


def _require_known(skus: Sequence[str], names: Mapping[str, str]) -> None:
    for place, sku in enumerate(skus):
        if sku not in names:
            raise InputInvalid(f"lines[{place}].sku", sku, "the SKU of a product")


async def add_order(connection: Connection, order: SaleOrder) -> None:
    """Store an order and its lines; one that is there already stays as it is."""
    terms = order.terms
    columns = [
        (
            line.sku,
            line.name,
            line.quantity,
            line.unit_price_minor,
            line.discount_minor,
            line.tax_minor,
        )
        for line in terms.lines
    ]
    await connection.execute(
        _ADD_ORDER,
        order.id,
        order.number,
        order.channel,
        order.customer_id,
        terms.currency,
        terms.shipping_minor,
        terms.total_minor,
        order.quotation_id,
        order.quotation_version,
        order.placed_at,
        *(zip(*columns, strict=True) if columns else ((),) * 6),
    )


async def add_fulfilment(
    connection: Connection,
    fulfilment_id: str,
    number: str,
    order_id: str,
    lines: Sequence[GoodsLine],
    *,
    at: datetime,
) -> None:
    """Store a fulfilment with its lines; one that is there already stays as it is."""
    await connection.execute(
        """
        insert into orderwright.fulfilment (id, number, order_id, created_at)
        values ($1, $2, $3, $4) on conflict (id) do nothing
        """,
        fulfilment_id,
        number,
        order_id,
        at,
    )
    await connection.execute(
        """
        insert into orderwright.fulfilment_line (fulfilment_id, line_no, sku, name, quantity)
        select $1, line.line_no, line.sku, line.name, part.quantity
        from unnest($3::int[], $4::int[]) as part (line_no, quantity)
        join orderwright.sale_order_line as line on line.order_id = $2 and line.line_no = part.line_no
        on conflict do nothing
        """,
        fulfilment_id,
        order_id,
        [line.line_no for line in lines],
        [line.quantity for line in lines],
    )


async def fulfilments_of(connection: Connection, order_id: str) -> list[str]:
    """Return the ids of an order's fulfilments, the oldest first."""
    rows = await connection.fetch(
        "select id from orderwright.fulfilment where order_id = $1 order by number", order_id
    )
    return [row["id"] for row in rows]


async def quotation_of(connection: Connection, order_id: str) -> tuple[str, int] | None:
    """Return the quotation that an order came from, and the version; None for a direct order."""
    row = await connection.fetchrow(
        """
        select quotation_id, quotation_version from orderwright.sale_order
        where id = $1 and quotation_id is not null
        """,
        order_id,
    )
    return (row["quotation_id"], row["quotation_version"]) if row else None


async def add_quotation(  # noqa: PLR0913 (a row's columns)
    connection: Connection,
    *,
    quotation_id: str,
    number: str,
    channel: Channel,
    customer_id: str,
    currency: str,
    at: datetime,
) -> None:
    """Store the head of a quotation; its terms live in its context."""
    await connection.execute(
        """
        insert into orderwright.quotation (id, number, channel, customer_id, currency, created_at)
        values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing
        """,
        quotation_id,
        number,
        channel,
        customer_id,
        currency,
        at,
    )


async def add_customers(connection: Connection, customers: Sequence[Customer]) -> None:
    """Store customers; those that are there already stay as they are."""
    await connection.executemany(
        """
        insert into orderwright.customer (id, number, name, currency, credit_limit_minor)
        values ($1, $2, $3, $4, $5) on conflict (id) do nothing
        """,
        [(c.id, c.number, c.name, c.currency, c.credit_limit_minor) for c in customers],
    )


async def add_products(connection: Connection, products: Sequence[Product]) -> None:
    """Store products; those that are there already stay as they are."""
    await connection.executemany(
        """
        insert into orderwright.product (sku, name, currency, unit_price_minor, in_stock, kind)
        values ($1, $2, $3, $4, true, $5) on conflict (sku) do nothing
        """,
        [(p.sku, p.name, p.currency, p.unit_price_minor, p.kind) for p in products],
    )


_OPEN: Final = """
select nextval('orderwright.{}'), exists (select from orderwright.customer where id = $1),
       array(select sku from orderwright.product where sku = any($2::text[]) order by sku),
       array(select name from orderwright.product where sku = any($2::text[]) order by sku)
"""
_ADD_ORDER: Final = """
with added as (
    insert into orderwright.sale_order
      (id, number, channel, customer_id, currency, shipping_minor, grand_total_minor,
       quotation_id, quotation_version, placed_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing)
insert into orderwright.sale_order_line
  (order_id, line_no, sku, name, quantity, unit_price_minor, discount_minor, tax_minor)
select $1, line_no, sku, name, quantity, unit_price, discount, tax
from unnest($11::text[], $12::text[], $13::integer[], $14::bigint[], $15::bigint[], $16::bigint[]) with ordinality
  as line (sku, name, quantity, unit_price, discount, tax, line_no)
on conflict do nothing
"""
