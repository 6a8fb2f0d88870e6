"""What outsiders see of a lifecycle: their order, and not why the house looks into it, or who does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar

from orderwright.app.permissions import Identity
from orderwright.app.public_data import PUBLIC
from orderwright.statechart import Reason, Refused

V = TypeVar("V")

_INTERNAL_KEYS: Final = frozenset({"frozen", "closedReason", "overrides", "holds", "lifted"})
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


def event_data_for(
    by: Identity, chart_id: str, event: str, data: Mapping[str, V], *, is_own: bool
) -> dict[str, V]:
    """Return the data of an event that has happened; of what outsiders have not sent themselves what is public."""
    if by.is_staff or is_own:
        return dict(data)
    public = PUBLIC.get(chart_id, {}).get(event, frozenset())
    return {key: value for key, value in data.items() if key in public}


def reasons_for(by: Identity, reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Return reasons in neutral words, for outsiders."""
    if by.is_staff:
        return reasons
    return tuple(
        Reason(reason.code, _NEUTRAL[reason.code]) if reason.code in _NEUTRAL else reason
        for reason in reasons
    )


def refused_for(by: Identity, refused: Refused) -> Refused:
    """Return a refusal in neutral words, for outsiders; its message says its reasons."""
    if by.is_staff:
        return refused
    reasons = reasons_for(by, refused.reasons)
    if reasons != refused.reasons:
        said = "; ".join(reason.message for reason in reasons)
        return replace(refused, message=said, reasons=reasons)
    [own] = reasons_for(by, (Reason(refused.code, refused.message, refused.values),))
    return replace(refused, message=own.message, values=own.values)
