"""What becomes of a quotation, row by row of the domain's table."""

from __future__ import annotations

from acceptance.doing import agree, approve, follow_order, later, quotation, quote
from acceptance.scenario import Scenario, scenario
from acceptance.seeing import applied, money, offered, refused, stands, told

LINES = [{"sku": "ANVIL", "quantity": 3, "unitPrice": "10.01", "discount": "0.03", "tax": "1.10"}]
EDIT = quote("EDIT", lines=LINES, shipping="4.90")
SHARED = (quotation(), quote("SHARE"))
REACHED = {
    "DRAFT": (quotation(),),
    "IN_REVIEW": SHARED,
    "REVISED": (*SHARED, EDIT),
    "APPROVED_BY_BUYER": (*SHARED, approve("BUYER")),
    "APPROVED_BY_SELLER": (*SHARED, approve("SELLER")),
}
"""The open states, and how each is reached."""
VERSIONS = {state: 2 if state == "REVISED" else 1 for state in REACHED}
CLOSED = {
    "REJECTED": (*SHARED, quote("DECLINE", reason="too dear")),
    "CANCELLED": (*SHARED, quote("WITHDRAW", reason="sold out")),
}
EXTEND = quote("EXTEND_VALIDITY", days=5)

QUOTATIONS: tuple[Scenario, ...] = (
    *(
        scenario(
            "SHARE",
            f"a quotation is shared from {state}",
            given=REACHED[state],
            when=[quote("SHARE")],
            then=[applied(), offered("IN_REVIEW", version=VERSIONS[state], approvals=[])],
        )
        for state in ("DRAFT", "REVISED")
    ),
    *(
        scenario(
            ("EDIT", "every EDIT: a new version, approvals cleared"),
            f"an edit in {state} makes a new version without approvals, exact to the cent",
            given=REACHED[state],
            when=[EDIT],
            then=[
                applied(),
                offered(
                    "DRAFT" if state == "DRAFT" else "REVISED",
                    version=VERSIONS[state] + 1,
                    total="36.00",
                    approvals=[],
                ),
            ],
        )
        for state in REACHED
    ),
    *(
        scenario(
            "items not empty, quantity > 0, total exact",
            f"an edit with {what} is refused and changes nothing",
            given=[quotation("12.34")],
            when=[quote("EDIT", lines=lines)],
            then=[refused("event_data"), offered("DRAFT", version=1, total="12.34")],
        )
        for what, lines in (
            ("no items", []),
            ("a quantity of 0", [{"sku": "ANVIL", "quantity": 0, "unitPrice": "1.00"}]),
        )
    ),
    scenario(
        "items not empty, quantity > 0, total exact",
        "an amount with more digits than the currency has is refused",
        given=[quotation("12.34")],
        when=[quote("EDIT", lines=[{"sku": "ANVIL", "quantity": 1, "unitPrice": "1.001"}])],
        then=[refused("blocked", "input.invalid"), offered("DRAFT", version=1, total="12.34")],
    ),
    *(
        scenario(
            "BUYER_APPROVES / SELLER_APPROVES",
            f"the {side.lower()} approves what is in review",
            given=SHARED,
            when=[approve(side)],
            then=[applied(), offered(f"APPROVED_BY_{side}", approvals=[side])],
        )
        for side in ("BUYER", "SELLER")
    ),
    *(
        scenario(
            ("the other party approves", "Phase change 1"),
            f"the {second.lower()} approves after the {first.lower()}: both agree, and there is one order of it",
            given=[*SHARED, approve(first)],
            when=[approve(second)],
            then=[
                offered("MUTUALLY_APPROVED", approvals=["BUYER", "SELLER"]),
                told("quotation.mutually_approved", version=1),
                follow_order(),
                stands("AWAITING_PAYMENT_METHOD"),
                money(captured="0.00", due="100.00"),
                told("order.created", grandTotalMinor=10000),
            ],
        )
        for first, second in (("BUYER", "SELLER"), ("SELLER", "BUYER"))
    ),
    *(
        scenario(
            "the other party approves",
            f"the {side.lower()} cannot approve twice for both",
            given=[*SHARED, approve(side)],
            when=[approve(side)],
            then=[refused("unhandled"), offered(f"APPROVED_BY_{side}", order=None)],
        )
        for side in ("BUYER", "SELLER")
    ),
    scenario(
        "approving party and actor are checked",
        "a buyer cannot give the seller's approval",
        given=SHARED,
        when=[approve("SELLER", by="bob")],
        then=[refused("access.denied"), offered("IN_REVIEW", approvals=[])],
    ),
    scenario(
        "approving party and actor are checked",
        "a seller cannot give the buyer's approval",
        given=SHARED,
        when=[approve("BUYER", by="clerk")],
        then=[refused("access.denied"), offered("IN_REVIEW", approvals=[])],
    ),
    scenario(
        "an approval names the version that it approved",
        "who has read an older version does not approve the newer one",
        given=[*SHARED, EDIT, quote("SHARE")],
        when=[approve("BUYER", version=1)],
        then=[refused("blocked", "quotation.version_stale"), offered("IN_REVIEW", approvals=[])],
    ),
    *(
        scenario(
            "DECLINE",
            f"a quotation in {state} is declined for good",
            given=REACHED[state],
            when=[quote("DECLINE", by="bob", reason="too dear")],
            then=[applied(), offered("REJECTED", order=None)],
        )
        for state in REACHED
        if state != "DRAFT"
    ),
    scenario(
        "DECLINE",
        "a draft is nothing to decline",
        given=REACHED["DRAFT"],
        when=[quote("DECLINE", reason="too dear")],
        then=[refused("unhandled"), offered("DRAFT")],
    ),
    *(
        scenario(
            "WITHDRAW",
            f"a quotation in {state} is withdrawn for good",
            given=REACHED[state],
            when=[quote("WITHDRAW", reason="sold out")],
            then=[applied(), offered("CANCELLED", order=None)],
        )
        for state in REACHED
    ),
    *(
        scenario(
            "VALIDITY_ENDED (timer at valid_until)",
            f"a quotation in {state} expires when its validity ends, and not before",
            given=[*steps, later(days=2, hours=23, minutes=59), offered(state)],
            when=[later(minutes=1)],
            then=[offered("EXPIRED")],
        )
        for state, steps in REACHED.items()
    ),
    *(
        scenario(
            "VALIDITY_ENDED (timer at valid_until)",
            f"a quotation that is {state} does not expire any more",
            given=steps,
            when=[later(days=4)],
            then=[offered(state)],
        )
        for state, steps in CLOSED.items()
    ),
    *(
        scenario(
            "EXTEND_VALIDITY, open",
            f"a quotation in {state} holds longer and stays as it is",
            given=steps,
            when=[EXTEND, later(days=4)],
            then=[offered(state, version=VERSIONS[state]), later(days=5), offered("EXPIRED")],
        )
        for state, steps in REACHED.items()
    ),
    scenario(
        ("EXTEND_VALIDITY, EXPIRED", "every entry to REVISED: a new version, approvals cleared"),
        "an expired quotation is revised when it is extended, and expires anew",
        given=[*REACHED["APPROVED_BY_BUYER"], later(days=3), offered("EXPIRED")],
        when=[EXTEND],
        then=[offered("REVISED", version=2, approvals=[]), later(days=5), offered("EXPIRED")],
    ),
    scenario(
        ("SALE_EXPIRED (system)", "every entry to REVISED: a new version, approvals cleared"),
        "an expired sale gives a quotation back that is still valid",
        given=[quotation(), agree(), offered("MUTUALLY_APPROVED")],
        when=[later(days=1)],
        then=[stands("EXPIRED"), offered("REVISED", version=2, approvals=[])],
    ),
    scenario(
        "SALE_EXPIRED (system)",
        "an expired sale ends a quotation that is no longer valid",
        given=[quotation(days=0.5), agree(), offered("MUTUALLY_APPROVED")],
        when=[later(days=1)],
        then=[stands("EXPIRED"), offered("EXPIRED")],
    ),
    *(
        scenario(
            "final states",
            f"a quotation that is {state} takes nothing more",
            given=steps,
            when=[quote("EXTEND_VALIDITY", days=1)],
            then=[refused("done"), offered(state)],
        )
        for state, steps in CLOSED.items()
    ),
)
