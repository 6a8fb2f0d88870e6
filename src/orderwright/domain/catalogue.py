"""The catalogue of domain events: everything that a shipped chart may emit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain import approval_event, cases, documents, host_action, policy_life
from orderwright.domain.compliance import event as compliance_event
from orderwright.domain.event import EventType
from orderwright.domain.orders import event as order_event

CATALOGUE: Final[Mapping[str, EventType]] = {
    event.name: event
    for event in (
        *order_event.EVENTS,
        *compliance_event.EVENTS,
        *approval_event.EVENTS,
        *cases.EVENTS,
        *documents.EVENTS,
        *host_action.EVENTS,
        *policy_life.EVENTS,
    )
}
"""Each domain event by its name."""
