"""The host action chart: it ends as it begins, and exists to tell a host of an action that is the host's to do.

Its event is what makes the action reach those who subscribe, signed and at least once. `actionId` is the same at every
delivery.
"""

from __future__ import annotations

from typing import Final

from orderwright.domain.event import EventType
from orderwright.statechart import Behaviour

BEHAVIOUR: Final = Behaviour()

_ID: Final = {"type": "string", "minLength": 1}

EVENTS: Final = (
    EventType(
        name="policy.action_requested",
        description="A policy wants something done to an entity of a host; `actionId` tells repetitions.",
        properties={
            "actionId": _ID,
            "executionId": _ID,
            "trigger": _ID,
            "action": _ID,
            "config": {"type": "object"},
            "entityType": _ID,
            "entityId": _ID,
            "policyId": _ID,
            "policy": _ID,
            "version": {"type": "integer"},
            "followsFrom": {"type": ["string", "null"]},
        },
    ),
)
"""Every domain event that the chart emits."""
