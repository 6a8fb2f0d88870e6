"""Everything that a sale can come to: explored with free guards, and with the behaviour that the product runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from story import CHARTS, NOON, TOMORROW, at, credit, fulfilments

from orderwright.domain.orders import BEHAVIOURS
from orderwright.statechart import Chart, Event, load
from orderwright.statechart.explore import Exploration, Place, explore

SALE = CHARTS["sale"]
CLEARED = "sale.ACTIVE.CLEARED_FOR_FULFILMENT"
LIMITS = {"within credit": 500, "over the limit": 30}
CONTEXT = {
    "orderId": "o1",
    "customerId": "c1",
    "currency": "EUR",
    "grandTotalMinor": 10000,
    "expiresAt": at(NOON + timedelta(days=1)),
}
EVENTS = [
    Event("DECISION_RECORDED"),
    Event("SET_PAYMENT_METHOD", {"method": "INVOICE"}),
    Event("PAYMENT_CAPTURED", {"amount": "40.00", "paymentId": "part"}),
    Event("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": "full"}),
    Event(
        "ADMIN_OVERRIDE_GRANTED", {"amount": "100.00", "expiresAt": TOMORROW, "approvalId": "a1"}
    ),
    Event(
        "CREDIT_OVERRIDE_GRANTED", {"amount": "70.00", "expiresAt": TOMORROW, "approvalId": "a1"}
    ),
    Event(
        "CREDIT_OVERRIDE_GRANTED", {"amount": "10.00", "expiresAt": TOMORROW, "approvalId": "a1"}
    ),
    Event("OVERRIDE_REVOKED", {"kind": "CREDIT", "approvalId": "a1"}),
    Event("HOLD_PLACED", {"holdId": "h1", "kind": "action", "reason": "odd address"}),
    Event("HOLD_LIFTED", {"holdId": "h1", "outcome": "approved"}),
    Event("FREEZE", {"reason": "odd address"}),
    Event("RELEASE"),
    Event("RECHECK"),
    Event("SALE_EXPIRED"),
]


def lives(chart: Chart, limit: int) -> Exploration:
    """Every life of a sale over 100.00 of a customer with a limit, as far as these events go."""
    return explore(
        chart,
        behaviour=BEHAVIOURS["sale"],
        guards="given",
        contexts=[CONTEXT],
        facts=[{"credit": credit(limit), "fulfilments": fulfilments("PICK_PACK")}],
        events=EVENTS,
        now=NOON,
        forgetting=("clearance", "clearedAt"),
    )


def may_be_cleared(place: Place) -> bool:
    """The rule, written down a second time: decided; paid, or waived or on terms and within credit or covered."""
    found = place.context
    if not found["isDecided"] or found.get("holds"):
        return False
    if found["capturedMinor"] >= found["grandTotalMinor"]:
        return True
    granted = {k: v for k, v in found["overrides"].items() if v["status"] == "GRANTED"}
    open_minor = found["grandTotalMinor"] - found["capturedMinor"]
    overage = max(open_minor - place.facts["credit"]["limitMinor"], 0)
    covered = granted.get("CREDIT", {}).get("amountMinor", 0) >= overage
    return ("ADMIN" in granted or found["method"] in ("INVOICE", "PO")) and covered


def is_wrongly_cleared(place: Place) -> bool:
    return place.is_in(CLEARED) and not may_be_cleared(place)


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_a_sale_is_never_cleared_unless_decided_and_paid_or_waived_or_on_credit_terms_within_credit(
    limit: int,
):
    found = lives(SALE, limit)
    assert found.never(is_wrongly_cleared).holds is True
    assert found.never(lambda place: place.is_in(CLEARED)).holds is False
    assert found.failures == ()


def without_credit(definition: Mapping) -> dict:
    """The chart with `is_within_credit` left out wherever it has the rule of clearance."""
    text = json.dumps(definition)
    weak = '{"or": ["payment_is_waived", "is_on_credit_terms"]}'
    strong = f'{{"and": [{weak}, "is_within_credit"]}}'
    assert text.count(strong) == 3
    return json.loads(text.replace(strong, weak))


def test_without_the_guard_on_credit_the_shortest_counter_example_is_an_invoice():
    mutant = load(without_credit(json.loads(SALE.definition)))
    answer = lives(mutant, LIMITS["over the limit"]).never(is_wrongly_cleared)
    assert answer.holds is False
    assert [move.event for move in answer.path] == [
        None,
        Event("DECISION_RECORDED"),
        Event("SET_PAYMENT_METHOD", {"method": "INVOICE"}),
    ]


@pytest.mark.parametrize("name", CHARTS)
def test_every_state_is_reached_and_every_transition_covered(name: str):
    chart = CHARTS[name]
    found = explore(chart)
    assert found.complete
    assert found.failures == ()
    assert found.coverage().uncovered == ()
    passed = {"sale.ACTIVE.OPEN.WHERE_PAYMENT_STANDS", "payment.ARRIVING"}
    resting = {n.id for n in chart.nodes if n.kind in ("atomic", "final")} - passed
    assert resting == {place.configuration[-1] for place in found.places}


def test_no_sale_that_has_ended_goes_on_and_none_rests_in_between():
    found = explore(SALE)
    assert found.never(lambda place: place.is_in("sale.ACTIVE.OPEN.WHERE_PAYMENT_STANDS")).holds
    ended = ("sale.CANCELLED", "sale.REJECTED")
    assert found.always(
        lambda place: (place.snapshot.status == "done") is any(map(place.is_in, ended))
    ).holds
