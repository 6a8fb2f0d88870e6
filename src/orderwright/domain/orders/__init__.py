"""Quotation, sale and fulfilment, and the cases about them: the behaviours behind their charts."""

from __future__ import annotations

from orderwright.domain import cases
from orderwright.domain.orders import fulfilment, quotation, sale

BEHAVIOURS = {
    "quotation": quotation.BEHAVIOUR,
    "sale": sale.BEHAVIOUR,
    "fulfilment": fulfilment.BEHAVIOUR,
    "case": cases.BEHAVIOUR,
}
"""The behaviour of each chart of the order domain, by chart id."""

__all__ = ["BEHAVIOURS", "fulfilment", "quotation", "sale"]
