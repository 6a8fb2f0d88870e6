"""What a sale, its fulfilments and the status of its order must say of each other once all is worked off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shop import fulfilments, state

from orderwright.domain.orders.order_status import OrderStatus, order_status, progress_of

if TYPE_CHECKING:
    from orderwright import Orderwright

AT_WORK = {
    *("ALLOCATING_STOCK", "BACKORDERED", "PICK_PACK"),
    *("READY_FOR_SHIPMENT", "SCHEDULING", "IN_PROGRESS"),
}
DELIVERED = {"COMPLETED", "REFUNDED"}
GIVEN_UP = {"CANCELLED", "FAILED"}
CLEARED = "CLEARED_FOR_FULFILMENT"
ENDED = {"COMPLETED", "CANCELLED", "REJECTED", "EXPIRED"}


async def disagreements(app: Orderwright, orders: Sequence[str]) -> list[tuple[str, str, object]]:
    """Return each order of which they do not agree, with what is wrong and what there is."""
    found = []
    for order_id in orders:
        sale, parts = await state(app, order_id), await fulfilments(app, order_id)
        told = {row["case_type"] for row in await app.pool.fetch(_CASES, order_id)}
        states = [one.standing.words.state for one in parts]
        contexts = [one.standing.context for one in parts]
        wrong = [*of_sale(sale, states, told), *of_status(sale, states, contexts)]
        found += [(order_id, one, (sale, states)) for one in wrong]
    return found


def of_sale(sale: str, states: Sequence[str], cases: set[str]) -> list[str]:
    """Return what is wrong between a sale, its fulfilments, and the cases about it."""
    there, wrong = set(states), []
    has_ended = bool(states) and there <= DELIVERED | GIVEN_UP
    if sale not in {CLEARED, *ENDED} and there & AT_WORK:
        wrong.append("work goes on for an order that is not cleared")
    if sale in {"CANCELLED", "REJECTED"} and not there <= GIVEN_UP:
        wrong.append("goods of an order that was called off go on")
    if sale == "COMPLETED" and not (has_ended and there & DELIVERED):
        wrong.append("the order is completed before its goods are")
    if sale == "FROZEN" or not has_ended:
        return wrong
    if there & DELIVERED and sale != "COMPLETED":
        wrong.append("the goods are completed and the order is not")
    if there == {"CANCELLED"} and sale not in ENDED:
        wrong.append("all was called off and the order is still open")
    if there <= GIVEN_UP and "FAILED" in there and sale not in ENDED:
        wrong += [] if "FAILED_FULFILMENT" in cases else ["nobody was told that all has failed"]
    return wrong


def of_status(
    sale: str, states: Sequence[str], contexts: Sequence[Mapping[str, object]]
) -> list[str]:
    """Return what is wrong about the status of an order."""
    progress = [progress_of(*one) for one in zip(states, contexts, strict=True)]
    status, wrong = order_status(sale, progress), []
    with_customer = [one for one in contexts if one["deliveredAt"] and pieces(one) > back(one)]
    if status == OrderStatus.RETURNED and with_customer:
        wrong.append("it is called returned and goods are with the customer")
    if status == OrderStatus.OPEN and sale in {CLEARED, "FROZEN", *ENDED}:
        wrong.append("it is called open")
    if status == OrderStatus.CLEARED and (sale != CLEARED or with_customer):
        wrong.append("it is called cleared")
    if any((status == name) != (sale == name) for name in ("FROZEN", *ENDED - {"COMPLETED"})):
        wrong.append(f"it is called {status}")
    return wrong


def pieces(context: Mapping[str, object]) -> int:
    lines = context["lines"]
    assert isinstance(lines, Sequence)
    return sum(line["quantity"] for line in lines)


def back(context: Mapping[str, object]) -> int:
    returned = context["returned"]
    assert isinstance(returned, Mapping)
    return sum(returned.values())


_CASES = "select case_type from orderwright.case_record where root_id = $1"
