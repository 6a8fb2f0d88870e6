"""What sets policies off in this trade, and which facts each event brings.

The facts are those that hosts hand over, with amount and currency joined into money, and those that are derived: what
is known of the user, and velocities. A velocity is what a user, wallet or country has come to with events of a kind
within a window, the current event included: `velocity.PAYOUT_REQUESTED.sum.user.24h` is money in the currency of the
event.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Final

from orderwright.condition import Case, FactField
from orderwright.policy import TriggerType
from orderwright.policy.trigger import AGGREGATES, KEYS, THRESHOLD, WINDOWS

Facts = Mapping[str, FactField]

_TEXT: Final = FactField(type="text")
_NUMBER: Final = FactField(type="number")
_PRIVATE: Final = FactField(type="text", sensitive=True)

CASES: Final[Mapping[str, Case]] = {"country": "upper", "email": "lower"}
"""How facts of these names are written, in whatever case they are told."""

USER: Final[Facts] = {
    "userId": _TEXT,
    "user.country": FactField(type="text", label="Country of the user", case=CASES["country"]),
    "user.emailDomain": FactField(
        type="text", label="Domain of the user's mail address", case="lower"
    ),
    "user.registeredDays": FactField(type="number", label="Days since registration"),
    "user.kycApproved": FactField(type="boolean", label="KYC approved"),
}
"""What is known of a user, for every trigger that names one."""
_TRANSFER: Final[Facts] = {
    **USER,
    "amount": FactField(type="money", label="Amount"),
    "currency": _TEXT,
    "hour": FactField(type="number", label="Hour of the day (UTC)"),
}
_FACTS: Final[Mapping[str, tuple[str, Facts]]] = {
    "ORDER_CREATED": (
        "Order created",
        {
            **_TRANSFER,
            "orderId": _TEXT,
            "cryptoType": _TEXT,
            "rate": _NUMBER,
            "totalAmount": FactField(type="money", label="Total"),
            "isFirstOrder": FactField(type="boolean", label="First order of the user"),
        },
    ),
    "PAYIN_RECEIVED": (
        "Pay-in received",
        {
            **_TRANSFER,
            "payInId": _TEXT,
            "orderId": _TEXT,
            "method": _TEXT,
            "senderName": FactField(type="text", label="Name of the sender", sensitive=True),
            "senderIsUser": FactField(type="boolean", label="Sent by the user"),
            "expectedAmount": FactField(type="money", label="Expected amount"),
            "receivedAmount": FactField(type="money", label="Received in all"),
            "amountMismatch": FactField(type="boolean", label="Other amount than expected"),
        },
    ),
    "PAYOUT_REQUESTED": (
        "Pay-out requested",
        {
            **_TRANSFER,
            "payOutId": _TEXT,
            "walletAddress": _PRIVATE,
            "walletAgeHours": FactField(type="number", label="Hours since the wallet was added"),
            "cryptoType": _TEXT,
        },
    ),
    "KYC_SUBMITTED": (
        "KYC submitted",
        {
            **USER,
            "kycSessionId": _TEXT,
            "country": FactField(
                type="text", label="Country of the document", case=CASES["country"]
            ),
            "documentType": _TEXT,
            "provider": _TEXT,
            "submissions": FactField(type="number", label="Submissions so far"),
        },
    ),
    "USER_REGISTERED": (
        "User registered",
        {
            **USER,
            "email": FactField(type="text", sensitive=True, case=CASES["email"]),
            "country": FactField(type="text", label="Country", case=CASES["country"]),
        },
    ),
    "WALLET_ADDED": (
        "Wallet added",
        {
            **USER,
            "walletId": _TEXT,
            "address": _PRIVATE,
            "cryptoType": _TEXT,
            "country": FactField(type="text", case=CASES["country"]),
        },
    ),
    THRESHOLD: (
        "Threshold crossed",
        {**USER, "total": FactField(type="money", label="Total"), "count": _NUMBER},
    ),
}


def _velocities() -> Facts:
    """Return the facts that count or add up what happened within a window."""
    counted = (name for name in _FACTS if name != THRESHOLD)
    found = {}
    for event, aggregate, key, window in itertools.product(counted, AGGREGATES, KEYS, WINDOWS):
        has_amount = "amount" in _FACTS[event][1]
        if aggregate == "count" or has_amount:
            label = f"{_FACTS[event][0]}: {aggregate} by {key} in {window}"
            kind = FactField(type="number" if aggregate == "count" else "money", label=label)
            found[f"velocity.{event}.{aggregate}.{key}.{window}"] = kind
    return found


VELOCITIES: Final = _velocities()
"""The facts that count or add up, the same for every trigger."""

TRIGGERS: Final[Mapping[str, TriggerType]] = {
    name: TriggerType(
        name=name, label=label, facts={**facts, **VELOCITIES}, is_counted=name != THRESHOLD
    )
    for name, (label, facts) in _FACTS.items()
}
"""The triggers that hosts and lifecycles fire, by name."""

LISTS: Final[Mapping[str, str]] = {
    "sanctioned-countries": "text",
    "temporary-mail-domains": "text",
}
"""The named lists that the shipped policies read, each with the type of its entries."""
