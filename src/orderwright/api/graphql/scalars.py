"""Scalars that lose nothing: JSON whose numbers are exact."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NewType

import strawberry
from graphql import (
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

_DIGITS: Final = 40
JSON = NewType("JSON", object)
"""Any JSON value."""
SettingValue = NewType("SettingValue", object)
"""What a setting may be."""


def exact(text: str) -> Decimal:
    """Read a JSON number exactly.

    Raises:
        ValueError: its exponent is beyond any amount; writing it out would take for ever.
    """
    number = Decimal(text)
    if abs(number.adjusted()) > _DIGITS:
        raise ValueError(f"{text[:20]} is beyond any amount")
    return number


def _literal(node: ValueNode, variables: dict[str, object] | None = None) -> object:
    if isinstance(node, FloatValueNode | IntValueNode):
        return _number(node)
    if isinstance(node, ListValueNode):
        return [_literal(member, variables) for member in node.values]
    if isinstance(node, ObjectValueNode):
        return {field.name.value: _literal(field.value, variables) for field in node.fields}
    if isinstance(node, VariableNode):
        return (variables or {}).get(node.name.value)
    return value_from_ast_untyped(node)


def _number(node: FloatValueNode | IntValueNode) -> object:
    try:
        return exact(node.value) if isinstance(node, FloatValueNode) else int(node.value)
    except ValueError:
        raise GraphQLError(f"{node.value[:20]} is beyond any amount", node) from None


def config() -> StrawberryConfig:
    """Return the schema's configuration with our scalars."""
    exact = _as_given("JSON", "Any JSON value; numbers are read exactly.")
    setting_value = _as_given(
        "SettingValue", "A whole number or text, as the kind of the setting has it."
    )
    return StrawberryConfig(scalar_map={JSON: exact, SettingValue: setting_value})


def _as_given(name: str, description: str) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        serialize=lambda value: value,
        parse_value=lambda value: value,
        parse_literal=_literal,
    )
