"""Relay connections over keyset pages; counts are asked of the database only when a client asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import strawberry

from orderwright.api.graphql.context import Info
from orderwright.app.page import Page
from orderwright.app.standing import HasStates, StandingList


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


N = TypeVar("N")
W = TypeVar("W", bound=HasStates)
R = TypeVar("R")


@strawberry.type
class Edge(Generic[N]):
    node: N
    cursor: str


@strawberry.type
class Connection(Generic[N]):
    """A page of a list of what has a lifecycle; in the schema it is named after what it shows."""

    listed: strawberry.Private[StandingList[Any, Any]]
    wanted: strawberry.Private[HasStates]
    edges: list[Edge[N]]
    page_info: PageInfo

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await self.listed.count(info.context.by, self.wanted)

    @strawberry.field
    async def state_counts(self, info: Info) -> list[StateCount]:
        """How many stand in each state, the filter's states apart."""
        found = await self.listed.states(info.context.by, self.wanted)
        return [
            StateCount(state=words.state, label=words.label, tone=words.tone, count=count)
            for words, count in found
        ]


async def connected(
    info: Info,
    listed: StandingList[W, R],
    wanted: W,
    show: Callable[[R], N],
    *,
    first: int,
    after: str | None,
) -> Connection[N]:
    """Show a page of a list, row by row.

    Raises:
        LoginRequired, RoleMissing, InputInvalid: see `StandingList.page`.
    """
    page = await listed.page(info.context.by, wanted, first=first, after=after)
    edges = [Edge(node=show(row), cursor=at.cursor()) for at, row in page.rows]
    return Connection(listed=listed, wanted=wanted, edges=edges, page_info=PageInfo.of(page))
