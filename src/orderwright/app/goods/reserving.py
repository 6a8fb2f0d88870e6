"""Reserving: what becomes of an order's reservation as its sale goes on.

A consumer of the outbox. Repeating a reaction changes nothing: the reservation's id follows from the order's, and each
domain event is a key under which RESERVE or RELEASE takes effect once.

    order.created                                  -> the reservation, and RESERVE
    sale.reopened                                  -> RESERVE
    sale.cancelled, sale.rejected, sale.expired    -> RELEASE

Several events go in one transaction, and together. Their reservations are locked first, then all stock that they are
about, each in one order, so that no two transactions wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from orderwright.app.goods.reservations import (
    ensure_reservations,
    lock_reservations,
    reservation_id_of,
)
from orderwright.app.goods.stock_fact import lock_stock
from orderwright.app.phases import follow_up, heed
from orderwright.runtime.command import Actor
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.joining import Owned
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

RESERVING: Final = Actor("reserving", "system")
"""Who acts when an order takes stock or gives it back."""

_MEANS: Final[Mapping[str, Event]] = {
    "order.created": Event("RESERVE"),
    "sale.reopened": Event("RESERVE"),
    "sale.cancelled": Event("RELEASE"),
    "sale.rejected": Event("RELEASE"),
    "sale.expired": Event("RELEASE"),
}
_BATCH: Final = 20
"""Events to a transaction, which holds the stock of as many orders."""


class Reserving:
    """Reacts to what happens to sales."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        return Consumer(
            name="reservations",
            events=frozenset(_MEANS),
            handle=lambda connection, event: self._react(connection, [event]),
            handle_all=self._react,
            batch=_BATCH,
        )

    async def _react(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        causes = {event.root_id: event.cause(RESERVING) for event in reversed(events)}
        await ensure_reservations(self._engine, connection, causes)
        await lock_stock(connection, await lock_reservations(connection, causes))
        sends = [
            follow_up(
                event,
                RESERVING,
                reservation_id_of(event.root_id),
                _MEANS[event.name],
                key=f"reservation/{event.event_id}",
            )
            for event in events
        ]
        results = await self._engine.carry_out_all(sends, connection=Owned(connection))
        for event, send, result in zip(events, sends, results, strict=True):
            heed(event, send, result)
