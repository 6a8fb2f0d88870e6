"""How a sale ends: refused, called off, not paid in time, or fulfilled; row by row of the domain's table."""

from __future__ import annotations

from acceptance.doing import (
    agree,
    agree_elsewhere,
    ask,
    confirm,
    deliver,
    fulfil,
    later,
    order,
    pay,
    quotation,
    register,
    setting,
    ship,
    tell,
)
from acceptance.quotation_scenarios import EDIT
from acceptance.sale_scenarios import CARD, CLEARED, ON_TERMS, OPEN, PAID, PENDING
from acceptance.scenario import Scenario, scenario
from acceptance.seeing import (
    applied,
    cases,
    credit,
    exposure,
    fulfilments,
    ledger,
    may,
    may_not,
    money,
    notified,
    offered,
    override,
    refused,
    stands,
    told,
)

FREEZE = tell("FREEZE", by="cora", reason="check")
DAY_BUT_A_MINUTE = {"hours": 23, "minutes": 59}
ENDINGS = {"REJECT": ("REJECTED", "cora"), "CANCEL_REQUESTED": ("CANCELLED", "clerk")}
WAYS = {**OPEN, CLEARED: PAID, "FROZEN": (*PAID, FREEZE)}

CALLED_OFF: tuple[Scenario, ...] = (
    *(
        scenario(
            "REJECT, CANCEL_REQUESTED",
            f"{event} ends an order in {state}",
            given=steps,
            when=[tell(event, by=by, reason="no")],
            then=[applied(), stands(end), told(f"sale.{end.lower()}")],
        )
        for event, (end, by) in ENDINGS.items()
        for state, steps in WAYS.items()
    ),
    *(
        scenario(
            "REJECT, CANCEL_REQUESTED",
            f"{event} cancels fulfilments and names the money that is to go back",
            given=PAID,
            when=[tell(event, by=by, reason="no")],
            then=[
                stands(end),
                fulfilments("CANCELLED"),
                told(f"sale.{end.lower()}", capturedMinor=10000),
                told("sale.refund_due", capturedMinor=10000),
                cases("REFUND_DUE"),
            ],
        )
        for event, (end, by) in ENDINGS.items()
    ),
    *(
        scenario(
            "REJECT, CANCEL_REQUESTED",
            f"{event} gives the credit back",
            given=[*ON_TERMS, exposure("100.00")],
            when=[tell(event, by=by, reason="no")],
            then=[stands(end), exposure("0.00"), ledger("credit", 10000, -10000)],
        )
        for event, (end, by) in ENDINGS.items()
    ),
    *(
        scenario(
            "REJECT, CANCEL_REQUESTED",
            f"{event} is refused once something was shipped, and said to be before",
            given=[*PAID, ship()],
            when=[tell(event, by=by, reason="no")],
            then=[
                refused("blocked", "sale.shipped"),
                stands(CLEARED),
                may_not("sale.shipped", event, by=by),
            ],
        )
        for event, (_, by) in ENDINGS.items()
    ),
    scenario(
        "REJECT, CANCEL_REQUESTED",
        "an override that is asked for ends with the order",
        given=[order(), CARD, ask("ADMIN")],
        when=[tell("CANCEL_REQUESTED", by="clerk", reason="no")],
        then=[stands("CANCELLED"), override("ADMIN", "REVOKED")],
    ),
)

