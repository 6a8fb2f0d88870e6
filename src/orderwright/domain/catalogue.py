"""The catalogue of domain events: everything that a shipped chart may emit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain import cases
from orderwright.domain.event import EventType
from orderwright.domain.orders.event import EVENTS

CATALOGUE: Final[Mapping[str, EventType]] = {
    event.name: event for event in (*EVENTS, *cases.EVENTS)
}
"""Each domain event by its name."""
