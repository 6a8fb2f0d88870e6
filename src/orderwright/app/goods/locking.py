"""What is locked, in which order, by whoever moves several lifecycles of goods in one transaction.

    1. fulfilments and reservations, in the order of their ids
    2. sales, in the order of their ids; of those that are told something the customers' credit as well, as
       `orderwright.app.credit.locking` says
    3. balances of stock, in the order of ledger and account

A person's event goes the same way: its own instance, the sale that it asks, then balances. So nobody ever waits for
somebody who waits for them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from orderwright.app.credit.locking import hold_sales
from orderwright.app.goods.stock_fact import lock_stock
from orderwright.runtime.instance import hold

if TYPE_CHECKING:
    from orderwright.runtime.pool import Connection


async def hold_orders(
    connection: Connection,
    order_ids: Collection[str],
    *,
    told: Collection[str],
    with_stock: Collection[str],
) -> None:
    """Lock the goods' lifecycles and the sales of orders until the transaction ends.

    Args:
        connection: in a transaction.
        order_ids: the orders.
        told: those whose sales will get events, which may turn on their customers' credit.
        with_stock: those of which pieces will be moved.
    """
    await connection.fetch(_LOCK_GOODS, list(order_ids))
    await hold(connection, order_ids)
    if told:
        await hold_sales(connection, told)
    if with_stock:
        rows = await connection.fetch(_SKUS, sorted(set(with_stock)))
        await lock_stock(connection, [row["sku"] for row in rows])


_LOCK_GOODS = """
select instance_id from orderwright.instance
where root_id = any($1::text[]) and chart_id in ('fulfilment', 'reservation') order by instance_id for update
"""
_SKUS = """
select distinct line.sku from orderwright.sale_order_line as line
left join orderwright.product as product on product.sku = line.sku
where line.order_id = any($1::text[]) and coalesce(product.kind, 'GOODS') = 'GOODS'
"""
