"""Small definitions, and what is wrong with them."""

from __future__ import annotations

import pytest

from orderwright.statechart import ChartInvalid, load


def problems(definition: object) -> list[tuple[str, str]]:
    with pytest.raises(ChartInvalid) as invalid:
        load(definition)
    return [(path, code) for path, code, _ in invalid.value.problems]


def message(definition: object) -> str:
    with pytest.raises(ChartInvalid) as invalid:
        load(definition)
    return invalid.value.message


def two(**a: object) -> dict:
    """A chart of the states a and b; `a` takes the keys."""
    return {"id": "c", "initial": "a", "states": {"a": a, "b": {}}}
