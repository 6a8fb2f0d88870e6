"""Making the instance that keeps what an order has of stock before its fulfilments have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from orderwright.runtime.command import Create
from orderwright.runtime.identity import derived_id
from orderwright.runtime.joining import Owned

if TYPE_CHECKING:
    from orderwright.runtime.command import Cause
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection


def reservation_id_of(order_id: str) -> str:
    """Return the id of the one reservation of an order."""
    return derived_id(f"reservation/{order_id}")


async def ensure_reservations(
    engine: Engine, connection: Connection, causes: Mapping[str, Cause]
) -> None:
    """Make the reservations of orders where they are missing, in the caller's transaction, which holds no stock.

    Args:
        engine: runs the lifecycles.
        connection: in a transaction.
        causes: by the id of the order.
    """
    ids = {reservation_id_of(order_id): order_id for order_id in causes}
    there = {row["instance_id"] for row in await connection.fetch(_THERE, list(ids))}
    missing = [(key, ids[key]) for key in sorted(ids) if key not in there]
    lines = await _goods(connection, [order_id for _, order_id in missing])
    commands = [
        Create(
            chart_id="reservation",
            instance_id=reservation_id,
            root_id=order_id,
            context={"orderId": order_id, "lines": lines[order_id]},
            cause=causes[order_id],
        )
        for reservation_id, order_id in missing
    ]
    await engine.carry_out_all(commands, connection=Owned(connection))


async def lock_reservations(connection: Connection, order_ids: Iterable[str]) -> set[str]:
    """Lock the reservations of orders, in the order of their ids, and return the SKUs that they are about."""
    ids = [reservation_id_of(order_id) for order_id in order_ids]
    await connection.execute(_LOCK, ids)
    return {row["sku"] for row in await connection.fetch(_SKUS, ids)}


async def _goods(connection: Connection, order_ids: list[str]) -> dict[str, list[object]]:
    """Return the lines of orders that are for goods; of a SKU that is no product any more, too."""
    found: dict[str, list[object]] = {order_id: [] for order_id in order_ids}
    if order_ids:
        for row in await connection.fetch(_GOODS, order_ids):
            line = {"lineNo": row["line_no"], "sku": row["sku"], "quantity": row["quantity"]}
            found[row["order_id"]].append(line)
    return found


_THERE: Final = """
select instance_id from orderwright.instance where instance_id = any($1::text[])
"""
_LOCK: Final = """
select 1 from orderwright.instance where instance_id = any($1::text[])
order by instance_id for no key update
"""
_SKUS: Final = """
select distinct line->>'sku' as sku
from orderwright.instance as i
cross join lateral jsonb_array_elements((i.snapshot::jsonb)->'context'->'lines') as line
where i.instance_id = any($1::text[])
"""
_GOODS: Final = """
select l.order_id, l.line_no, l.sku, l.quantity
from orderwright.sale_order_line as l left join orderwright.product as p on p.sku = l.sku
where l.order_id = any($1::text[]) and coalesce(p.kind, 'GOODS') = 'GOODS'
order by l.order_id, l.line_no
"""
