"""What becomes of pay-ins, pay-outs, KYC sessions and users, row by row of the domain's table."""

from __future__ import annotations

from acceptance.complying import (
    at,
    held_by,
    kyc,
    owned_payin,
    owned_payout,
    payin,
    payout,
    policies,
    says,
    send,
    take_back,
    tells,
    user,
    vote,
    waits,
)
from acceptance.doing import confirm, later, order, refund, register
from acceptance.scenario import Scenario, Step, scenario
from acceptance.seeing import applied, cases, refused, stands

HOUR = 3_600_000
HOLD = {"holdId": "h", "kind": "approval", "reason": "needs a second look", "policy": "p"}
LIFT = {"holdId": "h", "outcome": "approved"}


def receive(amount: str, reference: str = "t1") -> Step:
    return send("payin", "PAYIN_RECEIVED", by="tony", amount=amount, reference=reference)


def on(chart: str, event: str, by: str, **data: object) -> Step:
    return send(chart, event, by=by, **data)


SUBMIT = on("kyc", "DOCUMENTS_SUBMITTED", "cora", documentType="PASSPORT", country="NG")
WALLET = on("user", "ADD_WALLET", "cora", walletId="w1", address="bc1q", cryptoType="BTC")
FREEZE = {"by": "cora", "reason": "check"}

PAYINS: tuple[Scenario, ...] = (
    *(
        scenario(
            "PayIn: PAYIN_RECEIVED",
            f"{amount} of 100.00 is {state}",
            given=[payin()],
            when=[receive(amount)],
            then=[at("payin", state), tells("payin", "payin.received", currency="EUR")],
        )
        for amount, state in (("100.00", "RECEIVED"), ("99.99", "PARTIAL"), ("100.01", "MISMATCH"))
    ),
    scenario(
        "PayIn: PAYIN_RECEIVED",
        "a transfer that is told twice counts once",
        given=[payin(), receive("40.00")],
        when=[receive("40.00")],
        then=[refused("blocked", "payin.already_received"), at("payin", "PARTIAL")],
    ),
    scenario(
        "PayIn: top-up of a PARTIAL",
        "what comes later adds up",
        given=[payin(), receive("40.00")],
        when=[receive("60.00", "t2")],
        then=[at("payin", "RECEIVED", receivedMinor=10000)],
    ),
    scenario(
        ("PayIn: VERIFY", "PayIn: RECONCILE"),
        "what has arrived exactly is verified, and reconciled with the statement",
        given=[payin(), receive("100.00"), on("payin", "VERIFY", "tony")],
        when=[on("payin", "RECONCILE", "tony", note="statement 7")],
        then=[at("payin", "RECONCILED"), tells("payin", "payin.verified")],
    ),
    scenario(
        "PayIn: VERIFY",
        "a part is not verified, and says how much has arrived",
        given=[payin(), receive("40.00")],
        when=[on("payin", "VERIFY", "tony")],
        then=[
            refused("blocked", "payin.amount_differs"),
            says("payin", "VERIFY", "payin.amount_differs", by="tony"),
        ],
    ),
    scenario(
        "PayIn: held",
        "what a policy holds is not verified until the hold is lifted",
        given=[payin(), receive("100.00"), policies("payin", "HOLD_PLACED", **HOLD)],
        when=[on("payin", "VERIFY", "tony")],
        then=[
            refused("blocked", "policy.held"),
            held_by("payin", "needs a second look"),
            policies("payin", "HOLD_LIFTED", **LIFT),
            on("payin", "VERIFY", "tony"),
            at("payin", "VERIFIED"),
        ],
    ),
    scenario(
        "PayIn: FAIL",
        "money that does not come has failed, and opens again when it does",
        given=[payin(), on("payin", "FAIL", "tony", reason="no money came")],
        when=[receive("100.00")],
        then=[at("payin", "RECEIVED")],
    ),
    scenario(
        "PayIn: REFUND",
        "money that has come goes back, and that is the end of it",
        given=[payin(), receive("100.00"), on("payin", "REFUND", "tony", reason="returned")],
        when=[receive("1.00", "t2")],
        then=[refused("done"), at("payin", "REFUNDED")],
    ),
    scenario(
        "PayIn: EXPIRE",
        "money that does not come in time has expired, and not before",
        given=[payin(days=1), later(hours=23, minutes=59), at("payin", "PENDING")],
        when=[later(minutes=1)],
        then=[at("payin", "EXPIRED"), tells("payin", "payin.expired")],
    ),
    scenario(
        ("PayIn: FREEZE / RELEASE", "PayIn: PAYIN_RECEIVED"),
        "a frozen pay-in takes money, and goes on with it when it is released",
        given=[payin(), on("payin", "FREEZE", **FREEZE), receive("100.00"), at("payin", "FROZEN")],
        when=[on("payin", "RELEASE", "cora")],
        then=[applied(), at("payin", "RECEIVED"), tells("payin", "payin.released")],
    ),
    scenario(
        "PayIn: FREEZE / RELEASE",
        "a freeze for an hour ends after an hour; meanwhile nothing is verified",
        given=[payin(), receive("100.00"), on("payin", "FREEZE", **FREEZE, releaseAfterMs=HOUR)],
        when=[on("payin", "VERIFY", "tony")],
        then=[refused("blocked", "payin.frozen"), later(hours=1), at("payin", "RECEIVED")],
    ),
    scenario(
        "PayIn: REJECT",
        "a rejected pay-in is at its end",
        given=[payin(), on("payin", "REJECT", "cora", reason="fraud")],
        when=[receive("100.00")],
        then=[refused("done"), at("payin", "REJECTED")],
    ),
    scenario(
        "PayIn: a payment owns one",
        "what is confirmed is received and verified; the order has its money",
        given=[order(), register("100.00")],
        when=[confirm()],
        then=[
            stands("CLEARED_FOR_FULFILMENT"),
            owned_payin(),
            at("payin", "VERIFIED", receivedMinor=10000, isConfirmed=True),
        ],
    ),
    scenario(
        "PayIn: a payment owns one",
        "what is verified first confirms its payment",
        given=[order(), register("100.00"), owned_payin(), receive("100.00")],
        when=[on("payin", "VERIFY", "tony")],
        then=[applied(), stands("CLEARED_FOR_FULFILMENT")],
    ),
)

