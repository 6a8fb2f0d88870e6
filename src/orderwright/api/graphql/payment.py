"""Payments as the API shows them, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from orderwright.api.graphql.connection import Connection, connected
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, answered
from orderwright.api.graphql.trade import Channel, HasWorkflow, Money, money
from orderwright.api.graphql.workflow import Workflow
from orderwright.api.receipts import url_of
from orderwright.app.payment_list import PaymentRow, Wanted
from orderwright.app.payments import NewPayment, RefundLine
from orderwright.domain.orders.payment_reading import standing_of
from orderwright.runtime.attempt import Result


@strawberry.type(description="A part of a refund that is for a line of the order.")
class PaymentRefundLine:
    line_no: int
    amount: Money


@strawberry.type(description="Money that we have given back; without lines it is for the sale.")
class PaymentRefund:
    id: strawberry.ID
    amount: Money
    reason: str
    lines: list[PaymentRefundLine]


@strawberry.type(description="A link to a receipt, for whoever asks, until it ends.")
class PaymentReceipt:
    type: str
    url: str
    expires_at: datetime


@strawberry.type(description="Money for an order; without one where nobody has registered it.")
class Payment(HasWorkflow):
    row: strawberry.Private[PaymentRow]
    id: strawberry.ID
    order_id: strawberry.ID | None
    order_number: str | None
    channel: Channel
    method: str | None
    amount: Money
    provider: str | None
    reference: str | None
    created_at: datetime

    @classmethod
    def of(cls, row: PaymentRow) -> Payment:
        """Show a payment."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            order_id=strawberry.ID(row.order_id) if row.order_id else None,
            order_number=row.order_number,
            channel=Channel(row.channel),
            method=row.method,
            amount=money(row.amount_minor, row.currency),
            provider=row.provider,
            reference=row.reference,
            created_at=row.created_at,
        )

    @strawberry.field
    def refunded(self) -> Money:
        return money(standing_of(self.standing.context).refunded, self.row.currency)

    @strawberry.field
    def charged_back(self) -> Money:
        return money(standing_of(self.standing.context).charged_back, self.row.currency)

    @strawberry.field
    def remaining(self) -> Money:
        """What of it is still with us."""
        return money(standing_of(self.standing.context).remaining, self.row.currency)

    @strawberry.field
    def failed_reason(self) -> str | None:
        reason = self.standing.context["failedReason"]
        return str(reason) if reason else None

    @strawberry.field
    def refunds(self) -> list[PaymentRefund]:
        """Ours; what the provider has reported beside them is in `refunded` only."""
        found = self.standing.context["refunds"]
        return [
            self._refund(one, refund) for one, refund in found.items() if "undone" not in refund
        ]

    @strawberry.field
    async def receipt(self, info: Info) -> PaymentReceipt | None:
        """The receipt, if there is one that the person may open."""
        by, media_type = info.context.by, self.row.receipt_type
        if media_type is None or not by.may("receipt.read"):
            return None
        link = await info.context.app.receipts.link(self.row.id, by)
        return PaymentReceipt(type=media_type, url=url_of(link), expires_at=link.expires_at)

    def _refund(self, refund_id: str, refund: dict[str, object]) -> PaymentRefund:
        currency, lines = self.row.currency, refund["lines"]
        shown = lines.items() if isinstance(lines, dict) else ()
        return PaymentRefund(
            id=strawberry.ID(refund_id),
            amount=money(int(str(refund["amountMinor"])), currency),
            reason=str(refund["reason"]),
            lines=[
                PaymentRefundLine(line_no=int(number), amount=money(minor, currency))
                for number, minor in shown
            ],
        )


@strawberry.input
class PaymentInput:
    order_id: strawberry.ID
    amount: str
    currency: str
    method: str
    provider: str | None = None
    reference: str | None = None

    def new(self) -> NewPayment:
        """Return what is to be registered."""
        return NewPayment(
            order_id=self.order_id,
            amount=self.amount,
            currency=self.currency,
            method=self.method,
            provider=self.provider,
            reference=self.reference,
        )


@strawberry.input
class RefundLineInput:
    line_no: int
    amount: str


