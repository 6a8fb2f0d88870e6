"""Which sales are paid after delivery, and so turn on their customer's credit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.reading import Json, mapping

CREDIT_TERMS: Final = ("INVOICE", "PO")
"""Methods that are paid after delivery and therefore count against the customer's credit."""


def turns_on_credit(context: Mapping[str, Json]) -> bool:
    """Tell whether the clearance of a sale may turn on credit: it is on terms, or its payment is waived."""
    waiver = mapping(mapping(context, "overrides"), "ADMIN")
    return context["method"] in CREDIT_TERMS or waiver.get("status") == "GRANTED"
