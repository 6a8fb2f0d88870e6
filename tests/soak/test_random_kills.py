"""Two workers and a writer under load, killed at any moment, again and again: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (chance is what this is about)
import secrets
from typing import TYPE_CHECKING

import pytest

from acceptance.harness import furnish, until
from orderwright import Orderwright
from orderwright.app.settings import Settings
from orderwright.runtime.replay import Replay
from soak.processes import Writer, worker
from soak.stories import order_of, plot_of

if TYPE_CHECKING:
    from pathlib import Path

    from orderwright.runtime.pool import Pool
    from soak.processes import Process

pytestmark = pytest.mark.soak

KILLS = 20
BETWEEN = (5, 90)
"""How many stories are told from one kill to the next."""
JITTER = 0.05


async def test_killed_at_random_nothing_is_lost_and_nothing_happens_twice(
    database_url: str, tmp_path: Path
) -> None:
    await furnish(database_url)
    seed = secrets.randbits(32)
    print(f"the seed of the kills is {seed}")  # noqa: T201 (shown when the test fails)
    writer = Writer(database_url, tmp_path)
    workers = [worker(number, database_url, tmp_path) for number in (1, 2)]
    try:
        await _storm(writer, workers, random.Random(seed))
        last = max(writer.begun)
        await writer.start("0", str(last))  # every request of every story once more
        await writer.end(ask=False)
        async with Orderwright.connect(database_url, settings=Settings()) as app:
            await until(lambda: _is_quiet(app.pool), 60)
            for one in workers:
                await one.end()
            await _assert_each_request_applied_once(app.pool, last)
            await _assert_each_event_consumed_once(app.pool)
            await _assert_verified(app)
    finally:
        for process in (writer, *workers):
            await process.put_away()


async def _storm(writer: Writer, workers: list[Process], chance: random.Random) -> None:
    """Start everything, and kill; workers live on, the writer is dead at the end."""
    processes = [writer, *workers]
    for process in processes:
        await process.start()
    for _ in range(KILLS):
        await writer.has_told(len(writer.told) + chance.randint(*BETWEEN))
        await asyncio.sleep(chance.uniform(0, JITTER))
        victim = chance.choice(processes)
        await victim.kill()
        await victim.start()
    await writer.kill()


async def _is_quiet(pool: Pool) -> bool:
    """No event that the phases have not read, no timer that is due, now or within the minute."""
    unread = await pool.fetchval(_UNREAD)
    return unread == 0 and await pool.fetchval(_DUE) == 0


async def _assert_each_request_applied_once(pool: Pool, last: int) -> None:
    for number in range(last + 1):
        plot, order_id = plot_of(number), order_of(number)
        asked = [row["event_type"] for row in await pool.fetch(_ASKED, order_id)]
        assert asked == ["create", *(event.type for event in plot.events)], number
        assert await pool.fetchval(_STATE, order_id) == plot.ends_in, number
        captures = [event for event in plot.events if event.type == "PAYMENT_CAPTURED"]
        assert await pool.fetchval(_CAPTURES, order_id) == len(captures), number
        expired = await pool.fetchval(_EXPIRED, order_id)
        assert expired == (plot.ends_in == "EXPIRED"), number
        fulfilments = await pool.fetchval(_FULFILMENTS, order_id)
        assert fulfilments == (plot.ends_in != "EXPIRED"), number
    asked_in_all = sum(1 + len(plot_of(number).events) for number in range(last + 1))
    assert await pool.fetchval("select count(*) from orderwright.idempotency_key") == asked_in_all
    assert await pool.fetchval("select count(*) from orderwright.sale_order") == last + 1
    assert await pool.fetchval("select count(*) from orderwright.timer") == 0


async def _assert_each_event_consumed_once(pool: Pool) -> None:
    assert await pool.fetch(_TWICE) == []
    assert await pool.fetch("select * from orderwright.parked_root") == []


async def _assert_verified(app: Orderwright) -> None:
    replay = Replay(app.pool)
    for row in await app.pool.fetch("select instance_id from orderwright.instance"):
        assert await replay.verify(row["instance_id"]) == (), row["instance_id"]


_UNREAD = """
select count(*) from orderwright.outbox
where (ord, id) > (select c.ord, c.id from orderwright.consumer c where c.name = 'phases')
"""
_DUE = "select count(*) from orderwright.timer where due_at < now() + interval '1 minute'"
_ASKED = """
select event_type from orderwright.log where instance_id = $1 and actor_id = 'soak' order by version
"""
_STATE = "select state from orderwright.instance where instance_id = $1"
_CAPTURES = "select count(*) from orderwright.ledger_entry where instance_id = $1"
_EXPIRED = """
select count(*) from orderwright.log
where instance_id = $1 and event_type = 'SALE_EXPIRED' and actor_id = 'timer'
"""
_FULFILMENTS = """
select count(*) from orderwright.instance where root_id = $1 and chart_id = 'fulfilment'
"""
_TWICE = """
select instance_id, causation_id, event_type, count(*) from orderwright.log
where actor_id = 'phases' group by 1, 2, 3 having count(*) > 1
"""
