"""Approvals and overrides, rule by rule of the domain, and every way that an answer takes to the sale."""

from __future__ import annotations

from acceptance.doing import (
    ask,
    deny,
    grant,
    later,
    limit,
    order,
    pay,
    race,
    revoke,
    tell,
    vote,
    withdraw,
)
from acceptance.sale_scenarios import CARD, CLEARED, INVOICE, OPEN, PENDING, REVIEW
from acceptance.scenario import Scenario, scenario
from acceptance.seeing import (
    cases,
    exposure,
    fulfilments,
    override,
    refused,
    stands,
    told,
    waits_for,
)

ASKED = (order(limit="100.00"), CARD, ask("ADMIN"))
"""An admin override is asked for on an order of a customer who has credit enough."""
WAIVED = (*ASKED, grant("ADMIN"), stands(CLEARED))
OVER = (order(limit="60.00"), INVOICE, stands(REVIEW))
"""An order over 100.00 on credit terms, 40.00 above the limit."""
FREEZE, RELEASE = tell("FREEZE", by="cora", reason="check"), tell("RELEASE", by="cora")
KINDS = {"ADMIN": "100.00", "CREDIT": "100.00"}

OVERRIDES: tuple[Scenario, ...] = (
    *(
        scenario(
            "ADMIN_OVERRIDE_REQUESTED, CREDIT_OVERRIDE_REQUIRED",
            f"an override of kind {kind} is asked for in {state}",
            given=steps,
            when=[ask(kind)],
            then=[
                stands(REVIEW),
                override(kind, "PENDING", amount=amount, approvers=1, including=[]),
                told("override.requested", amountMinor=10000),
            ],
        )
        for kind, amount in KINDS.items()
        for state, steps in OPEN.items()
        if state != REVIEW
    ),
    scenario(
        "ADMIN_OVERRIDE_REQUESTED, CREDIT_OVERRIDE_REQUIRED",
        "the same is not asked twice at a time",
        given=ASKED,
        when=[ask("ADMIN")],
        then=[refused("blocked", "override.pending"), stands(REVIEW)],
    ),
    scenario(
        "ADMIN_OVERRIDE_GRANTED",
        "a waiver clears an order within credit",
        given=ASKED,
        when=[grant("ADMIN")],
        then=[stands(CLEARED), told("sale.cleared"), fulfilments("PICK_PACK"), exposure("100.00")],
    ),
    scenario(
        "ADMIN_OVERRIDE_GRANTED",
        "a waiver never lifts the credit limit",
        given=[order(limit="99.99"), CARD, ask("ADMIN")],
        when=[grant("ADMIN")],
        then=[
            stands("PAYMENT_INITIATED"),
            waits_for("credit.exceeded", lifted_by="MANAGER", overage="0.01"),
            told("sale.cleared", 0),
        ],
    ),
    scenario(
        "CREDIT_OVERRIDE_GRANTED",
        "the overage is covered, and credit terms clear",
        given=[*OVER, ask("CREDIT"), override("CREDIT", "PENDING", amount="40.00")],
        when=[grant("CREDIT")],
        then=[stands(CLEARED), exposure("100.00")],
    ),
    scenario(
        "CREDIT_OVERRIDE_GRANTED",
        "less than the overage covers nothing",
        given=[*OVER, ask("CREDIT")],
        when=[grant("CREDIT", amount="39.99")],
        then=[
            override("CREDIT", "APPROVED", approved="39.99"),
            stands(REVIEW),
            waits_for("credit.exceeded", lifted_by="MANAGER", overage="40.00", approved="39.99"),
        ],
    ),
    scenario(
        ("ADMIN_OVERRIDE_GRANTED", "CREDIT_OVERRIDE_GRANTED"),
        "both together clear what neither clears alone",
        given=[
            order(),
            CARD,
            ask("ADMIN"),
            ask("CREDIT"),
            grant("CREDIT"),
            stands("PAYMENT_INITIATED"),
        ],
        when=[grant("ADMIN")],
        then=[stands(CLEARED), exposure("100.00")],
    ),
    *(
        scenario(
            f"{kind}_OVERRIDE_DENIED",
            f"a denial of kind {kind} on credit terms asks for another way to pay",
            given=[*OVER, ask(kind)],
            when=[deny(kind)],
            then=[override(kind, "DENIED"), stands("AWAITING_PAYMENT_METHOD")],
        )
        for kind in KINDS
    ),
    *(
        scenario(
            f"{kind}_OVERRIDE_DENIED",
            f"a denial of kind {kind} brings an order with a card back to where payment stands",
            given=[order(), CARD, ask(kind)],
            when=[deny(kind)],
            then=[override(kind, "DENIED"), stands("PAYMENT_INITIATED")],
        )
        for kind in KINDS
    ),
    scenario(
        "ADMIN_OVERRIDE_DENIED",
        "a denial keeps the money that has come",
        given=[*ASKED, pay("10.00")],
        when=[deny("ADMIN")],
        then=[stands(PENDING)],
    ),
    scenario(
        "OVERRIDE_REVOKED",
        "a waiver that is taken back takes the clearance and the credit back",
        given=WAIVED,
        when=[revoke("ADMIN")],
        then=[
            override("ADMIN", "REVOKED"),
            stands("PAYMENT_INITIATED"),
            fulfilments("ON_HOLD"),
            exposure("0.00"),
        ],
    ),
    scenario(
        "OVERRIDE_REVOKED",
        "who has asked may take the question back",
        given=ASKED,
        when=[withdraw("ADMIN")],
        then=[override("ADMIN", "REVOKED"), stands("PAYMENT_INITIATED")],
    ),
    scenario(
        ("OVERRIDE_EXPIRED", "expires_at: 7 days"),
        "a waiver ends after seven days, and the clearance with it",
        given=[*WAIVED, later(days=6, hours=23, minutes=59), stands(CLEARED)],
        when=[later(minutes=1)],
        then=[override("ADMIN", "EXPIRED"), stands("PAYMENT_INITIATED"), fulfilments("ON_HOLD")],
    ),
    scenario(
        ("OVERRIDE_EXPIRED", "expires_at: 7 days"),
        "a question that nobody answers ends after seven days",
        given=[*ASKED, pay("1.00"), later(days=6, hours=23, minutes=59), stands(REVIEW)],
        when=[later(minutes=1)],
        then=[override("ADMIN", "EXPIRED"), stands(PENDING), cases("PART_PAID_EXPIRY")],
    ),
    scenario(
        "answers in cleared and frozen states",
        "a question ends when the order clears without it, and is not answered any more",
        given=[*ASKED, pay("100.00"), stands(CLEARED), override("ADMIN", "REVOKED")],
        when=[grant("ADMIN")],
        then=[refused("done"), stands(CLEARED), told("sale.cleared", 1)],
    ),
    *(
        scenario(
            ("answers in cleared and frozen states", row),
            f"the end of a waiver after payment is kept and changes nothing: {state}",
            given=[*WAIVED, pay("100.00")],
            when=[ending],
            then=[override("ADMIN", state), stands(CLEARED), told("sale.uncleared", 0)],
        )
        for row, ending, state in (
            ("OVERRIDE_REVOKED", revoke("ADMIN"), "REVOKED"),
            ("OVERRIDE_EXPIRED", later(days=7), "EXPIRED"),
        )
    ),
    *(
        scenario(
            ("answers in cleared and frozen states", row),
            f"an answer while the order is frozen counts when it is released: {state}",
            given=[*steps, FREEZE],
            when=[answer],
            then=[override("ADMIN", state), stands("FROZEN"), RELEASE, stands(after)],
        )
        for row, steps, answer, state, after in (
            ("ADMIN_OVERRIDE_GRANTED", ASKED, grant("ADMIN"), "APPROVED", CLEARED),
            ("ADMIN_OVERRIDE_DENIED", ASKED, deny("ADMIN"), "DENIED", REVIEW),
            ("OVERRIDE_REVOKED", WAIVED, revoke("ADMIN"), "REVOKED", "PAYMENT_INITIATED"),
            ("OVERRIDE_EXPIRED", WAIVED, later(days=7), "EXPIRED", "PAYMENT_INITIATED"),
        )
    ),
    *(
        scenario(
            ("REOPEN", row),
            f"a waiver that ended while the order was expired waives nothing once it is reopened: {state}",
            given=[
                order(limit="99.99"),
                ask("ADMIN"),
                grant("ADMIN"),
                later(days=1),
                stands("EXPIRED"),
            ],
            when=[ending, override("ADMIN", state), limit("100.00"), tell("REOPEN", by="mia")],
            then=[stands("AWAITING_PAYMENT_METHOD"), told("sale.cleared", 0)],
        )
        for row, ending, state in (
            ("OVERRIDE_REVOKED", revoke("ADMIN"), "REVOKED"),
            ("OVERRIDE_EXPIRED", later(days=6), "EXPIRED"),
        )
    ),
)

