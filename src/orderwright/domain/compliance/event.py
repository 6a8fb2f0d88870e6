"""The domain events of compliance; amounts are minor units of the currency that stands beside them.

What nobody knows is null: a pay-in without a payment, an order of a customer who is no user.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.event import EventType
from orderwright.domain.hold import HELD, LIFTED
from orderwright.domain.reading import Json

Properties = Mapping[str, Mapping[str, Json]]

_ID: Final[Mapping[str, Json]] = {"type": "string", "minLength": 1}
_WORDS: Final[Mapping[str, Json]] = {"type": "string"}
_MAYBE: Final[Mapping[str, Json]] = {"type": ["string", "null"]}
_CURRENCY: Final[Mapping[str, Json]] = {"type": "string", "pattern": "^[A-Z]{3}$"}
_MINOR: Final[Mapping[str, Json]] = {"type": "integer", "minimum": 0}
_COUNT: Final[Mapping[str, Json]] = {"type": "integer", "minimum": 1}
_FLAG: Final[Mapping[str, Json]] = {"type": "boolean"}
_NUMBER: Final[Properties] = {"number": _ID}
_WHY: Final[Properties] = {"reason": _ID}

_IN: Final[Properties] = {
    "payInId": _ID,
    "paymentId": _MAYBE,
    "orderId": _MAYBE,
    "customerId": _MAYBE,
    "userId": _MAYBE,
}
_EXPECTED: Final[Properties] = {"expectedMinor": _COUNT, "currency": _CURRENCY}
_SUMS: Final[Properties] = {**_EXPECTED, "receivedMinor": _MINOR}
_OUT: Final[Properties] = {
    "payOutId": _ID,
    "refundId": _MAYBE,
    "orderId": _MAYBE,
    "customerId": _MAYBE,
    "userId": _MAYBE,
    "amountMinor": _COUNT,
    "currency": _CURRENCY,
}
_KYC: Final[Properties] = {"kycSessionId": _ID, "userId": _ID}
_USER: Final[Properties] = {"userId": _ID, "customerId": _MAYBE}


def _event(name: str, description: str, *properties: Properties) -> EventType:
    joined = {key: schema for some in properties for key, schema in some.items()}
    return EventType(name=name, description=description, properties=joined)


def _held(chart: str, entity: str, what: str) -> tuple[EventType, EventType]:
    """Return what is told of the holds of a kind of entity."""
    return (
        _event(f"{chart}.held", f"A policy holds {what} back.", {entity: _ID}, HELD),
        _event(
            f"{chart}.hold_lifted",
            f"What a policy has held {what} back with is settled.",
            {entity: _ID},
            LIFTED,
        ),
    )


def _undecided(chart: str, what: str, *properties: Properties) -> EventType:
    """Return what is told when the policies take too long."""
    said = f"The policies have not decided on {what} in time; it does not go on before they have."
    return _event(f"{chart}.undecided", said, *properties)


EVENTS: Final = (
    _event("payin.opened", "Money is expected.", _IN, {"method": _WORDS}, _EXPECTED),
    _event(
        "payin.received",
        "Money has arrived: `amountMinor` now as transfer number `transfer`, `receivedMinor` in all; "
        "`isLate` where the pay-in had failed or expired before its first.",
        _IN,
        {"method": _WORDS, "amountMinor": _COUNT, "senderName": _MAYBE, "transfer": _COUNT},
        {"isLate": _FLAG},
        _SUMS,
    ),
    _event("payin.mismatched", "More has arrived than was expected.", _IN, _SUMS),
    _event(
        "payin.verified",
        "What was expected has arrived, and nothing stands against it; `isConfirmed` by its payment.",
        _IN,
        _SUMS,
        {"isConfirmed": _FLAG},
    ),
    _event(
        "payin.reconciled",
        "Money agrees with the bank statement, or its difference is accepted.",
        _IN,
        _SUMS,
    ),
    _event("payin.failed", "Money that was expected does not come.", _IN, _WHY),
    _event("payin.expired", "Money that was expected has not come in time.", _IN),
    _event("payin.refunded", "Money that had come in has gone back.", _IN, _SUMS),
    _event(
        "payin.frozen", "A pay-in was stopped by a person or a policy.", {"payInId": _ID}, _WHY
    ),
    _event("payin.released", "A frozen pay-in goes on.", {"payInId": _ID}),
    _event(
        "payin.rejected",
        "A pay-in was turned down; what has arrived of it is to go back.",
        _IN,
        {"receivedMinor": _MINOR, "currency": _CURRENCY},
    ),
    _undecided("payin", "a pay-in", {"payInId": _ID}, _NUMBER),
    *_held("payin", "payInId", "a pay-in"),
    _event(
        "payout.requested",
        "Somebody asks that money be sent.",
        _OUT,
        {
            "paymentId": _MAYBE,
            "walletId": _MAYBE,
            "walletAddress": _MAYBE,
            "cryptoType": _MAYBE,
            "requestedBy": _ID,
            "reason": _WORDS,
        },
    ),
    _event("payout.approved", "A pay-out is decided and approved, and next to be sent.", _OUT),
    _event("payout.sent", "The money of a pay-out has left.", _OUT, {"tx": _ID}),
    _event("payout.confirmed", "The money of a pay-out has arrived.", _OUT),
    _event("payout.failed", "A pay-out was not sent, or has come back.", _OUT, _WHY),
    _event("payout.cancelled", "A pay-out is not to be sent.", _OUT),
    _event(
        "payout.frozen", "A pay-out was stopped by a person or a policy.", {"payOutId": _ID}, _WHY
    ),
    _event("payout.released", "A frozen pay-out goes on.", {"payOutId": _ID}),
    _event("payout.rejected", "A pay-out was turned down.", _OUT),
    _undecided("payout", "a pay-out", {"payOutId": _ID}, _NUMBER),
    *_held("payout", "payOutId", "a pay-out"),
    _event(
        "payout.held_under_way",
        "A policy holds back money that is under way already; comes with its `payout.held`.",
        {"payOutId": _ID, "holdId": _ID},
        _WHY,
    ),
    _event("kyc.opened", "A user is to prove who they are; told anew for each try.", _KYC),
    _event(
        "kyc.submitted",
        "A user has handed documents in, for the nth time.",
        _KYC,
        {"country": _MAYBE, "documentType": _ID, "provider": _MAYBE, "submissions": _COUNT},
    ),
    _event(
        "kyc.documents_required",
        "A user is to hand documents in.",
        _KYC,
        {"required": {"type": "array", "items": _ID}},
    ),
    _event("kyc.approved", "A user is who they say.", _KYC),
    _event(
        "kyc.rejected",
        "A KYC session was turned down, perhaps for good.",
        _KYC,
        {"isFinal": _FLAG},
    ),
    _event(
        "kyc.expired", "A KYC session was not done in time, or its approval holds no longer.", _KYC
    ),
    _undecided(
        "kyc", "the newest documents of a KYC session", _KYC, _NUMBER, {"submissions": _MINOR}
    ),
    *_held("kyc", "kycSessionId", "a KYC session"),
    _event(
        "user.registered", "A user has registered.", _USER, {"email": _WORDS, "country": _MAYBE}
    ),
    _event("user.activated", "A user may make use of everything.", _USER),
    _event(
        "user.restricted",
        "A user may do nothing new, by a person's word or a policy's.",
        {"userId": _ID},
        _WHY,
    ),
    _event("user.lifted", "A user's restriction is lifted.", {"userId": _ID}),
    _event("user.blocked", "A user is shut out for good.", _USER, _WHY),
    _undecided("user", "a user", {"userId": _ID}),
    *_held("user", "userId", "a user"),
    _event(
        "wallet.added",
        "A user has another wallet.",
        {"userId": _ID, "walletId": _ID, "address": _ID, "cryptoType": _ID, "country": _MAYBE},
    ),
)
"""Every domain event that a chart of compliance emits."""
