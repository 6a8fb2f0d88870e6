"""Put an order in place at a time of its own: what imports and demo data do, where nobody is asked for permission."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from orderwright.app import records
from orderwright.app.phases import sale_context
from orderwright.runtime.command import Create
from orderwright.runtime.joining import Owned

if TYPE_CHECKING:
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.command import Cause
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection


async def place_order(
    engine: Engine,
    order: records.SaleOrder,
    cause: Cause,
    *,
    request: Mapping[str, object],
    expires_at: datetime | None,
    connection: Connection,
) -> Result:
    """Store an order and start its sale, in the caller's transaction; one that is there stays as it is.

    Args:
        engine: runs the lifecycle.
        order: with terms, number and time.
        cause: who places it, and under which idempotency key.
        request: what that key stands for; the number, which differs at every attempt, is no part of it.
        expires_at: when it expires unless it is paid; None for never.
        connection: in a READ COMMITTED transaction, which the caller undoes when this raises.
    """
    result = await engine.carry_out(
        Create(
            chart_id="sale",
            instance_id=order.id,
            root_id=order.id,
            context=sale_context(order, expires_at),
            request=request,
            cause=cause,
        ),
        connection=Owned(connection),
    )
    if result.refused is None and not result.replayed:
        await records.add_order(connection, order)
    return result
