"""What a resolver can reach: the application, the person, and loaders that batch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Final, TypeAlias, TypeVar

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode
from starlette.requests import HTTPConnection
from strawberry.dataloader import DataLoader
from strawberry.fastapi import BaseContext

from orderwright.api.auth import app_of, identity_of
from orderwright.app.belonging import Belonging, belongings
from orderwright.app.orders import Asked
from orderwright.app.people import LoginRequired
from orderwright.app.permissions import Identity
from orderwright.app.policies.execution_list import ActionRow, EvaluationRow
from orderwright.app.policies.statistics import Statistics
from orderwright.app.rows import FulfilmentRow, OrderRow, QuotationRow
from orderwright.domain.orders.terms import Line
from orderwright.errors import InputInvalid

V = TypeVar("V")
HEADER: Final = "Idempotency-Key"


class Context(BaseContext):
    """The context of one GraphQL request or connection."""

    def __init__(
        self, connection: HTTPConnection, person: Identity | None, key: str | None
    ) -> None:
        super().__init__()
        self.app = app_of(connection)
        self.person = person
        self._key = key
        self._connection = connection
        queries = self.app.queries
        self.lines: DataLoader[str, list[Line]] = _batched(queries.lines)
        self.fulfilments: DataLoader[str, list[FulfilmentRow]] = _batched(queries.fulfilments)
        self.orders: DataLoader[str, OrderRow] = _batched(self.app.order_list.by_id)
        self.names: DataLoader[str, str] = _batched(queries.names_or_ids)
        self.quotations: DataLoader[str, QuotationRow | None] = _batched(self._quotations)
        executions = self.app.policy_office.executions
        self.evaluations: DataLoader[str, list[EvaluationRow]] = _batched(executions.evaluations)
        self.policy_actions: DataLoader[str, list[ActionRow]] = _batched(executions.actions)
        self.consequences: DataLoader[str, list[ActionRow]] = _batched(executions.consequences)
        figures = self.app.policy_office.listed.figures
        self.policy_figures: DataLoader[str, Statistics] = _batched(figures)
        self.belongings: DataLoader[str, Belonging | None] = _batched(
            partial(belongings, self.app.pool)
        )

    async def _quotations(self, ids: Sequence[str]) -> dict[str, QuotationRow | None]:
        return dict.fromkeys(ids) | await self.app.quotation_list.by_id(ids)

    @property
    def by(self) -> Identity:
        """Who is signed in.

        Raises:
            LoginRequired: nobody is.
        """
        if self.person is None:
            raise LoginRequired("sign in to go on")
        return self.person

    async def refresh(self) -> None:
        """Ask again who is signed in: a websocket outlives the session it was opened with."""
        self.person = await identity_of(self._connection)

    def key(self, info: Info, argument: str | None) -> str | None:
        """Return the idempotency key of a mutation: its argument, else the request's header.

        Raises:
            InputInvalid: the header comes with several mutations, of which it can only mean one.
        """
        if argument is not None or self._key is None:
            return argument
        if sum(1 for _ in _fields(info, info.operation.selection_set)) > 1:
            raise InputInvalid(HEADER, self._key, "one mutation in the request, or a key for each")
        return self._key

    def asked(self, info: Info, key: str | None, reason: str | None = None) -> Asked:
        """Return the circumstances of a mutation.

        Raises:
            LoginRequired, InputInvalid: see `by` and `key`.
        """
        return Asked(by=self.by, idempotency_key=self.key(info, key), reason=reason)


Info: TypeAlias = strawberry.Info[Context, None]


async def context_of(connection: HTTPConnection) -> Context:
    """Return the context for a request or a websocket."""
    key = connection.headers.get(HEADER)
    return Context(connection, await identity_of(connection), key)


def _fields(info: Info, selected: SelectionSetNode) -> Iterator[FieldNode]:
    """Give the fields of a selection, also those that stand in fragments."""
    for one in selected.selections:
        if isinstance(one, FieldNode):
            yield one
        elif isinstance(one, FragmentSpreadNode):
            fragment = info._raw_info.fragments[one.name.value]  # noqa: SLF001 (no public way)
            yield from _fields(info, fragment.selection_set)
        elif isinstance(one, InlineFragmentNode):
            yield from _fields(info, one.selection_set)


def _batched(
    load: Callable[[Sequence[str]], Awaitable[dict[str, V]]],
) -> DataLoader[str, V]:
    async def in_order(keys: list[str]) -> list[V]:
        found = await load(keys)
        return [found[key] for key in keys]

    return DataLoader(in_order)