PAYOUTS: tuple[Scenario, ...] = (
    scenario(
        ("PayOut: PAYOUT_APPROVED", "PayOut: START, SENT, CONFIRMING, CONFIRMED"),
        "a pay-out that one other person approves is queued, sent and arrives",
        given=[
            payout("1000.00"),
            at("payout", "REQUESTED"),
            waits("payout", "payout.unapproved"),
            vote("APPROVE", by="tess"),
            at("payout", "QUEUED"),
            on("payout", "START", "tess"),
            on("payout", "SENT", "tess", tx="tx-1"),
            on("payout", "CONFIRMING", "tess"),
        ],
        when=[on("payout", "CONFIRMED", "tess")],
        then=[at("payout", "CONFIRMED", transactions=["tx-1"]), tells("payout", "payout.sent")],
    ),
    scenario(
        "PayOut: approved by the band",
        "above the first limit it takes two people",
        given=[payout("1000.01"), vote("APPROVE", by="tess"), at("payout", "REQUESTED")],
        when=[vote("APPROVE", by="theo")],
        then=[at("payout", "QUEUED")],
    ),
    scenario(
        "PayOut: approved by the band",
        "above the second limit one of two is an admin",
        given=[
            payout("100000.01"),
            vote("APPROVE", by="tess"),
            vote("APPROVE", by="theo"),
            at("payout", "REQUESTED"),
        ],
        when=[vote("APPROVE", by="admin")],
        then=[at("payout", "QUEUED")],
    ),
    scenario(
        "PayOut: who creates does not approve",
        "who asks may not vote, whatever they are",
        given=[payout(by="admin")],
        when=[vote("APPROVE", by="admin")],
        then=[refused("blocked", "approval.own_request"), at("payout", "REQUESTED")],
    ),
    scenario(
        "PayOut: who creates does not approve",
        "an accountant does not vote",
        given=[payout()],
        when=[vote("APPROVE", by="tony")],
        then=[refused("access.denied"), at("payout", "REQUESTED")],
    ),
    scenario(
        "PayOut: frozen, approved by two people, released, sent",
        "consent that is given while a pay-out is frozen counts once it is released",
        given=[
            payout("5000.00"),
            on("payout", "FREEZE", **FREEZE),
            vote("APPROVE", by="tess"),
            vote("APPROVE", by="theo"),
            at("payout", "FROZEN"),
            on("payout", "RELEASE", "cora"),
            at("payout", "QUEUED"),
            on("payout", "START", "tess"),
        ],
        when=[on("payout", "SENT", "tess", tx="tx-1")],
        then=[at("payout", "SENT"), tells("payout", "payout.released")],
    ),
    scenario(
        "PayOut: held",
        "a pay-out that is approved and held waits for the hold alone",
        given=[payout(), policies("payout", "HOLD_PLACED", **HOLD), vote("APPROVE", by="tess")],
        when=[policies("payout", "HOLD_LIFTED", **LIFT)],
        then=[at("payout", "QUEUED"), tells("payout", "payout.hold_lifted", outcome="approved")],
    ),
    scenario(
        "PayOut: PAYOUT_APPROVED",
        "a policy stands in for one person",
        given=[payout()],
        when=[policies("payout", "PAYOUT_APPROVED", policy="p")],
        then=[at("payout", "QUEUED")],
    ),
    scenario(
        "PayOut: PAYOUT_DENIED",
        "one voice against it cancels it",
        given=[payout()],
        when=[vote("DENY", by="tess")],
        then=[at("payout", "CANCELLED", closedReason="looked at it")],
    ),
    scenario(
        "PayOut: PAYOUT_DENIED",
        "consent that is taken back before the money leaves cancels it",
        given=[payout(), vote("APPROVE", by="tess"), at("payout", "QUEUED")],
        when=[take_back(by="theo")],
        then=[
            at("payout", "CANCELLED", closedReason="wrong account"),
            on("payout", "START", "tess"),
            refused("done"),
        ],
    ),
    scenario(
        "PayOut: PAYOUT_DENIED",
        "consent that is taken back under way stops nothing, and a case says so",
        given=[
            order(),
            register("100.00"),
            confirm(),
            refund("25.00"),
            owned_payout(),
            vote("APPROVE", by="tess"),
            on("payout", "START", "tess"),
        ],
        when=[take_back(by="theo")],
        then=[at("payout", "PROCESSING", approval=None), cases("PAYOUT_NOT_STOPPED")],
    ),
    scenario(
        "PayOut: FAIL (retry)",
        "what has failed is tried again",
        given=[
            payout(),
            vote("APPROVE", by="tess"),
            on("payout", "START", "tess"),
            on("payout", "FAIL", "tess", reason="no such account"),
            at("payout", "FAILED"),
        ],
        when=[on("payout", "RETRY", "tess")],
        then=[at("payout", "QUEUED"), tells("payout", "payout.failed")],
    ),
    scenario(
        "PayOut: CANCEL, REJECT",
        "a pay-out is cancelled before the money leaves",
        given=[payout()],
        when=[on("payout", "CANCEL", "tony", reason="asked by mistake")],
        then=[at("payout", "CANCELLED")],
    ),
    scenario(
        "PayOut: CANCEL, REJECT",
        "money that is under way is not stopped",
        given=[payout(), vote("APPROVE", by="tess"), on("payout", "START", "tess")],
        when=[on("payout", "REJECT", "cora", reason="fraud")],
        then=[refused("blocked", "payout.under_way"), at("payout", "PROCESSING")],
    ),
    scenario(
        "PayOut: CANCEL, REJECT",
        "a pay-out is rejected",
        given=[payout()],
        when=[on("payout", "REJECT", "cora", reason="fraud")],
        then=[at("payout", "REJECTED")],
    ),
    scenario(
        "PayOut: FREEZE for a while",
        "a freeze of money for an hour ends after an hour",
        given=[payout(), on("payout", "FREEZE", **FREEZE, releaseAfterMs=HOUR)],
        when=[later(hours=1)],
        then=[at("payout", "REQUESTED")],
    ),
    scenario(
        "PayOut: a refund owns one",
        "what goes back waits for the consent of others",
        given=[order(), register("100.00"), confirm()],
        when=[refund("25.00")],
        then=[owned_payout(), at("payout", "REQUESTED", amountMinor=2500)],
    ),
)

