"""The status of an order follows from its sale and its fulfilments."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from orderwright.domain.orders.order_status import Progress, order_status, progress_of

CLEARED = "CLEARED_FOR_FULFILMENT"


@pytest.mark.parametrize(
    ("sale", "fulfilments", "status"),
    [
        ("AWAITING_PAYMENT_METHOD", [], "OPEN"),
        (CLEARED, [], "CLEARED"),
        (CLEARED, ["PICK_PACK", "READY_FOR_SHIPMENT"], "CLEARED"),
        (CLEARED, ["PICK_PACK", "BACKORDERED"], "BACKORDERED"),
        (CLEARED, ["SHIPPED", "BACKORDERED"], "PARTLY_SHIPPED"),
        (CLEARED, ["SHIPPED", "SHIPPED"], "SHIPPED"),
        (CLEARED, ["SHIPPED", "CANCELLED"], "SHIPPED"),
        (CLEARED, ["DELIVERED", "SHIPPED"], "PARTLY_DELIVERED"),
        (CLEARED, ["DELIVERED", "COMPLETED", "FAILED"], "DELIVERED"),
        (CLEARED, ["CANCELLED"], "CLEARED"),
        ("COMPLETED", ["COMPLETED", "CANCELLED"], "COMPLETED"),
        ("CANCELLED", ["CANCELLED"], "CANCELLED"),
        ("FROZEN", ["SHIPPED"], "FROZEN"),
        ("REJECTED", [], "REJECTED"),
        ("EXPIRED", [], "EXPIRED"),
    ],
)
def test_the_status_says_how_far_the_goods_are(sale: str, fulfilments: list[str], status: str):
    assert order_status(sale, [Progress(state=one, pieces=2) for one in fulfilments]) == status


@pytest.mark.parametrize(
    ("sale", "returned", "status"),
    [
        (CLEARED, 1, "PARTLY_RETURNED"),
        (CLEARED, 2, "RETURNED"),
        ("COMPLETED", 1, "COMPLETED"),
        ("COMPLETED", 2, "RETURNED"),
    ],
)
def test_what_came_back_is_told(sale: str, returned: int, status: str):
    part = Progress(state="DELIVERED", pieces=2, returned=returned)
    assert order_status(sale, [part, Progress(state="CANCELLED", pieces=5)]) == status


BACK = Progress(state="REFUNDED", pieces=1, returned=1, is_delivered=True)


@pytest.mark.parametrize(
    ("returned", "others", "status"),
    [
        (0, [], "DELIVERED"),
        (1, [], "PARTLY_RETURNED"),
        (0, [BACK], "PARTLY_RETURNED"),
        (2, [BACK], "PARTLY_RETURNED"),
        (0, [Progress(state="PICK_PACK", pieces=1)], "PARTLY_DELIVERED"),
    ],
)
def test_what_was_given_up_when_it_was_delivered_is_still_with_the_customer(
    returned: int, others: list[Progress], status: str
):
    failed = Progress(state="FAILED", pieces=3, returned=returned, is_delivered=True)
    assert order_status(CLEARED, [failed, *others]) == status


@pytest.mark.parametrize("state", ["CANCELLED", "FAILED"])
def test_what_was_given_up_before_it_was_delivered_is_nowhere(state: str):
    given_up = Progress(state=state, pieces=3)
    assert order_status(CLEARED, [given_up]) == "CLEARED"
    assert order_status(CLEARED, [given_up, BACK]) == "RETURNED"


def test_whether_goods_were_delivered_is_read_from_the_fulfilment():
    line = {"lineNo": 1, "sku": "LAMP", "quantity": 3, "ofPieces": 3, "totalMinor": 300}
    context = {"lines": [line], "returned": {"1": 1}, "deliveredAt": "2026-03-01T12:00:00Z"}
    found = progress_of("FAILED", context)
    assert found == Progress(state="FAILED", pieces=3, returned=1, is_delivered=True)
    assert progress_of("FAILED", {**context, "deliveredAt": None}).is_delivered is False


KINDS = {
    "waiting": "ALLOCATING_STOCK PICK_PACK READY_FOR_SHIPMENT ON_HOLD SCHEDULING IN_PROGRESS",
    "short": "BACKORDERED",
    "out": "SHIPPED",
    "there": "DELIVERED RETURN_REQUESTED RETURN_RECEIVED REFUNDED COMPLETED",
    "gone": "CANCELLED FAILED",
}
KIND_OF = {state: kind for kind, states in KINDS.items() for state in states.split()}
OF_KINDS = {
    "": None,
    "waiting": None,
    "short": "BACKORDERED",
    "short waiting": "BACKORDERED",
    "out": "SHIPPED",
    "out waiting": "PARTLY_SHIPPED",
    "out short": "PARTLY_SHIPPED",
    "out short waiting": "PARTLY_SHIPPED",
    "there": "DELIVERED",
    "there waiting": "PARTLY_DELIVERED",
    "short there": "PARTLY_DELIVERED",
    "short there waiting": "PARTLY_DELIVERED",
    "out there": "PARTLY_DELIVERED",
    "out there waiting": "PARTLY_DELIVERED",
    "out short there": "PARTLY_DELIVERED",
}
"""What the kinds of an order's fulfilments come to if nothing has come back; those that are gone do not count."""
OF_SALES = {
    CLEARED: lambda goods: goods or "CLEARED",
    "OVERRIDE_REVIEW": lambda goods: goods or "OPEN",
    "COMPLETED": lambda _: "COMPLETED",
    "FROZEN": lambda _: "FROZEN",
}


def test_every_combination_of_states_has_the_status_of_its_kinds():
    for states in combinations_with_replacement(KIND_OF, 3):
        kinds = " ".join(sorted({KIND_OF[one] for one in states} - {"gone"}))
        parts = [Progress(state=one, pieces=1) for one in states]
        for sale, status in OF_SALES.items():
            assert order_status(sale, parts) == status(OF_KINDS[kinds]), (sale, states)
    assert len(KIND_OF) == 15
