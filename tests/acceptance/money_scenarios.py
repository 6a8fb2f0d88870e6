"""Credit and payments, rule by rule of the domain."""

from __future__ import annotations

from acceptance.doing import (
    another_order,
    charge_back,
    confirm,
    deliver,
    fail_payment,
    later,
    limit,
    order,
    pay,
    refund,
    register,
    tell,
    turn_to,
)
from acceptance.sale_scenarios import CARD, CLEARED, INVOICE, ON_TERMS, PAID, PENDING, REVIEW
from acceptance.scenario import Scenario, Step, scenario
from acceptance.seeing import (
    credit,
    exposure,
    fulfilments,
    ledger,
    money,
    refused,
    stands,
    told,
    waits_for,
)


def completed(price: str) -> tuple[Step, ...]:
    """The customer's next order is paid, delivered and completed."""
    return another_order(price), pay(price), deliver(), later(days=14), stands("COMPLETED")


CREDIT: tuple[Scenario, ...] = (
    scenario(
        "no profile = limit 0",
        "a customer without a profile has no credit",
        given=[order("0.01", limit=None)],
        when=[INVOICE],
        then=[stands(REVIEW), waits_for("credit.exceeded", lifted_by="MANAGER", limit="0.00")],
    ),
    scenario(
        "custom limit if set",
        "a custom limit goes before what is earned, and above the cap of the tier",
        given=[order(limit=None)],
        when=[limit("2000000.00")],
        then=[credit(tier="BRONZE", limit="2000000.00", earnedLimit="0.00")],
    ),
    scenario(
        "min(tier cap, earned limit)",
        "a tier alone earns no credit",
        given=[order(limit=None)],
        when=[limit(None, tier="PLATINUM")],
        then=[credit(tier="PLATINUM", limit="0.00")],
    ),
    scenario(
        (
            "earned limit = floor(cumulative completed sales / 100)",
            "min(tier cap, earned limit)",
            "tier from earned",
        ),
        "completed sales raise limit and tier, each tier at its amount and not a unit before",
        given=[
            order(limit=None),
            *completed("199.99"),
            credit(earnedLimit="1.99", limit="1.99", tier="BRONZE"),
            *completed("99999800.01"),
            credit(earnedLimit="1000000.00", limit="1000000.00", tier="BRONZE"),
            *completed("1.00"),
            credit(earnedLimit="1000000.01", limit="1000000.01", tier="SILVER"),
            *completed("400000000.00"),
            credit(earnedLimit="5000000.01", tier="GOLD"),
        ],
        when=completed("500000000.00"),
        then=[credit(earnedLimit="10000000.01", limit="10000000.01", tier="PLATINUM")],
    ),
    scenario(
        "exposure: settle",
        "each part that is paid gives as much credit back",
        given=ON_TERMS,
        when=[pay("33.33")],
        then=[stands(CLEARED), exposure("66.67"), ledger("credit", 10000, -3333)],
    ),
    scenario(
        "exposure: hold",
        "what orders hold adds up, and the next unit is one too many",
        given=[order("60.00", limit="100.00"), INVOICE, another_order("40.00"), INVOICE],
        when=[another_order("0.01"), INVOICE],
        then=[stands(REVIEW), exposure("100.00"), ledger("credit")],
    ),
    scenario(
        "exposure: release",
        "an order that is called off gives the credit back to one that waits",
        given=[
            *ON_TERMS,
            another_order("100.00"),
            INVOICE,
            stands(REVIEW),
            turn_to(0),
            exposure("100.00"),
        ],
        when=[tell("CANCEL_REQUESTED", by="clerk", reason="no")],
        then=[
            stands("CANCELLED"),
            ledger("credit", 10000, -10000),
            turn_to(1),
            stands(CLEARED),
            ledger("credit", 10000),
            exposure("100.00"),
        ],
    ),
    scenario(
        "exposure: return",
        "what is refunded for lines is not owed any more, to the unit",
        given=[*ON_TERMS, pay("40.00"), exposure("60.00")],
        when=[refund("40.00", line=1)],
        then=[stands(CLEARED), money(captured="0.00", due="60.00"), exposure("60.00")],
    ),
    scenario(
        "resellers: the same ledger",
        "a reseller pays by a door of their own, and the credit comes back",
        given=[order(limit="100.00", channel="RESELLER"), INVOICE, exposure("100.00")],
        when=[pay("100.00", channel="Reseller")],
        then=[stands(CLEARED), exposure("0.00"), ledger("credit", 10000, -10000)],
    ),
)

