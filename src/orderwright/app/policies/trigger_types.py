"""The triggers that there are in this process: those of the trade, domain events, and what the host adds to them."""

from __future__ import annotations

from collections.abc import Mapping

from orderwright.condition import FactField
from orderwright.domain.event_trigger import EVENT_TRIGGERS
from orderwright.domain.trigger import TRIGGERS
from orderwright.errors import InputInvalid
from orderwright.policy.trigger import Triggers

HostFacts = Mapping[str, Mapping[str, FactField]]
"""Facts by the trigger's name and their own."""


def trigger_types(added: HostFacts) -> Triggers:
    """Return the triggers, with the facts that a host adds.

    Raises:
        InputInvalid: a fact is there already, or there is no such trigger.
    """
    found = {**EVENT_TRIGGERS, **TRIGGERS}
    for name, facts in added.items():
        if name not in found:
            raise InputInvalid("facts", name, f"a trigger: {', '.join(TRIGGERS)}, or an event")
        found[name] = found[name].extended(facts)
    return found
