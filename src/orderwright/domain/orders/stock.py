"""The behaviour of the stock chart: one instance for each SKU and location, whose log is what arrived and was counted.

How much there is stands in the ledgers and not in its context, so that it moves without it. What is counted less than
what may be promised takes the balance below zero, and is refused by its floor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.orders.inventory import changed, freed
from orderwright.domain.reading import Json, integer, text
from orderwright.statechart import Behaviour, Emit, Outcome, Scope, Verdict


def receive_stock(scope: Scope) -> Outcome:
    """Book what has arrived."""
    quantity, reference = integer(scope.data, "quantity"), text(scope.data, "reference")
    sku, location = _place(scope.context)
    told = {"sku": sku, "location": location, "quantity": quantity, "reference": reference}
    booked = changed("receive", sku, location, quantity, {"reference": reference})
    return Outcome(effects=[Emit("stock.received", told), *booked])


def changes_something(scope: Scope) -> Verdict:
    """More or less was counted than the books say."""
    message = "a change of nothing is none"
    return Verdict(integer(scope.data, "change") != 0, "stock.unchanged", message)


def adjust_stock(scope: Scope) -> Outcome:
    """Book what was counted more or less."""
    change, reason = integer(scope.data, "change"), text(scope.data, "reason")
    sku, location = _place(scope.context)
    told = {"sku": sku, "location": location, "change": change, "reason": reason}
    booked = changed("adjust", sku, location, change, {"reference": reason})
    return Outcome(effects=[Emit("stock.adjusted", told), *booked])


def free_again(scope: Scope) -> Outcome:
    """Say once more that there is something."""
    return Outcome(effects=[freed(*_place(scope.context))])


def _place(context: Mapping[str, Json]) -> tuple[str, str]:
    return text(context, "sku"), text(context, "location")


BEHAVIOUR: Final = Behaviour(
    guards={"changes_something": changes_something},
    actions={
        "receive_stock": receive_stock,
        "adjust_stock": adjust_stock,
        "free_again": free_again,
    },
)
