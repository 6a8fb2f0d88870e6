"""Sign events as providers do, written down a second time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime

SECRETS = {
    "stripe": "whsec_stripe_endpoint",
    "paystack": "sk_test_paystack",
    "standard": "whsec_" + base64.b64encode(b"thirty-two bytes of standard key").decode(),
}


def packed(event: dict) -> bytes:
    return json.dumps(event).encode()


def signed(provider: str, event: dict, *, at: datetime, secret: str | None = None) -> dict:
    """The headers of an event."""
    return _SIGNERS[provider](
        packed(event), event, int(at.timestamp()), secret or SECRETS[provider]
    )


def _stripe(body: bytes, _: dict, seconds: int, secret: str) -> dict:
    digest = hmac.digest(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hex()
    return {"Stripe-Signature": f"t={seconds},v1={'0' * 64},v1={digest}"}


def _paystack(body: bytes, _: dict, __: int, secret: str) -> dict:
    return {"x-paystack-signature": hmac.digest(secret.encode(), body, hashlib.sha512).hex()}


def _standard(body: bytes, event: dict, seconds: int, secret: str) -> dict:
    key, message = base64.b64decode(secret.removeprefix("whsec_")), event["id"]
    digest = hmac.digest(key, f"{message}.{seconds}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


_SIGNERS = {"stripe": _stripe, "paystack": _paystack, "standard": _standard}
