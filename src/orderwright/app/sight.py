"""What outsiders see of a lifecycle: their order, and not why the house looks into it, or who does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from orderwright.app.permissions import Identity
from orderwright.statechart import Reason

V = TypeVar("V")

_INTERNAL_KEYS: Final = frozenset({"frozen", "closedReason", "overrides", "holds", "lifted"})
INTERNAL_EVENTS: Final = frozenset(
    {
        "DECISION_RECORDED",
        "HOLD_PLACED",
        "HOLD_LIFTED",
        "FREEZE",
        "RELEASE",
        "RESTRICT",
        "LIFT",
        "BLOCK",
        "DOCUMENTS_REQUIRED",
        "REJECT",
        "ADMIN_OVERRIDE_REQUESTED",
        "CREDIT_OVERRIDE_REQUIRED",
        "ADMIN_OVERRIDE_GRANTED",
        "CREDIT_OVERRIDE_GRANTED",
        "ADMIN_OVERRIDE_DENIED",
        "CREDIT_OVERRIDE_DENIED",
        "OVERRIDE_REVOKED",
        "OVERRIDE_EXPIRED",
    }
)
"""Events whose data outsiders do not see."""
_NEUTRAL: Final = {
    "sale.frozen": "the order is being looked into",
    "payin.frozen": "the pay-in is being looked into",
    "payout.frozen": "the pay-out is being looked into",
    "policy.frozen_already": "it is being looked into",
    "policy.held": "it is being looked into",
    "user.restricted": "the user is being looked into",
}


def context_for(by: Identity, context: Mapping[str, V]) -> dict[str, V]:
    """Return a context without what is internal, for outsiders."""
    if by.is_staff:
        return dict(context)
    return {key: value for key, value in context.items() if key not in _INTERNAL_KEYS}


def reasons_for(by: Identity, reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Return reasons in neutral words, for outsiders."""
    if by.is_staff:
        return reasons
    return tuple(
        Reason(reason.code, _NEUTRAL[reason.code]) if reason.code in _NEUTRAL else reason
        for reason in reasons
    )
