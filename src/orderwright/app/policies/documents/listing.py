"""Requests for documents as screens want them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.app.rows import Standing
from orderwright.app.words import words_of
from orderwright.domain.reading import mapping
from orderwright.json_text import load

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.app.queries import Queries
    from orderwright.runtime.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRequests:
    """Which requests; all where nothing is said."""

    states: Sequence[str] = ()
    entity_type: str | None = None
    entity_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request; what is asked for and what is there stands in the context of its standing."""

    id: str
    entity_type: str
    entity_id: str
    root_id: str
    requested_at: datetime
    standing: Standing


class DocumentList:
    """Reads requests for documents."""

    def __init__(self, pool: Pool, queries: Queries) -> None:
        self._pool = pool
        self._queries = queries

    async def page(
        self, by: Identity, wanted: WantedRequests, *, first: int, after: str | None
    ) -> Page[RequestRow]:
        """Return a page, the newest first.

        Raises:
            RoleMissing: the person may not see them.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "document.read")
        most, place = size(first), Place.read(after) if after is not None else None
        start = (place.at, place.id) if place else (None, None)
        found = await self._pool.fetch(_PAGE, *_values(wanted), *start, most + 1)
        rows = [(Place(row["requested_at"], row["id"]), await self._row(row)) for row in found]
        return Page(rows=rows[:most], has_next=len(rows) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: WantedRequests) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see them.
        """
        require(by, "document.read")
        return int(await self._pool.fetchval(_COUNT, *_values(wanted)) or 0)

    async def one(self, by: Identity, request_id: str) -> RequestRow | None:
        """Return a request, or None if there is none.

        Raises:
            RoleMissing: the person may not see it.
        """
        require(by, "document.read")
        return await self.find(request_id)

    async def find(self, request_id: str) -> RequestRow | None:
        """Return a request whoever asks: the caller has just changed it."""
        row = await self._pool.fetchrow(_ONE, request_id)
        return await self._row(row) if row else None

    async def _row(self, row: Record) -> RequestRow:
        chart = await self._queries.chart("document_request", row["chart_version"])
        words, snapshot = words_of(chart, row["state"]), load(row["snapshot"])
        return RequestRow(
            id=row["id"],
            entity_type=row["entity_type"],
            entity_id=row["entity_id"],
            root_id=row["root_id"],
            requested_at=row["requested_at"],
            standing=Standing(words=words, context=mapping(snapshot, "context")),
        )


def _values(wanted: WantedRequests) -> tuple[object, ...]:
    return list(wanted.states), wanted.entity_type, wanted.entity_id


_FROM: Final = """
from orderwright.document_request as d join orderwright.instance as i on i.instance_id = d.id
"""
_WHERE: Final = """
where (cardinality($1::text[]) = 0 or i.state = any($1)) and ($2::text is null or d.entity_type = $2)
  and ($3::text is null or d.entity_id = $3)
"""
_READ: Final = f"select d.*, i.chart_version, i.state, i.snapshot {_FROM}"
_PAGE: Final = f"""
{_READ} {_WHERE} and ($4::timestamptz is null or (d.requested_at, d.id) < ($4, $5))
order by d.requested_at desc, d.id desc limit $6
"""
_COUNT: Final = f"select count(*) {_FROM} {_WHERE}"
_ONE: Final = f"{_READ} where d.id = $1"
