"""The status of an order follows from its sale and its fulfilments."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from orderwright.domain.orders.order_status import Progress, order_status

CLEARED = "CLEARED_FOR_FULFILMENT"
STATES = (
    "ALLOCATING_STOCK BACKORDERED PICK_PACK READY_FOR_SHIPMENT SHIPPED DELIVERED ON_HOLD SCHEDULING IN_PROGRESS"
    " RETURN_REQUESTED RETURN_RECEIVED REFUNDED COMPLETED CANCELLED FAILED"
).split()


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


def test_every_combination_of_states_has_a_status():
    for sale in (CLEARED, "COMPLETED", "FROZEN", "OVERRIDE_REVIEW"):
        for states in combinations_with_replacement(STATES, 3):
            assert order_status(sale, [Progress(state=one, pieces=1) for one in states])
