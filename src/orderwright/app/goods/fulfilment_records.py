"""Rows behind fulfilments, on the connection of a running transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.domain.orders.goods_line import GOODS, SERVICE, GoodsLine, lines_of
from orderwright.domain.reading import text
from orderwright.runtime.instance import found

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection


async def order_lines(connection: Connection, order_id: str) -> list[GoodsLine]:
    """Return what of an order is to be delivered, in the order of its lines."""
    rows = await connection.fetch(_LINES, order_id)
    return [
        GoodsLine(
            line_no=row["line_no"],
            sku=row["sku"],
            quantity=row["quantity"],
            kind=SERVICE if row["kind"] == SERVICE else GOODS,
            of_pieces=row["quantity"],
            total_minor=row["total_minor"],
        )
        for row in rows
    ]


async def keep_lines(engine: Engine, connection: Connection, fulfilment_id: str) -> None:
    """Bring the rows of a fulfilment's lines in line with what its lifecycle has left of them."""
    instance = found(await engine.read(fulfilment_id, connection=connection), fulfilment_id)
    lines = lines_of(instance.snapshot.context)
    await connection.execute(_DROP, fulfilment_id, [line.line_no for line in lines])
    await connection.executemany(
        _KEEP, [(fulfilment_id, line.line_no, line.quantity) for line in lines]
    )


async def add_package(connection: Connection, shipped: DomainEvent) -> None:
    """Let a fulfilment be found by the tracking number under which it was shipped, however that is written."""
    tracking = text(shipped.data, "tracking").strip()
    await connection.execute(_ADD_PACKAGE, tracking, shipped.instance_id, shipped.root_id)


async def is_parting(connection: Connection, order_id: str) -> bool:
    """Tell whether pieces of an order have left a fulfilment and not come to their next one yet."""
    row = await connection.fetchrow(_PIECES, order_id)
    return row is not None and row["placed"] < row["ordered"]


_LINES: Final = """
select line.line_no, line.sku, line.quantity, product.kind,
       (line.unit_price_minor::numeric * line.quantity - line.discount_minor + line.tax_minor)::bigint as total_minor
from orderwright.sale_order_line as line left join orderwright.product as product on product.sku = line.sku
where line.order_id = $1 order by line.line_no
"""
_DROP: Final = """
delete from orderwright.fulfilment_line where fulfilment_id = $1 and line_no <> all($2::int[])
"""
_KEEP: Final = """
update orderwright.fulfilment_line set quantity = $3 where fulfilment_id = $1 and line_no = $2
"""
_ADD_PACKAGE: Final = """
insert into orderwright.package (tracking, fulfilment_id, order_id) values (lower($1), $2, $3) on conflict do nothing
"""
_PIECES: Final = """
select (select sum(quantity) from orderwright.sale_order_line where order_id = $1) as ordered,
       (select coalesce(sum((line->>'quantity')::bigint), 0) from orderwright.instance
        cross join lateral jsonb_array_elements((snapshot::jsonb)->'context'->'lines') as line
        where root_id = $1 and chart_id = 'fulfilment') as placed
"""
