"""A small definition that is a chart and a machine of XState alike."""

from __future__ import annotations


def chart(**root: object) -> dict:
    """A chart in XState's and in our spelling alike: A and B, and C with two nodes and a history."""
    inner = {"D": {}, "E": {}, "h": {"type": "history"}}
    states = {"A": {}, "B": {"id": "bee"}, "C": {"initial": "D", "states": inner}}
    return {"id": "c", "initial": "A", "states": states, **root}


def with_transition(body: object, **root: object) -> dict:
    """The same, with a transition of A on GO."""
    made = chart(**root)
    made["states"]["A"] = {"on": {"GO": body}}
    return made
