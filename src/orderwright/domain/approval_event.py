"""The domain events of approvals; amounts are minor units of the currency beside them, or 0 and no currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.event import EventType
from orderwright.domain.reading import Json

_ID: Final[Mapping[str, Json]] = {"type": "string", "minLength": 1}
_APPROVAL: Final[Mapping[str, Mapping[str, Json]]] = {
    "approvalId": _ID,
    "subjectType": _ID,
    "subjectId": _ID,
    "kind": _ID,
    "amountMinor": {"type": "integer", "minimum": 0},
    "currency": {"type": "string", "pattern": "^([A-Z]{3})?$"},
    "expiresAt": {"type": "string", "format": "date-time"},
}

EVENTS: Final = (
    EventType(
        name="approval.requested",
        description="Somebody asks for the consent of others; `expiresAt` is until when they may decide.",
        properties=_APPROVAL,
    ),
    EventType(
        name="approval.approved",
        description="Enough people consent, to `amountMinor`; `expiresAt` is until when it holds.",
        properties=_APPROVAL,
    ),
    EventType(
        name="approval.denied",
        description="Somebody has decided against it.",
        properties={**_APPROVAL, "reason": _ID},
    ),
    EventType(
        name="approval.revoked",
        description="A request or an approval was taken back.",
        properties={**_APPROVAL, "reason": _ID},
    ),
    EventType(
        name="approval.expired",
        description="A request was not decided in time, or an approval holds no longer.",
        properties=_APPROVAL,
    ),
)
"""Every domain event that the approval chart emits."""
