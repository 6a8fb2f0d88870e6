"""The compliance entities of the domain, written down a second time and held against the charts, cell by cell."""

from __future__ import annotations

import pytest
from situations import SITUATIONS
from story import Story
from test_domain_tables import cells, row, same

OPEN_IN = ("PENDING", "PARTIAL, 40 of 100", "RECEIVED", "MISMATCH")
DONE_IN = ("VERIFIED", "RECONCILED", "FAILED", "EXPIRED")
COLD_IN = "FROZEN, from received"
LIVE_IN = (*OPEN_IN, *DONE_IN, COLD_IN)
PAYIN = {
    "PAYIN_RECEIVED": {
        **row("MISMATCH", *OPEN_IN, *DONE_IN),  # the sample brings the whole sum once more
        **row("RECEIVED", "PENDING", "FAILED", "EXPIRED"),
        **same(COLD_IN),
    },
    "PAYMENT_CONFIRMED": {
        **same("MISMATCH", "VERIFIED", "RECONCILED", COLD_IN),
        **row("RECEIVED", "PENDING", "PARTIAL, 40 of 100", "FAILED", "EXPIRED"),
        **row("VERIFIED", "RECEIVED"),
    },
    "VERIFY": row("VERIFIED", "RECEIVED"),
    "RECONCILE": row("RECONCILED", "MISMATCH", "VERIFIED"),  # the part-received one is undecided
    "FAIL": row("FAILED", "PENDING"),
    "REFUND": row(
        "REFUNDED", "PARTIAL, 40 of 100", "RECEIVED", "MISMATCH", "VERIFIED", "RECONCILED", COLD_IN
    ),
    "EXPIRE": {**row("EXPIRED", "PENDING"), **same(COLD_IN)},
    "DECISION_RECORDED": same(*LIVE_IN),
    "DECISION_OVERDUE": same("PENDING", "PARTIAL, 40 of 100", "FAILED", "EXPIRED"),
    "HOLD_PLACED": same(*LIVE_IN),
    "HOLD_LIFTED": same(*LIVE_IN),
    "FREEZE": row("FROZEN", *OPEN_IN, *DONE_IN),
    "FREEZE_ENDED": row("RECEIVED", COLD_IN),
    "RELEASE": row("RECEIVED", COLD_IN),
    "REJECT": row("REJECTED", *LIVE_IN),
}

IN_HAND = ("REQUESTED", "QUEUED", "FAILED")
UNDER_WAY = ("PROCESSING", "SENT", "CONFIRMING")
COLD_OUT = "FROZEN, from requested"
LIVE_OUT = (*IN_HAND, *UNDER_WAY, COLD_OUT)
PAYOUT = {
    "PAYOUT_APPROVED": {"REQUESTED": "QUEUED", **same(COLD_OUT)},
    "PAYOUT_DENIED": {**row("CANCELLED", *IN_HAND, COLD_OUT), **same(*UNDER_WAY)},
    "START": row("PROCESSING", "QUEUED"),
    "SENT": row("SENT", "PROCESSING"),
    "CONFIRMING": row("CONFIRMING", "SENT"),
    "CONFIRMED": row("CONFIRMED", "SENT", "CONFIRMING"),
    "FAIL": row("FAILED", *UNDER_WAY),
    "RETRY": row("QUEUED", "FAILED"),
    "CANCEL": row("CANCELLED", *IN_HAND, COLD_OUT),
    "DECISION_RECORDED": same(*LIVE_OUT),
    "DECISION_OVERDUE": same(COLD_OUT),
    "HOLD_PLACED": same(*LIVE_OUT),
    "HOLD_LIFTED": same(*LIVE_OUT),
    "FREEZE": row("FROZEN", *IN_HAND),
    "FREEZE_ENDED": row("REQUESTED", COLD_OUT),
    "RELEASE": row("REQUESTED", COLD_OUT),
    "REJECT": row("REJECTED", *IN_HAND, COLD_OUT),
}

ASKED = ("PENDING, submitted", "DOCUMENTS_REQUESTED")
LIVE_KYC = (*ASKED, "APPROVED", "REJECTED", "REJECTED, for good", "EXPIRED")
KYC = {
    "DOCUMENTS_SUBMITTED": row("PENDING", *ASKED),
    "DOCUMENTS_REQUIRED": row("DOCUMENTS_REQUESTED", *ASKED, "APPROVED"),
    "APPROVE": row("APPROVED", "PENDING, submitted"),
    "RESUBMIT": row("PENDING", "REJECTED", "EXPIRED"),
    "EXPIRE": {
        **row("EXPIRED", *ASKED, "APPROVED"),
        **row("REJECTED", "REJECTED", "REJECTED, for good"),
    },
    "REJECT": row("REJECTED", *ASKED, "APPROVED", "EXPIRED"),
    "DECISION_RECORDED": same(*LIVE_KYC),
    "DECISION_OVERDUE": same("DOCUMENTS_REQUESTED", "EXPIRED"),
    "HOLD_PLACED": same(*LIVE_KYC),
    "HOLD_LIFTED": same(*LIVE_KYC),
}

COLD_USER = "RESTRICTED, from registered"
LIVE_USER = ("REGISTERED", "ACTIVE", COLD_USER)
USER = {
    "ACTIVATE": row("ACTIVE", "REGISTERED"),
    "ADD_WALLET": same("REGISTERED", "ACTIVE"),
    "RESTRICT": row("RESTRICTED", "REGISTERED", "ACTIVE"),
    "RESTRICTION_ENDED": row("REGISTERED", COLD_USER),
    "LIFT": row("REGISTERED", COLD_USER),
    "BLOCK": row("BLOCKED", *LIVE_USER),
    "DECISION_RECORDED": same(*LIVE_USER),
    "DECISION_OVERDUE": same(COLD_USER),
    "HOLD_PLACED": same(*LIVE_USER),
    "HOLD_LIFTED": same(*LIVE_USER),
}
TABLES = {"payin": PAYIN, "payout": PAYOUT, "kyc": KYC, "user": USER}


@pytest.mark.parametrize(
    ("story", "event", "target"),
    [
        *cells("payin", PAYIN, (*LIVE_IN, "REFUNDED", "REJECTED")),
        *cells("payout", PAYOUT, (*LIVE_OUT, "CONFIRMED", "CANCELLED", "REJECTED")),
        *cells("kyc", KYC, LIVE_KYC),
        *cells("user", USER, (*LIVE_USER, "BLOCKED")),
    ],
)
def test_a_cell_of_a_compliance_chart_is_that_of_the_domain(
    story: Story, event: str, target: str | None
):
    played = story.copy()
    refused = played.send(event).refused
    if target is None:
        assert refused is not None
        assert refused.code in ("unhandled", "blocked", "done")
    else:
        assert refused is None
    assert played.state == (target or story.state).split(",")[0]


@pytest.mark.parametrize("chart", TABLES)
def test_the_tables_of_compliance_have_every_declared_event(chart: str):
    story = next(iter(SITUATIONS[chart].values()))
    assert set(TABLES[chart]) == set(story.chart.events)
