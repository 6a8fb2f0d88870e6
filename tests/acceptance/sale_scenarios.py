"""What becomes of a sale until it is cleared, and of the clearance, row by row of the domain's table."""

from __future__ import annotations

from acceptance.doing import (
    another_order,
    ask,
    charge_back,
    confirm,
    decide,
    deliver,
    fail_payment,
    grant,
    later,
    limit,
    order,
    pay,
    refund,
    register,
    ship,
    tell,
)
from acceptance.scenario import Scenario, scenario
from acceptance.seeing import (
    applied,
    cases,
    exposure,
    fulfilments,
    ledger,
    may,
    may_not,
    money,
    override,
    refused,
    stands,
    told,
    waits_for,
)

CARD = tell("SET_PAYMENT_METHOD", by="clerk", method="CARD")
INVOICE = tell("SET_PAYMENT_METHOD", by="clerk", method="INVOICE")
CLEARED, REVIEW = "CLEARED_FOR_FULFILMENT", "OVERRIDE_REVIEW"
PENDING = "PAYMENT_PENDING_CONFIRMATION"
OPEN = {
    "AWAITING_PAYMENT_METHOD": (order(),),
    "PAYMENT_INITIATED": (order(), CARD),
    PENDING: (order(), CARD, tell("PAYMENT_AUTHORIZED", by="tony")),
    REVIEW: (order(), CARD, ask("ADMIN")),
    "PAYMENT_FAILED": (order(), CARD, tell("PAYMENT_FAILED", by="tony")),
}
"""The open states of an order over 100.00 of a customer without credit, and how each is reached."""
PAID = (order(), CARD, pay("100.00"))
HOLD = decide("HOLD_PLACED", holdId="h", kind="approval", reason="needs a second look")
LIFT = decide("HOLD_LIFTED", holdId="h", outcome="approved")
ON_TERMS = (order(limit="100.00"), INVOICE)
"""An order over exactly the limit, which is cleared on credit."""

TO_PAY: tuple[Scenario, ...] = (
    *(
        scenario(
            "SET_PAYMENT_METHOD",
            f"a method is set in {state}",
            given=steps,
            when=[tell("SET_PAYMENT_METHOD", by="clerk", method="BANK")],
            then=[applied(), stands("PAYMENT_INITIATED"), fulfilments(), may("INITIATE_PAYMENT")],
        )
        for state, steps in OPEN.items()
    ),
    *(
        scenario(
            "SET_PAYMENT_METHOD, credit terms",
            f"{method} over the limit in {state} needs an override, and says by how much",
            given=steps,
            when=[tell("SET_PAYMENT_METHOD", by="clerk", method=method)],
            then=[
                stands(REVIEW),
                waits_for(
                    "credit.exceeded",
                    lifted_by="MANAGER",
                    limit="0.00",
                    exposure="0.00",
                    overage="100.00",
                ),
                waits_for("payment.outstanding", lifted_by="ACCOUNTANT", outstanding="100.00"),
                exposure("0.00"),
            ],
        )
        for (state, steps), method in zip(
            OPEN.items(), ("INVOICE", "PO", "INVOICE", "PO", "INVOICE"), strict=True
        )
    ),
    scenario(
        ("SET_PAYMENT_METHOD, credit terms", "Phase change 2"),
        "credit terms within the limit clear at once",
        given=[order(limit="100.00")],
        when=[INVOICE],
        then=[
            stands(CLEARED),
            told("sale.cleared", clearance=1),
            fulfilments("PICK_PACK"),
            exposure("100.00"),
            ledger("credit", 10000),
        ],
    ),
    scenario(
        "SET_PAYMENT_METHOD",
        "the method of a cleared order is not changed any more",
        given=PAID,
        when=[CARD],
        then=[refused("unhandled"), stands(CLEARED)],
    ),
    *(
        scenario(
            "PAYMENT_AUTHORIZED",
            f"money is authorised in {state}: it is awaited",
            given=steps,
            when=[tell("PAYMENT_AUTHORIZED", by="tony")],
            then=[applied(), stands(PENDING), money(captured="0.00", due="100.00")],
        )
        for state, steps in OPEN.items()
    ),
    *(
        scenario(
            ("PAYMENT_CAPTURED, full", "Phase change 2"),
            f"full payment in {state} clears",
            given=steps,
            when=[pay("100.00")],
            then=[
                stands(CLEARED),
                money(captured="100.00", due="100.00"),
                ledger("captures", 10000),
                told("sale.cleared", clearance=1),
                fulfilments("PICK_PACK"),
                cases(),
            ],
        )
        for state, steps in OPEN.items()
    ),
    *(
        scenario(
            "PAYMENT_CAPTURED, partial",
            f"a part of the money in {state} is kept",
            given=steps,
            when=[pay("99.99")],
            then=[
                stands(REVIEW if state == REVIEW else PENDING),
                money(captured="99.99", due="100.00"),
                waits_for("payment.outstanding", lifted_by="ACCOUNTANT", outstanding="0.01"),
                told("sale.cleared", 0),
            ],
        )
        for state, steps in OPEN.items()
    ),
    scenario(
        "PAYMENT_CAPTURED, partial",
        "parts of several methods add up, and the last one clears",
        given=[order(), CARD, pay("60.00")],
        when=[tell("PAYMENT_CAPTURED", by="tony", amount="40.00", paymentId="x", method="CASH")],
        then=[stands(CLEARED), ledger("captures", 6000, 4000), told("payment.captured", 2)],
    ),
    scenario(
        "PAYMENT_CAPTURED, partial",
        "one payment counts once",
        given=[
            order(),
            CARD,
            tell("PAYMENT_CAPTURED", by="tony", amount="40.00", paymentId="x"),
        ],
        when=[tell("PAYMENT_CAPTURED", by="tony", amount="40.00", paymentId="x")],
        then=[refused("blocked", "payment.already_captured"), ledger("captures", 4000)],
    ),
    scenario(
        "PAYMENT_CAPTURED, over-capture",
        "more than is due is recorded and opens a case",
        given=[order(), CARD],
        when=[pay("100.01")],
        then=[
            stands(CLEARED),
            ledger("captures", 10001),
            told("payment.overcaptured", excessMinor=1),
            cases("OVERCAPTURE"),
        ],
    ),
    *(
        scenario(
            "PAYMENT_CAPTURED, after a final state",
            f"money for an order that is {state} is a row and a case, and moves nothing",
            given=[order(), CARD, register("100.00"), tell(event, reason="no")],
            when=[pay("30.00", name="p2")],
            then=[stands(state), ledger("payments", 3000), cases("REFUSED_PAYMENT")],
        )
        for event, state in (("CANCEL_REQUESTED", "CANCELLED"), ("REJECT", "REJECTED"))
    ),
    *(
        scenario(
            "PAYMENT_FAILED",
            f"a failed attempt in {state} is shown, and another may be made",
            given=steps,
            when=[tell("PAYMENT_FAILED", by="tony")],
            then=[applied(), stands("PAYMENT_FAILED"), may("INITIATE_PAYMENT")],
        )
        for state, steps in OPEN.items()
    ),
    scenario(
        "PAYMENT_FAILED",
        "a failed payment keeps what was captured before",
        given=[order(), CARD, pay("40.00"), register("60.00", name="p2")],
        when=[fail_payment("p2")],
        then=[
            stands("PAYMENT_FAILED"),
            money(captured="40.00", due="100.00"),
            pay("60.00", name="p3"),
            stands(CLEARED),
        ],
    ),
    *(
        scenario(
            "INITIATE_PAYMENT",
            f"an attempt begins in {state}",
            given=steps,
            when=[tell("INITIATE_PAYMENT", by="clerk")],
            then=[applied(), stands("PAYMENT_INITIATED")],
        )
        for state, steps in OPEN.items()
    ),
)

