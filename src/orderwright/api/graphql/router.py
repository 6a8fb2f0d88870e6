"""GraphQL over HTTP POST and graphql-transport-ws."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from cross_web import HTTPException
from starlette.requests import HTTPConnection
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from orderwright.api.graphql.context import Context, context_of
from orderwright.api.graphql.schema import schema
from orderwright.api.problems import transport_problem


class _Router(GraphQLRouter[Context, None]):
    def decode_json(self, data: str | bytes) -> object:
        """Read JSON numbers exactly."""
        return json.loads(data, parse_float=Decimal)

    async def run(self, *arguments: Any, **options: Any) -> Any:
        """Answer a malformed request with a problem document."""
        try:
            return await super().run(*arguments, **options)
        except HTTPException as error:
            return transport_problem(error.status_code, error.reason)


async def _context(connection: HTTPConnection) -> Context:
    return await context_of(connection)


def router() -> _Router:
    """Return the router for `/graphql`."""
    return _Router(
        schema,
        path="/graphql",
        graphql_ide=None,
        allow_queries_via_get=False,
        context_getter=_context,
        subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
    )