EXPIRY: tuple[Scenario, ...] = (
    *(
        scenario(
            "SALE_EXPIRED (system)",
            f"an order that is unpaid in {state} expires after a day, and not before",
            given=[*steps, later(**DAY_BUT_A_MINUTE), stands(state)],
            when=[later(minutes=1)],
            then=[stands("EXPIRED"), told("sale.expired"), may("REOPEN")],
        )
        for state, steps in OPEN.items()
    ),
    scenario(
        "Stale-sale expiry: exact timer",
        "neither freezing nor an override review restarts the term",
        given=[
            order(),
            later(hours=10),
            FREEZE,
            later(hours=2),
            tell("RELEASE", by="cora"),
            ask("ADMIN"),
            later(hours=11, minutes=59),
            stands("OVERRIDE_REVIEW"),
        ],
        when=[later(minutes=1)],
        then=[stands("EXPIRED"), override("ADMIN", "REVOKED")],
    ),
    scenario(
        ("Stale-sale expiry: exact timer", "FREEZE, while frozen"),
        "a term that passes while the order is frozen ends it on release",
        given=[order(), FREEZE, later(days=2), stands("FROZEN")],
        when=[tell("RELEASE", by="cora")],
        then=[stands("EXPIRED")],
    ),
    scenario(
        "Stale-sale expiry: only unpaid, uncleared, unfrozen",
        "a part-paid order does not expire, and opens a case",
        given=[order(), CARD, pay("1.00")],
        when=[later(days=2)],
        then=[stands(PENDING), cases("PART_PAID_EXPIRY"), told("sale.expired", 0)],
    ),
    *(
        scenario(
            "Stale-sale expiry: only unpaid, uncleared, unfrozen",
            f"an order that is cleared {how} does not expire",
            given=steps,
            when=[later(days=2)],
            then=[stands(CLEARED), told("sale.expired", 0)],
        )
        for how, steps in (("by payment", PAID), ("on credit", ON_TERMS))
    ),
    scenario(
        "Stale-sale expiry: 0 disables",
        "an order that was placed while nothing expires has no term",
        given=[
            setting("sale_pending_expiry_minutes", 0),
            order(),
            setting("sale_pending_expiry_minutes", 1440),
        ],
        when=[later(days=2)],
        then=[stands("AWAITING_PAYMENT_METHOD"), told("sale.expired", 0)],
    ),
    scenario(
        "Stale-sale expiry: tells people, returns the quotation",
        "customer, biller and store manager are told, and the quotation comes back",
        given=[quotation(), agree()],
        when=[later(days=1)],
        then=[
            stands("EXPIRED"),
            offered("REVISED", version=2),
            notified("sale.expired", "bob", "clerk", "mia", "max"),
        ],
    ),
    scenario(
        "Money after expiry",
        "money that comes too late opens a case and revives nothing",
        given=[order(), register("100.00"), later(days=1), stands("EXPIRED")],
        when=[confirm()],
        then=[
            stands("EXPIRED"),
            money(captured="100.00", due="100.00"),
            ledger("captures", 10000),
            cases("LATE_PAYMENT"),
            fulfilments(),
        ],
    ),
    scenario(
        "REOPEN",
        "an expired order is reopened with another term",
        given=[order(), CARD, later(days=1), stands("EXPIRED")],
        when=[tell("REOPEN", by="mia")],
        then=[
            applied(),
            stands("AWAITING_PAYMENT_METHOD"),
            later(**DAY_BUT_A_MINUTE),
            stands("AWAITING_PAYMENT_METHOD"),
            later(minutes=1),
            stands("EXPIRED"),
        ],
    ),
    scenario(
        "REOPEN",
        "an order of which a newer version was approved stays expired",
        given=[quotation(), agree(), later(days=1), agree_elsewhere(2)],
        when=[tell("REOPEN", by="mia")],
        then=[refused("blocked", "sale.superseded"), stands("EXPIRED")],
    ),
)

FULFILLED: tuple[Scenario, ...] = (
    scenario(
        ("FULFILMENT_SHIPPED", "FULFILMENT_COMPLETED, all final and one delivered"),
        "an order is completed when what was delivered cannot come back any more",
        given=[order("200.00", limit=None), CARD, pay("200.00"), ship()],
        when=[fulfil("PACKAGE_DELIVERED"), later(days=13, hours=23, minutes=59), stands(CLEARED)],
        then=[
            later(minutes=1),
            fulfilments("COMPLETED"),
            stands("COMPLETED"),
            told("sale.completed", capturedMinor=20000),
            credit(completedSales="200.00", earnedLimit="2.00", limit="2.00", tier="BRONZE"),
        ],
    ),
    scenario(
        "FULFILMENT_COMPLETED, all CANCELLED",
        "an order all of whose fulfilments are called off is cancelled",
        given=PAID,
        when=[fulfil("CANCEL")],
        then=[fulfilments("CANCELLED"), stands("CANCELLED"), told("sale.cancelled")],
    ),
    scenario(
        "FULFILMENT_COMPLETED, FAILED",
        "an order of which nothing was delivered stays, and opens a case",
        given=PAID,
        when=[fulfil("FAIL")],
        then=[fulfilments("FAILED"), stands(CLEARED), cases("FAILED_FULFILMENT")],
    ),
    scenario(
        ("PAYMENT_CAPTURED, after a final state", "exposure: settle"),
        "an order that was completed on credit is paid later, and the credit comes back",
        given=[*ON_TERMS, deliver(), later(days=14), stands("COMPLETED"), exposure("100.00")],
        when=[pay("100.00")],
        then=[
            stands("COMPLETED"),
            exposure("0.00"),
            ledger("credit", 10000, -10000),
            credit(completedSales="100.00"),
        ],
    ),
    scenario(
        "exposure: write-off",
        "what is still owed for a completed order is given up",
        given=[*ON_TERMS, deliver(), later(days=14)],
        when=[tell("WRITE_OFF", by="mia", reason="bankrupt")],
        then=[stands("COMPLETED"), exposure("0.00"), ledger("credit", 10000, -10000)],
    ),
    scenario(
        "draft quotation to completed sale",
        "a quotation is edited, agreed, ordered, paid in parts, shipped, delivered and completed",
        given=[
            quotation("90.00"),
            EDIT,
            agree(2),
            told("order.created", grandTotalMinor=3600),
            money(captured="0.00", due="36.00"),
        ],
        when=[
            tell("SET_PAYMENT_METHOD", by="bob", method="CARD"),
            pay("30.00"),
            stands(PENDING),
            pay("6.00", name="p2"),
            stands(CLEARED),
            fulfilments("PICK_PACK"),
            deliver(),
            later(days=14),
        ],
        then=[
            stands("COMPLETED"),
            offered("MUTUALLY_APPROVED", version=2),
            money(captured="36.00", due="36.00"),
            ledger("captures", 3000, 600),
            told("sale.cleared", 1, clearance=1),
            told("sale.completed", capturedMinor=3600),
            fulfilments("COMPLETED"),
            cases(),
        ],
    ),
)
