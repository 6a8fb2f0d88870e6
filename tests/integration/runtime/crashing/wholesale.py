"""What is done to all instances at once: migrations and anchors."""

from __future__ import annotations

import json

from crashing.house import House
from crashing.path import Path, a_parcel, events
from crashing.timed import fire
from parcel import PARCEL
from relabelled import MAPPING, SECOND

from orderwright.runtime.anchor import Anchors
from orderwright.runtime.migration import Migrations
from orderwright.statechart import Event


async def _old_parcels(house: House) -> None:
    chart = json.dumps({**PARCEL, "id": f"parcel-{house.name}"})
    async with house.pool.acquire() as connection:
        await house.registry.publish(connection, chart, at=house.clock.now())
    for one in "abc":
        await house.engine.create(f"parcel-{house.name}", f"{house.name}-{one}", actor="ann")
    await house.engine.send(f"{house.name}-b", Event("REMIND_SOON"), actor="ann")


async def _migrate(house: House) -> None:
    """Move in batches of two; what one of them has scheduled gets another name."""
    chart = f"parcel-{house.name}"
    async with house.pool.acquire() as connection:
        text = json.dumps({**SECOND, "id": chart})
        await house.registry.publish(connection, text, at=house.clock.now())
    mapping = {**MAPPING, "states": {f"{chart}.OPEN": f"{chart}.READY"}}
    migrations = Migrations(house.engine, batch=2)
    await migrations.migrate(chart, 1, 2, mapping, actor="ann")


async def _were_migrated(house: House) -> None:
    await fire(house)
    assert (await events(house, f"{house.name}-b"))[-1] == "NUDGE"
    query = """
    select i.instance_id, chart_version, count(*) from orderwright.instance as i
    join orderwright.log as l on l.instance_id = i.instance_id and l.origin = 'migration'
    where chart_id = $1 group by 1, 2 order by 1
    """
    chart = f"parcel-{house.name}"
    moved = [(f"{house.name}-{one}", 2, 1) for one in "abc"]
    found = await house.rows(query, chart)
    assert found == moved, found
    query = "select sum(moved) from orderwright.chart_migration where chart_id = $1"
    assert await house.rows(query, chart) == [(3,)]


def _anchors(house: House) -> Anchors:
    return Anchors(house.pool, house.clock, house.folder / "anchors")


async def _anchor(house: House) -> None:
    await _anchors(house).take()


async def _was_anchored(house: House) -> None:
    anchors = _anchors(house)
    latest = anchors.latest()
    assert latest is not None
    assert house.clock.now().date().isoformat() in latest.name
    assert [one async for one in anchors.check(latest)] == []
    query = "select count(*) from orderwright.anchor where anchored_on = $1"
    assert await house.rows(query, house.clock.now().date()) == [(1,)]


PATHS: dict[str, Path] = {
    "migrate": Path(arrange=_old_parcels, walk=_migrate, prove=_were_migrated),
    "anchor": Path(arrange=a_parcel, walk=_anchor, prove=_was_anchored),
}
