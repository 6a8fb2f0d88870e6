"""Handing over what an order has reserved to its fulfilments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.app.goods.fulfilment_records import order_lines
from orderwright.app.phases import PHASES, PhaseBroken, pass_on
from orderwright.domain.orders.goods_line import GOODS
from orderwright.domain.orders.inventory import Taken, Want, taken_of
from orderwright.runtime.identity import derived_id
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection


async def hand_over(
    engine: Engine, connection: Connection, event: DomainEvent
) -> tuple[Taken, ...]:
    """End an order's reservation and return what it held; from now on it is the fulfilments'.

    An order that is cleared before anything was reserved for it gets a reservation of nothing, so that nothing is
    reserved for it afterwards.

    Raises:
        PhaseBroken: the reservation could not be begun.
    """
    reservation_id = derived_id(f"reservation/{event.root_id}")
    if await engine.read(reservation_id, connection=connection) is None:
        await _begin(engine, connection, event, reservation_id)
    result = await pass_on(engine, connection, PHASES, event, reservation_id, Event("HAND_OVER"))
    return taken_of(result.snapshot.context) if result.refused is None and result.snapshot else ()


async def _begin(
    engine: Engine, connection: Connection, event: DomainEvent, reservation_id: str
) -> None:
    lines = await order_lines(connection, event.root_id)
    wants = [
        Want(line_no=line.line_no, sku=line.sku, quantity=line.quantity)
        for line in lines
        if line.kind == GOODS
    ]
    result = await engine.create(
        "reservation",
        reservation_id,
        context={"orderId": event.root_id, "lines": [want.to_json() for want in wants]},
        root_id=event.root_id,
        actor=PHASES,
        correlation_id=event.correlation_id,
        causation_id=event.event_id,
        occurred_at=event.occurred_at,
        origin=event.origin,
        connection=connection,
    )
    if result.refused is not None:
        raise PhaseBroken(f"reservation of {event.root_id}: {result.refused.message}")
