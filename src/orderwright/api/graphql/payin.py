"""Pay-ins as the API shows them, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from orderwright.api.graphql.compliance import ComplianceEntity
from orderwright.api.graphql.connection import Connection, connected
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, SendEventResult, answered
from orderwright.api.graphql.scalars import JSON
from orderwright.api.graphql.sending import sent
from orderwright.api.graphql.trade import Money, money
from orderwright.app.compliance.lists import PayInRow, WantedPayIns
from orderwright.app.compliance.payins import NewPayIn
from orderwright.runtime.attempt import Result


@strawberry.type(description="A transfer that has arrived, under the name that the bank gives it.")
class PayInReceipt:
    reference: str
    amount: Money


@strawberry.type(description="Money on its way in.")
class PayIn(ComplianceEntity):
    row: strawberry.Private[PayInRow]
    number: str
    payment_id: strawberry.ID | None
    order_id: strawberry.ID | None
    order_number: str | None
    customer_id: strawberry.ID | None
    user_id: strawberry.ID | None
    method: str
    expected: Money
    created_at: datetime

    @classmethod
    def of(cls, row: PayInRow) -> PayIn:
        """Show a pay-in."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            number=row.number,
            payment_id=strawberry.ID(row.payment_id) if row.payment_id else None,
            order_id=strawberry.ID(row.order_id) if row.order_id else None,
            order_number=row.order_number,
            customer_id=strawberry.ID(row.customer_id) if row.customer_id else None,
            user_id=strawberry.ID(row.user_id) if row.user_id else None,
            method=row.method,
            expected=money(row.expected_minor, row.currency),
            created_at=row.created_at,
        )

    @strawberry.field
    def received(self) -> Money:
        """What has arrived in all."""
        return money(self.standing.context["receivedMinor"], self.row.currency)

    @strawberry.field
    def receipts(self) -> list[PayInReceipt]:
        """Every transfer that has arrived."""
        found = self.standing.context["receipts"]
        return [
            PayInReceipt(reference=reference, amount=money(minor, self.row.currency))
            for reference, minor in found.items()
        ]

    @strawberry.field
    def sender(self) -> str | None:
        """Who has sent it, as the bank names them."""
        name = self.standing.context["sender"]
        return str(name) if name else None

    @strawberry.field
    def is_confirmed(self) -> bool:
        """Whether the payment that it is for is confirmed."""
        return self.standing.context["isConfirmed"] is True


@strawberry.input
class PayInFilter:
    search: str | None = None
    states: list[str] | None = None
    order_id: strawberry.ID | None = None
    payment_id: strawberry.ID | None = None
    user_id: strawberry.ID | None = None

    def wanted(self) -> WantedPayIns:
        """Return it in the application's words."""
        return WantedPayIns(
            states=tuple(self.states or ()),
            search=self.search or "",
            order_id=self.order_id,
            payment_id=self.payment_id,
            user_id=self.user_id,
        )


@strawberry.input
class PayInInput:
    amount: str
    currency: str
    method: str
    user_id: strawberry.ID | None = None
    expires_at: datetime | None = None


@strawberry.type
class PayInApplied:
    pay_in: PayIn
    replayed: bool


PayInResult = Annotated[PayInApplied | Refusal, strawberry.union("PayInResult")]


@strawberry.type
class PayInQuery:
    @strawberry.field
    async def pay_ins(
        self,
        info: Info,
        filter: PayInFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[PayIn]:
        """Money on its way in, the newest first."""
        wanted = filter.wanted() if filter else WantedPayIns()
        listed = info.context.app.pay_in_list
        return await connected(info, listed, wanted, PayIn.of, first=first, after=after)

    @strawberry.field
    async def pay_in(self, info: Info, id: strawberry.ID) -> PayIn | None:
        row = await info.context.app.pay_in_list.find(info.context.by, id)
        return PayIn.of(row) if row else None


@strawberry.type
class PayInMutation:
    @strawberry.mutation
    async def expect_pay_in(
        self, info: Info, input: PayInInput, idempotency_key: str | None = None
    ) -> PayInResult:
        """Expect money that no payment is registered for."""
        new = NewPayIn(
            amount=input.amount,
            currency=input.currency,
            method=input.method,
            user_id=input.user_id,
            expires_at=input.expires_at,
        )
        asked = info.context.asked(info, idempotency_key)
        return await _applied(info.context, info.context.app.pay_ins.expect(new, asked))

    @strawberry.mutation
    async def send_pay_in_event(
        self,
        info: Info,
        pay_in_id: strawberry.ID,
        event: str,
        data: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendEventResult:
        asked = info.context.asked(info, idempotency_key, reason)
        send = info.context.app.pay_ins.send
        return await sent(info.context, send, pay_in_id, event, data, asked)


async def _applied(context: Context, command: Awaitable[Result]) -> PayInApplied | Refusal:
    async def show(result: Result) -> PayInApplied:
        row = await context.app.pay_in_list.known(result.instance_id)
        if row is None:
            raise LookupError(result.instance_id)
        return PayInApplied(pay_in=PayIn.of(row), replayed=result.replayed)

    return await answered(command, show, context)
