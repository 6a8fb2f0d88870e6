"""Small charts for the checks, and what these find in them."""

from __future__ import annotations

from collections.abc import Mapping

from orderwright.statechart import Behaviour, load
from orderwright.statechart.checks import check

CLOSED = {"type": "object", "properties": {"sum": {"type": "object", "properties": {"minor": {}}}}}
LABELLED = {"label": "Pay", "data": CLOSED, "facts": ["credit"]}


def found(definition: Mapping, behaviour: Behaviour | None = None) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in check(load(definition), behaviour)]


def two(**a: object) -> dict:
    """A chart of two states `a` and `b`, with a way back; what is given is added to `a`."""
    return {"initial": "a", "states": {"a": {"on": {"GO": "b"}, **a}, "b": {"on": {"GO": "a"}}}}


def regions(one: dict, other: dict) -> dict:
    return {"type": "parallel", "states": {"one": one, "other": other}}


def when(field: str, value: object = 1, operator: str = "==") -> dict:
    rule = {"field": field, "operator": operator, "value": value}
    return {"when": {"combinator": "and", "rules": [rule]}}


def paying(transition: Mapping, **declared: object) -> dict:
    """A chart with a context that declares PAY, with a transition on it."""
    events = {"PAY": {**LABELLED, **declared}}
    return {"context": {"due": 1}, "events": events, "on": {"PAY": transition}}


def reads(path: str) -> dict:
    return {"actions": {"emit": {"type": "paid", "data": {"x": [{"from": path}]}}}}