CLEARANCE: tuple[Scenario, ...] = (
    scenario(
        "un-clearing, before shipping",
        "a refund takes the clearance back, and the fulfilment waits; paying again makes no second one",
        given=[*PAID, fulfilments("PICK_PACK")],
        when=[refund("20.00")],
        then=[
            stands(PENDING),
            told("sale.uncleared"),
            fulfilments("ON_HOLD"),
            pay("20.00", name="p2"),
            stands(CLEARED),
            told("sale.cleared", 2, clearance=2),
            fulfilments("PICK_PACK"),
        ],
    ),
    scenario(
        "un-clearing, before shipping",
        "a chargeback takes the clearance back and opens a case",
        given=PAID,
        when=[charge_back("100.00")],
        then=[stands("PAYMENT_INITIATED"), fulfilments("ON_HOLD"), cases("CHARGEBACK")],
    ),
    scenario(
        ("un-clearing, before shipping", "RECHECK"),
        "a lower limit takes the clearance back and gives the credit back",
        given=[*ON_TERMS, exposure("100.00")],
        when=[limit("99.99")],
        then=[stands(REVIEW), fulfilments("ON_HOLD"), exposure("0.00"), told("sale.uncleared")],
    ),
    scenario(
        "un-clearing, after shipping",
        "what has left the house is a case, and the order stays cleared",
        given=[*PAID, ship()],
        when=[charge_back("40.00")],
        then=[
            stands(CLEARED),
            fulfilments("SHIPPED"),
            told("sale.uncleared", 0),
            told("sale.uncovered_after_shipping", outstandingMinor=4000),
            cases("CHARGEBACK", "UNCOVERED"),
        ],
    ),
    scenario(
        "RECHECK",
        "a higher limit clears what waits",
        given=[order(limit="99.99"), INVOICE, stands(REVIEW)],
        when=[limit("100.00")],
        then=[stands(CLEARED), exposure("100.00"), fulfilments("PICK_PACK")],
    ),
    scenario(
        "RECHECK",
        "money that comes for one order makes room for another",
        given=[*ON_TERMS, register("100.00"), another_order(), INVOICE, stands(REVIEW)],
        when=[confirm()],
        then=[stands(CLEARED), exposure("100.00")],
    ),
    scenario(
        "blocked while an approval that a policy requires is outstanding",
        "what is held does not clear when it is paid, says why, and clears when the hold is lifted",
        given=[order(), HOLD],
        when=[pay("100.00")],
        then=[
            stands(PENDING),
            waits_for("policy.held", lifted_by="MANAGER"),
            told("sale.held", kind="approval", reason="needs a second look"),
            fulfilments(),
            LIFT,
            stands(CLEARED),
            told("sale.cleared", clearance=1),
            fulfilments("PICK_PACK"),
        ],
    ),
    scenario(
        "un-clearing, before shipping",
        "a hold takes the clearance back and gives credit back; lifting it clears again",
        given=ON_TERMS,
        when=[HOLD],
        then=[
            stands("PAYMENT_INITIATED"),
            told("sale.uncleared"),
            fulfilments("ON_HOLD"),
            exposure("0.00"),
            LIFT,
            stands(CLEARED),
            fulfilments("PICK_PACK"),
            exposure("100.00"),
        ],
    ),
    scenario(
        "un-clearing by a hold, after shipping",
        "a hold on what has left the house is a case, and the order stays cleared",
        given=[*PAID, ship()],
        when=[HOLD],
        then=[stands(CLEARED), fulfilments("SHIPPED"), cases("HELD_AFTER_SHIPPING")],
    ),
    scenario(
        "FREEZE for a while",
        "a freeze for an hour ends after an hour",
        given=[*PAID, decide("FREEZE", reason="check", releaseAfterMs=3_600_000)],
        when=[later(minutes=59), stands("FROZEN"), later(minutes=1)],
        then=[stands(CLEARED), told("sale.released"), fulfilments("PICK_PACK")],
    ),
    *(
        scenario(
            "FREEZE / RELEASE",
            f"an order that is frozen in {state} goes on there",
            given=steps,
            when=[tell("FREEZE", by="cora", reason="check"), tell("RELEASE", by="cora")],
            then=[applied(), stands(state), told("sale.frozen"), told("sale.released")],
        )
        for state, steps in OPEN.items()
    ),
    scenario(
        ("FREEZE / RELEASE", "sale.cleared on the clearing transition only"),
        "a frozen order holds its fulfilments, which go on when it is released; it is not cleared anew",
        given=PAID,
        when=[tell("FREEZE", by="cora", reason="check"), fulfilments("ON_HOLD")],
        then=[
            stands("FROZEN"),
            tell("RELEASE", by="cora"),
            stands(CLEARED),
            fulfilments("PICK_PACK"),
            told("sale.cleared", 1, clearance=1),
        ],
    ),
    scenario(
        "FREEZE, while frozen",
        "every event that goes forward is refused with the reason, and said to be before",
        given=[order(), CARD],
        when=[
            tell("FREEZE", by="cora", reason="check", policy="aml"),
            tell("SET_PAYMENT_METHOD", by="clerk", method="CASH"),
        ],
        then=[
            refused("blocked", "sale.frozen"),
            may_not(
                "sale.frozen",
                "SET_PAYMENT_METHOD",
                "INITIATE_PAYMENT",
                "PAYMENT_AUTHORIZED",
                "PAYMENT_FAILED",
                "ADMIN_OVERRIDE_REQUESTED",
                "CREDIT_OVERRIDE_REQUIRED",
            ),
            may("RELEASE", "REJECT", "CANCEL_REQUESTED", "PAYMENT_CAPTURED"),
        ],
    ),
    scenario(
        "FREEZE, while frozen",
        "money counts and clears on release",
        given=[order(), CARD, tell("FREEZE", by="cora", reason="check")],
        when=[pay("100.00")],
        then=[
            stands("FROZEN"),
            ledger("captures", 10000),
            told("sale.cleared", 0),
            tell("RELEASE", by="cora"),
            stands(CLEARED),
            fulfilments("PICK_PACK"),
        ],
    ),
    scenario(
        "FREEZE, while frozen",
        "an override is answered and counts on release",
        given=[order(limit="100.00"), CARD, ask("ADMIN"), tell("FREEZE", by="cora", reason="x")],
        when=[grant("ADMIN")],
        then=[
            stands("FROZEN"),
            override("ADMIN", "APPROVED"),
            tell("RELEASE", by="cora"),
            stands(CLEARED),
        ],
    ),
    scenario(
        "FREEZE, while frozen",
        "what a fulfilment becomes is recorded, and completes the order on release",
        given=[*PAID, deliver(), tell("FREEZE", by="cora", reason="check")],
        when=[later(days=14)],
        then=[
            stands("FROZEN"),
            fulfilments("COMPLETED"),
            tell("RELEASE", by="cora"),
            stands("COMPLETED"),
        ],
    ),
)
