"""Locations as the API shows them: where goods lie, and the ways to add, rename, close and reopen one."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.app.goods.stock_records import Location as LocationRecord
from orderwright.app.page import Page


@strawberry.type(
    description="Where goods lie; those of a lower rank are allocated first, closed ones not at all."
)
class Location:
    id: strawberry.ID
    name: str
    rank: int
    is_open: bool = strawberry.field(
        description="Whether it takes goods in and orders reserve of it."
    )
    closed_at: datetime | None

    @classmethod
    def of(cls, record: LocationRecord) -> Location:
        """Show a location."""
        return cls(
            id=strawberry.ID(record.id),
            name=record.name,
            rank=record.rank,
            is_open=record.closed_at is None,
            closed_at=record.closed_at,
        )


@strawberry.type
class LocationEdge:
    node: Location
    cursor: str


@strawberry.type
class LocationConnection:
    edges: list[LocationEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[LocationRecord]) -> LocationConnection:
        """Show a page of locations."""
        edges = [LocationEdge(node=Location.of(row), cursor=at.cursor()) for at, row in page.rows]
        return cls(edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.stock_list.count_locations(info.context.by)


@strawberry.type
class LocationChanged:
    location: Location


LocationResult = Annotated[LocationChanged | Refusal, strawberry.union("LocationResult")]


@strawberry.type
class LocationQuery:
    @strawberry.field
    async def locations(
        self, info: Info, first: First = 50, after: str | None = None
    ) -> LocationConnection:
        """Where goods lie, in the order of allocation; closed ones too."""
        page = await info.context.app.stock_list.locations(
            info.context.by, first=first, after=after
        )
        return LocationConnection.of(page)


@strawberry.type
class LocationMutation:
    @strawberry.mutation
    async def add_location(
        self,
        info: Info,
        id: strawberry.ID,
        name: str,
        rank: int | None = None,
        idempotency_key: str | None = None,
    ) -> LocationResult:
        """Add a location; without a rank it is the last in the order of allocation."""
        asked = info.context.asked(info, idempotency_key)
        command = info.context.app.location_desk.add(id, name, rank, asked)
        return await _changed(info.context, command)

    @strawberry.mutation
    async def rename_location(
        self, info: Info, id: strawberry.ID, name: str, idempotency_key: str | None = None
    ) -> LocationResult:
        """Give a location another name; its id stays."""
        asked = info.context.asked(info, idempotency_key)
        return await _changed(info.context, info.context.app.location_desk.rename(id, name, asked))

    @strawberry.mutation
    async def close_location(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> LocationResult:
        """Let nothing be received at a location or reserved of it; refused while goods lie there."""
        asked = info.context.asked(info, idempotency_key)
        return await _changed(info.context, info.context.app.location_desk.close(id, asked))

    @strawberry.mutation
    async def reopen_location(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> LocationResult:
        """Take a closed location into use again."""
        asked = info.context.asked(info, idempotency_key)
        return await _changed(info.context, info.context.app.location_desk.reopen(id, asked))


async def _changed(
    context: Context, command: Awaitable[LocationRecord]
) -> LocationChanged | Refusal:
    return await answered_plainly(
        command, lambda one: LocationChanged(location=Location.of(one)), context
    )
