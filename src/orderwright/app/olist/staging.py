"""Rows of the files by order, in bounded memory.

The files come in no order, so the rows of one order have to be brought together. They are staged in temporary
tables of one database session: PostgreSQL sorts and indexes them on disk, whatever the size of the data set;
nothing is logged or replicated, other sessions do not see them, and they are gone with the session, also after a
SIGKILL.
No transaction stays open meanwhile: that would hold the outbox back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from orderwright.app.olist.dataset import (
    CUSTOMERS,
    FILES,
    ITEMS,
    ORDERS,
    PAYMENTS,
    BadRow,
    GoodRow,
)
from orderwright.app.olist.order import Customer, Item, OlistOrder, Payment

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.olist.dataset import Dataset, File
    from orderwright.runtime.pool import Connection

_CHUNK: Final = 2000  # rows in memory at a time
_TABLES: Final = {
    CUSTOMERS.name: "olist_customers",
    ORDERS.name: "olist_orders",
    ITEMS.name: "olist_items",
    PAYMENTS.name: "olist_payments",
}


@dataclass(frozen=True, slots=True)
class Staging:
    """The staged rows of a data set."""

    connection: Connection

    async def load(self, dataset: Dataset) -> None:
        """Read every file; rows that cannot be used are set aside with the reason."""
        await self.connection.execute(_CREATE)
        for file in FILES:
            for chunk in _chunks(dataset.rows(file)):
                await self._copy(file, chunk)
        await self.connection.execute(_INDEX)
        for file in FILES:
            await self._set_duplicates_aside(file)
        await self.connection.execute(_NO_CUSTOMER, ORDERS.name)
        for file in (ITEMS, PAYMENTS):
            query = _NO_ORDER.format(table=_TABLES[file.name])
            await self.connection.execute(query, file.name, ORDERS.name)

    async def count(self) -> int:
        """Return how many orders are there to be replayed."""
        return int(await self.connection.fetchval("select count(*) from olist_orders"))

    async def bad_rows(self) -> list[BadRow]:
        """Return the rows that were set aside, file by file."""
        rows = await self.connection.fetch(
            "select file, line, reason, order_id from olist_bad order by file, line"
        )
        return [BadRow(**row) for row in rows]

    async def batches(self, size: int) -> AsyncIterator[list[OlistOrder]]:
        """Return the orders in batches, the oldest purchase first."""
        rows = await self.connection.fetch(_FIRST, size)
        while rows:
            yield await self._orders(rows)
            last = rows[-1]
            place = (last["order_purchase_timestamp"], last["order_id"])
            rows = await self.connection.fetch(_NEXT, *place, size)

    async def drop(self) -> None:
        """Take the tables away, so that the session can be used for something else."""
        await self.connection.execute(_DROP)

    async def _copy(self, file: File, chunk: list[GoodRow | BadRow]) -> None:
        good = [(row.line, *row.values) for row in chunk if isinstance(row, GoodRow)]
        bad = [
            (row.file, row.line, row.reason, row.order_id)
            for row in chunk
            if isinstance(row, BadRow)
        ]
        await self.connection.copy_records_to_table(
            _TABLES[file.name], records=good, columns=["line", *file.columns]
        )
        await self.connection.copy_records_to_table("olist_bad", records=bad)

    async def _set_duplicates_aside(self, file: File) -> None:
        keys, names = ", ".join(file.key), " and ".join(file.key)
        order_id = "order_id" if "order_id" in file.columns else "''"
        table = _TABLES[file.name]
        query = f"""
            with ranked as (
                select line, row_number() over (partition by {keys} order by line) as place from {table}),
            gone as (
                delete from {table} using ranked
                where ranked.line = {table}.line and ranked.place > 1
                returning {table}.line, {order_id} as order_id)
            insert into olist_bad select $1, line, $2, order_id from gone
        """  # noqa: S608 (names of ours)
        reason = f"another row has the same {names}"
        await self.connection.execute(query, file.name, reason)

    async def _orders(self, rows: list[Record]) -> list[OlistOrder]:
        ids = [row["order_id"] for row in rows]
        items = _by_order(await self.connection.fetch(_ITEMS, ids))
        payments = _by_order(await self.connection.fetch(_PAYMENTS, ids))
        return [_order(row, items, payments) for row in rows]


def _chunks(rows: Iterator[GoodRow | BadRow]) -> Iterator[list[GoodRow | BadRow]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


def _by_order(rows: Iterable[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for row in rows:
        found.setdefault(row["order_id"], []).append(row)
    return found


def _order(
    row: Record, items: Mapping[str, list[Record]], payments: Mapping[str, list[Record]]
) -> OlistOrder:
    order_id = row["order_id"]
    return OlistOrder(
        order_id=order_id,
        status=row["order_status"],
        purchased_at=row["order_purchase_timestamp"],
        approved_at=row["order_approved_at"],
        carrier_at=row["order_delivered_carrier_date"],
        delivered_at=row["order_delivered_customer_date"],
        customer=Customer(
            unique_id=row["customer_unique_id"],
            city=row["customer_city"],
            state=row["customer_state"],
        ),
        items=tuple(
            Item(one["product_id"], one["price"], one["freight_value"])
            for one in items.get(order_id, ())
        ),
        payments=tuple(
            Payment(one["payment_sequential"], one["payment_type"], one["payment_value"])
            for one in payments.get(order_id, ())
        ),
        bad_rows=row["bad_rows"],
    )


_DROP = "drop table if exists " + ", ".join(
    f"pg_temp.{table}" for table in (*_TABLES.values(), "olist_bad")
)
_CREATE = f"""
{_DROP};
create temporary table olist_bad (file text, line bigint, reason text, order_id text);
create temporary table olist_customers (
    line bigint, customer_id text, customer_unique_id text, customer_city text, customer_state text);
