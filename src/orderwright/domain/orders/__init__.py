"""Quotation, sale, fulfilment and payment: the behaviours behind their charts."""

from __future__ import annotations

from orderwright.domain.orders import fulfilment, payment, quotation, sale

BEHAVIOURS = {
    "quotation": quotation.BEHAVIOUR,
    "sale": sale.BEHAVIOUR,
    "fulfilment": fulfilment.BEHAVIOUR,
    "payment": payment.BEHAVIOUR,
}
"""The behaviour of each chart of the order domain, by chart id."""

__all__ = ["BEHAVIOURS", "fulfilment", "payment", "quotation", "sale"]
