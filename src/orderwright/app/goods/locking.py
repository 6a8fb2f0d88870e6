"""What is locked, in which order, by whoever moves several lifecycles of goods in one transaction.

    1. fulfilments and reservations, in the order of their ids
    2. sales, in the order of their ids
    3. balances of stock, in the order of ledger and account

A person's event goes the same way: its own instance, the sale that it asks, then balances. So nobody ever waits for
somebody who waits for them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from orderwright.app.goods.stock_fact import lock_stock

if TYPE_CHECKING:
    from orderwright.runtime.pool import Connection


async def hold_orders(
    connection: Connection, order_ids: Collection[str], *, with_stock: Collection[str]
) -> None:
    """Lock the goods' lifecycles and the sales of orders until the transaction ends, and the stock of some of them."""
    orders = sorted(set(order_ids))
    await connection.fetch(_LOCK_GOODS, orders)
    await connection.fetch(_LOCK_SALES, orders)
    if with_stock:
        rows = await connection.fetch(_SKUS, sorted(set(with_stock)))
        await lock_stock(connection, [row["sku"] for row in rows])


_LOCK_GOODS = """
select instance_id from orderwright.instance
where root_id = any($1::text[]) and chart_id in ('fulfilment', 'reservation') order by instance_id for update
"""
_LOCK_SALES = """
select instance_id from orderwright.instance
where instance_id = any($1::text[]) and chart_id = 'sale' order by instance_id for update
"""
_SKUS = """
select distinct line.sku from orderwright.sale_order_line as line
join orderwright.product as product on product.sku = line.sku
where line.order_id = any($1::text[]) and product.kind = 'GOODS'
"""
