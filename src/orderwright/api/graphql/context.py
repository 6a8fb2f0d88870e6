"""What a resolver can reach: the application, the person, and loaders that batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar

import strawberry
from starlette.requests import HTTPConnection
from strawberry.dataloader import DataLoader
from strawberry.fastapi import BaseContext

from orderwright.api.auth import app_of, identity_of
from orderwright.app.bootstrap import Orderwright
from orderwright.app.people import LoginRequired
from orderwright.app.permissions import Identity
from orderwright.app.queries import FulfilmentLineRow, FulfilmentRow
from orderwright.domain.orders.terms import Line

V = TypeVar("V")


class Context(BaseContext):
    """The context of one GraphQL request or connection."""

    def __init__(self, app: Orderwright, person: Identity | None) -> None:
        super().__init__()
        self.app = app
        self.person = person
        queries = app.queries
        self.lines: DataLoader[str, list[Line]] = _batched(queries.lines)
        self.fulfilments: DataLoader[str, list[FulfilmentRow]] = _batched(queries.fulfilments)
        self.fulfilment_lines: DataLoader[str, list[FulfilmentLineRow]] = _batched(
            queries.fulfilment_lines
        )

    @property
    def by(self) -> Identity:
        """Who is signed in.

        Raises:
            LoginRequired: nobody is.
        """
        if self.person is None:
            raise LoginRequired("sign in to go on")
        return self.person


Info: TypeAlias = strawberry.Info[Context, None]


async def context_of(connection: HTTPConnection) -> Context:
    """Return the context for a request or a websocket."""
    return Context(app_of(connection), await identity_of(connection))


def _batched(
    load: Callable[[Sequence[str]], Awaitable[dict[str, V]]],
) -> DataLoader[str, V]:
    async def in_order(keys: list[str]) -> list[V]:
        found = await load(keys)
        return [found[key] for key in keys]

    return DataLoader(in_order)
