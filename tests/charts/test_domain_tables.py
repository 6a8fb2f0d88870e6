"""The tables of the domain, written down a second time and held against the charts, cell by cell.

The golden tables say what the charts do; these say what they must do. A row is an event with the state that each state
goes to; every state that a row does not name must refuse the event and stay.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from situations import SITUATIONS
from story import Story


def row(to: str, *states: str) -> dict[str, str]:
    return dict.fromkeys(states, to)


def same(*states: str) -> dict[str, str]:
    return {state: state for state in states}


APPROVED = ("APPROVED_BY_BUYER", "APPROVED_BY_SELLER")
NEGOTIATED = ("DRAFT", "IN_REVIEW", "REVISED", *APPROVED)
QUOTATION = {
    "SHARE": row("IN_REVIEW", "DRAFT", "REVISED"),
    "EDIT": {**same("DRAFT"), **row("REVISED", "REVISED", "IN_REVIEW", *APPROVED)},
    "BUYER_APPROVES": {
        "IN_REVIEW": "APPROVED_BY_BUYER",
        "APPROVED_BY_SELLER": "MUTUALLY_APPROVED",
    },
    "SELLER_APPROVES": {
        "IN_REVIEW": "APPROVED_BY_SELLER",
        "APPROVED_BY_BUYER": "MUTUALLY_APPROVED",
    },
    "DECLINE": row("REJECTED", "IN_REVIEW", "REVISED", *APPROVED),
    "WITHDRAW": row("CANCELLED", *NEGOTIATED),
    "VALIDITY_ENDED": row("EXPIRED", *NEGOTIATED),
    "EXTEND_VALIDITY": {**same(*NEGOTIATED), "EXPIRED": "REVISED"},
    "SALE_EXPIRED": row("REVISED", "MUTUALLY_APPROVED"),
}

OPEN = (
    "AWAITING_PAYMENT_METHOD",
    "PAYMENT_INITIATED",
    "PAYMENT_PENDING_CONFIRMATION, authorised",
    "OVERRIDE_REVIEW, admin override asked",
    "PAYMENT_FAILED",
)
UNASKED = tuple(state for state in OPEN if not state.startswith("OVERRIDE_REVIEW"))
CLEARED, FROZEN = "CLEARED_FOR_FULFILMENT, paid", "FROZEN, from awaiting"
UNENDED_SALES = (*OPEN, CLEARED, FROZEN, "EXPIRED", "COMPLETED")
WHERE_PAYMENT_STANDS = {
    **same(*OPEN),
    "OVERRIDE_REVIEW, admin override asked": "AWAITING_PAYMENT_METHOD",
    **same(CLEARED, FROZEN, "EXPIRED"),
}
SALE = {
    "SET_PAYMENT_METHOD": row("PAYMENT_INITIATED", *OPEN),
    "INITIATE_PAYMENT": row("PAYMENT_INITIATED", *OPEN),
    "PAYMENT_AUTHORIZED": row("PAYMENT_PENDING_CONFIRMATION", *OPEN),
    "PAYMENT_CAPTURED": {
        **row("CLEARED_FOR_FULFILMENT", *OPEN),
        **same(CLEARED, FROZEN, "EXPIRED", "COMPLETED"),
    },
    # Only the sales that are paid know the payment; what the cleared one goes back to has no method.
    "PAYMENT_REFUNDED": {CLEARED: "AWAITING_PAYMENT_METHOD", **same("COMPLETED")},
    "PAYMENT_REFUND_UNDONE": {},  # of none of these has money gone back
    "PAYMENT_CHARGED_BACK": {CLEARED: "AWAITING_PAYMENT_METHOD", **same("COMPLETED")},
    "PAYMENT_CHARGEBACK_REVERSED": same(CLEARED, "COMPLETED"),
    "PAYMENT_FAILED": row("PAYMENT_FAILED", *OPEN),
    # In that situation an admin override is asked for already, and the customer has credit.
    "ADMIN_OVERRIDE_REQUESTED": row("OVERRIDE_REVIEW", *UNASKED),
    "CREDIT_OVERRIDE_REQUIRED": row("OVERRIDE_REVIEW", *UNASKED),
    # The customer of that situation has credit, so a waiver clears it; the others have none.
    "ADMIN_OVERRIDE_GRANTED": {
        **WHERE_PAYMENT_STANDS,
        "OVERRIDE_REVIEW, admin override asked": "CLEARED_FOR_FULFILMENT",
    },
    "CREDIT_OVERRIDE_GRANTED": WHERE_PAYMENT_STANDS,
    "ADMIN_OVERRIDE_DENIED": WHERE_PAYMENT_STANDS,
    "CREDIT_OVERRIDE_DENIED": WHERE_PAYMENT_STANDS,
    "OVERRIDE_REVOKED": WHERE_PAYMENT_STANDS,
    "OVERRIDE_EXPIRED": WHERE_PAYMENT_STANDS,
    "DECISION_RECORDED": same(*UNENDED_SALES),  # these are decided: it changes nothing
    "DECISION_OVERDUE": {},
    "HOLD_PLACED": {**same(*UNENDED_SALES), CLEARED: "PAYMENT_PENDING_CONFIRMATION"},
    "HOLD_LIFTED": same(*UNENDED_SALES),
    "LINES_CREDITED": same(*OPEN, CLEARED, FROZEN, "EXPIRED", "COMPLETED"),
    "RECHECK": same(*OPEN, CLEARED),
    "FREEZE": row("FROZEN", *OPEN, CLEARED),
    "RELEASE": row("AWAITING_PAYMENT_METHOD", FROZEN),
    "FREEZE_ENDED": row("AWAITING_PAYMENT_METHOD", FROZEN),
    "REJECT": row("REJECTED", *OPEN, CLEARED, FROZEN),
    "CANCEL_REQUESTED": row("CANCELLED", *OPEN, CLEARED, FROZEN),
    "SALE_EXPIRED": {**row("EXPIRED", *OPEN), **same(FROZEN)},
    "TERM_CHANGED": same(*OPEN, FROZEN),
    "REOPEN": row("AWAITING_PAYMENT_METHOD", "EXPIRED"),
    "FULFILMENT_SHIPPED": same(*OPEN, CLEARED, FROZEN),
    "FULFILMENT_COMPLETED": {**same(FROZEN), **row("COMPLETED", *OPEN, CLEARED)},
    "WRITE_OFF": {},  # these are paid or not delivered: nothing to give up
}
ONE_SALE_A_STATE = (*OPEN, CLEARED, FROZEN, "EXPIRED", "COMPLETED", "CANCELLED", "REJECTED")

FITTED = "PICK_PACK, a service"
GOODS = ("ALLOCATING_STOCK", "BACKORDERED", "PICK_PACK", "READY_FOR_SHIPMENT")
UNSHIPPED = (*GOODS, FITTED, "SCHEDULING", "IN_PROGRESS")
HELD, SENT = "ON_HOLD, from allocating", "RETURN_REQUESTED, from shipped"
UNENDED = (*UNSHIPPED, HELD, "SHIPPED", "DELIVERED", SENT, "RETURN_RECEIVED")
FULFILMENT = {
    # There is enough of everything, but for who waits already.
    "ALLOCATE": {"ALLOCATING_STOCK": "PICK_PACK", "BACKORDERED": "BACKORDERED"},
    "RESERVE_OK": row("PICK_PACK", "ALLOCATING_STOCK", "BACKORDERED"),
    "RESERVE_MISS": row("BACKORDERED", "ALLOCATING_STOCK", "BACKORDERED"),
    "FULFILMENT_STARTED": row("READY_FOR_SHIPMENT", "PICK_PACK"),
    "PACKAGE_SHIPPED": row("SHIPPED", "READY_FOR_SHIPMENT"),
    "PACKAGE_DELIVERED": row("DELIVERED", "SHIPPED", "DELIVERED"),
    "DELIVERY_FAILED": row("READY_FOR_SHIPMENT", "SHIPPED"),
    "SERVICE_SCHEDULED": row("SCHEDULING", FITTED),
    "SERVICE_STARTED": row("IN_PROGRESS", "SCHEDULING"),
    "SERVICE_COMPLETED": row("COMPLETED", "IN_PROGRESS"),
    "RETURN_REQUESTED": row("RETURN_REQUESTED", "SHIPPED", "DELIVERED"),
    "RETURN_RECEIVED": row("RETURN_RECEIVED", SENT),
    "RETURN_REJECTED": {SENT: "SHIPPED", "RETURN_RECEIVED": "DELIVERED"},
    "REFUND_ISSUED": row("REFUNDED", "RETURN_RECEIVED"),
    "HOLD": row("ON_HOLD", *UNSHIPPED),
    "RESUME": {HELD: "ALLOCATING_STOCK"},
    "CANCEL": row("CANCELLED", *UNSHIPPED, HELD),
    "FAIL": row("FAILED", *UNENDED),
}
ENDS = ("REFUNDED", "COMPLETED", "CANCELLED", "FAILED")

CASE = {
    "ASSIGN": row("ASSIGNED", "OPEN", "ASSIGNED"),
    "TAKE": row("ASSIGNED", "OPEN", "ASSIGNED"),
    "COMMENT": same("OPEN", "ASSIGNED", "RESOLVED"),
    "CHANGE_PRIORITY": same("OPEN", "ASSIGNED"),
    "RESOLVE": row("RESOLVED", "OPEN", "ASSIGNED"),
    "REOPEN": row("OPEN", "RESOLVED"),
    "SLA_BREACHED": same("OPEN", "ASSIGNED"),
}

RETURN = {
    "RECEIVE": row("RECEIVED", "REQUESTED"),
    "REJECT": row("REJECTED", "REQUESTED", "RECEIVED"),
    "REFUND": row("REFUNDED", "RECEIVED"),
}

VOTING = ("PENDING", "PENDING, one of two has voted")
APPROVAL = {
    "APPROVE": {"PENDING": "PENDING", "PENDING, one of two has voted": "APPROVED"},
    "DENY": row("DENIED", *VOTING),
    "REVOKE": row("REVOKED", "APPROVED"),
    "WITHDRAW": row("REVOKED", "PENDING, the requester acts"),
    "SUBJECT_ENDED": row("REVOKED", *VOTING, "PENDING, the requester acts"),
    "APPROVAL_EXPIRED": row("EXPIRED", *VOTING, "PENDING, the requester acts", "APPROVED"),
}

UNPAID = ("PENDING", "FAILED")
PAID = ("CONFIRMED", "PARTLY_REFUNDED", "REFUNDED", "CHARGED_BACK")
PAYMENT = {
    "CONFIRM": row("CONFIRMED", *UNPAID),
    "CAPTURE_REPORTED": {**row("CONFIRMED", *UNPAID), **same(*PAID)},
    "FAIL": row("FAILED", *UNPAID),
    "FAILURE_REPORTED": {**row("FAILED", *UNPAID), **same(*PAID)},  # never follows CONFIRMED
    "REFUND": row("PARTLY_REFUNDED", "CONFIRMED", "PARTLY_REFUNDED"),
    "REFUND_UNDONE": row("CONFIRMED", "PARTLY_REFUNDED", "REFUNDED"),
    "CHARGE_BACK": row("CHARGED_BACK", "CONFIRMED", "PARTLY_REFUNDED"),
    "REFUND_REPORTED": {
        **same(*UNPAID, "REFUNDED", "CHARGED_BACK"),
        **row("REFUNDED", "CONFIRMED", "PARTLY_REFUNDED"),
    },
    "CHARGEBACK_REPORTED": {**same(*UNPAID), **row("CHARGED_BACK", *PAID)},
    "CHARGEBACK_REVERSED": {**same(*UNPAID, *PAID), "CHARGED_BACK": "CONFIRMED"},
    "MISMATCH_REPORTED": same(*UNPAID, *PAID),
    "SALE_REFUSED": same(*UNPAID, *PAID),
    "MATCHED": row("MATCHED", "UNMATCHED"),
}


def cells(chart: str, table: Mapping[str, Mapping[str, str]], states: tuple[str, ...]) -> list:
    return [
        pytest.param(
            SITUATIONS[chart][state], event, targets.get(state), id=f"{chart}-{state}-{event}"
        )
        for event, targets in table.items()
        for state in states
    ]


@pytest.mark.parametrize(
    ("story", "event", "target"),
    [
        *cells(
            "quotation",
            QUOTATION,
            (*NEGOTIATED, "MUTUALLY_APPROVED", "EXPIRED", "REJECTED", "CANCELLED"),
        ),
        *cells("sale", SALE, ONE_SALE_A_STATE),
        *cells("fulfilment", FULFILMENT, (*UNENDED, *ENDS)),
        *cells("case", CASE, ("OPEN", "ASSIGNED", "RESOLVED")),
        *cells(
            "approval",
            APPROVAL,
            (*VOTING, "PENDING, the requester acts", "APPROVED", "DENIED", "REVOKED", "EXPIRED"),
        ),
        *cells("return", RETURN, ("REQUESTED", "RECEIVED", "REJECTED", "REFUNDED")),
        *cells("payment", PAYMENT, (*UNPAID, *PAID, "UNMATCHED", "MATCHED")),
    ],
)
def test_a_cell_of_the_chart_is_that_of_the_domain(story: Story, event: str, target: str | None):
    played = story.copy()
    step = played.send(event)
    if target is None:
        assert step.refused is not None
        assert step.refused.code in ("unhandled", "blocked", "done")
        assert played.state == story.state
    else:
        assert step.refused is None
        assert played.state == target.split(",")[0]


@pytest.mark.parametrize(
    ("chart", "table"),
    [
        ("quotation", QUOTATION),
        ("sale", SALE),
        ("fulfilment", FULFILMENT),
        ("case", CASE),
        ("approval", APPROVAL),
        ("payment", PAYMENT),
        ("return", RETURN),
    ],
)
def test_the_tables_have_every_declared_event(chart: str, table: dict):
    story = next(iter(SITUATIONS[chart].values()))
    assert set(table) == set(story.chart.events)
