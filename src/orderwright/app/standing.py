"""Lists of what has a lifecycle: pages, counts, counts by state and single records, as far as a person may see them.

A list reads the rows of a record, aliased `r`, with the instances that they are, aliased `i`. To make another one, say
what a row is, what it is read from, whose it is and what narrows it::

    class PayoutList(StandingList[WantedPayouts, PayoutRow]):
        source = Source(
            row=PayoutRow,
            chart="payout",
            columns="r.id, o.number as order_number, r.created_at",
            record="orderwright.payout",
            joins="left join orderwright.sale_order as o on o.id = r.order_id",
            permission="payout.read",
        )

        def sight(self, where: Where, by: Identity) -> None:
            where.own("o.customer_id", by)

        def narrow(self, where: Where, wanted: WantedPayouts) -> None:
            where.equal("r.order_id", wanted.order_id)

A row is a dataclass that has a `standing` and otherwise just these columns, among them `id` and what it is sorted by.
What is wanted is a dataclass with `states`. A query has only the conditions that are asked for, so that indexes serve.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.app.rows import Standing
from orderwright.app.words import Words, leaf_nodes, words_of

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.queries import Queries
    from orderwright.runtime.pool import Pool


class HasStates(Protocol):
    """What narrows a list; `states` are keys of leaf states, none of them means all."""

    @property
    def states(self) -> Sequence[str]:
        """The states to show."""


R = TypeVar("R")
W_contra = TypeVar("W_contra", bound=HasStates, contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[R]):
    """What a list reads.

    Attributes:
        row: built from the columns, by their names, and `standing`.
        chart: whose states are counted.
        columns: of a row, as SQL.
        record: the table of the record.
        joins: what else is read, as SQL.
        at: the column that lists are sorted by, and then by id.
        permission: the operation that reading is; None if the sight alone bounds it.
    """

    row: Callable[..., R]
    chart: str
    columns: str
    record: str
    joins: str = ""
    at: str = "created_at"
    permission: str | None = None


class Where:
    """The conditions of a query, which all hold, with their values."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._conditions: list[str] = []

    def add(self, condition: str, *values: object) -> None:
        """Add a condition as SQL, in which `{}` or `{0}` stands for a value."""
        names = range(len(self.values) + 1, len(self.values) + len(values) + 1)
        self._conditions.append(condition.format(*(f"${name}" for name in names)))
        self.values.extend(values)

    def equal(self, column: str, value: object) -> None:
        """Add that a column is this; None asks for nothing."""
        if value is not None:
            self.add(f"{column} = {{}}", value)

    def own(self, column: str, by: Identity) -> None:
        """Add that a customer is the person's own; the house sees everybody's."""
        if not by.is_staff:
            self.add(f"{column} = {{}}", by.customer_id or "")

    def holds(self, text: str, search: str) -> None:
        """Add that a text, which is lower case, holds what is searched; blanks ask for nothing."""
        if wanted := search.strip().lower():
            self.add(f"strpos({text}, {{}}) > 0", wanted)

    def __str__(self) -> str:
        return f"where {' and '.join(self._conditions)}" if self._conditions else ""


