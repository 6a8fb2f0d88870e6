"""The mutations: each hands a command to the application and shows what became of it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from orderwright.api.graphql.api_token import ApiTokensMutation
from orderwright.api.graphql.approval import ApprovalMutation
from orderwright.api.graphql.cases import CasesMutation
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.credit import CreditMutation
from orderwright.api.graphql.deadletter import RetryDeadLetterResult, retried
from orderwright.api.graphql.documents import DocumentsMutation
from orderwright.api.graphql.kyc import KycMutation
from orderwright.api.graphql.location import LocationMutation
from orderwright.api.graphql.notification import NotificationsMutation
from orderwright.api.graphql.operations import OperationsMutation
from orderwright.api.graphql.override import OverrideMutation
from orderwright.api.graphql.payin import PayInMutation
from orderwright.api.graphql.payment import PaymentMutation
from orderwright.api.graphql.payout import PayOutMutation
from orderwright.api.graphql.policies import PoliciesMutation
from orderwright.api.graphql.policy_lists import PolicyListsMutation
from orderwright.api.graphql.results import (
    CreateOrderResult,
    CreateQuotationResult,
    OrderCreated,
    QuotationCreated,
    SendEventResult,
    answered,
)
from orderwright.api.graphql.scalars import JSON
from orderwright.api.graphql.sending import sent
from orderwright.api.graphql.setting import SettingsMutation
from orderwright.api.graphql.stock import StockMutation
from orderwright.api.graphql.trade import Channel, Quotation, SaleOrder
from orderwright.api.graphql.user import UserMutation
from orderwright.app.orders import Asked, NewTerms
from orderwright.runtime.attempt import Result


@strawberry.input
class LineInput:
    sku: strawberry.ID
    quantity: int
    unit_price: str
    discount: str = "0"
    tax: str = "0"


@strawberry.input
class OrderInput:
    customer_id: strawberry.ID
    currency: str
    lines: list[LineInput]
    channel: Channel = Channel.CONSUMER
    shipping: str = "0"


@strawberry.input
class QuotationInput:
    customer_id: strawberry.ID
    currency: str
    lines: list[LineInput]
    channel: Channel = Channel.CONSUMER
    shipping: str = "0"
    valid_until: datetime | None = None


@strawberry.type
class Mutation(
    ApiTokensMutation,
    OperationsMutation,
    ApprovalMutation,
    CasesMutation,
    CreditMutation,
    DocumentsMutation,
    KycMutation,
    NotificationsMutation,
    OverrideMutation,
    PayInMutation,
    PaymentMutation,
    PoliciesMutation,
    PolicyListsMutation,
    PayOutMutation,
    SettingsMutation,
    LocationMutation,
    StockMutation,
    UserMutation,
):
    @strawberry.mutation
    async def create_quotation(
        self,
        info: Info,
        input: QuotationInput,
        idempotency_key: str | None = None,
    ) -> CreateQuotationResult:
        context = info.context
        asked = _asked(info, idempotency_key)
        command = context.app.orders.create_quotation(_terms(input, input.valid_until), asked)

        async def show(result: Result) -> QuotationCreated:
            row = await context.app.quotation_list.find(context.by, result.instance_id)
            if row is None:
                raise LookupError(result.instance_id)
            return QuotationCreated(quotation=Quotation.of(row), replayed=result.replayed)

        return await answered(command, show, context)

    @strawberry.mutation
    async def create_order(
        self,
        info: Info,
        input: OrderInput,
        idempotency_key: str | None = None,
    ) -> CreateOrderResult:
        context = info.context
        asked = _asked(info, idempotency_key)
        command = context.app.orders.create_order(_terms(input, None), asked)

        async def show(result: Result) -> OrderCreated:
            row = await context.app.order_list.find(context.by, result.instance_id)
            if row is None:
                raise LookupError(result.instance_id)
            return OrderCreated(order=SaleOrder.of(row), replayed=result.replayed)

        return await answered(command, show, context)

    @strawberry.mutation
    async def send_quotation_event(
        self,
        info: Info,
        quotation_id: strawberry.ID,
        event: str,
        data: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendEventResult:
        asked = _asked(info, idempotency_key, reason)
        send = info.context.app.orders.send_quotation_event
        return await sent(info.context, send, quotation_id, event, data, asked)

    @strawberry.mutation
    async def send_sale_event(
        self,
        info: Info,
        order_id: strawberry.ID,
        event: str,
        data: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendEventResult:
        asked = _asked(info, idempotency_key, reason)
        send = info.context.app.orders.send_sale_event
        return await sent(info.context, send, order_id, event, data, asked)

    @strawberry.mutation
    async def send_fulfilment_event(
        self,
        info: Info,
        fulfilment_id: strawberry.ID,
        event: str,
        data: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendEventResult:
        asked = _asked(info, idempotency_key, reason)
        send = info.context.app.orders.send_fulfilment_event
        return await sent(info.context, send, fulfilment_id, event, data, asked)

    @strawberry.mutation
    async def send_case_event(
        self,
        info: Info,
        case_id: strawberry.ID,
        event: str,
        data: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendEventResult:
        asked = _asked(info, idempotency_key, reason)
        return await sent(
            info.context, info.context.app.case_desk.send, case_id, event, data, asked
        )

    @strawberry.mutation
    async def retry_dead_letter(
        self,
        info: Info,
        id: strawberry.ID,
        payload: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> RetryDeadLetterResult:
        """Try it again, a job with another payload if one is given."""
        asked = _asked(info, idempotency_key, reason)
        return await retried(info.context, id, asked, payload)


def _asked(info: Info, key: str | None, reason: str | None = None) -> Asked:
    return info.context.asked(info, key, reason)


def _terms(given: OrderInput | QuotationInput, valid_until: datetime | None) -> NewTerms:
    lines = [
        {
            "sku": line.sku,
            "quantity": line.quantity,
            "unitPrice": line.unit_price,
            "discount": line.discount,
            "tax": line.tax,
        }
        for line in given.lines
    ]
    return NewTerms(
        customer_id=given.customer_id,
        channel=given.channel.value,
        currency=given.currency,
        lines=lines,
        shipping=given.shipping,
        valid_until=valid_until,
    )