KYC_SESSIONS: tuple[Scenario, ...] = (
    scenario(
        ("KYC: DOCUMENTS_SUBMITTED", "KYC: APPROVE"),
        "a session with documents is approved by compliance",
        given=[kyc(), SUBMIT],
        when=[on("kyc", "APPROVE", "cora")],
        then=[at("kyc", "APPROVED"), tells("kyc", "kyc.submitted", submissions=1)],
    ),
    scenario(
        "KYC: APPROVE",
        "a manager does not approve a session",
        given=[kyc(), SUBMIT],
        when=[on("kyc", "APPROVE", "mia")],
        then=[refused("access.denied"), at("kyc", "PENDING")],
    ),
    scenario(
        "KYC: APPROVE",
        "without documents nothing is approved",
        given=[kyc()],
        when=[on("kyc", "APPROVE", "cora")],
        then=[refused("blocked", "kyc.no_documents", "policy.undecided")],
    ),
    scenario(
        "KYC: held",
        "a session that is held is approved once the hold is lifted",
        given=[kyc(), SUBMIT, policies("kyc", "HOLD_PLACED", **HOLD)],
        when=[on("kyc", "APPROVE", "cora")],
        then=[
            refused("blocked", "policy.held"),
            policies("kyc", "HOLD_LIFTED", **LIFT),
            on("kyc", "APPROVE", "cora"),
            at("kyc", "APPROVED"),
        ],
    ),
    scenario(
        "KYC: DOCUMENTS_REQUIRED",
        "documents are asked for again, and submitted",
        given=[kyc(), SUBMIT, on("kyc", "DOCUMENTS_REQUIRED", "cora", types=["PASSPORT"])],
        when=[SUBMIT],
        then=[
            at("kyc", "PENDING", submissions=2),
            tells("kyc", "kyc.submitted", 2, submissions=2),
        ],
    ),
    scenario(
        ("KYC: REJECT", "KYC: RESUBMIT"),
        "a rejected session is begun again",
        given=[
            kyc(),
            SUBMIT,
            on("kyc", "REJECT", "cora", reason="blurred"),
            at("kyc", "REJECTED"),
        ],
        when=[on("kyc", "RESUBMIT", "cora")],
        then=[at("kyc", "PENDING", documents=[])],
    ),
    scenario(
        "KYC: REJECT",
        "a session that is rejected for good is not begun again",
        given=[kyc(), SUBMIT, on("kyc", "REJECT", "cora", reason="forged", final=True)],
        when=[on("kyc", "RESUBMIT", "cora")],
        then=[refused("blocked", "kyc.rejected_for_good"), at("kyc", "REJECTED")],
    ),
    scenario(
        "KYC: EXPIRE",
        "a session that is not done in time expires",
        given=[kyc(days=1)],
        when=[later(days=1)],
        then=[at("kyc", "EXPIRED"), tells("kyc", "kyc.expired")],
    ),
)

