"""`orderwright chart list|diff`, about what a database has."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import pytest

from acceptance import calling
from orderwright.app.shipped import folder
from orderwright.clock import SystemClock


@pytest.fixture
def call(database_url: str) -> Any:
    """A function that runs the command and returns status, stdout and stderr."""

    async def run(*words: str) -> tuple[int, str, str]:
        return await calling.call(database_url, "chart", *words)

    return run


async def test_published_versions_are_listed_and_compared(furnished_url: str, call: Any):
    connection = await asyncpg.connect(furnished_url)
    first = await connection.fetchval(
        "select definition from orderwright.chart where chart_id = 'sale' and version = 1"
    )
    second = json.loads(first)
    second["version"] = 2
    second["events"]["FREEZE"]["label"] = "Stop everything"
    await connection.execute(
        "insert into orderwright.chart (chart_id, version, hash, definition, published_at)"
        " values ('sale', 2, 'other', $1, $2)",
        json.dumps(second),
        SystemClock().now(),
    )
    await connection.close()

    status, said, _ = await call("list", "sale", "--json")
    charts = json.loads(said)["charts"]
    assert (status, [one["version"] for one in charts]) == (0, [1, 2])
    status, said, _ = await call("list")
    assert "quotation v1 published" in said
    shipped = len(list(folder("charts").glob("*.json")))
    assert said.count("0 running, 0 ended") == shipped  # of one chart there are two versions
    assert said.count("1 running, 0 ended") == 1  # the shelf that was furnished

    status, said, _ = await call("diff", "sale", "--from", "1", "--to", "2")
    assert status == 0
    assert said.splitlines()[-1].startswith("changed  events.FREEZE")
    assert "Stop everything" in said
    status, said, _ = await call("diff", "sale", "--from", "1", "--to", "1")
    assert (status, said) == (0, "no difference\n")
    status, _, err = await call("diff", "sale", "--from", "1", "--to", "7")
    assert (status, "chart.not_found" in err) == (1, True)