@strawberry.type
class PaymentApplied:
    payment: Payment
    replayed: bool


PaymentResult = Annotated[PaymentApplied | Refusal, strawberry.union("PaymentResult")]


@strawberry.type
class PaymentQuery:
    @strawberry.field
    async def payments(
        self,
        info: Info,
        order_id: strawberry.ID | None = None,
        states: list[str] | None = None,
        search: str | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[Payment]:
        """Payments, the newest first; of one order if it is given; `search` is in its number or in the reference."""
        wanted = Wanted(order_id=order_id, states=tuple(states or ()), search=search or "")
        listed = info.context.app.payment_list
        return await connected(info, listed, wanted, Payment.of, first=first, after=after)

    @strawberry.field
    async def payment(self, info: Info, id: strawberry.ID) -> Payment | None:
        row = await info.context.app.payment_list.find(info.context.by, id)
        return Payment.of(row) if row else None

    @strawberry.field
    async def payment_workflow(self, info: Info, payment_id: strawberry.ID) -> Workflow | None:
        context = info.context
        if await context.app.payment_list.find(context.by, payment_id) is None:
            return None
        return await Workflow.of(await context.app.workflows.instance(payment_id), context)


@strawberry.type
class PaymentMutation:
    @strawberry.mutation
    async def register_consumer_payment(
        self, info: Info, input: PaymentInput, idempotency_key: str | None = None
    ) -> PaymentResult:
        """Say that money for a consumer's order is on its way."""
        asked = info.context.asked(info, idempotency_key)
        return await _applied(
            info.context, info.context.app.payments.register_consumer(input.new(), asked)
        )

    @strawberry.mutation
    async def register_reseller_payment(
        self, info: Info, input: PaymentInput, idempotency_key: str | None = None
    ) -> PaymentResult:
        """Say that money for a reseller's order is on its way."""
        asked = info.context.asked(info, idempotency_key)
        return await _applied(
            info.context, info.context.app.payments.register_reseller(input.new(), asked)
        )

    @strawberry.mutation
    async def confirm_payment(
        self,
        info: Info,
        payment_id: strawberry.ID,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentResult:
        """Say that the money has arrived in full."""
        asked = info.context.asked(info, idempotency_key, reason)
        return await _applied(info.context, info.context.app.payments.confirm(payment_id, asked))

    @strawberry.mutation
    async def fail_payment(
        self,
        info: Info,
        payment_id: strawberry.ID,
        reason: str,
        idempotency_key: str | None = None,
    ) -> PaymentResult:
        """Say that the payment did not come about."""
        asked = info.context.asked(info, idempotency_key)
        return await _applied(
            info.context, info.context.app.payments.fail(payment_id, reason, asked)
        )

    @strawberry.mutation
    async def refund_payment(
        self,
        info: Info,
        payment_id: strawberry.ID,
        amount: str,
        reason: str,
        lines: list[RefundLineInput] | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentResult:
        """Give money back, for lines of the order, which add up to the amount, or for the sale."""
        asked = info.context.asked(info, idempotency_key)
        parts = [RefundLine(line_no=one.line_no, amount=one.amount) for one in lines or ()]
        command = info.context.app.payments.refund(payment_id, amount, reason, asked, lines=parts)
        return await _applied(info.context, command)

    @strawberry.mutation
    async def charge_back_payment(
        self,
        info: Info,
        payment_id: strawberry.ID,
        amount: str,
        reason: str,
        idempotency_key: str | None = None,
    ) -> PaymentResult:
        """Record that the customer's bank has taken money back."""
        asked = info.context.asked(info, idempotency_key)
        command = info.context.app.payments.charge_back(payment_id, amount, reason, asked)
        return await _applied(info.context, command)


async def _applied(context: Context, command: Awaitable[Result]) -> PaymentApplied | Refusal:
    async def show(result: Result) -> PaymentApplied:
        row = await context.app.payment_list.find(context.by, result.instance_id)
        if row is None:
            raise LookupError(result.instance_id)
        return PaymentApplied(payment=Payment.of(row), replayed=result.replayed)

    return await answered(command, show, context)
