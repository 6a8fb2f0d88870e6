"""The behaviour of the reservation chart: what an order takes before it is cleared, and gives back to the piece.

It takes what is there and nobody waits for; what is lacking is no shortage yet, for an order that is not cleared waits
for nothing. Handing over books nothing: the fulfilments go on with the very pieces that stand in `taken`.
"""

from __future__ import annotations

from typing import Final

from orderwright.domain.orders.inventory import (
    release,
    reserve,
    stock_of,
    take,
    taken_of,
    wants_of,
)
from orderwright.domain.reading import text
from orderwright.statechart import Behaviour, Outcome, Scope


def take_stock(scope: Scope) -> Outcome:
    """Reserve for each line what may be had."""
    taken = take(wants_of(scope.context), stock_of(scope.facts))
    who = {"orderId": text(scope.context, "orderId")}
    return Outcome({"taken": [part.to_json() for part in taken]}, effects=reserve(taken, who))


def give_back(scope: Scope) -> Outcome:
    """Release exactly what was taken."""
    who = {"orderId": text(scope.context, "orderId")}
    return Outcome({"taken": []}, effects=release(taken_of(scope.context), who))


BEHAVIOUR: Final = Behaviour(actions={"take_stock": take_stock, "give_back": give_back})