class StandingList(ABC, Generic[W_contra, R]):
    """Shows records with where they stand; nothing here writes."""

    source: Source[R]

    def __init__(self, pool: Pool, queries: Queries) -> None:
        self._pool = pool
        self._queries = queries

    @abstractmethod
    def sight(self, where: Where, by: Identity) -> None:
        """Keep what the person may see."""

    @abstractmethod
    def narrow(self, where: Where, wanted: W_contra) -> None:
        """Keep what is wanted, its states apart."""

    def is_oldest_first(self, wanted: W_contra) -> bool:  # noqa: ARG002 - for lists that ask
        """Tell whether a page is sorted so; the newest are first by default."""
        return False

    def age(self, wanted: W_contra) -> str:  # noqa: ARG002 - for lists that have another
        """Return the moment, as SQL, that a page is sorted by."""
        return f"r.{self.source.at}"

    async def page(
        self, by: Identity, wanted: W_contra, *, first: int, after: str | None
    ) -> Page[R]:
        """Return a page.

        Raises:
            RoleMissing: the person may not read the list.
            InputInvalid: `first` or `after` is wrong.
        """
        most, place = size(first), Place.read(after) if after is not None else None
        where, at = self._wanted(by, wanted), self.age(wanted)
        ahead, way = (">", "asc") if self.is_oldest_first(wanted) else ("<", "desc")
        if place is not None:
            where.add(f"({at}, r.id) {ahead} ({{}}, {{}})", place.at, place.id)
        found = await self._read(where, f"order by {at} {way}, r.id {way} limit {most + 1}", at=at)
        rows = [(Place(row["sorted_by"], row["id"]), await self._row(row)) for row in found[:most]]
        return Page(rows=rows, has_next=len(found) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: W_contra) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not read the list.
        """
        where = self._wanted(by, wanted)
        query = f"select count(*) {self._tables()} {where}"
        found: int = await self._pool.fetchval(query, *where.values)
        return found

    async def states(self, by: Identity, wanted: W_contra) -> list[tuple[Words, int]]:
        """Return how many stand in each state, of all that match but for the states.

        Raises:
            RoleMissing: the person may not read the list.
        """
        where = self._seen(by)
        self.narrow(where, wanted)
        query = f"select i.state, count(*) as rows {self._tables()} {where} group by i.state"
        counts = {
            row["state"]: row["rows"] for row in await self._pool.fetch(query, *where.values)
        }
        chart = await self._queries.chart(self.source.chart)
        nodes = [node for node in leaf_nodes(chart) if node.key in counts]
        return [(words_of(chart, node.key), counts[node.key]) for node in nodes]

    async def find(self, by: Identity, row_id: str) -> R | None:
        """Return a record, or None if there is none that the person may see.

        Raises:
            RoleMissing: the person may not read the list.
        """
        return await self._one(self._seen(by), row_id)

    async def known(self, row_id: str) -> R | None:
        """Return a record whoever asks: the caller has just made or changed it."""
        return await self._one(Where(), row_id)

    async def by_id(self, row_ids: Sequence[str]) -> dict[str, R]:
        """Return records whoever asks: the caller has been found to see what belongs to them."""
        where = Where()
        where.add("r.id = any({})", list(row_ids))
        return {row["id"]: await self._row(row) for row in await self._read(where)}

    def _seen(self, by: Identity) -> Where:
        if self.source.permission is not None:
            require(by, self.source.permission)
        where = Where()
        self.sight(where, by)
        return where

    def _wanted(self, by: Identity, wanted: W_contra) -> Where:
        where = self._seen(by)
        self.narrow(where, wanted)
        if wanted.states:
            where.add("i.state = any({})", list(wanted.states))
        return where

    def _tables(self) -> str:
        record, joins = self.source.record, self.source.joins
        return f"from {record} as r join orderwright.instance as i on i.instance_id = r.id {joins}"

    async def _read(self, where: Where, rest: str = "", *, at: str = "null") -> list[Record]:
        standing = f"i.chart_id, i.chart_version, i.state, i.snapshot, {at} as sorted_by"
        query = f"select {self.source.columns}, {standing} {self._tables()} {where} {rest}"
        return await self._pool.fetch(query, *where.values)

    async def _one(self, where: Where, row_id: str) -> R | None:
        where.add("r.id = {}", row_id)
        rows = await self._read(where)
        return await self._row(rows[0]) if rows else None

    async def _row(self, row: Record) -> R:
        chart = await self._queries.chart(row["chart_id"], row["chart_version"])
        words, context = words_of(chart, row["state"]), json.loads(row["snapshot"])["context"]
        shown: dict[str, Any] = {
            name: value for name, value in row.items() if name not in _OF_INSTANCE
        }
        return self.source.row(**shown, standing=Standing(words=words, context=context))


_OF_INSTANCE: Final = frozenset({"chart_id", "chart_version", "state", "snapshot", "sorted_by"})
