"""Payments as lists and records, each as far as the asking person may see it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.app.rows import Standing
from orderwright.app.words import Words, leaf_nodes, words_of

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.queries import Queries
    from orderwright.runtime.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    """A payment; amounts are in minor units. Money of nobody has no order.

    Attributes:
        receipt_type: the media type of the receipt; None if there is none.
    """

    id: str
    order_id: str | None
    order_number: str | None
    channel: str
    method: str | None
    amount_minor: int
    currency: str
    provider: str | None
    reference: str | None
    receipt_type: str | None
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which payments; `states` are keys of leaf states, none of them means all.

    Attributes:
        search: what the number of the order or the reference holds, or the id of a payment.
    """

    order_id: str | None = None
    states: Sequence[str] = ()
    search: str = ""


class PaymentList:
    """Shows payments."""

    def __init__(self, pool: Pool, queries: Queries) -> None:
        self._pool = pool
        self._queries = queries

    async def page(
        self, by: Identity, wanted: Wanted, *, first: int, after: str | None
    ) -> Page[PaymentRow]:
        """Return a page, the newest first.

        Raises:
            RoleMissing: the person may not see payments.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "payment.read")
        most, place = size(first), Place.read(after) if after is not None else None
        async with self._pool.acquire() as connection:
            found = await connection.fetch(
                _PAGE,
                *_narrowed(by, wanted),
                place.at if place else None,
                place.id if place else None,
                most + 1,
            )
        rows = [
            (Place(row["created_at"], row["id"]), await self._row(row)) for row in found[:most]
        ]
        return Page(rows=rows, has_next=len(found) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: Wanted) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see payments.
        """
        require(by, "payment.read")
        async with self._pool.acquire() as connection:
            found: int = await connection.fetchval(_COUNT, *_narrowed(by, wanted))
            return found

    async def states(self, by: Identity, wanted: Wanted) -> list[tuple[Words, int]]:
        """Return how many payments stand in each state, of all that match but for the states.

        Raises:
            RoleMissing: the person may not see payments.
        """
        require(by, "payment.read")
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_STATES, *_narrowed(by, replace(wanted, states=())))
        counts = {row["state"]: int(row["rows"]) for row in rows}
        chart = await self._queries.chart("payment")
        nodes = [node for node in leaf_nodes(chart) if node.key in counts]
        return [(words_of(chart, node.key), counts[node.key]) for node in nodes]

    async def find(self, by: Identity, payment_id: str) -> PaymentRow | None:
        """Return a payment, or None if there is none that the person may see.

        Raises:
            RoleMissing: the person may not see payments.
        """
        require(by, "payment.read")
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_ONE, _owner(by), payment_id)
        return await self._row(row) if row else None

    async def _row(self, row: Record) -> PaymentRow:
        chart = await self._queries.chart(row["chart_id"], row["chart_version"])
        context = json.loads(row["snapshot"])["context"]
        standing = Standing(words=words_of(chart, row["state"]), context=context)
        return PaymentRow(**{name: row[name] for name in _NAMES}, standing=standing)


def _owner(by: Identity) -> str | None:
    """Return whose payments these are, for an outsider; None for everybody's."""
    return None if by.is_staff else by.customer_id or ""


def _narrowed(by: Identity, wanted: Wanted) -> tuple[str | None, str | None, list[str], str]:
    return _owner(by), wanted.order_id, list(wanted.states), wanted.search.strip().lower()


_NAMES: Final = tuple(name for name in PaymentRow.__slots__ if name != "standing")
_FROM: Final = """
from orderwright.payment as p
join orderwright.instance as i on i.instance_id = p.id
left join orderwright.sale_order as o on o.id = p.order_id
where ($1::text is null or o.customer_id = $1)
"""
_SELECT: Final = f"""
select p.id, p.order_id, o.number as order_number, p.channel, p.method, p.amount_minor, p.currency, p.provider,
       p.reference, p.receipt_type, p.created_at, i.chart_id, i.chart_version, i.state, i.snapshot
{_FROM}"""
_WANTED: Final = """
and ($2::text is null or p.order_id = $2) and (cardinality($3::text[]) = 0 or i.state = any($3))
and ($4::text = '' or strpos(lower(coalesce(o.number, '') || ' ' || coalesce(p.reference, '')), $4) > 0
     or p.id = $4)
"""
_ONE: Final = f"{_SELECT} and p.id = $2"
_PAGE: Final = f"""
{_SELECT} {_WANTED} and ($5::timestamptz is null or (p.created_at, p.id) < ($5, $6::text))
order by p.created_at desc, p.id desc limit $7
"""
_COUNT: Final = f"select count(*) {_FROM} {_WANTED}"
_STATES: Final = f"select i.state, count(*) as rows {_FROM} {_WANTED} group by i.state"
