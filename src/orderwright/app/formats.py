"""The formats that event schemas name, and how amounts at the doors become canonical text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from jsonschema import FormatChecker

from orderwright.runtime.command import may_happen_at

FORMATS: Final = FormatChecker(formats=())
"""`money`: a decimal string in major units; `date-time`: ISO 8601 with a time zone, from 1900 to 2999 of UTC."""


@FORMATS.checks("money", raises=InvalidOperation)
def _is_money(value: object) -> bool:
    return not isinstance(value, str) or Decimal(value).is_finite()


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or may_happen_at(datetime.fromisoformat(value))


def canonical(value: object, schema: object) -> object:
    """Return event data with exact JSON numbers written as decimal strings where the schema says money.

    Numbers must have been parsed exactly (`int` or `Decimal`); a float stays and is refused by the schema. Other
    decimals become what JSON can hold: whole ones integers, the rest strings.
    """
    rules = schema if isinstance(schema, Mapping) else {}
    if isinstance(value, Mapping):
        properties = rules.get("properties", {})
        return {key: canonical(member, properties.get(key)) for key, member in value.items()}
    if isinstance(value, list):
        return [canonical(member, rules.get("items")) for member in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _number(value, is_money=rules.get("format") == "money")
    return value


def _number(value: int | Decimal, *, is_money: bool) -> object:
    if is_money or isinstance(value, int):
        return format(value, "f") if is_money else value
    return int(value) if value == value.to_integral_value() else format(value, "f")
