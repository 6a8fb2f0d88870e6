"""What an instance belongs to in the trade: the order or the quotation that a person would open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderwright.runtime.pool import Connection, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """The root of an instance, and the order or quotation with its number, if the root is one."""

    root_id: str
    chart_id: str
    order_id: str | None
    quotation_id: str | None
    number: str | None


async def belongings(pool: Pool, instance_ids: Sequence[str]) -> dict[str, Belonging | None]:
    """Return what each instance belongs to, whoever asks; None for those that there are not."""
    found: dict[str, Belonging | None] = dict.fromkeys(instance_ids)
    async with pool.acquire() as connection:
        for row in await connection.fetch(_BELONGINGS, list(found)):
            instance_id, *columns = row
            found[instance_id] = Belonging(**dict(zip(Belonging.__slots__, columns, strict=True)))
    return found


async def root_of(connection: Connection, number: str) -> str | None:
    """Return the root of the order or quotation with a number, whoever asks."""
    found: str | None = await connection.fetchval(_ROOT, number)
    return found


_ROOT: Final = """
select id from orderwright.sale_order where number = $1
union all
select id from orderwright.quotation where number = $1
limit 1
"""
_BELONGINGS: Final = """
select i.instance_id, i.root_id, i.chart_id, o.id, q.id, coalesce(o.number, q.number)
from orderwright.instance as i
left join orderwright.sale_order as o on o.id = i.root_id
left join orderwright.quotation as q on q.id = i.root_id
where i.instance_id = any($1::text[])
"""
