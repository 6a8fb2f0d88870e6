"""The schema with its limits, and errors that carry stable codes and never a stack."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, Final

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import (
    MaxAliasesLimiter,
    MaxTokensLimiter,
    ParserCache,
    QueryDepthLimiter,
    SchemaExtension,
    ValidationCache,
)
from strawberry.types.graphql import OperationType

from orderwright.api.graphql.context import Context
from orderwright.api.graphql.mutation import Mutation
from orderwright.api.graphql.query import Query
from orderwright.api.graphql.scalars import config
from orderwright.api.graphql.subscription import Subscription
from orderwright.api.problems import translated
from orderwright.errors import OrderwrightError

_CACHED: Final = 500
_logger = structlog.get_logger(__name__)


class ErrorCodes(SchemaExtension):
    """Gives every error a stable `extensions.code`; what we did not raise on purpose stays in the log."""

    def on_operation(self) -> Iterator[None]:
        """Translate the errors of the result."""
        yield
        result = self.execution_context.result
        errors = getattr(result, "errors", None)
        if errors:
            result.errors = [coded(error) for error in errors]  # type: ignore[union-attr]


def coded(error: GraphQLError) -> GraphQLError:
    """Return an error that clients may see."""
    cause = error.original_error
    cause = translated(cause) or cause
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
    """Strawberry logs every error as a crash; ours are logged where they are coded."""

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        """Leave logging to `coded`."""

    async def stream(self, *arguments: Any, **options: Any) -> Any:
        """Run a subscription for whoever is signed in by now; nothing else comes over a websocket."""
        context = options.get("context_value")
        if isinstance(context, Context):
            await context.refresh()
        options["allowed_operation_types"] = (OperationType.SUBSCRIPTION,)
        result = await super().stream(*arguments, **options)
        return _each_coded(result) if hasattr(result, "aclose") else _coded(result)


async def _each_coded(results: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    async with aclosing(results):
        async for result in results:
            yield _coded(result)


def _coded(result: Any) -> Any:
    if result.errors:
        result.errors = [one if one.extensions else coded(one) for one in result.errors]
    return result


schema: Final = _Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=config(),
    extensions=[
        lambda: QueryDepthLimiter(max_depth=10),
        lambda: MaxAliasesLimiter(max_alias_count=30),
        lambda: MaxTokensLimiter(max_token_count=4000),
        lambda: ParserCache(maxsize=_CACHED),
        lambda: ValidationCache(maxsize=_CACHED),
        ErrorCodes,
    ],
)
