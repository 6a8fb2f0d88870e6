"""Returns as lists and records, each as far as the asking person may see it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.app.page import Page, Place, size
from orderwright.app.rows import Standing
from orderwright.app.words import Words, leaf_nodes, words_of

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.permissions import Identity
    from orderwright.app.queries import Queries
    from orderwright.runtime.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """A return."""

    id: str
    number: str
    order_id: str
    order_number: str
    fulfilment_id: str
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedReturns:
    """Which returns; `states` are keys of leaf states, none of them means all.

    Attributes:
        search: what its number or that of the order holds.
    """

    states: Sequence[str] = ()
    search: str = ""
    order_id: str | None = None
    fulfilment_id: str | None = None


class ReturnList:
    """Shows returns."""

    def __init__(self, pool: Pool, queries: Queries) -> None:
        self._pool = pool
        self._queries = queries

    async def page(
        self, by: Identity, wanted: WantedReturns, *, first: int, after: str | None
    ) -> Page[ReturnRow]:
        """Return a page, the newest first.

        Raises:
            InputInvalid: `first` or `after` is wrong.
        """
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

    async def count(self, by: Identity, wanted: WantedReturns) -> int:
        """Return how many there are."""
        async with self._pool.acquire() as connection:
            found: int = await connection.fetchval(_COUNT, *_narrowed(by, wanted))
            return found

    async def states(self, by: Identity, wanted: WantedReturns) -> list[tuple[Words, int]]:
        """Return how many returns stand in each state, of all that match but for the states."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_STATES, *_narrowed(by, replace(wanted, states=())))
        counts = {row["state"]: int(row["rows"]) for row in rows}
        chart = await self._queries.chart("return")
        nodes = [node for node in leaf_nodes(chart) if node.key in counts]
        return [(words_of(chart, node.key), counts[node.key]) for node in nodes]

    async def _row(self, row: Record) -> ReturnRow:
        chart = await self._queries.chart(row["chart_id"], row["chart_version"])
        context = json.loads(row["snapshot"])["context"]
        standing = Standing(words=words_of(chart, row["state"]), context=context)
        return ReturnRow(**{name: row[name] for name in _NAMES}, standing=standing)


def _narrowed(by: Identity, wanted: WantedReturns) -> tuple[object, ...]:
    """An outsider sees their own returns, the house everybody's."""
    owner = None if by.is_staff else by.customer_id or ""
    search = wanted.search.strip().lower()
    return owner, list(wanted.states), search, wanted.order_id, wanted.fulfilment_id


_NAMES: Final = tuple(name for name in ReturnRow.__slots__ if name != "standing")
_FROM: Final = """
from orderwright.goods_return as r
join orderwright.instance as i on i.instance_id = r.id
join orderwright.sale_order as o on o.id = r.order_id
where ($1::text is null or o.customer_id = $1)
and (cardinality($2::text[]) = 0 or i.state = any($2))
and ($3::text = '' or strpos(lower(r.number || ' ' || o.number), $3) > 0)
and ($4::text is null or r.order_id = $4) and ($5::text is null or r.fulfilment_id = $5)
"""
_PAGE: Final = f"""
select r.id, r.number, r.order_id, o.number as order_number, r.fulfilment_id, r.created_at,
       i.chart_id, i.chart_version, i.state, i.snapshot
{_FROM} and ($6::timestamptz is null or (r.created_at, r.id) < ($6, $7::text))
order by r.created_at desc, r.id desc limit $8
"""
_COUNT: Final = f"select count(*) {_FROM}"
_STATES: Final = f"select i.state, count(*) as rows {_FROM} group by i.state"
