"""Which sales are paid after delivery, and whether a step of a sale can turn on its customer's credit at all.

Where it cannot, credit is neither read nor locked: sales that are paid at once never wait for each other. A step that
asks for it all the same finds it unknown, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.reading import Json, mapping
from orderwright.statechart import Event

CREDIT_TERMS: Final = ("INVOICE", "PO")
"""Methods that are paid after delivery and therefore count against the customer's credit."""
_ASKING: Final = frozenset({"ADMIN_OVERRIDE_GRANTED", "CREDIT_OVERRIDE_REQUIRED"})
"""Events that ask for the credit, whatever the sale was on before."""


def turns_on_credit(context: Mapping[str, Json]) -> bool:
    """Tell whether the clearance of a sale may turn on credit: it is on terms, or its payment is waived."""
    waiver = mapping(mapping(context, "overrides"), "ADMIN")
    return context["method"] in CREDIT_TERMS or waiver.get("status") == "GRANTED"


def asks_for_credit(event: Event) -> bool:
    """Tell whether an event may ask for the credit, whatever the sale was on before."""
    return event.type in _ASKING or event.data.get("method") in CREDIT_TERMS
