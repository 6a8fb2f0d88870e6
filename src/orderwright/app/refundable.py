"""What may still be refunded of the lines of orders: their totals, less what went back or was credited for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderwright.runtime.pool import Connection


async def refundable_minor(
    connection: Connection, order_ids: Iterable[str], *, lock: bool
) -> dict[str, dict[str, int]]:
    """Return what may still be refunded of each line of orders; with `lock` it stays so until the transaction ends."""
    orders = sorted(set(order_ids))
    if lock:
        await connection.fetch(_LOCK_ORDERS, orders)
    found: dict[str, dict[str, int]] = {order: {} for order in orders}
    for row in await connection.fetch(_REFUNDABLE, orders):
        found[row["order_id"]][str(row["line_no"])] = row["left_minor"]
    return found


_LOCK_ORDERS: Final = """
select id from orderwright.sale_order where id = any($1::text[]) order by id for no key update
"""
_REFUNDABLE: Final = """
select line.order_id, line.line_no,
       (line.unit_price_minor::numeric * line.quantity - line.discount_minor + line.tax_minor
        - coalesce(refunded.minor, 0) - coalesce(credited.minor, 0))::bigint as left_minor
from orderwright.sale_order_line as line
left join (
    select i.root_id, part.key as line_no, sum(part.value::bigint) as minor
    from orderwright.instance as i
    cross join lateral jsonb_each((i.snapshot::jsonb)->'context'->'refunds') as refund
    cross join lateral jsonb_each_text(refund.value->'lines') as part
    where i.chart_id = 'payment' and i.root_id = any($1::text[])
    group by i.root_id, part.key) as refunded
  on refunded.root_id = line.order_id and refunded.line_no = line.line_no::text
left join (
    select i.instance_id, part.key as line_no, part.value::bigint as minor
    from orderwright.instance as i
    cross join lateral jsonb_each_text((i.snapshot::jsonb)->'context'->'creditedLines') as part
    where i.chart_id = 'sale' and i.instance_id = any($1::text[])) as credited
  on credited.instance_id = line.order_id and credited.line_no = line.line_no::text
where line.order_id = any($1::text[])
"""
