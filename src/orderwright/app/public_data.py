"""What outsiders read of the events of their lifecycles: a list of what is public, for what is not on it is not.

Most of what the house sends says why it does so, in words that are its own: why goods are held, who is suspected of
what, which policy approves. So each event names the keys of its data that are for the customer; a test has every event
of every shipped chart choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NOTHING: Final[frozenset[str]] = frozenset()
_REFUND: Final = frozenset({"paymentId", "refundId", "ofLines", "amount", "remaining"})
_CHARGEBACK: Final = frozenset({"paymentId", "amount", "remaining"})
_REPORTED: Final = frozenset({"amountMinor", "currency"})
HOUSE_ONLY: Final = frozenset(
    {
        "approval",
        "case",
        "credit",
        "document_request",
        "host_action",
        "payin",
        "payout",
        "policy",
        "reservation",
        "stock",
    }
)
"""The lifecycles of which outsiders read no data at all."""
PUBLIC: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "quotation": {
        "create": frozenset(
            {
                "quotationId",
                "number",
                "channel",
                "customerId",
                "currency",
                "lines",
                "shippingMinor",
                "totalMinor",
                "quotationVersion",
                "validUntil",
            }
        ),
        "SHARE": _NOTHING,
        "EDIT": frozenset({"lines", "shipping"}),
        "BUYER_APPROVES": frozenset({"version"}),
        "SELLER_APPROVES": frozenset({"version"}),
        "DECLINE": _NOTHING,
        "WITHDRAW": _NOTHING,
        "EXTEND_VALIDITY": frozenset({"days"}),
        "VALIDITY_ENDED": _NOTHING,
        "SALE_EXPIRED": frozenset({"version"}),
    },
    "sale": {
        "create": frozenset(
            {
                "orderId",
                "number",
                "channel",
                "customerId",
                "currency",
                "grandTotalMinor",
                "expiresAt",
            }
        ),
        "SET_PAYMENT_METHOD": frozenset({"method"}),
        "INITIATE_PAYMENT": _NOTHING,
        "PAYMENT_AUTHORIZED": _NOTHING,
        "PAYMENT_CAPTURED": frozenset({"amount", "paymentId", "method"}),
        "PAYMENT_REFUNDED": _REFUND,
        "PAYMENT_REFUND_UNDONE": _REFUND,
        "PAYMENT_CHARGED_BACK": _CHARGEBACK,
        "PAYMENT_CHARGEBACK_REVERSED": _CHARGEBACK,
        "PAYMENT_FAILED": _NOTHING,
        "ADMIN_OVERRIDE_REQUESTED": _NOTHING,
        "CREDIT_OVERRIDE_REQUIRED": _NOTHING,
        "ADMIN_OVERRIDE_GRANTED": _NOTHING,
        "CREDIT_OVERRIDE_GRANTED": _NOTHING,
        "ADMIN_OVERRIDE_DENIED": _NOTHING,
        "CREDIT_OVERRIDE_DENIED": _NOTHING,
        "OVERRIDE_REVOKED": _NOTHING,
        "OVERRIDE_EXPIRED": _NOTHING,
        "DECISION_RECORDED": _NOTHING,
        "HOLD_PLACED": _NOTHING,
        "HOLD_LIFTED": _NOTHING,
        "DECISION_OVERDUE": _NOTHING,
        "LINES_CREDITED": frozenset({"returnId", "amount", "lines"}),
        "RECHECK": _NOTHING,
        "FREEZE": _NOTHING,
        "FREEZE_ENDED": _NOTHING,
        "RELEASE": _NOTHING,
        "REJECT": _NOTHING,
        "CANCEL_REQUESTED": _NOTHING,
        "SALE_EXPIRED": _NOTHING,
        "TERM_CHANGED": _NOTHING,
        "REOPEN": _NOTHING,
        "FULFILMENT_SHIPPED": frozenset({"fulfilmentId"}),
        "FULFILMENT_COMPLETED": frozenset({"fulfilmentId", "outcome"}),
        "WRITE_OFF": _NOTHING,
    },
    "fulfilment": {
        "create": frozenset({"fulfilmentId", "orderId", "number", "location", "lines"}),
        "ALLOCATE": _NOTHING,
        "RESERVE_OK": _NOTHING,
        "RESERVE_MISS": frozenset({"skus"}),
        "FULFILMENT_STARTED": _NOTHING,
        "PACKAGE_SHIPPED": frozenset({"carrier", "tracking", "lines"}),
        "PACKAGE_DELIVERED": _NOTHING,
        "DELIVERY_FAILED": _NOTHING,
        "SERVICE_SCHEDULED": frozenset({"at"}),
        "SERVICE_STARTED": _NOTHING,
        "SERVICE_COMPLETED": _NOTHING,
        "RETURN_REQUESTED": frozenset({"lines"}),
        "RETURN_RECEIVED": frozenset({"returnId", "condition", "lines"}),
        "RETURN_REJECTED": frozenset({"returnId", "reason"}),  # the return says it too
        "REFUND_ISSUED": frozenset({"returnId"}),
        "HOLD": _NOTHING,
        "RESUME": _NOTHING,
        "CANCEL": _NOTHING,
        "FAIL": _NOTHING,
    },
    "return": {
        "create": frozenset(
            {"returnId", "number", "orderId", "fulfilmentId", "currency", "lines"}
        ),
        "RECEIVE": frozenset({"lines"}),
        "REJECT": frozenset({"reason"}),  # said to whom the goods came from
        "REFUND": frozenset({"amountMinor"}),
    },
    "payment": {
        "create": frozenset(
            {"paymentId", "orderId", "channel", "method", "amountMinor", "currency"}
        ),
        "CONFIRM": _NOTHING,
        "FAIL": _NOTHING,
        "REFUND": frozenset({"refundId", "amount", "lines"}),
        "CHARGE_BACK": frozenset({"chargebackId", "amount"}),
        "CAPTURE_REPORTED": _REPORTED,
        "FAILURE_REPORTED": _NOTHING,
        "REFUND_REPORTED": _REPORTED | {"refundId"},
        "REFUND_UNDONE": frozenset({"refundId"}),
        "CHARGEBACK_REPORTED": _REPORTED | {"chargebackId"},
        "CHARGEBACK_REVERSED": frozenset({"chargebackId"}),
        "MISMATCH_REPORTED": _NOTHING,
        "SALE_REFUSED": _NOTHING,
        "MATCHED": frozenset({"paymentId"}),
    },
    "kyc": {
        "create": frozenset({"kycSessionId", "number", "userId"}),
        "DOCUMENTS_SUBMITTED": frozenset({"documentType", "country", "provider"}),
        "DOCUMENTS_REQUIRED": frozenset({"types", "message"}),  # both are for the customer
        "APPROVE": frozenset({"validUntil"}),
        "RESUBMIT": frozenset({"expiresAt"}),
        "EXPIRE": _NOTHING,
        "DECISION_RECORDED": _NOTHING,
        "DECISION_OVERDUE": _NOTHING,
        "HOLD_PLACED": _NOTHING,
        "HOLD_LIFTED": _NOTHING,
        "REJECT": _NOTHING,
    },
    "user": {
        "create": frozenset({"userId", "email", "country", "customerId", "registeredAt"}),
        "ACTIVATE": _NOTHING,
        "ADD_WALLET": frozenset({"walletId", "address", "cryptoType", "country"}),
        "RESTRICT": _NOTHING,
        "RESTRICTION_ENDED": _NOTHING,
        "LIFT": _NOTHING,
        "BLOCK": _NOTHING,
        "DECISION_RECORDED": _NOTHING,
        "DECISION_OVERDUE": _NOTHING,
        "HOLD_PLACED": _NOTHING,
        "HOLD_LIFTED": _NOTHING,
    },
}
"""What outsiders read of what others have sent to their lifecycles: by chart and event, the keys of its data.

An event that is not named tells them nothing; the words of people are named where they are meant for the customer.
"""
