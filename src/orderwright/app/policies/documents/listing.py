"""Requests for documents as screens want them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Identity, require
from orderwright.app.rows import Standing
from orderwright.app.standing import Source, StandingList, Where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRequests:
    """Which requests; all where nothing is said. `search` is looked for in the subject's number and who is asked."""

    states: Sequence[str] = ()
    entity_type: str | None = None
    entity_id: str | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request; what is asked for and what is there stands in the context of its standing.

    Attributes:
        number: of the entity, where it lives here.
        user_id, customer_id, asked: who stands behind the entity, as far as that is known here.
        execution_id, policy_id, version: the decision that asks.
    """

    id: str
    entity_type: str
    entity_id: str
    root_id: str
    requested_at: datetime
    number: str | None
    user_id: str | None
    customer_id: str | None
    asked: str | None
    execution_id: str | None
    policy_id: str | None
    version: int | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file that was handed in; `round` is the time of asking that it answers."""

    id: str
    round: int
    type: str
    media_type: str
    bytes: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOfRequest:
    """A case that has come of a request."""

    id: str
    number: str
    opened_at: datetime


_NUMBER: Final = "coalesce(o.number, pin.number, pout.number, k.number, own.number)"
_ASKED: Final = "coalesce(u.email, c.name)"


class DocumentList(StandingList[WantedRequests, RequestRow]):
    """Shows requests for documents, the newest first."""

    source = Source(
        row=RequestRow,
        chart="document_request",
        columns=f"""r.id, r.entity_type, r.entity_id, r.root_id, r.requested_at, {_NUMBER} as number,
       u.id as user_id, c.id as customer_id, {_ASKED} as asked, a.execution_id, a.policy_id, a.version""",
        record="orderwright.document_request",
        joins="""left join orderwright.policy_action as a on a.id = r.id
left join orderwright.sale_order as o on r.entity_type = 'Order' and o.id = r.entity_id
left join orderwright.payin_record as pin on r.entity_type = 'PayIn' and pin.id = r.entity_id
left join orderwright.payout_record as pout on r.entity_type = 'PayOut' and pout.id = r.entity_id
left join orderwright.kyc_record as k on r.entity_type = 'KYC' and k.id = r.entity_id
left join orderwright.user_record as own on r.entity_type = 'User' and own.id = r.entity_id
left join orderwright.user_record as u on u.id = coalesce(own.id, k.user_id, pin.user_id, pout.user_id)
left join orderwright.customer as c
    on c.id = coalesce(o.customer_id, pin.customer_id, pout.customer_id, u.customer_id)""",
        at="requested_at",
        permission="document.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep all for who decides; who may only pass a link on sees those that still take papers."""
        if not by.may("document.open"):
            where.equal("i.status", "active")

    def narrow(self, where: Where, wanted: WantedRequests) -> None:
        """Keep those about an entity, or whose subject or person holds a text."""
        where.equal("r.entity_type", wanted.entity_type)
        where.equal("r.entity_id", wanted.entity_id)
        where.holds(f"lower(concat_ws(' ', {_NUMBER}, {_ASKED}))", wanted.search)

    async def files(self, by: Identity, request_id: str) -> list[FileRow]:
        """Return what was handed in, of every round, the newest first.

        Raises:
            RoleMissing: the person may not see documents.
        """
        require(by, "document.read")
        return [FileRow(**dict(row)) for row in await self._pool.fetch(_FILES, request_id)]

    async def cases(
        self, by: Identity, request_id: str, untold: str | None
    ) -> list[CaseOfRequest]:
        """Return the cases of the person's queues that have come of a request, the newest first.

        `untold` is the one of its context.

        Raises:
            RoleMissing: the person may not see requests.
        """
        require(by, "document.read")
        rows = await self._pool.fetch(_CASES, request_id, untold, sorted(by.queues))
        return [CaseOfRequest(**dict(row)) for row in rows]


_FILES: Final = """
select id, round, type, media_type, bytes, uploaded_at as at
from orderwright.document where request_id = $1 order by round desc, uploaded_at desc, id
"""
_CASES: Final = """
select r.id, r.number, r.opened_at
from orderwright.case_record as r
where (r.id = $2 or r.id in (select case_id from orderwright.policy_case where action_id = $1))
    and r.role = any($3::text[])
order by r.opened_at desc, r.id
"""
