"""Standard Webhooks: https://www.standardwebhooks.com, for providers and houses without an adapter of their own.

`webhook-id`, `webhook-timestamp` and `webhook-signature` as the specification has them. The payload is ours:

    {"type": "charge.succeeded", "data": {"reference": "...", "amount": "100.00", "currency": "EUR"}}

with `refundId` where money goes back, `disputeId` where it is disputed, perhaps a `reason` where it failed, and the
`orderId` and `customerId` that it is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

from orderwright.api.webhooks.adapter import (
    Json,
    named,
    part,
    require_recent,
    require_signature,
    unsigned,
    word,
    words,
)
from orderwright.app.payment_reports import Kind, Report
from orderwright.money import Money

PROVIDER: Final = "standard"

_KINDS: Final[Mapping[str, tuple[Kind, str]]] = {
    "charge.succeeded": (Kind.CAPTURED, ""),
    "charge.failed": (Kind.FAILED, ""),
    "charge.refunded": (Kind.REFUNDED, "refundId"),
    "charge.dispute.created": (Kind.CHARGED_BACK, "disputeId"),
    "charge.dispute.reversed": (Kind.CHARGEBACK_REVERSED, "disputeId"),
}
"""What each type means, and where the id of the refund or dispute stands."""


class Standard:
    """The adapter; see `orderwright.api.webhooks.adapter.Adapter`."""

    def verify(
        self, body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime
    ) -> None:
        """Check the signature and its time, by our own clock."""
        seconds, message = headers.get("webhook-timestamp", ""), headers.get("webhook-id", "")
        require_recent(seconds, now=now)
        expected = _signature(secret, message, seconds, body)
        given = headers.get("webhook-signature", "").split(" ")
        require_signature(given if message else (), expected)

    def read(self, event: Json, headers: Mapping[str, str]) -> Report | None:
        """Read an event."""
        kind, own = _KINDS.get(word(event, "type"), (None, ""))
        if kind is None:
            return None
        data = part(event, "data")
        currency = word(data, "currency")
        return Report(
            provider=PROVIDER,
            event_id=headers["webhook-id"],
            kind=kind,
            reference=word(data, "reference"),
            amount_minor=Money.parse(word(data, "amount"), currency).minor,
            currency=currency,
            part=word(data, own) if own else "",
            reason=words(data, "reason"),
            **named(data),
        )


def _signature(secret: str, message: str, seconds: str, body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise unsigned() from None
    return Webhook(secret).sign(message, datetime.fromtimestamp(int(seconds), UTC), text)
