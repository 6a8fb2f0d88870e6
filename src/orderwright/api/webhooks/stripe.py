"""Stripe: https://docs.stripe.com/webhooks#verify-manually and https://docs.stripe.com/api/events/types.

`Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>...]` signs `<seconds>.<body>` with HMAC-SHA256. While a secret is
rolled there are several `v1`. The reference of a payment is its payment intent, or its charge if it has none.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Final

from orderwright.api.webhooks.adapter import (
    Json,
    metadata,
    named,
    part,
    require_recent,
    require_signature,
    unsigned,
    whole,
    word,
    words,
)
from orderwright.app.payment_reports import Kind, Report
from orderwright.errors import InputInvalid
from orderwright.money import exponent

PROVIDER: Final = "stripe"

_AMOUNTS: Final[Mapping[str, tuple[Kind, tuple[str, ...]]]] = {
    "charge.succeeded": (Kind.CAPTURED, ("amount",)),
    "charge.captured": (Kind.CAPTURED, ("amount_captured",)),
    "payment_intent.succeeded": (Kind.CAPTURED, ("amount_received",)),
    "charge.failed": (Kind.FAILED, ("amount",)),
    "payment_intent.payment_failed": (Kind.FAILED, ("amount",)),
    "charge.refunded": (Kind.REFUNDED, ("amount_refunded",)),
    "charge.dispute.created": (Kind.CHARGED_BACK, ("amount",)),
    "charge.dispute.funds_withdrawn": (Kind.CHARGED_BACK, ("amount",)),
    "charge.dispute.funds_reinstated": (Kind.CHARGEBACK_REVERSED, ("amount",)),
    "charge.dispute.closed": (Kind.CHARGED_BACK, ("amount",)),
}
"""What each type means, and where its amount stands; every other type says nothing of money that moves."""
_EXPONENTS: Final = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Where Stripe counts in other units than ISO 4217: https://docs.stripe.com/currencies#special-cases."""


class Stripe:
    """The adapter; see `orderwright.api.webhooks.adapter.Adapter`."""

    def verify(
        self, body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime
    ) -> None:
        """Check the signature and its time."""
        parts = [one.partition("=") for one in headers.get("stripe-signature", "").split(",")]
        times = [value for name, _, value in parts if name.strip() == "t"]
        given = [value for name, _, value in parts if name.strip() == "v1"]
        if len(times) != 1:
            raise unsigned()
        require_recent(times[0], now=now)
        signed = times[0].encode() + b"." + body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        require_signature(given, expected)

    def read(self, event: Json, _headers: Mapping[str, str]) -> Report | None:
        """Read an event."""
        kind, amount = _AMOUNTS.get(word(event, "type"), (None, ()))
        if kind is None:
            return None
        thing = part(part(event, "data"), "object")
        if _is_of_no_matter(word(event, "type"), thing):
            return None
        if word(event, "type") == "charge.dispute.closed" and words(thing, "status") == "won":
            kind = Kind.CHARGEBACK_REVERSED
        currency = word(thing, "currency").upper()
        return Report(
            provider=PROVIDER,
            event_id=word(event, "id"),
            kind=kind,
            reference=_reference(thing),
            amount_minor=_minor(whole(thing, *amount), currency),
            currency=currency,
            part=word(thing, "id"),
            reason=_reason(thing),
            **named(metadata(thing)),
        )


def _is_of_no_matter(kind: str, thing: Json) -> bool:
    """Tell whether no money has moved: a charge that is only authorised, an inquiry before a dispute."""
    is_authorised = kind == "charge.succeeded" and thing.get("captured") is False
    is_inquiry = kind.startswith("charge.dispute.") and words(thing, "status").startswith(
        "warning_"
    )
    return is_authorised or is_inquiry


def _reference(thing: Json) -> str:
    if words(thing, "object") == "payment_intent":
        return word(thing, "id")
    return word(thing, "payment_intent", "charge", "id")


def _reason(thing: Json) -> str:
    error = thing.get("last_payment_error")
    return words(error if isinstance(error, Mapping) else thing, "message", "failure_message")


def _minor(amount: int, currency: str) -> int:
    minor = Fraction(amount * 10 ** exponent(currency), 10 ** _places(currency))
    if minor.denominator != 1:
        raise InputInvalid("amount", amount, f"an amount that {currency} can have")
    return int(minor)


def _places(currency: str) -> int:
    return _EXPONENTS.get(currency, exponent(currency))
