"""The GraphQL schema that the console is built against is the one that the API serves."""

from __future__ import annotations

from orderwright.api.graphql import schema
from orderwright.app.shipped import folder


def test_the_committed_schema_is_fresh():
    committed = folder("charts").parent / "web" / "schema.graphql"
    assert committed.read_text() == f"{schema.as_str()}\n", "run: make schema"


def test_money_is_never_a_float_or_an_int():
    assert "Float" not in schema.as_str()
    assert "amount: String!" in schema.as_str()
