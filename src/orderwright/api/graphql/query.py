"""The queries."""

from __future__ import annotations

import strawberry

from orderwright.api.graphql.api_token import ApiTokensQuery
from orderwright.api.graphql.approval import ApprovalQuery
from orderwright.api.graphql.cases import CasesQuery
from orderwright.api.graphql.connection import Connection, connected
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.credit import CreditQuery
from orderwright.api.graphql.deadletter import DeadLetterConnection
from orderwright.api.graphql.documents import DocumentsQuery
from orderwright.api.graphql.goods import GoodsQuery
from orderwright.api.graphql.kyc import KycQuery
from orderwright.api.graphql.location import LocationQuery
from orderwright.api.graphql.notification import NotificationsQuery
from orderwright.api.graphql.operations import First, OperationsQuery
from orderwright.api.graphql.override import OverrideQuery
from orderwright.api.graphql.payin import PayInQuery
from orderwright.api.graphql.payment import PaymentQuery
from orderwright.api.graphql.payout import PayOutQuery
from orderwright.api.graphql.policies import PoliciesQuery
from orderwright.api.graphql.policy_lists import PolicyListsQuery
from orderwright.api.graphql.setting import SettingsQuery
from orderwright.api.graphql.stock import StockQuery
from orderwright.api.graphql.trade import (
    Channel,
    Customer,
    Person,
    Product,
    Quotation,
    SaleOrder,
)
from orderwright.api.graphql.user import UserQuery
from orderwright.api.graphql.workflow import ChartGraph, Workflow
from orderwright.app.rows import ListFilter
from orderwright.errors import NotFound


@strawberry.input
class OrderFilter:
    search: str | None = None
    states: list[str] | None = None
    channel: Channel | None = None
    customer_id: strawberry.ID | None = None


@strawberry.input
class QuotationFilter:
    search: str | None = None
    states: list[str] | None = None


@strawberry.type
class Query(
    ApiTokensQuery,
    OperationsQuery,
    ApprovalQuery,
    CasesQuery,
    CreditQuery,
    DocumentsQuery,
    GoodsQuery,
    KycQuery,
    NotificationsQuery,
    OverrideQuery,
    PayInQuery,
    PaymentQuery,
    PoliciesQuery,
    PolicyListsQuery,
    PayOutQuery,
    SettingsQuery,
    LocationQuery,
    StockQuery,
    UserQuery,
):
    @strawberry.field
    def me(self, info: Info) -> Person | None:
        """Who is signed in; null when nobody is."""
        return Person.of(info.context.person) if info.context.person else None

    @strawberry.field
    async def order(self, info: Info, id: strawberry.ID) -> SaleOrder | None:
        row = await info.context.app.order_list.find(info.context.by, id)
        return SaleOrder.of(row) if row else None

    @strawberry.field
    async def orders(
        self,
        info: Info,
        filter: OrderFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[SaleOrder]:
        wanted = _wanted(filter)
        listed = info.context.app.order_list
        return await connected(info, listed, wanted, SaleOrder.of, first=first, after=after)

    @strawberry.field
    async def quotation(self, info: Info, id: strawberry.ID) -> Quotation | None:
        row = await info.context.app.quotation_list.find(info.context.by, id)
        return Quotation.of(row) if row else None

    @strawberry.field
    async def quotations(
        self,
        info: Info,
        filter: QuotationFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[Quotation]:
        wanted = _wanted(filter)
        listed = info.context.app.quotation_list
        return await connected(info, listed, wanted, Quotation.of, first=first, after=after)

    @strawberry.field
    async def dead_letters(
        self,
        info: Info,
        name: str | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> DeadLetterConnection:
        """What failed for the last time, the latest first; of one kind of job or one consumer if named."""
        page = await info.context.app.dead_letters.page(
            info.context.by, name=name, first=first, after=after
        )
        return DeadLetterConnection.of(page, name)

    @strawberry.field
    async def sale_workflow(self, info: Info, order_id: strawberry.ID) -> Workflow | None:
        owner = await info.context.app.queries.customer_of_order(order_id)
        return await _workflow(info.context, order_id, owner)

    @strawberry.field
    async def fulfilment_workflow(
        self, info: Info, fulfilment_id: strawberry.ID
    ) -> Workflow | None:
        owner = await info.context.app.queries.customer_of_fulfilment(fulfilment_id)
        return await _workflow(info.context, fulfilment_id, owner)

    @strawberry.field
    async def quotation_workflow(self, info: Info, quotation_id: strawberry.ID) -> Workflow | None:
        owner = await info.context.app.queries.customer_of_quotation(quotation_id)
        return await _workflow(info.context, quotation_id, owner)

    @strawberry.field
    async def chart(
        self,
        info: Info,
        id: strawberry.ID,
        version: int | None = None,
    ) -> ChartGraph | None:
        """A chart to draw; without a version the latest."""
        _ = info.context.by
        try:
            return ChartGraph.of(await info.context.app.queries.chart(id, version))
        except NotFound:
            return None

    @strawberry.field
    async def customer(self, info: Info, id: strawberry.ID) -> Customer | None:
        row = await info.context.app.queries.customer(info.context.by, id)
        return Customer.of(row) if row else None

    @strawberry.field
    async def customers(
        self, info: Info, search: str | None = None, first: First = 20
    ) -> list[Customer]:
        by = info.context.by
        rows = await info.context.app.queries.customers(by, search or "", first)
        return [Customer.of(row) for row in rows]

    @strawberry.field
    async def products(
        self, info: Info, search: str | None = None, first: First = 20
    ) -> list[Product]:
        _ = info.context.by
        rows = await info.context.app.queries.products(search or "", first)
        return [Product.of(row) for row in rows]


def _wanted(filter: OrderFilter | QuotationFilter | None) -> ListFilter:
    if filter is None:
        return ListFilter()
    channel = filter.channel if isinstance(filter, OrderFilter) else None
    return ListFilter(
        search=filter.search or "",
        states=tuple(filter.states or ()),
        channel=channel.value if channel else None,
        customer_id=filter.customer_id if isinstance(filter, OrderFilter) else None,
    )


async def _workflow(context: Context, instance_id: str, owner: str | None) -> Workflow | None:
    by = context.by
    if owner is None or not by.sees(owner):
        return None
    return await Workflow.of(await context.app.workflows.instance(instance_id), context)
