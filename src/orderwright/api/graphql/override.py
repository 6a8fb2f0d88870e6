"""Override requests as the API shows them, and what people do about them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, answered
from orderwright.api.graphql.trade import HasWorkflow, Money, SaleOrder, money
from orderwright.api.graphql.vote import (
    OverrideDecision,
    OverrideQuorum,
    OverrideVote,
    person,
    quorum_of,
    votes_of,
)
from orderwright.api.graphql.workflow import Actor, Workflow
from orderwright.app.override_list import OverrideRow, Wanted
from orderwright.app.page import Page
from orderwright.domain.approval import is_whole
from orderwright.runtime.attempt import Result


@strawberry.enum
class OverrideKind(Enum):
    """What is asked for: to deliver without payment, or to exceed the credit limit."""

    ADMIN = "ADMIN"
    CREDIT = "CREDIT"


@strawberry.input
class OverrideFilter:
    search: str | None = None
    states: list[str] | None = None
    kind: OverrideKind | None = None
    order_id: strawberry.ID | None = None

    def wanted(self) -> Wanted:
        """Return it in the application's words."""
        return Wanted(
            states=tuple(self.states or ()),
            kind=self.kind.value if self.kind else None,
            order_id=self.order_id,
            search=self.search or "",
        )


@strawberry.type(description="The question whether an order may go on without payment or credit.")
class OverrideRequest(HasWorkflow):
    row: strawberry.Private[OverrideRow]
    id: strawberry.ID
    kind: OverrideKind
    reason: str
    requested_at: datetime

    @classmethod
    def of(cls, row: OverrideRow) -> OverrideRequest:
        """Show an override request."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            kind=OverrideKind(row.kind),
            reason=row.standing.context["reason"],
            requested_at=row.requested_at,
        )

    @strawberry.field
    async def order(self, info: Info) -> SaleOrder:
        return SaleOrder.of(await info.context.orders.load(self.row.order_id))

    @strawberry.field
    async def requested_by(self, info: Info) -> Actor:
        return await person(info.context, self.row.requested_by)

    @strawberry.field
    def amount(self) -> Money:
        """What is asked for: what is outstanding, or the amount above the limit."""
        return self._money("amountMinor")

    @strawberry.field
    def is_whole(self) -> bool:
        """Whether all of the amount is consented to or none: a vote for less is refused."""
        return is_whole(self._context)

    @strawberry.field
    def approved_amount(self) -> Money | None:
        return self._money("approvedMinor") if self._context["approvedMinor"] else None

    @strawberry.field
    def expires_at(self) -> datetime:
        """Until when it is to be decided or, once it is approved, until when it holds."""
        return datetime.fromisoformat(self._context["expiresAt"])

    @strawberry.field
    def ended_reason(self) -> str | None:
        """Why it was denied, revoked or withdrawn."""
        reason: str | None = self._context["endedReason"]
        return reason

    @strawberry.field
    def quorum(self) -> OverrideQuorum:
        return quorum_of(self._context)

    @strawberry.field
    async def votes(self, info: Info) -> list[OverrideVote]:
        return await votes_of(self._context, info.context)

    @strawberry.field
    async def workflow(self, info: Info) -> Workflow:
        """What the person who asks may do about it, and why not."""
        return await Workflow.of(await info.context.app.workflows.instance(self.id), info.context)

    @strawberry.field
    async def order_workflow(self, info: Info) -> Workflow:
        """The sale of the order; `waitingFor` says why it is not cleared."""
        sale = await info.context.app.workflows.instance(self.row.order_id)
        return await Workflow.of(sale, info.context)

    def _money(self, key: str) -> Money:
        return money(self._context[key], self._context["currency"])

    @property
    def _context(self) -> Any:
        return self.standing.context


@strawberry.type
class OverrideRequestEdge:
    node: OverrideRequest
    cursor: str


@strawberry.type
class OverrideRequestConnection:
    wanted: strawberry.Private[Wanted]
    edges: list[OverrideRequestEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[OverrideRow], wanted: Wanted) -> OverrideRequestConnection:
        """Show a page of override requests."""
        edges = [
            OverrideRequestEdge(node=OverrideRequest.of(row), cursor=at.cursor())
            for at, row in page.rows
        ]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.override_list.count(info.context.by, self.wanted)


@strawberry.type(description="The sale has asked; the request appears a moment later.")
class OverrideRequested:
    order: SaleOrder
    override_id: strawberry.ID
    replayed: bool


@strawberry.type
class OverrideChanged:
    override: OverrideRequest
    replayed: bool


RequestOverrideResult = Annotated[
    OverrideRequested | Refusal, strawberry.union("RequestOverrideResult")
]
OverrideResult = Annotated[OverrideChanged | Refusal, strawberry.union("OverrideResult")]


@strawberry.type
class OverrideQuery:
    @strawberry.field
    async def override_requests(
        self,
        info: Info,
        filter: OverrideFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> OverrideRequestConnection:
        """Override requests, the newest first."""
        wanted = (filter or OverrideFilter()).wanted()
        page = await info.context.app.override_list.page(
            info.context.by, wanted, first=first, after=after
        )
        return OverrideRequestConnection.of(page, wanted)

    @strawberry.field
    async def override_request(self, info: Info, id: strawberry.ID) -> OverrideRequest | None:
        row = await info.context.app.override_list.find(info.context.by, id)
        return OverrideRequest.of(row) if row else None


@strawberry.type
class OverrideMutation:
    @strawberry.mutation
    async def request_override(
        self,
        info: Info,
        order_id: strawberry.ID,
        kind: OverrideKind,
        reason: str,
        idempotency_key: str | None = None,
    ) -> RequestOverrideResult:
        """Ask for what is outstanding to be waived, or for the credit limit to be exceeded."""
        context, asked = info.context, info.context.asked(info, idempotency_key)

        async def show(result: Result) -> OverrideRequested:
            return OverrideRequested(
                order=SaleOrder.of(await context.orders.load(order_id)),
                override_id=strawberry.ID(_asked_id(result, kind)),
                replayed=result.replayed,
            )

        command = context.app.overrides.request(order_id, kind.value, reason, asked)
        return await answered(command, show, context)

    @strawberry.mutation
    async def vote_override(
        self,
        info: Info,
        id: strawberry.ID,
        decision: OverrideDecision,
        reason: str,
        approved_amount: str | None = None,
        idempotency_key: str | None = None,
    ) -> OverrideResult:
        """Vote for or against a request; an approver may consent to less than is asked."""
        context, asked = info.context, info.context.asked(info, idempotency_key)
        command = context.app.overrides.vote(id, decision.value, reason, approved_amount, asked)
        return await answered(command, lambda result: _changed(context, result), context)

    @strawberry.mutation
    async def revoke_override(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str,
        idempotency_key: str | None = None,
    ) -> OverrideResult:
        """Take back what was approved."""
        context, asked = info.context, info.context.asked(info, idempotency_key)
        command = context.app.overrides.revoke(id, reason, asked)
        return await answered(command, lambda result: _changed(context, result), context)

    @strawberry.mutation
    async def withdraw_override(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str,
        idempotency_key: str | None = None,
    ) -> OverrideResult:
        """Take back one's own request before it is decided."""
        context, asked = info.context, info.context.asked(info, idempotency_key)
        command = context.app.overrides.withdraw(id, reason, asked)
        return await answered(command, lambda result: _changed(context, result), context)


async def _changed(context: Context, result: Result) -> OverrideChanged:
    row = await context.app.override_list.find(context.by, result.instance_id)
    if row is None:
        raise LookupError(result.instance_id)
    return OverrideChanged(override=OverrideRequest.of(row), replayed=result.replayed)


def _asked_id(result: Result, kind: OverrideKind) -> str:
    if result.snapshot is None:
        raise TypeError("an applied command has a snapshot")
    overrides: Any = result.snapshot.context["overrides"]
    return str(overrides[kind.value]["asked"])
