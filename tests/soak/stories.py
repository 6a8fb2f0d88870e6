"""What the writer of the soak does: numbered stories of orders, each request under a key that follows from its number.

Telling a story again repeats its requests; whatever was applied before must then be remembered, not done twice.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from orderwright.app import records
from orderwright.app.placing import place_order
from orderwright.domain.orders.terms import Line, Terms
from orderwright.runtime.command import Actor, Cause
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright import Orderwright

BY = Actor("soak")
_IDS = uuid.UUID("0f6f4f0e-5d0e-5c55-8a9e-0b6f3c1d7e21")
_LINE = Line(sku="ANVIL", name="Anvil", quantity=2, unit_price_minor=5000)


@dataclass(frozen=True)
class Plot:
    """What happens to an order, and where it must have come to when everything has settled."""

    events: tuple[Event, ...]
    ends_in: str
    expires_in: timedelta = timedelta(days=1)


def _captured(amount: str, payment: str) -> Event:
    return Event("PAYMENT_CAPTURED", {"amount": amount, "paymentId": payment})


_METHOD = Event("SET_PAYMENT_METHOD", {"method": "CARD"})
_FREEZE, _RELEASE = Event("FREEZE", {"reason": "soak"}), Event("RELEASE")
_CLEARED = "CLEARED_FOR_FULFILMENT"

PLOTS = (
    Plot((_METHOD, _captured("100.00", "p1")), _CLEARED),
    Plot((_captured("40.00", "p1"), _captured("60.00", "p2")), _CLEARED),
    Plot((_FREEZE, _RELEASE, _METHOD, _captured("100.00", "p1")), _CLEARED),
    Plot((_captured("100.00", "p1"), _FREEZE, _RELEASE), _CLEARED),
    Plot((), "EXPIRED", timedelta(seconds=2)),
)


def plot_of(number: int) -> Plot:
    """Return what happens in a story."""
    return PLOTS[number % len(PLOTS)]


def order_of(number: int) -> str:
    """Return the id of a story's order."""
    return str(uuid.uuid5(_IDS, str(number)))


async def tell(app: Orderwright, number: int) -> None:
    """Place a story's order and send its events, one request after the other."""
    plot, order_id = plot_of(number), order_of(number)
    await _place(app, number, plot)
    for place, event in enumerate(plot.events, start=1):
        key = f"story-{number}-{place}"
        result = await app.engine.send(order_id, event, actor=BY, idempotency_key=key)
        assert result.refused is None, (number, event.type, result.refused)


async def _place(app: Orderwright, number: int, plot: Plot) -> None:
    now = app.clock.now()
    async with app.pool.acquire() as connection, connection.transaction():
        order = records.SaleOrder(
            id=order_of(number),
            number=await records.next_number(connection, "order_number"),
            channel="CONSUMER",
            customer_id="ada",
            terms=Terms(currency="EUR", lines=(_LINE,)),
            placed_at=now,
        )
        result = await place_order(
            app.engine,
            order,
            Cause(actor=BY, idempotency_key=f"story-{number}-0"),
            request={"story": number},
            expires_at=now + plot.expires_in,
            connection=connection,
        )
        assert result.refused is None, (number, result.refused)
