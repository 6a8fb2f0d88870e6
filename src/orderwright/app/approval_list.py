"""Approvals for people: each sees those that they may decide on, and those that they have asked for themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orderwright.app.permissions import Identity, Role, require

if TYPE_CHECKING:
    from orderwright.app.approval_reader import ApprovalReader, ApprovalRow, Wanted
    from orderwright.app.page import Page


class ApprovalList:
    """Reads approvals of every kind, each as far as the asking person may see it."""

    def __init__(self, reader: ApprovalReader) -> None:
        self._reader = reader

    async def page(
        self, by: Identity, wanted: Wanted, *, first: int, after: str | None
    ) -> Page[ApprovalRow]:
        """Return a page, the newest first.

        Raises:
            RoleMissing: the person may not see any.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "approval.read")
        return await self._reader.page(_in_sight(by, wanted), first=first, after=after)

    async def count(self, by: Identity, wanted: Wanted) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see any.
        """
        require(by, "approval.read")
        return await self._reader.count(_in_sight(by, wanted))

    async def one(self, by: Identity, approval_id: str, wanted: Wanted) -> ApprovalRow | None:
        """Return an approval, or None if there is none that the person may see.

        Raises:
            RoleMissing: the person may not see any.
        """
        require(by, "approval.read")
        return await self._reader.one(approval_id, _in_sight(by, wanted))


def _in_sight(by: Identity, wanted: Wanted) -> Wanted:
    if Role.READ_ONLY in by.roles:
        return wanted
    return replace(wanted, deciding=sorted(map(str, by.roles)), requested_by=by.id)
