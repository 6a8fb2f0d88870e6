"""Override requests as screens and programs want them: approvals about sales, open to all who deal with orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

from orderwright.app import approval_reader as approvals
from orderwright.app.approvals import SALE
from orderwright.app.page import Page
from orderwright.app.permissions import Identity, require
from orderwright.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from orderwright.app.approval_reader import ApprovalReader, ApprovalRow
    from orderwright.app.rows import Standing

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

    @property
    def approvals(self) -> approvals.Wanted:
        """Return them as approvals."""
        return approvals.Wanted(
            states=self.states,
            subject_types=(SALE,),
            subject_id=self.order_id,
            kind=self.kind,
            search=self.search,
        )


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

    def __init__(self, reader: ApprovalReader) -> None:
        self._reader = reader

    async def page(
        self, by: Identity, wanted: Wanted, *, first: int, after: str | None
    ) -> Page[OverrideRow]:
        """Return a page of requests, the newest first.

        Raises:
            RoleMissing: the person may not see them.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "override.read")
        page = await self._reader.page(wanted.approvals, first=first, after=after)
        rows = [(place, _row(row)) for place, row in page.rows]
        return Page(rows=rows, has_next=page.has_next, has_previous=page.has_previous)

    async def count(self, by: Identity, wanted: Wanted) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see them.
        """
        require(by, "override.read")
        return await self._reader.count(wanted.approvals)

    async def one(self, by: Identity, override_id: str) -> OverrideRow | None:
        """Return a request, or None if there is none.

        Raises:
            RoleMissing: the person may not see it.
        """
        require(by, "override.read")
        row = await self._reader.one(override_id, _ALL)
        return _row(row) if row else None

    async def require(self, override_id: str) -> None:
        """Let the call go on only if there is such a request, whoever asks.

        Raises:
            OverrideNotFound: there is none.
        """
        if await self._reader.one(override_id, _ALL) is None:
            message = f"no override request has the id {override_id!r}"
            raise OverrideNotFound(message, values={"id": override_id})


_ALL: Final = Wanted().approvals


def _row(row: ApprovalRow) -> OverrideRow:
    return OverrideRow(
        id=row.id,
        order_id=row.subject_id,
        kind=cast("Kind", row.kind),
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        standing=row.standing,
    )
