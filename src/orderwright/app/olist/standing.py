"""How far the orders of a batch have come: read from the log, which is the truth at every run.

Each row that the import writes names its step as its cause, "olist/<order>/<step>"; idempotency keys would forget
after a month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.pool import Connection, Pool

PREFIX: Final = "olist"
"""Begins every cause and key of the import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a batch has come.

    Attributes:
        causes: of every row that an import has written.
        fulfilments: the ids of each sale's fulfilments, the oldest first.
        states: of each sale that exists.
        taken_over: the sales that somebody has gone on with since; they are not the import's any more.
    """

    causes: frozenset[str]
    fulfilments: dict[str, list[str]]
    states: dict[str, str]
    taken_over: frozenset[str]


async def read_standing(pool: Pool, sale_ids: Sequence[str]) -> Standing:
    """Read how far sales and their fulfilments have come."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(_LOG, sale_ids, PREFIX)
        instances = await connection.fetch(_INSTANCES, sale_ids)
    fulfilments: dict[str, list[str]] = {}
    for row in instances:
        if row["chart_id"] == "fulfilment":
            fulfilments.setdefault(row["root_id"], []).append(row["instance_id"])
    return Standing(
        causes=frozenset(row["causation_id"] for row in rows if not row["is_live"]),
        fulfilments=fulfilments,
        states={
            row["instance_id"]: row["state"] for row in instances if row["chart_id"] == "sale"
        },
        taken_over=frozenset(row["root_id"] for row in rows if row["is_live"]),
    )


async def is_settled(connection: Connection, sale_ids: Sequence[str], until: datetime) -> bool:
    """Tell whether nothing is left to be relayed or fired for sales and their fulfilments."""
    return not await connection.fetchval(_UNSETTLED, sale_ids, until)


async def obstacle(connection: Connection) -> str | None:
    """Return the latest error of a consumer or timer that waits for another attempt."""
    found: str | None = await connection.fetchval(_OBSTACLE)
    return found


_LOG = """
select i.root_id, l.causation_id, l.origin = 'live' as is_live
from orderwright.instance as i join orderwright.log as l on l.instance_id = i.instance_id
where i.root_id = any($1)
  and case l.origin when 'import' then starts_with(l.causation_id, $2 || '/')
                    else (l.actor_kind, l.actor_id) <> all (values ('system', 'timer'), ('system', 'phases')) end
"""
_INSTANCES = """
select i.root_id, i.instance_id, i.chart_id, i.state
from orderwright.instance as i left join orderwright.fulfilment as f on f.id = i.instance_id
where i.root_id = any($1) order by f.number
"""
_UNSETTLED = """
select exists (
    select from orderwright.outbox as o join orderwright.consumer as c on c.name = 'phases'
    where o.root_id = any($1) and (o.ord, o.id) > (c.ord, c.id))
or not exists (select from orderwright.consumer where name = 'phases')
or exists (select from orderwright.parked_root where consumer = 'phases' and root_id = any($1))
or exists (
    select from orderwright.timer as t join orderwright.instance as i on i.instance_id = t.instance_id
    where i.root_id = any($1) and t.due_at <= $2)
"""
_OBSTACLE = """
select consumer || ': ' || last_error from orderwright.parked_root
union all
select instance_id || ': ' || last_error from orderwright.timer where last_error is not null
limit 1
"""
