"""The trade, with compliance and the approvals and cases about it: the behaviours behind the shipped charts."""

from __future__ import annotations

from orderwright.domain import approval, cases, compliance, documents, host_action, policy_life
from orderwright.domain.orders import (
    credit_profile,
    fulfilment,
    payment,
    quotation,
    reservation,
    returns,
    sale,
    stock,
)

BEHAVIOURS = {
    "quotation": quotation.BEHAVIOUR,
    "sale": sale.BEHAVIOUR,
    "fulfilment": fulfilment.BEHAVIOUR,
    "case": cases.BEHAVIOUR,
    "approval": approval.BEHAVIOUR,
    "credit": credit_profile.BEHAVIOUR,
    "payment": payment.BEHAVIOUR,
    "stock": stock.BEHAVIOUR,
    "reservation": reservation.BEHAVIOUR,
    "return": returns.BEHAVIOUR,
    "policy": policy_life.BEHAVIOUR,
    "document_request": documents.BEHAVIOUR,
    "host_action": host_action.BEHAVIOUR,
    **compliance.BEHAVIOURS,
}
"""The behaviour of each shipped chart, by chart id."""

__all__ = [
    "BEHAVIOURS",
    "credit_profile",
    "fulfilment",
    "payment",
    "quotation",
    "reservation",
    "returns",
    "sale",
    "stock",
]
