"""Quotation, sale, fulfilment and credit profile: the behaviours behind their charts."""

from __future__ import annotations

from orderwright.domain.orders import credit_profile, fulfilment, quotation, sale

BEHAVIOURS = {
    "quotation": quotation.BEHAVIOUR,
    "sale": sale.BEHAVIOUR,
    "fulfilment": fulfilment.BEHAVIOUR,
    "credit": credit_profile.BEHAVIOUR,
}
"""The behaviour of each chart of the order domain, by chart id."""

__all__ = ["BEHAVIOURS", "credit_profile", "fulfilment", "quotation", "sale"]
