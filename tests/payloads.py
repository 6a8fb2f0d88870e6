"""Holds what was emitted against the catalogue of domain events; used wherever tests see an event."""

from __future__ import annotations

from collections.abc import Mapping

from jsonschema import Draft202012Validator

from orderwright.domain.catalogue import CATALOGUE

_VALIDATORS = {
    name: Draft202012Validator({**event.schema, "additionalProperties": False})
    for name, event in CATALOGUE.items()
}


def faults(name: str, data: Mapping[str, object]) -> list[str]:
    """What is wrong with an event; nothing but the catalogued properties may be in it."""
    if name not in _VALIDATORS:
        return [f"{name} is not in the catalogue"]
    found = _VALIDATORS[name].iter_errors(dict(data))
    return [f"{name} {error.json_path}: {error.message}" for error in found]
