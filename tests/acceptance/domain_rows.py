"""The rows of the domain's tables and the rules below them, each with the events that it is about.

Written down here a second time, so that a row without a scenario is seen; and with their events, so that an event
without a row is.
"""

from __future__ import annotations

from typing import Final

QUOTATION: Final[dict[str, tuple[str, ...]]] = {
    "SHARE": ("SHARE",),
    "EDIT": ("EDIT",),
    "BUYER_APPROVES / SELLER_APPROVES": ("BUYER_APPROVES", "SELLER_APPROVES"),
    "the other party approves": (),
    "DECLINE": ("DECLINE",),
    "WITHDRAW": ("WITHDRAW",),
    "VALIDITY_ENDED (timer at valid_until)": ("VALIDITY_ENDED",),
    "EXTEND_VALIDITY, open": ("EXTEND_VALIDITY",),
    "EXTEND_VALIDITY, EXPIRED": (),
    "SALE_EXPIRED (system)": ("SALE_EXPIRED",),
    "final states": (),
    "every EDIT: a new version, approvals cleared": (),
    "every entry to REVISED: a new version, approvals cleared": (),
    "items not empty, quantity > 0, total exact": (),
    "approving party and actor are checked": (),
    "an approval names the version that it approved": (),
    "Phase change 1": (),
    "draft quotation to completed sale": (),
}
SALE: Final[dict[str, tuple[str, ...]]] = {
    "SET_PAYMENT_METHOD": ("SET_PAYMENT_METHOD",),
    "SET_PAYMENT_METHOD, credit terms": (),
    "PAYMENT_AUTHORIZED": ("PAYMENT_AUTHORIZED",),
    "PAYMENT_CAPTURED, full": ("PAYMENT_CAPTURED",),
    "PAYMENT_CAPTURED, partial": (),
    "PAYMENT_CAPTURED, over-capture": (),
    "PAYMENT_CAPTURED, after a final state": (),
    "PAYMENT_FAILED": ("PAYMENT_FAILED",),
    "INITIATE_PAYMENT": ("INITIATE_PAYMENT",),
    "ADMIN_OVERRIDE_REQUESTED, CREDIT_OVERRIDE_REQUIRED": (
        "ADMIN_OVERRIDE_REQUESTED",
        "CREDIT_OVERRIDE_REQUIRED",
    ),
    "ADMIN_OVERRIDE_GRANTED": ("ADMIN_OVERRIDE_GRANTED",),
    "CREDIT_OVERRIDE_GRANTED": ("CREDIT_OVERRIDE_GRANTED",),
    "ADMIN_OVERRIDE_DENIED": ("ADMIN_OVERRIDE_DENIED",),
    "CREDIT_OVERRIDE_DENIED": ("CREDIT_OVERRIDE_DENIED",),
    "OVERRIDE_REVOKED": ("OVERRIDE_REVOKED",),
    "OVERRIDE_EXPIRED": ("OVERRIDE_EXPIRED",),
    "answers in cleared and frozen states": (),
    "un-clearing, before shipping": ("PAYMENT_REFUNDED", "PAYMENT_CHARGED_BACK"),
    "un-clearing, after shipping": (),
    "RECHECK": ("RECHECK",),
    "FREEZE / RELEASE": ("FREEZE", "RELEASE"),
    "FREEZE, while frozen": (),
    "FREEZE for a while": ("FREEZE_ENDED",),
    "blocked while an approval that a policy requires is outstanding": (
        "HOLD_PLACED",
        "HOLD_LIFTED",
    ),
    "un-clearing by a hold, after shipping": (),
    "REJECT, CANCEL_REQUESTED": ("REJECT", "CANCEL_REQUESTED"),
    "SALE_EXPIRED (system)": ("SALE_EXPIRED",),
    "REOPEN": ("REOPEN",),
    "FULFILMENT_SHIPPED": ("FULFILMENT_SHIPPED",),
    "FULFILMENT_COMPLETED, all final and one delivered": ("FULFILMENT_COMPLETED",),
    "FULFILMENT_COMPLETED, all CANCELLED": (),
    "FULFILMENT_COMPLETED, FAILED": (),
    "sale.cleared on the clearing transition only": (),
    "Phase change 2": (),
    "Stale-sale expiry: exact timer": (),
    "Stale-sale expiry: 0 disables": (),
    "Stale-sale expiry: only unpaid, uncleared, unfrozen": (),
    "Stale-sale expiry: tells people, returns the quotation": (),
    "Money after expiry": (),
}
FULFILMENT: Final[dict[str, tuple[str, ...]]] = {
    "RESERVE_OK / RESERVE_MISS (system)": ("ALLOCATE", "RESERVE_OK", "RESERVE_MISS"),
    "FULFILMENT_STARTED": ("FULFILMENT_STARTED",),
    "PACKAGE_SHIPPED": ("PACKAGE_SHIPPED",),
    "PACKAGE_SHIPPED, unshipped lines": (),
    "PACKAGE_SHIPPED requires the sale cleared": (),
    "PACKAGE_DELIVERED": ("PACKAGE_DELIVERED",),
    "PACKAGE_DELIVERED twice changes nothing": (),
    "DELIVERY_FAILED": ("DELIVERY_FAILED",),
    "DELIVERY_FAILED, after the limit": (),
    "SERVICE_SCHEDULED / SERVICE_STARTED / SERVICE_COMPLETED": (
        "SERVICE_SCHEDULED",
        "SERVICE_STARTED",
        "SERVICE_COMPLETED",
    ),
    "RETURN_REQUESTED / RETURN_RECEIVED / REFUND_ISSUED": (
        "RETURN_REQUESTED",
        "RETURN_RECEIVED",
        "REFUND_ISSUED",
    ),
    "REFUND_ISSUED, shipped lines are left": (),
    "RETURN_REJECTED: back where it came from": ("RETURN_REJECTED",),
    "returned never exceeds shipped": (),
    "HOLD / RESUME": ("HOLD", "RESUME"),
    "CANCEL": ("CANCEL",),
    "FAIL": ("FAIL",),
}
APPROVALS: Final = (
    "up to 1,000.00 one MANAGER",
    "up to 100,000.00 two",
    "above two including ADMIN",
    "four eyes: the requester cannot vote",
    "one person one vote",
    "two last votes at once count once",
    "expires_at: 7 days",
    "overrides MANAGER and above",
)
CREDIT: Final = (
    "no profile = limit 0",
    "custom limit if set",
    "min(tier cap, earned limit)",
    "earned limit = floor(cumulative completed sales / 100)",
    "tier from earned",
    "exposure: hold",
    "exposure: settle",
    "exposure: release",
    "exposure: write-off",
    "exposure: return",
    "resellers: the same ledger",
)
PAYMENTS: Final = (
    "register (PENDING)",
    "confirm (CONFIRMED)",
    "payments are confirmed by ACCOUNTANT and above",
    "fail",
    "refunds never exceed what was captured",
    "refunds are linked to lines or to the sale",
    "chargeback",
    "currency must match",
    "consumer and reseller",
    "a payment row commits even when the lifecycle refuses",
)
_DECIDED: Final = ("DECISION_RECORDED", "HOLD_PLACED", "HOLD_LIFTED")
PAYIN: Final[dict[str, tuple[str, ...]]] = {
    "PayIn: PAYIN_RECEIVED": ("PAYIN_RECEIVED",),
    "PayIn: top-up of a PARTIAL": (),
    "PayIn: VERIFY": ("VERIFY",),
    "PayIn: RECONCILE": ("RECONCILE",),
    "PayIn: FAIL": ("FAIL",),
    "PayIn: REFUND": ("REFUND",),
    "PayIn: EXPIRE": ("EXPIRE",),
    "PayIn: FREEZE / RELEASE": ("FREEZE", "FREEZE_ENDED", "RELEASE"),
    "PayIn: REJECT": ("REJECT",),
    "PayIn: held": _DECIDED,
    "PayIn: a payment owns one": ("PAYMENT_CONFIRMED",),
}
PAYOUT: Final[dict[str, tuple[str, ...]]] = {
    "PayOut: PAYOUT_APPROVED": ("PAYOUT_APPROVED",),
    "PayOut: PAYOUT_DENIED": ("PAYOUT_DENIED",),
    "PayOut: approved by the band": (),
    "PayOut: who creates does not approve": (),
    "PayOut: START, SENT, CONFIRMING, CONFIRMED": ("START", "SENT", "CONFIRMING", "CONFIRMED"),
    "PayOut: FAIL (retry)": ("FAIL", "RETRY"),
    "PayOut: CANCEL, REJECT": ("CANCEL", "REJECT"),
    "PayOut: frozen, approved by two people, released, sent": ("FREEZE", "RELEASE"),
    "PayOut: FREEZE for a while": ("FREEZE_ENDED",),
    "PayOut: held": _DECIDED,
    "PayOut: a refund owns one": (),
}
KYC: Final[dict[str, tuple[str, ...]]] = {
    "KYC: DOCUMENTS_SUBMITTED": ("DOCUMENTS_SUBMITTED",),
    "KYC: DOCUMENTS_REQUIRED": ("DOCUMENTS_REQUIRED",),
    "KYC: APPROVE": ("APPROVE",),
    "KYC: REJECT": ("REJECT",),
    "KYC: RESUBMIT": ("RESUBMIT",),
    "KYC: EXPIRE": ("EXPIRE",),
    "KYC: held": _DECIDED,
}
USER: Final[dict[str, tuple[str, ...]]] = {
    "User: ACTIVATE": ("ACTIVATE",),
    "User: RESTRICT / LIFT": ("RESTRICT", "LIFT"),
    "User: RESTRICT for a while": ("RESTRICTION_ENDED",),
    "User: BLOCK": ("BLOCK",),
    "User: wallets": ("ADD_WALLET",),
    "User: held": _DECIDED,
}
COMPLIANCE: Final = (*PAYIN, *PAYOUT, *KYC, *USER)
ROWS: Final = frozenset(
    (*QUOTATION, *SALE, *FULFILMENT, *APPROVALS, *CREDIT, *PAYMENTS, *COMPLIANCE)
)
OVERDUE: Final = {
    "DECISION_OVERDUE": "what nobody decides on: tests/integration/test_decisions.py, test_overdue_decisions.py"
}
"""What every lifecycle does by itself after a minute, and where it is shown."""
ELSEWHERE: Final = {
    "DECISION_RECORDED": "the wait for a decision: tests/integration/test_decisions.py",
    "LINES_CREDITED": "what comes back unpaid: tests/charts/test_sale_returns.py",
    "TERM_CHANGED": "the term follows the setting: tests/integration/test_term_change.py",
    "PAYMENT_REFUND_UNDONE": "a pay-out that is not sent: tests/integration/test_compliance_money.py",
    "PAYMENT_CHARGEBACK_REVERSED": "a provider reports it: tests/integration/test_provider_webhooks.py",
    "WRITE_OFF": "exposure: write-off",
}
"""Events that the table of the sale does not name, and where they are shown."""
