"""GraphQL: the schema and the router that serves it."""

from __future__ import annotations

from orderwright.api.graphql.router import router
from orderwright.api.graphql.schema import schema

__all__ = ["router", "schema"]