create temporary table olist_orders (
    line bigint, order_id text, customer_id text, order_status text, order_purchase_timestamp timestamptz,
    order_approved_at timestamptz, order_delivered_carrier_date timestamptz,
    order_delivered_customer_date timestamptz);
create temporary table olist_items (
    line bigint, order_id text, order_item_id bigint, product_id text, price bigint, freight_value bigint);
create temporary table olist_payments (
    line bigint, order_id text, payment_sequential bigint, payment_type text, payment_value bigint);
"""
_INDEX = """
create index on pg_temp.olist_customers (customer_id);
create index on pg_temp.olist_orders (order_purchase_timestamp, order_id);
create index on pg_temp.olist_orders (order_id);
create index on pg_temp.olist_items (order_id);
create index on pg_temp.olist_payments (order_id);
create index on pg_temp.olist_bad (order_id);
analyze pg_temp.olist_customers, pg_temp.olist_orders, pg_temp.olist_items, pg_temp.olist_payments;
"""
# An order without its customer is set aside first; rows of orders that are listed as bad are not listed again.
_NO_CUSTOMER = """
with gone as (
    delete from olist_orders as o
    where not exists (select from olist_customers as c where c.customer_id = o.customer_id)
    returning line, order_id, customer_id)
insert into olist_bad
select $1, line, 'no customer has the customer_id ' || customer_id, order_id from gone
"""
_NO_ORDER = """
with gone as (
    delete from {table} as r
    where not exists (select from olist_orders as o where o.order_id = r.order_id)
    returning line, order_id)
insert into olist_bad
select $1, line, 'no order has the order_id ' || order_id, order_id from gone
where not exists (select from olist_bad as b where b.order_id = gone.order_id and b.file = $2)
"""
_COLUMNS = """
select o.*, c.customer_unique_id, c.customer_city, c.customer_state,
       (select count(*) from olist_bad as b where b.order_id = o.order_id) as bad_rows
from olist_orders as o join olist_customers as c on c.customer_id = o.customer_id
"""
_ORDER = "order by o.order_purchase_timestamp, o.order_id"
_FIRST = f"{_COLUMNS} {_ORDER} limit $1"
_NEXT = f"{_COLUMNS} where (o.order_purchase_timestamp, o.order_id) > ($1, $2) {_ORDER} limit $3"
_ITEMS = "select * from olist_items where order_id = any($1) order by order_id, order_item_id"
_PAYMENTS = (
    "select * from olist_payments where order_id = any($1) order by order_id, payment_sequential"
)
