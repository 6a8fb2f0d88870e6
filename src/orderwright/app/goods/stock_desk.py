"""What people may ask of stock; every door comes through here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orderwright.app.goods.stock_fact import begin_shelf
from orderwright.app.goods.stock_records import (
    Shelf,
    add_shelf,
    is_kept,
    keep_as_it_is,
    require_open,
    require_shelf,
)
from orderwright.app.permissions import require
from orderwright.runtime.command import Cause, Create, Send
from orderwright.runtime.observation import told_on_commit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection


class StockDesk:
    """Commands on stock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def receive(self, shelf: Shelf, quantity: int, reference: str, asked: Asked) -> Result:
        """Take pieces in at a location; `reference` says where they come from.

        Raises:
            RoleMissing, LocationNotFound, LocationClosed, ProductNotFound, InputInvalid, IdempotencyMismatch.
        """
        require(asked.by, "stock.receive")
        event = Event("RECEIVE_STOCK", {"quantity": quantity, "reference": reference})
        return await self._send(shelf, event, asked, brings=True)

    async def adjust(self, shelf: Shelf, change: int, reason: str, asked: Asked) -> Result:
        """Set right what the shelf holds more or, where `change` is negative, less than the books say.

        Raises:
            RoleMissing, LocationNotFound, ProductNotFound, InputInvalid, IdempotencyMismatch.
            LocationClosed: the shelf is to hold more.
        """
        require(asked.by, "stock.adjust")
        event = Event("ADJUST_STOCK", {"change": change, "reason": reason})
        return await self._send(shelf, event, asked, brings=change > 0)

    async def _send(self, shelf: Shelf, event: Event, asked: Asked, *, brings: bool) -> Result:
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            known = await is_kept(connection, shelf)
            if not known:
                await require_shelf(connection, shelf)
            if brings:
                await keep_as_it_is(connection, shelf.location)
            if not known:
                await _begin(self._engine, connection, shelf, asked.cause)
            result = await send_to_shelf(self._engine, connection, shelf, event, asked.cause)
            if brings and not result.replayed:  # what came while it was open is answered so
                await require_open(connection, shelf.location)
            return result


async def move_stock(
    engine: Engine, connection: Connection, shelf: Shelf, event: Event, cause: Cause
) -> Result:
    """Send an event to a shelf in the caller's transaction, which holds no stock; one that is not there is begun.

    Nobody is asked for permission: imports and demo data come here as well.
    """
    if not await is_kept(connection, shelf):
        await _begin(engine, connection, shelf, cause)
    return await send_to_shelf(engine, connection, shelf, event, cause)


async def _begin(engine: Engine, connection: Connection, shelf: Shelf, cause: Cause) -> None:
    await begin_shelf(connection, shelf.sku)
    if not await is_kept(connection, shelf):  # as it may be after the wait
        await engine.carry_out(
            Create(
                chart_id="stock",
                instance_id=shelf.instance_id,
                root_id=shelf.instance_id,
                context={"sku": shelf.sku, "location": shelf.location},
                cause=replace(cause, idempotency_key=None, reason=None),
            ),
            connection=connection,
        )
        await add_shelf(connection, shelf)


async def send_to_shelf(
    engine: Engine, connection: Connection, shelf: Shelf, event: Event, cause: Cause
) -> Result:
    """Send an event to a shelf that is there, in the caller's transaction."""
    return await engine.carry_out(
        Send(instance_id=shelf.instance_id, event=event, cause=cause), connection=connection
    )
