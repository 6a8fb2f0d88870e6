"""The texts of requests, parsed and validated once: programs and the console send the same few all the time.

A text is checked against the schema and the limits. Strawberry's own caches know a document by its rules and by a hash
of all of it; as its limits bring new rules with every request, they would validate each request anew, which takes
longer than everything else together.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from graphql import DocumentNode, GraphQLError, parse, specified_rules
from strawberry.extensions import MaxAliasesLimiter, QueryDepthLimiter, SchemaExtension
from strawberry.schema.schema import validate_document

if TYPE_CHECKING:
    from graphql import GraphQLSchema

DEPTH: Final = 10
ALIASES: Final = 30
TOKENS: Final = 4000
_KEPT: Final = 500
"""Texts that are remembered."""
_LONGEST: Final = 20_000
"""Characters of a text that is; what is longer could fill the memory."""
_RULES: Final = (
    *specified_rules,
    *QueryDepthLimiter(DEPTH).validation_rules,
    *MaxAliasesLimiter(ALIASES).validation_rules,
)


class Documents(SchemaExtension):
    """Gives the execution a text's document, and what is wrong with it."""

    def on_parse(self) -> Iterator[None]:
        """Parse.

        Raises:
            GraphQLError: the text is no document, or has more tokens than it may.
        """
        text = self.execution_context.query or ""
        read = _remembered if len(text) <= _LONGEST else _parsed
        self.execution_context.graphql_document = read(text)
        yield

    def on_validate(self) -> Iterator[None]:
        """Validate."""
        execution, text = self.execution_context, self.execution_context.query or ""
        check = _judged if len(text) <= _LONGEST else _validated
        execution.pre_execution_errors = list(check(execution.schema._schema, text))  # noqa: SLF001 (as strawberry's own extensions do)
        yield


def _parsed(text: str) -> DocumentNode:
    return parse(text, max_tokens=TOKENS)


def _validated(schema: GraphQLSchema, text: str) -> tuple[GraphQLError, ...]:
    return tuple(validate_document(schema, _parsed(text), _RULES))


_remembered: Final = lru_cache(_KEPT)(_parsed)
_judged: Final = lru_cache(_KEPT)(_validated)
