"""Fulfilments as lists for the work of a warehouse, each as far as the asking person may see it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from orderwright.app.page import Page, Place, size
from orderwright.app.rows import FulfilmentRow, Standing
from orderwright.app.words import Words, leaf_nodes, words_of

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.permissions import Identity
    from orderwright.app.queries import Queries
    from orderwright.runtime.pool import Pool

WORK: Final[Mapping[str, tuple[str, ...]]] = {
    "ALLOCATE": ("ALLOCATING_STOCK", "BACKORDERED"),
    "PICK": ("PICK_PACK",),
    "PACK": ("PICK_PACK", "READY_FOR_SHIPMENT"),
    "SHIP": ("READY_FOR_SHIPMENT",),
    "DELIVER": ("SHIPPED",),
    "RETURNS": ("RETURN_REQUESTED", "RETURN_RECEIVED"),
}
"""The states of what waits for a kind of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFulfilments:
    """Which fulfilments; `states` are keys of leaf states, none of them means all.

    Attributes:
        search: what its number or that of the order holds.
        location: where its goods lie.
        sku: of what it waits for.
        oldest_first: backorders by age; else the newest first.
    """

    states: Sequence[str] = ()
    search: str = ""
    order_id: str | None = None
    location: str | None = None
    sku: str | None = None
    oldest_first: bool = False


class FulfilmentList:
    """Shows fulfilments."""

    def __init__(self, pool: Pool, queries: Queries) -> None:
        self._pool = pool
        self._queries = queries

    async def page(
        self, by: Identity, wanted: WantedFulfilments, *, first: int, after: str | None
    ) -> Page[FulfilmentRow]:
        """Return a page.

        Raises:
            InputInvalid: `first` or `after` is wrong.
        """
        most, place = size(first), Place.read(after) if after is not None else None
        query = _OLDEST if wanted.oldest_first else _NEWEST
        async with self._pool.acquire() as connection:
            found = await connection.fetch(
                query,
                *_narrowed(by, wanted),
                place.at if place else None,
                place.id if place else None,
                most + 1,
            )
        rows = [
            (Place(row["created_at"], row["id"]), await self._row(row)) for row in found[:most]
        ]
        return Page(rows=rows, has_next=len(found) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: WantedFulfilments) -> int:
        """Return how many there are."""
        async with self._pool.acquire() as connection:
            found: int = await connection.fetchval(_COUNT, *_narrowed(by, wanted))
            return found

    async def states(self, by: Identity, wanted: WantedFulfilments) -> list[tuple[Words, int]]:
        """Return how many fulfilments stand in each state, of all that match but for the states."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_STATES, *_narrowed(by, replace(wanted, states=())))
        counts = {row["state"]: int(row["rows"]) for row in rows}
        chart = await self._queries.chart("fulfilment")
        nodes = [node for node in leaf_nodes(chart) if node.key in counts]
        return [(words_of(chart, node.key), counts[node.key]) for node in nodes]

    async def find(self, by: Identity, fulfilment_id: str) -> FulfilmentRow | None:
        """Return a fulfilment, or None if there is none that the person may see."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_ONE, _owner(by), fulfilment_id)
        return await self._row(row) if row else None

    async def _row(self, row: Record) -> FulfilmentRow:
        chart = await self._queries.chart(row["chart_id"], row["chart_version"])
        context = json.loads(row["snapshot"])["context"]
        return FulfilmentRow(
            id=row["id"],
            number=row["number"],
            order_id=row["order_id"],
            created_at=row["created_at"],
            standing=Standing(words=words_of(chart, row["state"]), context=context),
        )


def _owner(by: Identity) -> str | None:
    """Return whose fulfilments these are, for an outsider; None for everybody's."""
    return None if by.is_staff else by.customer_id or ""


def _narrowed(by: Identity, wanted: WantedFulfilments) -> tuple[object, ...]:
    return (
        _owner(by),
        list(wanted.states),
        wanted.search.strip().lower(),
        wanted.order_id,
        wanted.location,
        wanted.sku,
    )


_FROM: Final = """
from orderwright.fulfilment as f
join orderwright.instance as i on i.instance_id = f.id
join orderwright.sale_order as o on o.id = f.order_id
where ($1::text is null or o.customer_id = $1)
"""
_SELECT: Final = f"""
select f.id, f.number, f.order_id, f.created_at, i.chart_id, i.chart_version, i.state, i.snapshot
{_FROM}"""
_WANTED: Final = """
and (cardinality($2::text[]) = 0 or i.state = any($2))
and ($3::text = '' or strpos(lower(f.number || ' ' || o.number), $3) > 0)
and ($4::text is null or f.order_id = $4)
and ($5::text is null or (i.snapshot::jsonb)->'context'->>'location' = $5)
and ($6::text is null or exists (
    select from orderwright.backorder as b where b.fulfilment_id = f.id and b.sku = $6))
"""
_ONE: Final = f"{_SELECT} and f.id = $2"
_NEWEST: Final = f"""
{_SELECT} {_WANTED} and ($7::timestamptz is null or (f.created_at, f.id) < ($7, $8::text))
order by f.created_at desc, f.id desc limit $9
"""
_OLDEST: Final = f"""
{_SELECT} {_WANTED} and ($7::timestamptz is null or (f.created_at, f.id) > ($7, $8::text))
order by f.created_at, f.id limit $9
"""
_COUNT: Final = f"select count(*) {_FROM} {_WANTED}"
_STATES: Final = f"select i.state, count(*) as rows {_FROM} {_WANTED} group by i.state"
