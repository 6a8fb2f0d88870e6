"""Approvals of every kind: each person sees those that they may decide on, and those that they have asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Identity, Role
from orderwright.app.rows import Standing
from orderwright.app.standing import Source, StandingList, Where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedApprovals:
    """Which approvals; `search` is looked for in what they are about, and in the name of the order's customer."""

    states: Sequence[str] = ()
    subject_type: str | None = None
    subject_id: str | None = None
    kind: str | None = None
    search: str = ""


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


_SUBJECT: Final = "coalesce(p.name, nullif(s.snapshot::jsonb -> 'context' ->> 'number', ''), o.number, r.subject_id)"
_JOINS: Final = """
left join orderwright.instance as s on s.instance_id = r.subject_id
left join orderwright.policy as p on p.id = r.subject_id
left join orderwright.sale_order as o on o.id = i.root_id
left join orderwright.customer as c on c.id = o.customer_id
"""
_DECIDES: Final = """
(r.requested_by = {1} or exists (
    select from jsonb_array_elements_text(i.snapshot::jsonb -> 'context' -> 'quorum' -> 'roles') as role
    where role = any({0}::text[])))
"""


class ApprovalList(StandingList[WantedApprovals, ApprovalRow]):
    """Shows approvals, the newest first."""

    source = Source(
        row=ApprovalRow,
        chart="approval",
        columns="r.id, r.subject_type, r.subject_id, r.kind, i.root_id, r.requested_by, r.requested_at,"
        f" {_SUBJECT} as subject",
        record="orderwright.approval",
        joins=_JOINS,
        at="requested_at",
        permission="approval.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep what the person may decide on, and what they have asked for; auditors see all."""
        if Role.READ_ONLY not in by.roles:
            where.add(_DECIDES, sorted(map(str, by.roles)), by.id)

    def narrow(self, where: Where, wanted: WantedApprovals) -> None:
        """Keep those about a subject, of a kind, or what is searched."""
        where.equal("r.subject_type", wanted.subject_type)
        where.equal("r.subject_id", wanted.subject_id)
        where.equal("r.kind", wanted.kind)
        where.holds(f"lower({_SUBJECT} || ' ' || coalesce(c.name, ''))", wanted.search)
