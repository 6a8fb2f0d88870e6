"""Override requests as screens and programs want them: pages of them, or one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from orderwright.app.approvals import SALE
from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.app.rows import Standing
from orderwright.app.words import words_of
from orderwright.domain.reading import mapping
from orderwright.errors import NotFound
from orderwright.json_text import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.app.queries import Queries
    from orderwright.runtime.pool import Pool

Kind = Literal["ADMIN", "CREDIT"]


class OverrideNotFound(NotFound):
    """There is no override request with this id."""

    code = "override.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which override requests; `search` is looked for in the order's number and the customer's name."""

    states: Sequence[str] = ()
    kind: Kind | None = None
    order_id: str | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """An override request; amounts in its context are minor units of the order's currency."""

    id: str
    order_id: str
    kind: Kind
    requested_by: str
    requested_at: datetime
    standing: Standing


class OverrideList:
    """Reads override requests."""

    def __init__(self, pool: Pool, queries: Queries) -> None:
        self._pool = pool
        self._queries = queries

    async def page(
        self, by: Identity, wanted: Wanted, *, first: int, after: str | None
    ) -> Page[OverrideRow]:
        """Return a page of requests, the newest first.

        Raises:
            RoleMissing: the person may not see them.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "override.read")
        most, place = size(first), Place.read(after) if after is not None else None
        where, values = _narrowed(wanted, place)
        found = await self._pool.fetch(f"{_LIST}{where}{_ORDER}limit {most + 1}", *values)
        rows = [(Place(row["requested_at"], row["id"]), await self._row(row)) for row in found]
        return Page(rows=rows[:most], has_next=len(rows) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: Wanted) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see them.
        """
        require(by, "override.read")
        where, values = _narrowed(wanted, None)
        found: int = await self._pool.fetchval(f"{_COUNT}{where}", *values)
        return found

    async def one(self, by: Identity, override_id: str) -> OverrideRow | None:
        """Return a request, or None if there is none.

        Raises:
            RoleMissing: the person may not see it.
        """
        require(by, "override.read")
        row = await self._pool.fetchrow(_ONE, SALE, override_id)
        return await self._row(row) if row else None

    async def require(self, override_id: str) -> None:
        """Let the call go on only if there is such a request, whoever asks.

        Raises:
            OverrideNotFound: there is none.
        """
        if await self._pool.fetchrow(_ONE, SALE, override_id) is None:
            message = f"no override request has the id {override_id!r}"
            raise OverrideNotFound(message, values={"id": override_id})

    async def _row(self, row: Record) -> OverrideRow:
        chart = await self._queries.chart("approval", row["chart_version"])
        words, snapshot = words_of(chart, row["state"]), load(row["snapshot"])
        return OverrideRow(
            id=row["id"],
            order_id=row["subject_id"],
            kind=row["kind"],
            requested_by=row["requested_by"],
            requested_at=row["requested_at"],
            standing=Standing(words=words, context=mapping(snapshot, "context")),
        )


def _narrowed(wanted: Wanted, after: Place | None) -> tuple[str, list[object]]:
    """Return what is asked as SQL with its values: only what is there, so that indexes serve."""
    clauses: list[str] = [""]
    values: list[object] = [SALE]
    for clause, value in (
        ("i.state = any({})", list(wanted.states)),
        ("a.kind = {}", wanted.kind),
        ("a.subject_id = {}", wanted.order_id),
        ("(o.number ilike {0} or c.name ilike {0})", _like(wanted.search)),
    ):
        if value:
            values.append(value)
            clauses.append(clause.format(f"${len(values)}"))
    if after is not None:
        clauses.append(f"(a.requested_at, a.id) < (${len(values) + 1}, ${len(values) + 2})")
        values += [after.at, after.id]
    return " and ".join(clauses), values


def _like(search: str) -> str | None:
    words = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{words}%" if words else None


_FROM: Final = """
from orderwright.approval as a
join orderwright.instance as i on i.instance_id = a.id
join orderwright.sale_order as o on o.id = a.subject_id
join orderwright.customer as c on c.id = o.customer_id
where a.subject_type = $1
"""
_LIST: Final = f"""
select a.id, a.subject_id, a.kind, a.requested_by, a.requested_at, i.chart_version, i.state, i.snapshot
{_FROM}"""
_ORDER: Final = " order by a.requested_at desc, a.id desc "
_COUNT: Final = f"select count(*) {_FROM}"
_ONE: Final = f"{_LIST} and a.id = $2"
