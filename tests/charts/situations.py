"""The situations of the golden tables: each state, reached from start by real events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from acting_story import document_requests, host_actions
from compliance_story import kycs, payins, payouts, users
from story import (
    FITTING,
    NO_LAMPS,
    ONE_LAMP,
    PLENTY,
    SPREAD,
    TWO_WITH_ADMIN,
    Story,
    approval,
    case,
    credit,
    fulfilment,
    fulfilments,
    goods_return,
    payment,
    policy,
    profile,
    quotation,
    reservation,
    sale,
    stock,
    undecided,
)


def quotations() -> dict[str, Story]:
    mutual = quotation().tell("SHARE", "BUYER_APPROVES", "SELLER_APPROVES")
    return {
        "DRAFT": quotation(),
        "IN_REVIEW": quotation().tell("SHARE"),
        "IN_REVIEW, actor speaks for nobody": _with(
            quotation().tell("SHARE"), actor={"sides": []}
        ),
        "IN_REVIEW, another version on the table": quotation(quotationVersion=2).tell("SHARE"),
        "REVISED": quotation().tell("SHARE", "EDIT"),
        "APPROVED_BY_BUYER": quotation().tell("SHARE", "BUYER_APPROVES"),
        "APPROVED_BY_SELLER": quotation().tell("SHARE", "SELLER_APPROVES"),
        "MUTUALLY_APPROVED": mutual,
        "MUTUALLY_APPROVED, validity has passed": mutual.copy().wait(days=11),
        "REJECTED": quotation().tell("SHARE", "DECLINE"),
        "CANCELLED": quotation().tell("WITHDRAW"),
        "EXPIRED": quotation().wait(days=10).tell("VALIDITY_ENDED"),
    }


def sales() -> dict[str, Story]:
    part = {"amount": "40.00", "paymentId": "p-part"}
    over = sale(limit=30).tell("SET_PAYMENT_METHOD", method="INVOICE")
    paid = sale().tell("PAYMENT_CAPTURED", paymentId="p-full")
    invoiced = sale(limit=500).tell("SET_PAYMENT_METHOD", method="INVOICE")
    covered = over.copy().tell("CREDIT_OVERRIDE_GRANTED", amount="70.00")
    shipped = invoiced.copy().tell("FULFILMENT_SHIPPED")
    return {
        "AWAITING_PAYMENT_METHOD": sale(),
        "AWAITING_PAYMENT_METHOD, undecided": undecided(),
        "PAYMENT_PENDING_CONFIRMATION, paid, undecided": undecided().tell(
            "PAYMENT_CAPTURED", paymentId="p-full"
        ),
        "AWAITING_PAYMENT_METHOD, undecided, the hold was lifted before": undecided().tell(
            "HOLD_LIFTED"
        ),
        "PAYMENT_PENDING_CONFIRMATION, paid, held": sale()
        .tell("HOLD_PLACED")
        .tell("PAYMENT_CAPTURED", paymentId="p-full"),
        "PAYMENT_INITIATED": sale().tell("SET_PAYMENT_METHOD"),
        "PAYMENT_PENDING_CONFIRMATION, authorised": sale().tell("PAYMENT_AUTHORIZED"),
        "PAYMENT_PENDING_CONFIRMATION, 40 of 100 captured": sale().tell(
            "PAYMENT_CAPTURED", **part
        ),
        "OVERRIDE_REVIEW, invoice over the limit by 70": over,
        "OVERRIDE_REVIEW, admin override asked": sale(limit=500).tell("ADMIN_OVERRIDE_REQUESTED"),
        "PAYMENT_FAILED": sale().tell("PAYMENT_FAILED"),
        "PAYMENT_FAILED, payment repeated": sale()
        .tell("PAYMENT_CAPTURED", **{**part, "paymentId": "p-new"})
        .tell("PAYMENT_FAILED"),
        "CLEARED_FOR_FULFILMENT, paid": paid,
        "CLEARED_FOR_FULFILMENT, invoice": invoiced,
        "CLEARED_FOR_FULFILMENT, invoice covered by an override": covered,
        "CLEARED_FOR_FULFILMENT, invoice, limit lowered since": _with(
            invoiced.copy(), credit=credit(0)
        ),
        "CLEARED_FOR_FULFILMENT, invoice, shipped, limit lowered since": _with(
            shipped, credit=credit(0)
        ),
        "CLEARED_FOR_FULFILMENT, paid, fulfilments cancelled": _with(
            paid.copy(), fulfilments=fulfilments("CANCELLED", "CANCELLED")
        ),
        "CLEARED_FOR_FULFILMENT, paid, fulfilments failed": _with(
            paid.copy(), fulfilments=fulfilments("FAILED", "CANCELLED")
        ),
        "CLEARED_FOR_FULFILMENT, shipped, money went back": paid.copy().tell(
            "FULFILMENT_SHIPPED", "PAYMENT_REFUNDED"
        ),
        "CLEARED_FOR_FULFILMENT, paid and shipped": paid.copy().tell("FULFILMENT_SHIPPED"),
        "FROZEN, from awaiting": sale().tell("FREEZE"),
        "FROZEN, undecided": undecided().tell("FREEZE"),
        "FROZEN, for an hour": sale().tell("FREEZE", releaseAfterMs=3_600_000),
        "FROZEN, from awaiting, deadline has passed": sale().tell("FREEZE").wait(days=1),
        "PAYMENT_PENDING_CONFIRMATION, part-paid, deadline has passed": sale()
        .tell("PAYMENT_CAPTURED", **part)
        .wait(days=1),
        "FROZEN, from cleared": paid.copy().tell("FREEZE"),
        "FROZEN, from cleared and shipped": paid.copy().tell("FULFILMENT_SHIPPED", "FREEZE"),
        "EXPIRED": sale().wait(days=1).tell("SALE_EXPIRED"),
        "EXPIRED, money has come since": sale()
        .wait(days=1)
        .tell("SALE_EXPIRED")
        .tell("PAYMENT_CAPTURED", paymentId="p-full"),
        "COMPLETED": paid.copy().tell("FULFILMENT_COMPLETED"),
        "COMPLETED, invoice not paid": invoiced.copy().tell("FULFILMENT_COMPLETED"),
        "FROZEN, from cleared on invoice": invoiced.copy().tell("FREEZE"),
        "CANCELLED": sale().tell("CANCEL_REQUESTED"),
        "REJECTED": sale().tell("REJECT"),
    }


def profiles() -> dict[str, Story]:
    return {
        "KEPT": profile(),
        "KEPT, set so already": profile().tell("SET_PROFILE"),
        "KEPT, after a sale": profile().tell("SALE_COMPLETED"),
        "KEPT, at the edge of the next tier": profile(cumulativeMinor=10_000_000_000),
    }


def deliveries() -> dict[str, Story]:
    packed = fulfilment().tell("ALLOCATE", "FULFILMENT_STARTED")
    shipped = packed.copy().tell("PACKAGE_SHIPPED")
    delivered = shipped.copy().tell("PACKAGE_DELIVERED")
    service = fulfilment(lines=[FITTING])
    scheduled = service.copy().tell("SERVICE_SCHEDULED")
    waiting = _with(fulfilment(ONE_LAMP).tell("ALLOCATE"), stock=NO_LAMPS)
    again = ["DELIVERY_FAILED", "PACKAGE_SHIPPED"]
    one_lamp = {"lines": [{"lineNo": 1, "quantity": 1}]}
    part = delivered.copy().tell("RETURN_REQUESTED", **one_lamp)
    return {
        "ALLOCATING_STOCK": fulfilment(),
        "ALLOCATING_STOCK, a lamp is missing": fulfilment(ONE_LAMP),
        "BACKORDERED": waiting,
        "BACKORDERED, lamps have arrived": _with(waiting.copy(), stock=PLENTY),
        "PICK_PACK": fulfilment().tell("ALLOCATE"),
        "PICK_PACK, a service": service,
        "PICK_PACK, the rest goes on elsewhere": fulfilment(SPREAD).tell("ALLOCATE"),
        "READY_FOR_SHIPMENT": packed,
        "READY_FOR_SHIPMENT, sale frozen": _with(packed.copy(), sale={"state": "FROZEN"}),
        "SHIPPED": shipped,
        "SHIPPED, one lamp of all": packed.copy().tell("PACKAGE_SHIPPED", **one_lamp),
        "SHIPPED, two deliveries failed": shipped.copy().tell(*again, *again),
        "DELIVERED": delivered,
        "DELIVERED, return rejected": delivered.copy().tell("RETURN_REQUESTED", "RETURN_REJECTED"),
        "DELIVERED, a part came back": part.copy().tell("RETURN_RECEIVED", "REFUND_ISSUED"),
        "SCHEDULING": scheduled,
        "IN_PROGRESS": scheduled.copy().tell("SERVICE_STARTED"),
        "RETURN_REQUESTED, from shipped": shipped.copy().tell("RETURN_REQUESTED"),
        "RETURN_REQUESTED, from delivered": delivered.copy().tell("RETURN_REQUESTED"),
        "RETURN_RECEIVED": delivered.copy().tell("RETURN_REQUESTED", "RETURN_RECEIVED"),
        "RETURN_RECEIVED, a part": part.copy().tell("RETURN_RECEIVED"),
        "ON_HOLD, from allocating": fulfilment().tell("HOLD"),
        "ON_HOLD, from backordered": waiting.copy().tell("HOLD"),
        "ON_HOLD, from ready": packed.copy().tell("HOLD"),
        "ON_HOLD, sale frozen": _with(packed.copy().tell("HOLD"), sale={"state": "FROZEN"}),
        "REFUNDED": delivered.copy().tell("RETURN_REQUESTED", "RETURN_RECEIVED", "REFUND_ISSUED"),
        "COMPLETED": scheduled.copy().tell("SERVICE_STARTED", "SERVICE_COMPLETED"),
        "CANCELLED": fulfilment().tell("CANCEL"),
        "FAILED": fulfilment().tell("FAIL"),
    }


def returns() -> dict[str, Story]:
    received = goods_return().tell("RECEIVE")
    return {
        "REQUESTED": goods_return(),
        "RECEIVED": received,
        "REJECTED": goods_return().tell("REJECT"),
        "REFUNDED": received.copy().tell("REFUND"),
        "REFUNDED, by nothing that is known": received.copy().tell("REFUND", openMinor=500),
    }


def cases() -> dict[str, Story]:
    return {
        "OPEN": case(),
        "OPEN, overdue": case().wait(days=1).tell("SLA_BREACHED"),
        "ASSIGNED": case().tell("ASSIGN", assigneeId="cid"),
        "ASSIGNED, to the actor": case().tell("TAKE"),
        "ASSIGNED, to who is named": case().tell("ASSIGN"),
        "RESOLVED": case().tell("TAKE", "RESOLVE"),
        "RESOLVED, had no term": case(slaMinutes=0, dueAt=None).tell("RESOLVE"),
    }


def approvals() -> dict[str, Story]:
    voted = approval().tell("APPROVE")
    approved = voted.copy().by("mia", "MANAGER").tell("APPROVE")
    return {
        "PENDING": approval(),
        "PENDING, the requester acts": approval().by("clara", "BILLER", "MANAGER"),
        "PENDING, without the role": approval().by("ben", "BILLER"),
        "PENDING, one of two has voted": voted.copy().by("mia", "MANAGER"),
        "PENDING, voted already": voted,
        "PENDING, two managers where an admin is needed": (
            approval(TWO_WITH_ADMIN)
            .tell("APPROVE")
            .by("mia", "MANAGER")
            .tell("APPROVE")
            .by("mo", "MANAGER")
        ),
        "APPROVED": approved,
        "APPROVED, without the role": approved.copy().by("ben", "BILLER"),
        "DENIED": approval().tell("DENY"),
        "REVOKED": approved.copy().tell("REVOKE"),
        "EXPIRED": approval().wait(days=7).tell("APPROVAL_EXPIRED"),
    }


def policies() -> dict[str, Story]:
    pending = policy().tell("REQUEST_PUBLICATION")
    active = pending.copy().tell("CHANGE_APPROVED")
    paused = active.copy().tell("PAUSE")
    return {
        "DRAFT": policy(),
        "DRAFT, publication was refused": pending.copy().tell("CHANGE_REFUSED"),
        "DRAFT, somebody has saved meanwhile": _basing(policy().tell("SAVE_VERSION")),
        "PENDING_PUBLICATION": pending,
        "ACTIVE": active,
        "ACTIVE, another version is asked for": active.copy()
        .tell("SAVE_VERSION")
        .tell("REQUEST_PUBLICATION", version=2),
        "ACTIVE, asked for a version that there is not": _asking(active.copy()),
        "PAUSED": paused,
        "PAUSED, resumption is asked for": paused.copy().tell("REQUEST_RESUMPTION"),
        "ARCHIVED": active.copy().tell("ARCHIVE"),
    }


def _basing(story: Story) -> Story:
    story.data = {**story.data, "SAVE_VERSION": {**story.data["SAVE_VERSION"], "basedOn": 1}}
    return story


def _asking(story: Story) -> Story:
    asked = {**story.data["REQUEST_PUBLICATION"], "version": 2}
    story.data = {**story.data, "REQUEST_PUBLICATION": asked}
    return story


def payments() -> dict[str, Story]:
    confirmed = payment().tell("CONFIRM")
    early = payment().tell("REFUND_REPORTED", amountMinor=4000).tell("CHARGEBACK_REPORTED")
    return {
        "UNMATCHED": payment(orderId=None),
        "MATCHED": payment(orderId=None).tell("MATCHED"),
        "PENDING": payment(),
        "PENDING, a refund and a chargeback were reported": early,
        "FAILED": payment().tell("FAIL"),
        "CONFIRMED": confirmed,
        "CONFIRMED, the chargeback was reversed before": payment().tell(
            "CHARGEBACK_REVERSED", "CHARGEBACK_REPORTED", "CAPTURE_REPORTED"
        ),
        "PARTLY_REFUNDED": confirmed.copy().tell("REFUND", refundId="r-1"),
        "PARTLY_REFUNDED, 80 of 100": confirmed.copy().tell(
            "REFUND", refundId="r-1", amount="80.00"
        ),
        "REFUNDED": confirmed.copy().tell("REFUND", refundId="r-1", amount="100.00"),
        "CHARGED_BACK": confirmed.copy().tell("CHARGEBACK_REPORTED"),
        "CHARGED_BACK, refunded before": confirmed.copy()
        .tell("REFUND", refundId="r-1")
        .tell("CHARGEBACK_REPORTED", amountMinor=7000),
    }


def shelves() -> dict[str, Story]:
    return {"KEPT": stock(), "KEPT, received": stock().tell("RECEIVE_STOCK")}


def reservations() -> dict[str, Story]:
    reserved = reservation().tell("RESERVE")
    return {
        "RESERVING": reservation(),
        "RESERVING, nothing is there": reservation({"LAMP": {"free": {}, "short": 0}}),
        "RESERVING, others wait for it": reservation({"LAMP": {"free": {"north": 2}, "short": 2}}),
        "RESERVED": reserved,
        "RESERVED, nothing was there": reservation({"LAMP": {"free": {}, "short": 0}}).tell(
            "RESERVE"
        ),
        "HANDED_OVER": reserved.copy().tell("HAND_OVER"),
        "RELEASED": reserved.copy().tell("RELEASE"),
    }


def _with(story: Story, **facts: object) -> Story:
    story.facts |= facts
    return story


SITUATIONS: Final[Mapping[str, dict[str, Story]]] = {
    "quotation": quotations(),
    "sale": sales(),
    "fulfilment": deliveries(),
    "case": cases(),
    "approval": approvals(),
    "document_request": document_requests(),
    "host_action": host_actions(),
    "credit": profiles(),
    "payment": payments(),
    "policy": policies(),
    "return": returns(),
    "stock": shelves(),
    "reservation": reservations(),
    "payin": payins(),
    "payout": payouts(),
    "kyc": kycs(),
    "user": users(),
}
PASSED_THROUGH: Final = {"WHERE_PAYMENT_STANDS", "ARRIVING"}
"""States that no instance rests in."""
