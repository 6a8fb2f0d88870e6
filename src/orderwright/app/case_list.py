"""Cases as screens and programs want them; everybody sees those of their queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orderwright.app.permissions import Identity, Role
from orderwright.app.rows import Standing
from orderwright.app.standing import Source, StandingList, Where

UNRESOLVED: Final = ("OPEN", "ASSIGNED")
_ASSIGNEE: Final = "(i.snapshot::jsonb)->'context'->>'assigneeId'"


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


class CaseList(StandingList[Wanted, CaseRow]):
    """Shows cases: what waits longest comes first, or of resolved cases alone the newest."""

    source = Source(
        row=CaseRow,
        chart="case",
        columns="r.id, r.number, r.case_type, r.role, r.root_id, r.opened_at, p.name as assignee_name",
        record="orderwright.case_record",
        joins=f"left join orderwright.person as p on p.id = {_ASSIGNEE}",
        at="opened_at",
        permission="case.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep those of the person's queues; READ_ONLY sees all."""
        if Role.READ_ONLY not in by.roles:
            where.add("r.role = any({})", sorted(by.queues))

    def narrow(self, where: Where, wanted: Wanted) -> None:
        """Keep those of a role, a type, an order or an assignee."""
        where.equal("r.role", wanted.role)
        where.equal("r.case_type", wanted.case_type)
        where.equal("r.root_id", wanted.root_id)
        where.equal(_ASSIGNEE, wanted.assignee_id)

    def is_oldest_first(self, wanted: Wanted) -> bool:
        """Tell whether there is something to do in the list."""
        return list(wanted.states) != ["RESOLVED"]

    async def touched(self, roots: frozenset[str] | None) -> tuple[str, ...] | None:
        """Return which of the roots that changed have cases, whoever asks; None stays None, which is all of them."""
        if roots is None:
            return None
        return tuple(row["root_id"] for row in await self._pool.fetch(_TOUCHED, list(roots)))


_TOUCHED: Final = """
select distinct root_id from orderwright.case_record where root_id = any($1) order by root_id
"""