USERS: tuple[Scenario, ...] = (
    scenario(
        "User: ACTIVATE",
        "a user who has registered is activated",
        given=[user(), at("user", "REGISTERED", isDecided=True)],
        when=[on("user", "ACTIVATE", "cora")],
        then=[at("user", "ACTIVE"), tells("user", "user.activated")],
    ),
    scenario(
        "User: held",
        "a user who is held is not activated until the hold is lifted",
        given=[user(), policies("user", "HOLD_PLACED", **HOLD)],
        when=[on("user", "ACTIVATE", "cora")],
        then=[
            refused("blocked", "policy.held"),
            says("user", "ACTIVATE", "policy.held", by="cora"),
            policies("user", "HOLD_LIFTED", **LIFT),
            says("user", "ACTIVATE", by="cora"),
        ],
    ),
    scenario(
        "User: RESTRICT / LIFT",
        "a restricted user adds no wallet, and goes on where they stood",
        given=[
            user(),
            on("user", "ACTIVATE", "cora"),
            on("user", "RESTRICT", "cora", reason="check"),
            at("user", "RESTRICTED"),
            says("user", "ADD_WALLET", "user.restricted", by="cora"),
        ],
        when=[on("user", "LIFT", "cora")],
        then=[at("user", "ACTIVE")],
    ),
    scenario(
        "User: RESTRICT for a while",
        "a restriction for an hour ends after an hour",
        given=[user(), on("user", "RESTRICT", "cora", reason="check", liftAfterMs=HOUR)],
        when=[later(hours=1)],
        then=[at("user", "REGISTERED"), tells("user", "user.lifted")],
    ),
    scenario(
        "User: BLOCK",
        "a blocked user is shut out for good",
        given=[user(), on("user", "BLOCK", "cora", reason="fraud")],
        when=[on("user", "LIFT", "cora")],
        then=[refused("done"), at("user", "BLOCKED")],
    ),
    scenario(
        "User: wallets",
        "a wallet is added and told",
        given=[user()],
        when=[WALLET],
        then=[applied(), tells("user", "wallet.added", address="bc1q", country="NG")],
    ),
)
COMPLIANCE: tuple[Scenario, ...] = (*PAYINS, *PAYOUTS, *KYC_SESSIONS, *USERS)
