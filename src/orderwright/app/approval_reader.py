"""Approvals of every kind as they are stored, with what they are about; who may see which is for others to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.page import Page, Place, size
from orderwright.app.rows import Standing
from orderwright.app.words import words_of
from orderwright.domain.reading import mapping
from orderwright.json_text import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.app.queries import Queries
    from orderwright.runtime.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which approvals.

    Attributes:
        subject_types: of these only, where any are named.
        search: is looked for in the number of the order and the name of its customer, and in the subject's name.
        deciding: roles of which one is among those that decide; None for whoever decides.
        requested_by: this person's own requests beside those of `deciding`.
    """

    states: Sequence[str] = ()
    subject_types: Sequence[str] = ()
    subject_id: str | None = None
    kind: str | None = None
    search: str = ""
    deciding: Sequence[str] | None = None
    requested_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRow:
    """An approval; what is asked for, quorum and votes stand in the context of its standing.

    Attributes:
        subject: a number or a name by which people know what it is about.
        root_id: what it belongs to.
    """

    id: str
    subject_type: str
    subject_id: str
    subject: str
    kind: str
    root_id: str
    requested_by: str
    requested_at: datetime
    standing: Standing


class ApprovalReader:
    """Reads approvals, whoever asks."""

    def __init__(self, pool: Pool, queries: Queries) -> None:
        self._pool = pool
        self._queries = queries

    async def page(self, wanted: Wanted, *, first: int, after: str | None) -> Page[ApprovalRow]:
        """Return a page, the newest first.

        Raises:
            InputInvalid: `first` or `after` is wrong.
        """
        most, place = size(first), Place.read(after) if after is not None else None
        where, values = _narrowed(wanted, place)
        found = await self._pool.fetch(f"{_LIST}{where}{_ORDER}limit {most + 1}", *values)
        rows = [(Place(row["requested_at"], row["id"]), await self._row(row)) for row in found]
        return Page(rows=rows[:most], has_next=len(rows) > most, has_previous=after is not None)

    async def count(self, wanted: Wanted) -> int:
        """Return how many there are."""
        where, values = _narrowed(wanted, None)
        found: int = await self._pool.fetchval(f"{_COUNT}{where}", *values)
        return found

    async def one(self, approval_id: str, wanted: Wanted) -> ApprovalRow | None:
        """Return an approval if it is one of those wanted, else None."""
        where, values = _narrowed(wanted, None)
        query = f"{_LIST}{where} and a.id = ${len(values) + 1}"
        row = await self._pool.fetchrow(query, *values, approval_id)
        return await self._row(row) if row else None

    async def _row(self, row: Record) -> ApprovalRow:
        chart = await self._queries.chart("approval", row["chart_version"])
        words, snapshot = words_of(chart, row["state"]), load(row["snapshot"])
        names = ("id", "subject_type", "subject_id", "subject", "kind", "root_id", "requested_by")
        return ApprovalRow(
            **{name: row[name] for name in names},
            requested_at=row["requested_at"],
            standing=Standing(words=words, context=mapping(snapshot, "context")),
        )


def _narrowed(wanted: Wanted, after: Place | None) -> tuple[str, list[object]]:
    """Return what is asked as SQL with its values: only what is there, so that indexes serve."""
    clauses: list[str] = []
    values: list[object] = []

    def narrow(clause: str, *given: object) -> None:
        numbers = [f"${len(values) + n + 1}" for n in range(len(given))]
        clauses.append(clause.format(*numbers))
        values.extend(given)

    if wanted.states:
        narrow("i.state = any({})", list(wanted.states))
    if wanted.subject_types:
        narrow("a.subject_type = any({})", list(wanted.subject_types))
    if wanted.subject_id:
        narrow("a.subject_id = {}", wanted.subject_id)
    if wanted.kind:
        narrow("a.kind = {}", wanted.kind)
    if wanted.search.strip():
        narrow(_SEARCH, _like(wanted.search))
    if wanted.deciding is not None:
        narrow(_DECIDING, list(wanted.deciding), wanted.requested_by)
    if after is not None:
        narrow("(a.requested_at, a.id) < ({}, {})", after.at, after.id)
    return f" where {' and '.join(['true', *clauses])}", values


def _like(search: str) -> str:
    words = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{words}%"


_SEARCH: Final = "(o.number ilike {0} or c.name ilike {0} or p.name ilike {0})"
_DECIDING: Final = """
(a.requested_by = {1} or exists (
    select from jsonb_array_elements_text(i.snapshot::jsonb #> '{{context,quorum,roles}}') as role
    where role = any({0}::text[])))
"""
_FROM: Final = """
from orderwright.approval as a
join orderwright.instance as i on i.instance_id = a.id
left join orderwright.instance as s on s.instance_id = a.subject_id
left join orderwright.policy as p on p.id = a.subject_id
left join orderwright.sale_order as o on o.id = i.root_id
left join orderwright.customer as c on c.id = o.customer_id
"""
_LIST: Final = f"""
select a.id, a.subject_type, a.subject_id, a.kind, i.root_id, a.requested_by, a.requested_at, i.chart_version, i.state,
       i.snapshot, coalesce(p.name, nullif(s.snapshot::jsonb #>> '{{context,number}}', ''), o.number, a.subject_id)
       as subject
{_FROM}"""
_ORDER: Final = " order by a.requested_at desc, a.id desc "
_COUNT: Final = f"select count(*) {_FROM}"
