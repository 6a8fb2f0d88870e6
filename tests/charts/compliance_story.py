"""Stories of pay-ins, pay-outs, KYC sessions and users, and the situations that their golden tables need."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from story import CHARTS, DECIDING_DATA, HOLD, NOON, Story, at

HOUR: Final = 3_600_000
_FREEZE: Final = {
    "reason": "odd sender",
    "policy": "p1",
    "policyName": "Third party",
    "version": 2,
}
_STOPPED: Final = {
    **DECIDING_DATA,
    "FREEZE": _FREEZE,
    "RELEASE": {"reason": "checked"},
    "REJECT": {"reason": "fraud", "policy": "p1"},
}

# --- pay-in ---------------------------------------------------------------------------------------

PAYIN_DATA: Final = {
    "PAYIN_RECEIVED": {"amount": "100.00", "reference": "t-new", "sender": "Ada"},
    "PAYMENT_CONFIRMED": {"paymentId": "p1"},
    "VERIFY": {"note": "as agreed"},
    "RECONCILE": {"note": "statement 7"},
    "FAIL": {"reason": "no money came"},
    "REFUND": {"reason": "sent back"},
    **_STOPPED,
    "DECISION_RECORDED": {**DECIDING_DATA.get("DECISION_RECORDED", {}), "transfer": 1},
}


def payin(**context: object) -> Story:
    """A pay-in of 100.00 EUR that is expected within a day."""
    given = {
        "payInId": "pi1",
        "number": "PI-1",
        "paymentId": "p1",
        "orderId": "o1",
        "method": "TRANSFER",
        "expectedMinor": 10000,
        "currency": "EUR",
        "expiresAt": at(NOON + timedelta(days=1)),
        **context,
    }
    return Story(CHARTS["payin"], PAYIN_DATA, {}, given).begin()


def payins() -> dict[str, Story]:
    part = payin().tell("PAYIN_RECEIVED", amount="40.00", reference="t-1")
    received = payin().tell("PAYIN_RECEIVED", reference="t-1")
    decided = received.copy().tell("DECISION_RECORDED")
    over = payin().tell("PAYIN_RECEIVED", amount="100.01", reference="t-1")
    over.tell("DECISION_RECORDED")
    verified = decided.copy().tell("VERIFY")
    expired = payin().wait(days=1).tell("EXPIRE")
    return {
        "PENDING": payin(),
        "PENDING, decided": payin().tell("DECISION_RECORDED", transfer=0),
        "PARTIAL, 40 of 100": part,
        "PARTIAL, the transfer is repeated": payin().tell(
            "PAYIN_RECEIVED", amount="40.00", reference="t-new"
        ),
        "PARTIAL, decided": part.copy().tell("DECISION_RECORDED"),
        "RECEIVED, undecided": received,
        "RECEIVED": decided,
        "RECEIVED, held": decided.copy().tell("HOLD_PLACED"),
        "RECEIVED, its payment is confirmed, undecided": payin().tell("PAYMENT_CONFIRMED"),
        "MISMATCH": over,
        "VERIFIED": verified,
        "RECONCILED": over.copy().tell("RECONCILE"),
        "FAILED": payin().tell("FAIL"),
        "EXPIRED": expired,
        "FROZEN, from pending": payin().tell("FREEZE"),
        "FROZEN, from pending, the time is over": payin().tell("FREEZE").wait(days=1),
        "FROZEN, from received": decided.copy().tell("FREEZE"),
        "FROZEN, from verified, more has come": verified.copy()
        .tell("FREEZE", releaseAfterMs=HOUR)
        .tell("PAYIN_RECEIVED", amount="1.00", reference="t-2"),
        "REFUNDED": received.copy().tell("REFUND"),
        "REJECTED": received.copy().tell("REJECT"),
    }


# --- pay-out --------------------------------------------------------------------------------------

PAYOUT_DATA: Final = {
    "PAYOUT_APPROVED": {"approvalId": "a1"},
    "PAYOUT_DENIED": {"approvalId": "a1", "reason": "not now"},
    "SENT": {"tx": "tx-1"},
    "FAIL": {"reason": "no such account"},
    "RETRY": {"reason": "the account is open now"},
    "CANCEL": {"reason": "asked by mistake"},
    **_STOPPED,
}


def payout(**context: object) -> Story:
    """A pay-out of 100.00 EUR to a wallet, which one person has to approve."""
    given = {
        "payOutId": "po1",
        "number": "PO-1",
        "userId": "u1",
        "walletId": "w1",
        "walletAddress": "bc1q",
        "cryptoType": "BTC",
        "amountMinor": 10000,
        "currency": "EUR",
        "requestedBy": "tony",
        **context,
    }
    return Story(CHARTS["payout"], PAYOUT_DATA, {}, given).begin()


def payouts() -> dict[str, Story]:
    queued = payout().tell("DECISION_RECORDED", "PAYOUT_APPROVED")
    started = queued.copy().tell("START")
    sent = started.copy().tell("SENT")
    held = payout().tell("DECISION_RECORDED", holds={"h1": HOLD})
    return {
        "REQUESTED, undecided": payout(),
        "REQUESTED, undecided and approved": payout().tell("PAYOUT_APPROVED"),
        "REQUESTED": payout().tell("DECISION_RECORDED"),
        "REQUESTED, held": held,
        "REQUESTED, held and approved": held.copy().tell("PAYOUT_APPROVED"),
        "QUEUED": queued,
        "QUEUED, held": queued.copy().tell("HOLD_PLACED"),
        "PROCESSING": started,
        "PROCESSING, consent taken back": started.copy().tell("PAYOUT_DENIED"),
        "SENT": sent,
        "CONFIRMING": sent.copy().tell("CONFIRMING"),
        "CONFIRMED": sent.copy().tell("CONFIRMED"),
        "FAILED": started.copy().tell("FAIL"),
        "FAILED, consent taken back": started.copy().tell("PAYOUT_DENIED", "FAIL"),
        "CANCELLED": payout().tell("CANCEL"),
        "FROZEN, from requested": payout().tell("FREEZE"),
        "FROZEN, from queued, for an hour": queued.copy().tell("FREEZE", releaseAfterMs=HOUR),
        "REJECTED": payout().tell("REJECT"),
    }


# --- KYC ------------------------------------------------------------------------------------------

KYC_DATA: Final = {
    "DOCUMENTS_SUBMITTED": {"documentType": "PASSPORT", "country": "DE", "reference": "doc-1"},
    "DOCUMENTS_REQUIRED": {"types": ["PASSPORT"], "message": "the picture is blurred"},
    "APPROVE": {"reason": "all is well"},
    "RESUBMIT": {"reason": "once more"},
    **DECIDING_DATA,
    "DECISION_RECORDED": {**DECIDING_DATA.get("DECISION_RECORDED", {}), "submission": 1},
    "REJECT": {"reason": "forged", "policy": "p1"},
}


def kyc(**context: object) -> Story:
    """A KYC session that is to be done within a day."""
    ends = at(NOON + timedelta(days=1))
    given = {"kycSessionId": "k1", "number": "KY-1", "userId": "u1", "expiresAt": ends, **context}
    return Story(CHARTS["kyc"], KYC_DATA, {}, given).begin()


def kycs() -> dict[str, Story]:
    submitted = kyc().tell("DOCUMENTS_SUBMITTED")
    decided = submitted.copy().tell("DECISION_RECORDED")
    approved = decided.copy().tell("APPROVE")
    return {
        "PENDING": kyc(),
        "PENDING, submitted, undecided": submitted,
        "PENDING, submitted": decided,
        "PENDING, submitted, held": decided.copy().tell("HOLD_PLACED"),
        "PENDING, submitted again, decided on the first": decided.copy().tell(
            "DOCUMENTS_SUBMITTED"
        ),
        "DOCUMENTS_REQUESTED": submitted.copy().tell("DOCUMENTS_REQUIRED"),
        "APPROVED": approved,
        "REJECTED": decided.copy().tell("REJECT"),
        "REJECTED, for good": decided.copy().tell("REJECT", final=True),
        "EXPIRED": kyc().wait(days=1).tell("EXPIRE"),
    }


# --- user -----------------------------------------------------------------------------------------

USER_DATA: Final = {
    "ADD_WALLET": {"walletId": "w1", "address": "bc1q", "cryptoType": "BTC"},
    "RESTRICT": _FREEZE,
    "LIFT": {"reason": "checked"},
    "BLOCK": {"reason": "fraud"},
    **DECIDING_DATA,
}


def user(**context: object) -> Story:
    """A user who has just registered."""
    given = {"userId": "u1", "email": "ada@example.com", "country": "NG", **context}
    return Story(CHARTS["user"], USER_DATA, {}, given).begin()


def users() -> dict[str, Story]:
    active = user().tell("DECISION_RECORDED", "ACTIVATE")
    return {
        "REGISTERED, undecided": user(),
        "REGISTERED": user().tell("DECISION_RECORDED"),
        "REGISTERED, held": user().tell("DECISION_RECORDED", "HOLD_PLACED"),
        "ACTIVE": active,
        "ACTIVE, has the wallet": active.copy().tell("ADD_WALLET"),
        "RESTRICTED, from registered": user().tell("RESTRICT"),
        "RESTRICTED, from active, for an hour": active.copy().tell("RESTRICT", liftAfterMs=HOUR),
        "BLOCKED": active.copy().tell("BLOCK"),
    }
