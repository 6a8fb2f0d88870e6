"""The published versions of charts: which there are, and what differs between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.runtime.registry import ChartNotFound
from orderwright.statechart import Chart, load
from orderwright.statechart.revision import Change, changes

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A published version; `running` and `ended` count its instances."""

    chart_id: str
    version: int
    hash: str
    published_at: datetime
    running: int
    ended: int


async def editions(connection: Connection, chart_id: str | None = None) -> tuple[Edition, ...]:
    """Return the published versions of a chart, or of all, by chart and version."""
    rows = await connection.fetch(_LIST, chart_id)
    return tuple(Edition(**dict(row)) for row in rows)


async def compare(
    connection: Connection, chart_id: str, version: int, other: int
) -> tuple[Change, ...]:
    """Return what differs from one published version of a chart to another.

    Raises:
        ChartNotFound: one of them was never published.
    """
    before = await published(connection, chart_id, version)
    return changes(before, await published(connection, chart_id, other))


async def published(connection: Connection, chart_id: str, version: int) -> Chart:
    """Return a published chart, whether this process has a behaviour for it or not.

    Raises:
        ChartNotFound: it was never published.
    """
    definition = await connection.fetchval(_DEFINITION, chart_id, version)
    if definition is None:
        raise ChartNotFound(
            f"chart {chart_id} v{version} was never published",
            values={"chart": chart_id, "version": version},
        )
    return load(definition)


_LIST = """
select c.chart_id, c.version, c.hash, c.published_at,
       count(i.instance_id) filter (where i.status = 'active') as running,
       count(i.instance_id) filter (where i.status <> 'active') as ended
from orderwright.chart as c
left join orderwright.instance as i on i.chart_id = c.chart_id and i.chart_version = c.version
where $1::text is null or c.chart_id = $1
group by c.chart_id, c.version
order by c.chart_id, c.version
"""
_DEFINITION = "select definition from orderwright.chart where chart_id = $1 and version = $2"
