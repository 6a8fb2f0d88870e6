"""The schema with its limits, and errors that carry stable codes and never a stack."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.types.graphql import OperationType

from orderwright.api.graphql.context import Context
from orderwright.api.graphql.document import Documents
from orderwright.api.graphql.mutation import Mutation
from orderwright.api.graphql.query import Query
from orderwright.api.graphql.scalars import config
from orderwright.api.graphql.subscription import Subscription
from orderwright.api.problems import translated
from orderwright.errors import OrderwrightError

_logger = structlog.get_logger(__name__)


def with_codes(result: Any) -> Any:
    """Return a result on its way out, each of its errors with a stable `extensions.code`.

    What we did not raise on purpose stays in the log; clients get no more than that it happened.
    """
    if result.errors:
        result.errors = [_coded(error) for error in result.errors]
    return result


def _coded(error: GraphQLError) -> GraphQLError:
    cause = translated(error.original_error) or error.original_error
    extensions: dict[str, object] = {"code": "graphql.invalid"}
    message = error.message
    if isinstance(cause, OrderwrightError):
        extensions = {"code": cause.code, "values": cause.values}
        message = cause.message
    elif cause is not None and not isinstance(cause, GraphQLError):
        _logger.error("resolver_failed", path=error.path, exc_info=cause)
        extensions = {"code": "internal"}
        message = "something went wrong on our side; it is in the log"
    return GraphQLError(message, error.nodes, path=error.path, extensions=extensions)


class _Schema(strawberry.Schema):
    """Strawberry logs every error as a crash; ours are logged where they get their codes."""

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        """Leave logging to `with_codes`."""

    async def stream(self, *arguments: Any, **options: Any) -> Any:
        """Run a subscription for whoever is signed in by now; nothing else comes over a websocket."""
        context = options.get("context_value")
        if isinstance(context, Context):
            await context.refresh()
        options["allowed_operation_types"] = (OperationType.SUBSCRIPTION,)
        result = await super().stream(*arguments, **options)
        return _each_coded(result) if hasattr(result, "aclose") else with_codes(result)


async def _each_coded(results: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    async with aclosing(results):
        async for result in results:
            yield with_codes(result)


schema: Final = _Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=config(),
    extensions=[Documents],
)
