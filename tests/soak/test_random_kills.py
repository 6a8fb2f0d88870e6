"""Two workers and a writer under load, killed at any moment, again and again: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (chance is what this is about)
import secrets
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from acceptance.harness import furnish, until
from integration.runtime.receiver import Receiver, receiving
from orderwright import Orderwright
from orderwright.clock import DrivenClock, SystemClock
from orderwright.runtime.ledger import differences
from soak.errand import FARES, keys
from soak.processes import Writer, worker
from soak.stories import errand_of, order_of, plot_of, purse_of
from soak.witness import TABLE, assert_each_seen_once_and_in_order
from soak.worker import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

    from orderwright.runtime.pool import Pool
    from soak.processes import Process

BETWEEN = (1, 25)
"""How many stories are told from one kill to the next."""
JITTER = 0.05
LATER = timedelta(minutes=10)
"""After so long no delivery is on anybody's lease."""


@pytest.mark.early
@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.soak)])
async def test_killed_at_random_nothing_is_lost_and_nothing_happens_twice(
    kills: int, database_url: str, tmp_path: Path
) -> None:
    await furnish(
        database_url, anvils=0
    )  # every event of the house is one that the receiver hears
    seed = secrets.randbits(32)
    print(f"the seed of the kills is {seed}")  # noqa: T201 (shown when the test fails)
    writer = Writer(database_url, tmp_path)
    workers = [worker(number, database_url, tmp_path) for number in (1, 2)]
    async with receiving() as receiver:
        await _invite(database_url, receiver.url)
        try:
            await _storm(writer, workers, random.Random(seed), kills)
            await _assert_what_was_answered_is_there(database_url, writer.told)
            last = max(writer.begun)
            await writer.start("0", str(last))  # every request of every story once more
            await writer.end(ask=False)
            async with Orderwright.connect(database_url, settings=SETTINGS) as app:
                await until(lambda: _is_quiet(app.pool), 60)
            for one in workers:
                await one.end()
        finally:
            for process in (writer, *workers):
                await process.put_away()
        later = DrivenClock(SystemClock().now() + LATER)
        async with Orderwright.connect(database_url, settings=SETTINGS, clock=later) as app:
            await app.courier.deliver_due()
            await _assert_each_request_applied_once(app.pool, last)
            await _assert_each_effect_once_or_under_its_key(app.pool, receiver, tmp_path, last)
            await _assert_each_event_consumed_once(app.pool)
            await _assert_balances(app.pool, last)
            assert [one async for one in app.replay.verify_all()] == []
    repeated = len(receiver.received) - len({one.message_id for one in receiver.received})
    print(f"{last + 1} stories, {len(receiver.received)} webhooks, {repeated} of them again")  # noqa: T201


async def _invite(url: str, receiver: str) -> None:
    """Make the table of the witness, and subscribe the receiver to everything."""
    async with Orderwright.connect(url, settings=SETTINGS) as app:
        await app.pool.execute(TABLE)
        await app.webhooks.subscribe(receiver, ["*"], by="soak")


async def _storm(
    writer: Writer, workers: list[Process], chance: random.Random, kills: int
) -> None:
    """Start everything, and kill; workers live on, the writer is dead at the end."""
    processes = [writer, *workers]
    for process in processes:
        await process.start()
    for _ in range(kills):
        await writer.has_told(len(writer.told) + chance.randint(*BETWEEN))
        await asyncio.sleep(chance.uniform(0, JITTER))
        victim = chance.choice(processes)
        await victim.kill()
        await victim.start()
    await writer.kill()


async def _assert_what_was_answered_is_there(url: str, told: set[int]) -> None:
    """Look before anything is repeated: a repetition would make good what was lost."""
    async with Orderwright.connect(url, settings=SETTINGS) as app:
        for number in told:
            plot = plot_of(number)
            asked = [row["event_type"] for row in await app.pool.fetch(_ASKED, order_of(number))]
            assert asked == ["create", *(event.type for event in plot.events)], number


async def _is_quiet(pool: Pool) -> bool:
    """No event that a consumer has not read, no timer that is due, now or within the minute, no job to be done."""
    return all([await pool.fetchval(query) == 0 for query in (_UNREAD, _DUE, _TO_DO)])


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
    asked_in_all = sum(3 + len(plot_of(number).events) for number in range(last + 1))
    asked_in_all += sum(_fares(last).values())
    assert await pool.fetchval("select count(*) from orderwright.idempotency_key") == asked_in_all
    assert await pool.fetchval("select count(*) from orderwright.sale_order") == last + 1
    assert await pool.fetchval("select count(*) from orderwright.timer") == 0


async def _assert_each_effect_once_or_under_its_key(
    pool: Pool, receiver: Receiver, folder: Path, last: int
) -> None:
    assert set(keys("note", folder)) == {f"story-{number}" for number in range(last + 1)}
    errands = {errand_of(number) for number in range(last + 1)}
    called = await pool.fetch(_CALLED)
    assert {row["instance_id"] for row in called} == errands
    assert {row["key"] for row in called} == set(keys("call", folder))
    for row in called:
        assert row["events"] == ["create", "CALL", "done.invoke.call"], row["instance_id"]
    told = await pool.fetch("select message_id, body, status from orderwright.webhook_delivery")
    assert {row["status"] for row in told} == {"delivered"}
    assert len(told) == await pool.fetchval("select count(*) from orderwright.outbox")
    received = {(one.message_id, one.body) for one in receiver.received}
    assert received == {(row["message_id"], row["body"]) for row in told}


async def _assert_each_event_consumed_once(pool: Pool) -> None:
    assert await pool.fetch(_TWICE) == []
    await assert_each_seen_once_and_in_order(pool)


async def _assert_balances(pool: Pool, last: int) -> None:
    """A purse gave what was in it or asked of it, by its balance, its rows and the logs of its errands."""
    assert [one async for one in differences(pool)] == []
    for query in (_BALANCES, _ROWS, _PAID):
        assert {row["purse"]: row["n"] for row in await pool.fetch(query)} == _fares(last)


def _fares(last: int) -> dict[str, int]:
    asked = Counter(purse_of(number) for number in range(last + 1))
    return {purse: min(count, FARES) for purse, count in asked.items()}


_UNREAD = """
select count(*) from orderwright.outbox as o join orderwright.consumer as c on (o.ord, o.id) > (c.ord, c.id)
"""
_DUE = "select count(*) from orderwright.timer where due_at < now() + interval '1 minute'"
_TO_DO = "select count(*) from orderwright.job where status in ('waiting', 'running')"
_CALLED = """
select instance_id, key, array(
    select event_type from orderwright.log as l
    where l.instance_id = j.instance_id and event_type <> 'PAY' order by version) as events
from orderwright.job as j where kind = 'call'
"""
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
_BALANCES = "select account as purse, amount as n from orderwright.balance where ledger = 'fares'"
_ROWS = """
select account as purse, sum(amount)::bigint as n from orderwright.ledger_entry where ledger = 'fares' group by 1
"""
_PAID = """
select event_data::json ->> 'purse' as purse, count(*) as n from orderwright.log where event_type = 'PAY' group by 1
"""
_TWICE = """
select instance_id, causation_id, event_type, count(*) from orderwright.log
where actor_id = 'phases' group by 1, 2, 3 having count(*) > 1
"""
