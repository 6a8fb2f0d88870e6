"""The status of an order: derived from its sale and its fulfilments, never typed in.

Read from the top, the first that holds:

    cancelled, rejected, expired, frozen     as the sale says
    returned                                 everything that was delivered has come back, and nothing else is under way
    completed                                as the sale says
    partly returned                          something has come back
    delivered, partly delivered              all, or some, of what is to be delivered is with the customer
    shipped, partly shipped                  all, or some, of it has left the house
    backordered                              something waits for stock
    cleared, open                            as the sale says

What was cancelled or has failed does not count, unless its goods were delivered before: those that have not come back
are with the customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orderwright.domain.orders.goods_line import lines_of, quantities, returned_of
from orderwright.domain.reading import Json


class OrderStatus(StrEnum):
    """How an order stands, in one word."""

    OPEN = "OPEN"
    FROZEN = "FROZEN"
    CLEARED = "CLEARED"
    BACKORDERED = "BACKORDERED"
    PARTLY_SHIPPED = "PARTLY_SHIPPED"
    SHIPPED = "SHIPPED"
    PARTLY_DELIVERED = "PARTLY_DELIVERED"
    DELIVERED = "DELIVERED"
    PARTLY_RETURNED = "PARTLY_RETURNED"
    RETURNED = "RETURNED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one fulfilment has come: its state, and how many pieces it has and how many of them came back.

    Attributes:
        is_delivered: whether its goods have been with the customer, whatever became of it afterwards.
    """

    state: str
    pieces: int
    returned: int = 0
    is_delivered: bool = False

    @property
    def is_kept(self) -> bool:
        """It was given up when the customer had it, who still has some of it."""
        return self.state in _GIVEN_UP and self.is_delivered and self.returned < self.pieces


_OF_SALE: Final[Mapping[str, OrderStatus]] = {
    "CANCELLED": OrderStatus.CANCELLED,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.EXPIRED,
    "FROZEN": OrderStatus.FROZEN,
}
_DELIVERED: Final = frozenset(
    {"DELIVERED", "COMPLETED", "REFUNDED", "RETURN_REQUESTED", "RETURN_RECEIVED"}
)
_OUT: Final = _DELIVERED | {"SHIPPED"}
_GIVEN_UP: Final = frozenset({"CANCELLED", "FAILED"})


def progress_of(state: str, context: Mapping[str, Json]) -> Progress:
    """Read how far a fulfilment has come."""
    pieces = sum(quantities(lines_of(context)).values())
    returned = sum(returned_of(context).values())
    is_delivered = context["deliveredAt"] is not None
    return Progress(state=state, pieces=pieces, returned=returned, is_delivered=is_delivered)


def order_status(sale: str, fulfilments: Sequence[Progress]) -> OrderStatus:
    """Return the status of an order, from the state of its sale and its fulfilments."""
    if sale in _OF_SALE:
        return _OF_SALE[sale]
    wanted = [one for one in fulfilments if one.state not in _GIVEN_UP or one.is_kept]
    returned = sum(one.returned for one in fulfilments)
    if returned and all(one.returned == one.pieces for one in wanted):
        return OrderStatus.RETURNED
    if sale == "COMPLETED":
        return OrderStatus.COMPLETED
    if returned:
        return OrderStatus.PARTLY_RETURNED
    return _of_goods(wanted) or (
        OrderStatus.CLEARED if sale == "CLEARED_FOR_FULFILMENT" else OrderStatus.OPEN
    )


def _of_goods(wanted: Sequence[Progress]) -> OrderStatus | None:
    delivered = [one for one in wanted if one.state in _DELIVERED or one.is_kept]
    out = [one for one in wanted if one.state in _OUT]
    if delivered:
        is_all = len(delivered) == len(wanted)
        return OrderStatus.DELIVERED if is_all else OrderStatus.PARTLY_DELIVERED
    if out:
        return OrderStatus.SHIPPED if len(out) == len(wanted) else OrderStatus.PARTLY_SHIPPED
    waits = any(one.state == "BACKORDERED" for one in wanted)
    return OrderStatus.BACKORDERED if waits else None
