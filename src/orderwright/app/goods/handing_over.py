"""Handing over what an order has reserved to its fulfilments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orderwright.app.goods.reservations import ensure_reservations, reservation_id_of
from orderwright.app.phases import PHASES, pass_on
from orderwright.domain.orders.inventory import Taken, taken_of
from orderwright.runtime.instance import found
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection


async def begin_reservations(
    engine: Engine, connection: Connection, events: Iterable[DomainEvent]
) -> None:
    """Make the reservations that will be handed over, where nobody has made them; before any stock is locked."""
    causes = {event.root_id: event.cause(PHASES) for event in events}
    await ensure_reservations(engine, connection, causes)


async def hand_over(
    engine: Engine, connection: Connection, event: DomainEvent
) -> tuple[Taken, ...]:
    """End an order's reservation and return what it held: from now on that is the fulfilments'.

    An order that is cleared before anything was reserved for it reserves first; whoever comes to it afterwards is
    too late.
    """
    reservation_id = reservation_id_of(event.root_id)
    reservation = found(await engine.read(reservation_id, connection=connection), reservation_id)
    if reservation.state == "RESERVING":
        await pass_on(engine, connection, PHASES, event, reservation_id, Event("RESERVE"))
    result = await pass_on(engine, connection, PHASES, event, reservation_id, Event("HAND_OVER"))
    is_done = result.refused is None and result.snapshot is not None
    return taken_of(result.snapshot.context) if is_done and result.snapshot else ()
