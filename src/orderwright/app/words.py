"""The words of a chart for people: the same state has the same label and tone on every screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orderwright.statechart import Chart, StateNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a state is shown; `state` is its key."""

    state: str
    label: str
    tone: str
    description: str


def leaf_nodes(chart: Chart) -> list[StateNode]:
    """Return the nodes in which an instance can rest, in document order."""
    return [node for node in chart.nodes if node.kind in ("atomic", "final")]


def words_of(chart: Chart, state: str) -> Words:
    """Return the words for an instance's state: the keys of its leaf nodes, joined by a space."""
    nodes = [node for key in state.split() for node in leaf_nodes(chart) if node.key == key]
    return Words(
        state=state,
        label=" · ".join(node.label for node in nodes) or state,
        tone=str(nodes[0].meta.get("tone", "neutral")) if nodes else "neutral",
        description=" ".join(str(node.meta.get("description", "")) for node in nodes),
    )


def actor_name(actor_id: str, kind: str, people: Mapping[str, str]) -> str:
    """Return how an actor is shown: people by their name, the machinery by what it does."""
    return people.get(actor_id, actor_id) if kind == "user" else _MACHINERY.get(actor_id, actor_id)


_MACHINERY: Final = {
    "phases": "Phase change",
    "reserving": "Reservation",
    "backorders": "Backorders",
    "returns": "Returns",
    "cases": "Case table",
    "approvals": "Approvals",
    "payments": "Payment",
    "compliance": "Compliance",
    "stripe": "Stripe",
    "paystack": "Paystack",
    "standard": "Payment provider",
    "timer": "Timer",
    "invoke": "Invoked work",
    "import:olist": "Olist import",
}


def label_of(chart: Chart, event_type: str) -> str:
    """Return the label of an event; one that the chart does not declare has its type."""
    if event_type == "create":
        return "Created"
    declared = chart.events.get(event_type)
    if declared is not None:
        return declared.label
    return _after(chart, event_type) or event_type


def _after(chart: Chart, event_type: str) -> str | None:
    """Return the words for a delayed transition: those of its `meta`, else that time has passed."""
    for node in chart.nodes:
        if any(timer.event == event_type for timer in node.after):
            meta = node.transitions[event_type][0].meta
            return (
                str(meta.get("label", "Time passed"))
                if isinstance(meta, Mapping)
                else "Time passed"
            )
    return None
