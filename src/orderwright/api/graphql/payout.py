"""Pay-outs as the API shows them, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from orderwright.api.graphql.compliance import ComplianceEntity, workflow_of
from orderwright.api.graphql.connection import Connection, connected
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, SendEventResult, answered
from orderwright.api.graphql.scalars import JSON
from orderwright.api.graphql.sending import sent
from orderwright.api.graphql.trade import Money, money
from orderwright.api.graphql.workflow import Actor, Workflow
from orderwright.app.compliance.lists import PayOutRow, WantedPayOuts
from orderwright.app.compliance.payouts import NewPayOut
from orderwright.runtime.attempt import Result
from orderwright.runtime.instance import InstanceNotFound


@strawberry.enum
class PayOutDecision(Enum):
    APPROVE = "APPROVE"
    DENY = "DENY"


@strawberry.type(description="Money on its way out.")
class PayOut(ComplianceEntity):
    row: strawberry.Private[PayOutRow]
    number: str
    refund_id: strawberry.ID | None
    order_id: strawberry.ID | None
    order_number: str | None
    customer_id: strawberry.ID | None
    user_id: strawberry.ID | None
    amount: Money
    created_at: datetime

    @classmethod
    def of(cls, row: PayOutRow) -> PayOut:
        """Show a pay-out."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            number=row.number,
            refund_id=strawberry.ID(row.refund_id) if row.refund_id else None,
            order_id=strawberry.ID(row.order_id) if row.order_id else None,
            order_number=row.order_number,
            customer_id=strawberry.ID(row.customer_id) if row.customer_id else None,
            user_id=strawberry.ID(row.user_id) if row.user_id else None,
            amount=money(row.amount_minor, row.currency),
            created_at=row.created_at,
        )

    @strawberry.field
    def requested_by(self) -> Actor:
        """Who has asked, and does not decide."""
        return Actor(id=self.row.requested_by, kind="user", name=self.row.requested_name)

    @strawberry.field
    def reason(self) -> str:
        return str(self.standing.context["reason"])

    @strawberry.field
    def payment_id(self) -> strawberry.ID | None:
        """The payment that a refund gives back, where it is one."""
        return _id(self.standing.context["paymentId"])

    @strawberry.field
    def wallet_id(self) -> strawberry.ID | None:
        return _id(self.standing.context["walletId"])

    @strawberry.field
    def wallet_address(self) -> str | None:
        return _text(self.standing.context["walletAddress"])

    @strawberry.field
    def crypto_type(self) -> str | None:
        return _text(self.standing.context["cryptoType"])

    @strawberry.field
    def approvers(self) -> int:
        """How many other people have to consent."""
        return int(self.standing.context["approvers"])

    @strawberry.field
    def transactions(self) -> list[str]:
        """What has carried the money, each try once."""
        return [str(one) for one in self.standing.context["transactions"]]

    @strawberry.field
    async def approval(self, info: Info) -> Workflow | None:
        """The consent of others: who has voted, and what is missing; null until it has begun."""
        try:
            return await workflow_of(self.row.approval_id, info.context)
        except InstanceNotFound:
            return None


def _id(value: object) -> strawberry.ID | None:
    return strawberry.ID(str(value)) if value else None


def _text(value: object) -> str | None:
    return str(value) if value else None


@strawberry.input
class PayOutFilter:
    search: str | None = None
    states: list[str] | None = None
    order_id: strawberry.ID | None = None
    user_id: strawberry.ID | None = None

    def wanted(self) -> WantedPayOuts:
        """Return it in the application's words."""
        return WantedPayOuts(
            states=tuple(self.states or ()),
            search=self.search or "",
            order_id=self.order_id,
            user_id=self.user_id,
        )


@strawberry.input
class PayOutInput:
    amount: str
    currency: str
    reason: str
    user_id: strawberry.ID | None = None
    wallet_id: strawberry.ID | None = None


@strawberry.type
class PayOutApplied:
    pay_out: PayOut
    replayed: bool


PayOutResult = Annotated[PayOutApplied | Refusal, strawberry.union("PayOutResult")]


@strawberry.type
class PayOutQuery:
    @strawberry.field
    async def pay_outs(
        self,
        info: Info,
        filter: PayOutFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[PayOut]:
        """Money on its way out, the newest first."""
        wanted = filter.wanted() if filter else WantedPayOuts()
        listed = info.context.app.pay_out_list
        return await connected(info, listed, wanted, PayOut.of, first=first, after=after)

    @strawberry.field
    async def pay_out(self, info: Info, id: strawberry.ID) -> PayOut | None:
        row = await info.context.app.pay_out_list.find(info.context.by, id)
        return PayOut.of(row) if row else None


@strawberry.type
class PayOutMutation:
    @strawberry.mutation
    async def request_pay_out(
        self, info: Info, input: PayOutInput, idempotency_key: str | None = None
    ) -> PayOutResult:
        """Ask that money be sent; others have to consent."""
        new = NewPayOut(
            amount=input.amount,
            currency=input.currency,
            reason=input.reason,
            user_id=input.user_id,
            wallet_id=input.wallet_id,
        )
        asked = info.context.asked(info, idempotency_key)
        return await _applied(info.context, info.context.app.pay_outs.request(new, asked), None)

    @strawberry.mutation
    async def vote_pay_out(
        self,
        info: Info,
        pay_out_id: strawberry.ID,
        decision: PayOutDecision,
        reason: str,
        idempotency_key: str | None = None,
    ) -> PayOutResult:
        """Vote for or against a pay-out that somebody else has asked for."""
        asked = info.context.asked(info, idempotency_key)
        vote = info.context.app.pay_outs.vote(pay_out_id, decision.value, reason, asked)
        return await _applied(info.context, vote, pay_out_id)

    @strawberry.mutation
    async def send_pay_out_event(
        self,
        info: Info,
        pay_out_id: strawberry.ID,
        event: str,
        data: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendEventResult:
        asked = info.context.asked(info, idempotency_key, reason)
        send = info.context.app.pay_outs.send
        return await sent(info.context, send, pay_out_id, event, data, asked)


async def _applied(
    context: Context, command: Awaitable[Result], pay_out_id: str | None
) -> PayOutApplied | Refusal:
    async def show(result: Result) -> PayOutApplied:
        row = await context.app.pay_out_list.known(pay_out_id or result.instance_id)
        if row is None:
            raise LookupError(result.instance_id)
        return PayOutApplied(pay_out=PayOut.of(row), replayed=result.replayed)

    return await answered(command, show, context)
