"""Quotation, sale and fulfilment, and the approvals that they ask for: the behaviours behind their charts."""

from __future__ import annotations

from orderwright.domain import approval
from orderwright.domain.orders import fulfilment, quotation, sale

BEHAVIOURS = {
    "quotation": quotation.BEHAVIOUR,
    "sale": sale.BEHAVIOUR,
    "fulfilment": fulfilment.BEHAVIOUR,
    "approval": approval.BEHAVIOUR,
}
"""The behaviour of each shipped chart, by chart id."""

__all__ = ["BEHAVIOURS", "approval", "fulfilment", "quotation", "sale"]
