"""Fulfilments and returns as lists: what the warehouse and the returns desk work on."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from orderwright.api.graphql.connection import Connection, connected
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.trade import Fulfilment, HasWorkflow, Money, money
from orderwright.app.goods.fulfilment_list import WORK, WantedFulfilments
from orderwright.app.goods.return_list import ReturnRow, WantedReturns


@strawberry.enum(description="A kind of work that fulfilments wait for.")
class WarehouseWork(Enum):
    ALLOCATE = "ALLOCATE"
    PICK = "PICK"
    PACK = "PACK"
    SHIP = "SHIP"
    DELIVER = "DELIVER"
    RETURNS = "RETURNS"


@strawberry.input
class FulfilmentFilter:
    search: str | None = None
    states: list[str] | None = None
    work: WarehouseWork | None = strawberry.field(
        default=None, description="Those that wait for this; instead of states."
    )
    order_id: strawberry.ID | None = None
    location: str | None = None
    sku: strawberry.ID | None = strawberry.field(
        default=None, description="Those that wait for stock of it."
    )
    oldest_first: bool = False


@strawberry.input
class ReturnFilter:
    search: str | None = None
    states: list[str] | None = None
    order_id: strawberry.ID | None = None
    fulfilment_id: strawberry.ID | None = None


@strawberry.type(description="A part of a return.")
class ReturnLine:
    line_no: int
    sku: strawberry.ID
    quantity: int
    condition: str | None


@strawberry.type(description="Goods that come back from a customer.")
class GoodsReturn(HasWorkflow):
    row: strawberry.Private[ReturnRow]
    id: strawberry.ID
    number: str
    order_id: strawberry.ID
    order_number: str
    fulfilment_id: strawberry.ID
    created_at: datetime

    @classmethod
    def of(cls, row: ReturnRow) -> GoodsReturn:
        """Show a return."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            number=row.number,
            order_id=strawberry.ID(row.order_id),
            order_number=row.order_number,
            fulfilment_id=strawberry.ID(row.fulfilment_id),
            created_at=row.created_at,
        )

    @strawberry.field
    def reason(self) -> str:
        return str(self.standing.context["reason"])

    @strawberry.field
    def rejected_reason(self) -> str | None:
        reason = self.standing.context["rejectedReason"]
        return str(reason) if reason else None

    @strawberry.field
    def worth(self) -> Money | None:
        """What was made good for it; null until it is accepted."""
        amount, currency = (self.standing.context[key] for key in ("amountMinor", "currency"))
        return None if amount is None else money(amount, currency)

    @strawberry.field
    def lines(self) -> list[ReturnLine]:
        return [
            ReturnLine(
                line_no=line["lineNo"],
                sku=strawberry.ID(line["sku"]),
                quantity=line["quantity"],
                condition=line.get("condition"),
            )
            for line in self.standing.context["lines"]
        ]


@strawberry.type
class GoodsQuery:
    @strawberry.field
    async def fulfilment(self, info: Info, id: strawberry.ID) -> Fulfilment | None:
        row = await info.context.app.fulfilment_list.find(info.context.by, id)
        return Fulfilment.of(row) if row else None

    @strawberry.field
    async def fulfilments(
        self,
        info: Info,
        filter: FulfilmentFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[Fulfilment]:
        """Fulfilments, the newest first unless the filter says otherwise."""
        wanted = _wanted(filter) if filter else WantedFulfilments()
        listed = info.context.app.fulfilment_list
        return await connected(info, listed, wanted, Fulfilment.of, first=first, after=after)

    @strawberry.field
    async def returns(
        self,
        info: Info,
        filter: ReturnFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[GoodsReturn]:
        """Returns, the newest first."""
        wanted = _wanted_returns(filter) if filter else WantedReturns()
        listed = info.context.app.return_list
        return await connected(info, listed, wanted, GoodsReturn.of, first=first, after=after)


def _wanted(filter: FulfilmentFilter) -> WantedFulfilments:
    states = WORK[filter.work.value] if filter.work else tuple(filter.states or ())
    return WantedFulfilments(
        states=states,
        search=filter.search or "",
        order_id=filter.order_id,
        location=filter.location,
        sku=filter.sku,
        oldest_first=filter.oldest_first,
    )


def _wanted_returns(filter: ReturnFilter) -> WantedReturns:
    return WantedReturns(
        states=tuple(filter.states or ()),
        search=filter.search or "",
        order_id=filter.order_id,
        fulfilment_id=filter.fulfilment_id,
    )
