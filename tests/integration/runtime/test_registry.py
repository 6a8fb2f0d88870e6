from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from parcel import BEHAVIOUR, PARCEL, START

from orderwright.runtime.registry import ChartChanged, ChartNotFound, Registry
from orderwright.statechart import ChartInvalid

if TYPE_CHECKING:
    from parcel import Rows

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

TEXT = json.dumps(PARCEL)
SECOND = json.dumps({**PARCEL, "version": 2})
KNOWN = {"parcel": {1: BEHAVIOUR, 2: BEHAVIOUR}}


async def test_publishing_the_same_text_again_changes_nothing(pool: Pool, rows: Rows):
    for _ in range(2):
        await Registry(KNOWN).publish(pool, TEXT, at=START)

    [row] = await rows("select * from orderwright.chart")
    assert (row["chart_id"], row["version"], row["definition"]) == ("parcel", 1, TEXT)


async def test_a_published_version_cannot_be_edited(pool: Pool, rows: Rows):
    registry = Registry(KNOWN)
    await registry.publish(pool, TEXT, at=START)
    edited = json.dumps({**PARCEL, "context": {"count": 1}})

    with pytest.raises(ChartChanged) as changed:
        await registry.publish(pool, edited, at=START)

    assert changed.value.code == "chart.changed"
    assert "version 2" in changed.value.message
    [row] = await rows("select definition from orderwright.chart")
    assert row["definition"] == TEXT


async def test_another_process_finds_published_charts_in_the_database(pool: Pool):
    await Registry(KNOWN).publish(pool, TEXT, at=START)
    await Registry(KNOWN).publish(pool, SECOND, at=START)
    other = Registry(lambda chart_id, _: BEHAVIOUR if chart_id == "parcel" else None)

    assert (await other.get(pool, "parcel", 1)).chart.version == 1
    assert (await Registry(KNOWN).latest(pool, "parcel")).chart.version == 2
    assert (await other.latest(pool, "parcel")).chart.version == 1
    with pytest.raises(ChartNotFound):
        await other.get(pool, "parcel", 3)
    with pytest.raises(ChartNotFound):
        await other.latest(pool, "crate")


async def test_a_chart_without_behaviour_or_meaning_is_not_published(pool: Pool, rows: Rows):
    with pytest.raises(ChartNotFound):
        await Registry({}).publish(pool, TEXT, at=START)
    with pytest.raises(ChartInvalid):
        await Registry(KNOWN).publish(pool, "[]", at=START)
    assert await rows("select 1 from orderwright.chart") == []


async def test_an_instance_keeps_the_version_it_started_on(engine: Engine, pool: Pool, rows: Rows):
    await engine.create("parcel", "p1", actor="ann")
    engine.registry._behaviours = KNOWN
    await engine.registry.publish(pool, SECOND, at=START)
    await engine.create("parcel", "p2", actor="ann")

    found = await rows("select instance_id, chart_version from orderwright.instance order by 1")
    assert [tuple(row.values()) for row in found] == [("p1", 1), ("p2", 2)]
