"""Cases as screens and programs want them; everybody sees those of their queues. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Select, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, Role, require
from orderwright.app.rows import Standing
from orderwright.app.tables import case_record, person
from orderwright.app.words import words_of
from orderwright.runtime.tables import instance

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from orderwright.app.queries import Queries

UNRESOLVED: Final = ("OPEN", "ASSIGNED")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case; everything that may change is in the context of its standing."""

    id: str
    number: str
    case_type: str
    role: str
    root_id: str
    opened_at: datetime
    assignee_name: str | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What narrows a list of cases.

    Attributes:
        states: keys of leaf states, by default those of cases that are not resolved.
        root_id: the order that they belong to.
        assignee_id: who has them in work.
    """

    states: Sequence[str] = UNRESOLVED
    role: Role | None = None
    case_type: str | None = None
    root_id: str | None = None
    assignee_id: str | None = None


class CaseList:
    """Reads cases, each as far as the asking person may see it."""

    def __init__(self, database: AsyncEngine, queries: Queries) -> None:
        self._database = database
        self._queries = queries

    async def page(
        self, by: Identity, wanted: Wanted, *, first: int, after: str | None
    ) -> Page[CaseRow]:
        """Return a page: what waits longest comes first, or of resolved cases alone the newest.

        Raises:
            RoleMissing: the person may not see cases.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "case.read")
        most, place = size(first), (case_record.c.opened_at, case_record.c.id)
        query = _cases().where(*_narrowed(by, wanted))
        is_history = list(wanted.states) == ["RESOLVED"]
        if after is not None:
            at = Place.read(after)
            key, start = tuple_(*place), tuple_(at.at, at.id)
            query = query.where(key < start if is_history else key > start)
        ordered = query.order_by(*(c.desc() if is_history else c for c in place)).limit(most + 1)
        rows = await self._all(ordered)
        built = [(Place(row.opened_at, row.id), await self._case(row)) for row in rows[:most]]
        return Page(rows=built, has_next=len(rows) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: Wanted) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see cases.
        """
        require(by, "case.read")
        query = (
            select(func.count().label("rows")).select_from(_joined()).where(*_narrowed(by, wanted))
        )
        [row] = await self._all(query)
        return int(row.rows)

    async def case(self, by: Identity, case_id: str) -> CaseRow | None:
        """Return a case, or None if there is none that the person may see.

        Raises:
            RoleMissing: the person may not see cases.
        """
        require(by, "case.read")
        rows = await self._all(_cases().where(case_record.c.id == case_id, *_in_sight(by)))
        return await self._case(rows[0]) if rows else None

    async def find(self, case_id: str) -> CaseRow | None:
        """Return a case whoever asks: the caller has just opened or changed it."""
        rows = await self._all(_cases().where(case_record.c.id == case_id))
        return await self._case(rows[0]) if rows else None

    async def touched(self, roots: frozenset[str] | None) -> tuple[str, ...] | None:
        """Return which of the roots that changed have cases, whoever asks; None stays None, which is all of them."""
        if roots is None:
            return None
        own = case_record.c.root_id
        rows = await self._all(select(own).where(own.in_(roots)).distinct().order_by(own))
        return tuple(row.root_id for row in rows)

    async def _case(self, row: Any) -> CaseRow:
        chart = await self._queries.chart(row.chart_id, row.chart_version)
        context = json.loads(row.snapshot)["context"]
        return CaseRow(
            id=row.id,
            number=row.number,
            case_type=row.case_type,
            role=row.role,
            root_id=row.root_id,
            opened_at=row.opened_at,
            assignee_name=row.assignee_name,
            standing=Standing(words=words_of(chart, row.state), context=context),
        )

    async def _all(self, query: Select[Any]) -> Sequence[Any]:
        async with self._database.connect() as connection:
            return list(await connection.execute(query))


_ASSIGNEE: Final = cast(instance.c.snapshot, JSONB)["context"]["assigneeId"].astext


def _joined() -> Any:
    return case_record.join(instance, instance.c.instance_id == case_record.c.id)


def _cases() -> Select[Any]:
    standing = (
        instance.c.chart_id,
        instance.c.chart_version,
        instance.c.state,
        instance.c.snapshot,
    )
    named = _joined().outerjoin(person, person.c.id == _ASSIGNEE)
    return select(case_record, *standing, person.c.name.label("assignee_name")).select_from(named)


def _in_sight(by: Identity) -> list[ColumnElement[bool]]:
    return [] if Role.READ_ONLY in by.roles else [case_record.c.role.in_(by.queues)]


def _narrowed(by: Identity, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [*_in_sight(by), instance.c.state.in_(wanted.states)]
    if wanted.role:
        conditions.append(case_record.c.role == wanted.role)
    if wanted.case_type:
        conditions.append(case_record.c.case_type == wanted.case_type)
    if wanted.root_id:
        conditions.append(case_record.c.root_id == wanted.root_id)
    if wanted.assignee_id:
        conditions.append(wanted.assignee_id == _ASSIGNEE)
    return conditions