APPROVALS: tuple[Scenario, ...] = (
    scenario(
        "up to 1,000.00 one MANAGER",
        "one manager decides on 1,000.00",
        given=[order("1000.00", limit="1000.00"), ask("ADMIN")],
        when=[grant("ADMIN")],
        then=[override("ADMIN", "APPROVED", approvers=1, voters=["Mia"]), stands(CLEARED)],
    ),
    scenario(
        "up to 100,000.00 two",
        "one manager is not enough for 1,000.01, and two are",
        given=[
            order("1000.01", limit="1000.01"),
            ask("ADMIN"),
            grant("ADMIN"),
            override("ADMIN", "PENDING", approvers=2, including=[]),
            stands(REVIEW),
        ],
        when=[grant("ADMIN", by="max")],
        then=[override("ADMIN", "APPROVED", voters=["Max", "Mia"]), stands(CLEARED)],
    ),
    scenario(
        "above two including ADMIN",
        "two managers are not enough for 100,000.01, and with an admin they are",
        given=[
            order("100000.01", limit="100000.01"),
            ask("ADMIN"),
            grant("ADMIN"),
            grant("ADMIN", by="max"),
            override("ADMIN", "PENDING", including=["ADMIN", "SUPERADMIN"]),
            stands(REVIEW),
        ],
        when=[grant("ADMIN", by="admin")],
        then=[override("ADMIN", "APPROVED"), stands(CLEARED)],
    ),
    scenario(
        "four eyes: the requester cannot vote",
        "a manager who asks does not decide",
        given=[order(limit="100.00"), ask("ADMIN", by="mia")],
        when=[grant("ADMIN", by="mia")],
        then=[refused("blocked", "approval.own_request"), stands(REVIEW)],
    ),
    scenario(
        "one person one vote",
        "nobody votes twice",
        given=[order("5000.00", limit="5000.00"), ask("ADMIN"), grant("ADMIN")],
        when=[vote("ADMIN", "APPROVE")],
        then=[refused("blocked", "approval.voted_already"), override("ADMIN", "PENDING")],
    ),
    scenario(
        "two last votes at once count once",
        "an order clears once, whoever was last",
        given=ASKED,
        when=[race("ADMIN", "mia", "max", "admin")],
        then=[override("ADMIN", "APPROVED"), stands(CLEARED), told("sale.cleared", 1)],
    ),
    scenario(
        "overrides MANAGER and above",
        "a biller asks and does not decide",
        given=ASKED,
        when=[grant("ADMIN", by="clerk")],
        then=[refused("access.denied"), override("ADMIN", "PENDING", voters=[])],
    ),
)
