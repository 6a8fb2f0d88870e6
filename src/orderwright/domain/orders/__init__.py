"""Quotation, sale and fulfilment, with the approvals and cases about them: the behaviours behind their charts."""

from __future__ import annotations

from orderwright.domain import approval, cases
from orderwright.domain.orders import fulfilment, quotation, sale

BEHAVIOURS = {
    "quotation": quotation.BEHAVIOUR,
    "sale": sale.BEHAVIOUR,
    "fulfilment": fulfilment.BEHAVIOUR,
    "case": cases.BEHAVIOUR,
    "approval": approval.BEHAVIOUR,
}
"""The behaviour of each shipped chart, by chart id."""

__all__ = ["BEHAVIOURS", "fulfilment", "quotation", "sale"]
