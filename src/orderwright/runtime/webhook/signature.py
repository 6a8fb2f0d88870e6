"""The signature of a webhook: HMAC-SHA256 over id, time of the attempt and body, under the subscription's secret."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from standardwebhooks import Webhook

if TYPE_CHECKING:
    from datetime import datetime


def signed_headers(secret: str, message_id: str, body: str, *, at: datetime) -> dict[str, str]:
    """Return the three headers that let a receiver know the sender and refuse what is old.

    Args:
        secret: `whsec_` and the key in base64.
        message_id: without full stops, which divide the parts that are signed.
        body: exactly as it is sent.
        at: the moment of the attempt.
    """
    moment = at.astimezone(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, moment, body),
    }
