"""Relay connections over keyset pages; counts are asked of the database only when a client asks."""

from __future__ import annotations

from typing import Any

import strawberry

from orderwright.api.graphql.context import Info
from orderwright.api.graphql.trade import Quotation, SaleOrder
from orderwright.app.page import Page
from orderwright.app.rows import ListFilter, OrderRow, QuotationRow
from orderwright.app.words import Words


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None

    @classmethod
    def of(cls, page: Page[Any]) -> PageInfo:
        """Show where a page lies in its list."""
        return cls(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.rows[0][0].cursor() if page.rows else None,
            end_cursor=page.rows[-1][0].cursor() if page.rows else None,
        )


@strawberry.type
class StateCount:
    state: str
    label: str
    tone: str
    count: int


@strawberry.type
class SaleOrderEdge:
    node: SaleOrder
    cursor: str


@strawberry.type
class SaleOrderConnection:
    wanted: strawberry.Private[ListFilter]
    edges: list[SaleOrderEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[OrderRow], wanted: ListFilter) -> SaleOrderConnection:
        """Show a page of orders."""
        edges = [
            SaleOrderEdge(node=SaleOrder.of(row), cursor=at.cursor()) for at, row in page.rows
        ]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.order_list.count(info.context.by, self.wanted)

    @strawberry.field
    async def state_counts(self, info: Info) -> list[StateCount]:
        """How many orders stand in each state, the filter's states apart."""
        return counts(await info.context.app.order_list.states(info.context.by, self.wanted))


@strawberry.type
class QuotationEdge:
    node: Quotation
    cursor: str


@strawberry.type
class QuotationConnection:
    wanted: strawberry.Private[ListFilter]
    edges: list[QuotationEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[QuotationRow], wanted: ListFilter) -> QuotationConnection:
        """Show a page of quotations."""
        edges = [
            QuotationEdge(node=Quotation.of(row), cursor=at.cursor()) for at, row in page.rows
        ]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.quotation_list.count(info.context.by, self.wanted)

    @strawberry.field
    async def state_counts(self, info: Info) -> list[StateCount]:
        """How many quotations stand in each state, the filter's states apart."""
        listed = info.context.app.quotation_list
        return counts(await listed.states(info.context.by, self.wanted))


def counts(found: list[tuple[Words, int]]) -> list[StateCount]:
    """Show how many stand in each state."""
    return [
        StateCount(state=words.state, label=words.label, tone=words.tone, count=count)
        for words, count in found
    ]
