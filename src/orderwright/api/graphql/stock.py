"""Stock as the API shows it: how much lies where, every movement, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, answered
from orderwright.app.goods import stock_list as lists
from orderwright.app.goods.stock_records import Shelf
from orderwright.app.page import Page
from orderwright.runtime.attempt import Result


@strawberry.type(description="A SKU at a location, in pieces.")
class Stock:
    id: strawberry.ID
    sku: strawberry.ID
    name: str
    location: strawberry.ID
    location_name: str
    on_hand: int = strawberry.field(description="What lies on the shelf.")
    available: int = strawberry.field(description="What of it may still be promised.")
    reserved: int = strawberry.field(description="What of it is promised to orders.")
    short: int = strawberry.field(
        description="What cleared orders wait for, of the SKU wherever it lies."
    )

    @classmethod
    def of(cls, row: lists.StockRow) -> Stock:
        """Show a SKU at a location."""
        return cls(
            id=strawberry.ID(row.instance_id),
            sku=strawberry.ID(row.sku),
            name=row.name,
            location=strawberry.ID(row.location),
            location_name=row.location_name,
            on_hand=row.on_hand,
            available=row.available,
            reserved=row.reserved,
            short=row.short,
        )


@strawberry.type
class StockEdge:
    node: Stock
    cursor: str


@strawberry.type
class StockConnection:
    wanted: strawberry.Private[lists.WantedStock]
    edges: list[StockEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[lists.StockRow], wanted: lists.WantedStock) -> StockConnection:
        """Show a page of stock."""
        edges = [StockEdge(node=Stock.of(row), cursor=at.cursor()) for at, row in page.rows]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.stock_list.count(info.context.by, self.wanted)


@strawberry.enum
class MovementKind(Enum):
    """Why pieces came or went."""

    RECEIVE = "receive"
    ADJUST = "adjust"
    RESERVE = "reserve"
    RELEASE = "release"
    ISSUE = "issue"
    BACK = "back"
    PUT_BACK = "put_back"


@strawberry.enum
class Availability(Enum):
    """Whether pieces may be promised, or are."""

    AVAILABLE = "AVAILABLE"
    RESERVED = "RESERVED"


@strawberry.type(description="A row of a ledger of a SKU at a location.")
class StockMovement:
    id: strawberry.ID
    kind: MovementKind
    of: Availability = strawberry.field(description="What it changed.")
    quantity: int = strawberry.field(description="Pieces; negative where there are less.")
    reference: str | None = strawberry.field(
        description="Where they came from, or why they were counted anew."
    )
    order_id: strawberry.ID | None
    order_number: str | None
    recorded_at: datetime


def _movement(row: lists.MovementRow) -> StockMovement:
    return StockMovement(
        id=strawberry.ID(row.id),
        kind=MovementKind(row.kind),
        of=Availability.RESERVED if row.is_reserved else Availability.AVAILABLE,
        quantity=row.quantity,
        reference=row.reference,
        order_id=strawberry.ID(row.order_id) if row.order_id else None,
        order_number=row.order_number,
        recorded_at=row.recorded_at,
    )


@strawberry.type
class StockMovementEdge:
    node: StockMovement
    cursor: str


@strawberry.type
class StockMovementConnection:
    shelf: strawberry.Private[Shelf]
    edges: list[StockMovementEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[lists.MovementRow], shelf: Shelf) -> StockMovementConnection:
        """Show a page of movements."""
        edges = [
            StockMovementEdge(node=_movement(row), cursor=at.cursor()) for at, row in page.rows
        ]
        return cls(shelf=shelf, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.stock_list.count_movements(info.context.by, self.shelf)


@strawberry.type
class StockChanged:
    stock: Stock
    replayed: bool


StockResult = Annotated[StockChanged | Refusal, strawberry.union("StockResult")]


@strawberry.type
class StockQuery:
    @strawberry.field
    async def stock(
        self,
        info: Info,
        search: str | None = None,
        sku: strawberry.ID | None = None,
        location: strawberry.ID | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> StockConnection:
        """What is kept where, by SKU and location; `search` is in the SKU or in the product's name."""
        wanted = lists.WantedStock(search=search or "", location=location, sku=sku)
        page = await info.context.app.stock_list.page(
            info.context.by, wanted, first=first, after=after
        )
        return StockConnection.of(page, wanted)

    @strawberry.field
    async def stock_movements(
        self,
        info: Info,
        sku: strawberry.ID,
        location: strawberry.ID,
        first: First = 50,
        after: str | None = None,
    ) -> StockMovementConnection:
        """What came to a SKU at a location and went, the latest first."""
        shelf = Shelf(sku, location)
        page = await info.context.app.stock_list.movements(
            info.context.by, shelf, first=first, after=after
        )
        return StockMovementConnection.of(page, shelf)


@strawberry.type
class StockMutation:
    @strawberry.mutation
    async def receive_stock(
        self,
        info: Info,
        sku: strawberry.ID,
        location: strawberry.ID,
        quantity: int,
        reference: str,
        idempotency_key: str | None = None,
    ) -> StockResult:
        """Take pieces in at a location; `reference` says where they come from."""
        shelf, asked = Shelf(sku, location), info.context.asked(info, idempotency_key)
        command = info.context.app.stock_desk.receive(shelf, quantity, reference, asked)
        return await _changed(info.context, shelf, command)

    @strawberry.mutation
    async def adjust_stock(
        self,
        info: Info,
        sku: strawberry.ID,
        location: strawberry.ID,
        change: int,
        reason: str,
        idempotency_key: str | None = None,
    ) -> StockResult:
        """Set right what lies at a location more or, where `change` is negative, less than the books say."""
        shelf, asked = Shelf(sku, location), info.context.asked(info, idempotency_key)
        command = info.context.app.stock_desk.adjust(shelf, change, reason, asked)
        return await _changed(info.context, shelf, command)


async def _changed(
    context: Context, shelf: Shelf, command: Awaitable[Result]
) -> StockChanged | Refusal:
    async def show(result: Result) -> StockChanged:
        row = await context.app.stock_list.find(context.by, shelf)
        if row is None:
            raise LookupError(result.instance_id)
        return StockChanged(stock=Stock.of(row), replayed=result.replayed)

    return await answered(command, show, context)
