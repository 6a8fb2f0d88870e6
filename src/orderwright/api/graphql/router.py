"""GraphQL over HTTP POST and graphql-transport-ws."""

from __future__ import annotations

import json
from typing import Any, Final

from cross_web import HTTPException
from starlette.requests import Request
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult

from orderwright.api.graphql.context import Context, context_of
from orderwright.api.graphql.scalars import exact
from orderwright.api.graphql.schema import schema, with_codes
from orderwright.api.problems import transport_problem
from orderwright.json_text import DEEPEST, is_storable, refuse_constant, require_fit, texts

_LEVELS: Final = DEEPEST + 10
"""How many levels a body may nest: what a variable holds for the engine, and what stands around that here."""


class _Router(GraphQLRouter[Context, None]):
    def decode_json(self, data: str | bytes) -> object:
        """Read JSON numbers exactly; what no database or machine can hold is turned away at the door.

        Raises:
            JSONDecodeError: which every transport answers as a malformed request.
        """
        try:
            read: object = json.loads(data, parse_float=exact, parse_constant=refuse_constant)
            require_fit(read, _LEVELS)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from error
        if not isinstance(read, dict) or not all(map(is_storable, texts(read))):
            raise json.JSONDecodeError("an object whose text has no NUL is expected", "", 0)
        return read

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        """Give every error a code."""
        return await super().process_result(request, with_codes(result))

    async def run(self, *arguments: Any, **options: Any) -> Any:
        """Answer a malformed request with a problem document."""
        try:
            return await super().run(*arguments, **options)
        except HTTPException as error:
            return transport_problem(error.status_code, error.reason)


def router() -> _Router:
    """Return the router for `/graphql`."""
    return _Router(
        schema,
        path="/graphql",
        graphql_ide=None,
        allow_queries_via_get=False,
        context_getter=context_of,
        subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
    )
