"""The real sample of the Olist data set, which lies beside the checkout where it may be used."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from orderwright import Orderwright
from orderwright.app.settings import Settings
from orderwright.runtime.replay import Replay
from orderwright.runtime.wakeup import CHANNEL

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "olist"
ENDS = """
select l.instance_id, l.version, l.event_type, l.actor_id, l.origin, l.causation_id, l.occurred_at, l.to_state, i.state
from orderwright.log l join orderwright.instance i using (instance_id)
where i.chart_id in ('sale', 'fulfilment') order by 1, 2
"""
SHELVES = """
select ledger, account, amount from orderwright.balance where ledger like 'stock.%' order by 1, 2
"""
PIECES = """
select coalesce(sum(amount) filter (where ledger <> 'stock.short'), 0) as on_hand,
       coalesce(sum(amount) filter (where ledger = 'stock.short'), 0) as short,
       (select sum((data::jsonb->>'quantity')::int) from orderwright.ledger_entry
        where ledger = 'stock.available' and data::jsonb->>'kind' = 'receive') as received,
       (select -sum((data::jsonb->>'quantity')::int) from orderwright.ledger_entry
        where ledger = 'stock.reserved' and data::jsonb->>'kind' = 'issue') as issued,
       (select sum(quantity) from orderwright.sale_order_line) as ordered,
       (select sum(l.quantity) from orderwright.fulfilment_line as l
        join orderwright.instance as i on i.instance_id = l.fulfilment_id
        where i.state in ('SHIPPED', 'DELIVERED', 'COMPLETED')) as shipped
from orderwright.balance where ledger like 'stock.%'
"""
CAPTURES = """
select data::jsonb->>'method' as method, sum((data::jsonb->>'amountMinor')::bigint) as minor
from orderwright.ledger_entry where ledger = 'captures' group by 1
"""
OPEN_ENDS = """
select (select count(*) from orderwright.timer where due_at <= now()) as timers,
       (select count(*) from orderwright.outbox o, orderwright.consumer c
        where (o.ord, o.id) > (c.ord, c.id)) as events
"""

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the Olist data are not at ../shared/data/olist"
)


async def begin(url: str) -> asyncio.subprocess.Process:
    ours = {k: v for k, v in os.environ.items() if not k.startswith("ORDERWRIGHT_")}  # noqa: TID251
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orderwright.cli", "import", "olist", str(DATA), "--json"),
        env={**ours, "ORDERWRIGHT_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def finish(process: asyncio.subprocess.Process) -> dict[str, Any]:
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def ends(url: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        rows = [*await connection.fetch(ENDS), *await connection.fetch(SHELVES)]
        return [tuple(row) for row in rows]
    finally:
        await connection.close()


def read(name: str) -> list[dict[str, str]]:
    with (DATA / f"olist_{name}_dataset.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def check_report(report: dict[str, Any]) -> None:
    statuses = Counter(order["order_status"] for order in read("orders"))
    matrix = report["matrix"]
    assert report["orders"] == 495
    assert {status: sum(cells.values()) for status, cells in matrix.items()} == statuses
    listed = [one for one in report["mismatches"] if one["status"] == "delivered"]
    unfinished = [one for one in listed if one["state"] != "COMPLETED"]
    assert matrix["delivered"]["COMPLETED"] == statuses["delivered"] - len(unfinished)
    assert report["badRows"] == []
    assert report["kinds"] == {
        "shipped_too_early": 5,
        "not_cleared": 2,
        "underpaid": 2,
        "cancelled_after_shipping": 1,
        "delivered_too_early": 1,
        "overpaid": 1,
    }


async def check_database(url: str) -> None:
    async with Orderwright.connect(url, settings=Settings()) as app:
        paid: Counter[str] = Counter()
        for payment in read("order_payments"):
            paid[payment["payment_type"]] += int(Decimal(payment["payment_value"]) * 100)
        captured = {row["method"]: row["minor"] for row in await app.pool.fetch(CAPTURES)}
        assert captured == paid
        assert tuple(await app.pool.fetchrow(OPEN_ENDS)) == (0, 0)
        found = await app.pool.fetchrow(PIECES)
        assert (found["received"], found["issued"], found["short"]) == (
            found["ordered"],
            found["shipped"],
            0,
        )
        assert found["on_hand"] == found["received"] - found["issued"]
        replay = Replay(app.pool)
        for row in await app.pool.fetch("select instance_id from orderwright.instance"):
            assert await replay.verify(row["instance_id"]) == ()


async def kill_when(process: asyncio.subprocess.Process, url: str, rows: int) -> None:
    """End the process at once when the log has so many rows; it announces what it writes."""
    connection = await asyncpg.connect(url)
    told = asyncio.Event()
    ended = asyncio.create_task(process.wait())
    ended.add_done_callback(lambda _: told.set())
    try:
        await connection.add_listener(CHANNEL, lambda *_: told.set())
        while await connection.fetchval("select count(*) from orderwright.log") < rows:
            await told.wait()
            assert not ended.done()
            told.clear()
    finally:
        await connection.close()
    process.send_signal(signal.SIGKILL)
    await process.communicate()


@pytest.mark.early
async def test_real_orders_come_to_the_same_end_whether_killed_or_not(
    database_url: str, empty_database_url: str
):
    whole = await finish(await begin(empty_database_url))
    expected = await ends(empty_database_url)
    check_report(whole)
    await check_database(empty_database_url)

    for rows in (400, 2500):
        await kill_when(await begin(database_url), database_url, rows)
    killed = await finish(await begin(database_url))

    assert await ends(database_url) == expected
    assert killed == whole | {"events": killed["events"]}
    assert 0 < killed["events"] < whole["events"]
    await check_database(database_url)
