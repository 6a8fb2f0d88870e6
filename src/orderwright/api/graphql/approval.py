"""Approvals as the API shows them: everything that somebody is asked to decide, whatever it is about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.policy_execution import PolicyAction
from orderwright.api.graphql.results import Refusal, answered
from orderwright.api.graphql.trade import HasWorkflow, Money, money
from orderwright.api.graphql.vote import (
    OverrideDecision,
    OverrideQuorum,
    OverrideVote,
    person,
    quorum_of,
    votes_of,
)
from orderwright.api.graphql.workflow import Actor, Workflow
from orderwright.app.approval_list import ApprovalRow, WantedApprovals
from orderwright.app.page import Page
from orderwright.domain.approval import is_whole
from orderwright.runtime.attempt import Result


@strawberry.input
class ApprovalFilter:
    search: str | None = None
    states: list[str] | None = None
    kind: str | None = None
    subject_type: str | None = None
    subject_id: strawberry.ID | None = None

    def wanted(self) -> WantedApprovals:
        """Return it in the application's words."""
        return WantedApprovals(
            states=tuple(self.states or ()),
            subject_type=self.subject_type,
            subject_id=self.subject_id,
            kind=self.kind,
            search=self.search or "",
        )


@strawberry.type(description="A question that other people than who asks must decide.")
class Approval(HasWorkflow):
    row: strawberry.Private[ApprovalRow]
    id: strawberry.ID
    kind: str
    subject_type: str = strawberry.field(
        description="`sale` and `policy` for what people ask; else the type of what a policy holds."
    )
    subject_id: strawberry.ID
    subject: str = strawberry.field(description="A number or a name of what it is about.")
    root_id: strawberry.ID = strawberry.field(description="What it belongs to.")
    reason: str
    requested_at: datetime

    @classmethod
    def of(cls, row: ApprovalRow) -> Approval:
        """Show an approval."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            kind=row.kind,
            subject_type=row.subject_type,
            subject_id=strawberry.ID(row.subject_id),
            subject=row.subject,
            root_id=strawberry.ID(row.root_id),
            reason=row.standing.context["reason"],
            requested_at=row.requested_at,
        )

    @strawberry.field
    async def requested_by(self, info: Info) -> Actor:
        return await person(info.context, self.row.requested_by)

    @strawberry.field
    def amount(self) -> Money | None:
        """What is asked for, where it is an amount."""
        return self._money("amountMinor")

    @strawberry.field
    def is_whole(self) -> bool:
        """Whether all of the amount is consented to or none: a vote for less is refused."""
        return is_whole(self._context)

    @strawberry.field
    def approved_amount(self) -> Money | None:
        return self._money("approvedMinor")

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
    async def consequences(self, info: Info) -> list[PolicyAction]:
        """What the host of its subject was asked to do because of the answer, and what became of that."""
        return await PolicyAction.following(self.id, info.context)

    @strawberry.field
    async def workflow(self, info: Info) -> Workflow:
        """What the person who asks may do about it, and why not."""
        return await Workflow.of(await info.context.app.workflows.instance(self.id), info.context)

    def _money(self, key: str) -> Money | None:
        minor, currency = self._context[key], self._context["currency"]
        return money(minor, currency) if minor and currency else None

    @property
    def _context(self) -> Any:
        return self.standing.context


@strawberry.type
class ApprovalEdge:
    node: Approval
    cursor: str


@strawberry.type
class ApprovalConnection:
    wanted: strawberry.Private[WantedApprovals]
    edges: list[ApprovalEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[ApprovalRow], wanted: WantedApprovals) -> ApprovalConnection:
        """Show a page of approvals."""
        edges = [ApprovalEdge(node=Approval.of(row), cursor=at.cursor()) for at, row in page.rows]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.approval_list.count(info.context.by, self.wanted)


@strawberry.type
class ApprovalChanged:
    approval: Approval
    replayed: bool


ApprovalResult = Annotated[ApprovalChanged | Refusal, strawberry.union("ApprovalResult")]


@strawberry.type
class ApprovalQuery:
    @strawberry.field
    async def approvals(
        self,
        info: Info,
        filter: ApprovalFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> ApprovalConnection:
        """What the person may decide on or has asked for, the newest first."""
        wanted = (filter or ApprovalFilter()).wanted()
        page = await info.context.app.approval_list.page(
            info.context.by, wanted, first=first, after=after
        )
        return ApprovalConnection.of(page, wanted)

    @strawberry.field
    async def approval(self, info: Info, id: strawberry.ID) -> Approval | None:
        row = await info.context.app.approval_list.find(info.context.by, id)
        return Approval.of(row) if row else None


@strawberry.type
class ApprovalMutation:
    @strawberry.mutation
    async def vote_approval(
        self,
        info: Info,
        id: strawberry.ID,
        decision: OverrideDecision,
        reason: str,
        approved_amount: str | None = None,
        idempotency_key: str | None = None,
    ) -> ApprovalResult:
        """Vote for or against; of an amount, an approver may consent to less than is asked."""
        context, asked = info.context, info.context.asked(info, idempotency_key)
        command = context.app.approval_desk.vote(
            id, decision.value, reason, approved_amount, asked
        )
        return await answered(command, lambda result: _changed(context, result), context)

    @strawberry.mutation
    async def revoke_approval(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str,
        idempotency_key: str | None = None,
    ) -> ApprovalResult:
        """Take back what was approved."""
        context, asked = info.context, info.context.asked(info, idempotency_key)
        command = context.app.approval_desk.revoke(id, reason, asked)
        return await answered(command, lambda result: _changed(context, result), context)


async def _changed(context: Context, result: Result) -> ApprovalChanged:
    row = await context.app.approval_list.known(result.instance_id)
    if row is None:
        raise LookupError(result.instance_id)
    return ApprovalChanged(approval=Approval.of(row), replayed=result.replayed)
