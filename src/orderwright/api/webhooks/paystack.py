"""Paystack: https://paystack.com/docs/payments/webhooks/.

`x-paystack-signature` is the HMAC-SHA512 of the body in hex. It carries no time, and events carry no id: what an
event is about is named by its own id, under which it counts once, so that an old one that is sent again does nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from orderwright.api.webhooks.adapter import (
    Json,
    metadata,
    named,
    part,
    require_signature,
    whole,
    word,
    words,
)
from orderwright.app.payment_reports import Kind, Report

PROVIDER: Final = "paystack"

_KINDS: Final[Mapping[str, Kind]] = {
    "charge.success": Kind.CAPTURED,
    "charge.failed": Kind.FAILED,
    "refund.processed": Kind.REFUNDED,
    "charge.dispute.create": Kind.CHARGED_BACK,
    "charge.dispute.resolve": Kind.CHARGED_BACK,
}


class Paystack:
    """The adapter; see `orderwright.api.webhooks.adapter.Adapter`."""

    def verify(
        self, body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime
    ) -> None:
        """Check the signature; it has no time that `now` could be held against."""
        _ = now
        expected = hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()
        require_signature([headers.get("x-paystack-signature", "")], expected)

    def read(self, event: Json, _headers: Mapping[str, str]) -> Report | None:
        """Read an event."""
        name = word(event, "event")
        kind = _KINDS.get(name)
        if kind is None:
            return None
        data = part(event, "data")
        if kind is Kind.CHARGED_BACK:
            return _dispute(name, data)
        own = word(data, "refund_reference", "id") if kind is Kind.REFUNDED else word(data, "id")
        return Report(
            provider=PROVIDER,
            event_id=f"{name}/{own}",
            kind=kind,
            reference=word(data, "transaction_reference", "reference"),
            amount_minor=whole(data, "amount"),
            currency=word(data, "currency").upper(),
            part=own,
            reason=words(data, "gateway_response", "message"),
            **named(metadata(data)),
        )


def _dispute(name: str, data: Json) -> Report:
    charge, own = part(data, "transaction"), word(data, "id")
    is_won = name == "charge.dispute.resolve" and words(data, "resolution") == "declined"
    return Report(
        provider=PROVIDER,
        event_id=f"{name}/{own}",
        kind=Kind.CHARGEBACK_REVERSED if is_won else Kind.CHARGED_BACK,
        reference=word(charge, "reference"),
        amount_minor=whole({**charge, **data}, "refund_amount", "amount"),
        currency=word({**charge, **data}, "currency").upper(),
        part=own,
        **named(metadata(charge)),
    )