PAYMENTS: tuple[Scenario, ...] = (
    scenario(
        "register (PENDING)",
        "money that is announced is not there yet",
        given=[order(), CARD],
        when=[register("100.00")],
        then=[
            stands("PAYMENT_INITIATED"),
            money(captured="0.00", due="100.00"),
            ledger("payments"),
        ],
    ),
    scenario(
        "confirm (CONFIRMED)",
        "several payments are confirmed, each for what it is, and the last clears",
        given=[order(), register("30.00"), register("70.00", name="p2"), confirm("p2")],
        when=[confirm("p1")],
        then=[stands(CLEARED), ledger("payments", 7000, 3000), ledger("captures", 7000, 3000)],
    ),
    scenario(
        "payments are confirmed by ACCOUNTANT and above",
        "a biller registers and does not confirm",
        given=[order(), register("100.00")],
        when=[confirm(by="clerk")],
        then=[refused("access.denied"), ledger("payments"), told("sale.cleared", 0)],
    ),
    scenario(
        "fail",
        "a payment that failed is shown at the order",
        given=[order(), register("100.00")],
        when=[fail_payment()],
        then=[stands("PAYMENT_FAILED"), ledger("payments")],
    ),
    scenario(
        "fail",
        "what was confirmed does not fail any more",
        given=PAID,
        when=[fail_payment()],
        then=[refused("blocked", "payment.already_confirmed"), stands(CLEARED)],
    ),
    scenario(
        "refunds never exceed what was captured",
        "not a unit more goes back than came",
        given=[*PAID, refund("60.00")],
        when=[refund("40.01")],
        then=[
            refused("blocked", "payment.exceeds_captured"),
            ledger("payments", 10000, -6000),
            money(captured="40.00", due="100.00"),
            stands(PENDING),
        ],
    ),
    scenario(
        "refunds are linked to lines or to the sale",
        "what is refunded for a line lowers what is due, and the order stays cleared",
        given=PAID,
        when=[refund("40.00", line=1)],
        then=[stands(CLEARED), money(captured="60.00", due="60.00"), fulfilments("PICK_PACK")],
    ),
    scenario(
        "chargeback",
        "a chargeback takes away what is left, and the refund before it stays",
        given=[*PAID, refund("40.00", line=1)],
        when=[charge_back("60.00")],
        then=[
            stands("PAYMENT_INITIATED"),
            money(captured="0.00", due="60.00"),
            ledger("payments", 10000, -4000, -6000),
        ],
    ),
    scenario(
        "currency must match",
        "a payment in another currency is not registered",
        given=[order()],
        when=[register("100.00", currency="USD")],
        then=[refused("payment.currency"), ledger("payments")],
    ),
    scenario(
        "consumer and reseller",
        "a reseller's order is not paid by the door of consumers",
        given=[order(channel="RESELLER")],
        when=[register("100.00")],
        then=[refused("payment.channel"), ledger("payments")],
    ),
    scenario(
        "a payment row commits even when the lifecycle refuses",
        "money that an ended order refuses is kept, and can be refunded",
        given=[
            order(),
            register("100.00"),
            tell("CANCEL_REQUESTED", by="clerk", reason="no"),
            confirm(),
            ledger("payments", 10000),
        ],
        when=[refund("100.00")],
        then=[stands("CANCELLED"), ledger("payments", 10000, -10000)],
    ),
)
