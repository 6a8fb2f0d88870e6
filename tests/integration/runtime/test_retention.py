"""What is old and done with goes; what somebody still needs stays, however old it is."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from listing import Listing
from parcel import START, add_to

from orderwright.runtime.acknowledgement import read_acknowledgements
from orderwright.runtime.incident import Sighting, incidents, record, resolve
from orderwright.runtime.outbox import OutboxAhead, enrol, require_own_cluster
from orderwright.runtime.parking import retry
from orderwright.runtime.replay import Replay
from orderwright.runtime.retention import Retention
from orderwright.runtime.webhook.fan_out import webhooks_consumer
from orderwright.runtime.webhook.subscription import subscribe
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from listing import Seen
    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

MONTH = timedelta(days=30)


@pytest.fixture
def retention(pool: Pool, clock: DrivenClock) -> Retention:
    return Retention(pool, clock, batch=2)


async def _add(engine: Engine, name: str, times: int = 1) -> None:
    if await engine.read(name) is None:
        await engine.create("parcel", name, actor="ann")
    await add_to(engine, name, times)


async def _events(pool: Pool, instance_id: str | None = None) -> list[str]:
    query = "select * from orderwright.outbox where $1::text is null or instance_id = $1 order by ord, id"
    return [row["event_id"] for row in await pool.fetch(query, instance_id)]


async def test_events_go_when_they_are_old_and_every_consumer_has_acknowledged_them(
    engine: Engine, retention: Retention, clock: DrivenClock, pool: Pool, seen: Seen
):
    first, second = Listing("first"), Listing("second")
    await _add(engine, "p1", 5)
    await Worker(engine, [first.consumer, second.consumer]).drain()
    old = await _events(pool)
    clock.advance(MONTH - timedelta(minutes=1))
    await _add(engine, "p1")
    await Worker(engine, [first.consumer, second.consumer]).drain()
    await retention.finish()
    everything = await _events(pool)
    assert everything[: len(old)] == old

    clock.advance(timedelta(minutes=2))
    await retention.finish()
    young = everything[len(old) :]
    assert await _events(pool) == young != []
    stands = await read_acknowledgements(pool, young)
    expected = clock.now() - timedelta(minutes=2)
    assert {one.acknowledged_at for one in stands} == {expected}
    assert await pool.fetchval("select count(*) from orderwright.acknowledgement") == 2
    assert await seen("first") == everything == await seen("second")
    async with pool.acquire() as connection:
        assert [found async for found in Replay(pool).verify_all()] == []
        await require_own_cluster(connection)


async def test_a_consumer_that_lags_holds_its_events_and_gets_them_all_later(
    engine: Engine, retention: Retention, clock: DrivenClock, pool: Pool, seen: Seen
):
    quick, slow = Listing("quick"), Listing("slow")
    await enrol(pool, "slow", at=clock.now())
    await _add(engine, "p1", 5)
    await Worker(engine, [quick.consumer]).drain()
    everything = await _events(pool)
    clock.advance(10 * MONTH)
    await retention.finish()
    assert await _events(pool) == everything

    await Worker(engine, [slow.consumer]).drain()
    assert await seen("slow") == everything
    await retention.finish()
    assert await _events(pool) == []
    await _add(engine, "p1")
    await Worker(engine, [quick.consumer, slow.consumer]).drain()
    assert (await seen("slow"))[len(everything) :] != []


async def test_what_waits_behind_a_dead_letter_stays_and_the_rest_goes(
    engine: Engine, retention: Retention, clock: DrivenClock, pool: Pool, seen: Seen, rows: Rows
):
    stuck = Listing("stuck", attempts=1)
    for name in ("p1", "p2", "p3"):
        await _add(engine, name, 3)
    waiting = await _events(pool, "p2")
    stuck.fails_on = {waiting[0]}
    worker = Worker(engine, [stuck.consumer])
    await worker.drain()
    clock.advance(2 * MONTH)
    await retention.finish()
    assert await _events(pool) == waiting

    stuck.fails_on = set()
    await retry(pool, "stuck", at=clock.now())
    await worker.drain()
    assert [one for one in await seen("stuck") if one.startswith("p2")] == waiting
    await retention.finish()
    assert await _events(pool) == []
    assert len(await rows("select * from orderwright.waiting_event")) == len(waiting)
    clock.advance(MONTH + timedelta(minutes=1))
    await retention.finish()
    assert await rows("select * from orderwright.waiting_event") == []


async def test_an_event_stays_while_a_webhook_of_it_waits(
    engine: Engine, retention: Retention, clock: DrivenClock, pool: Pool
):
    async with pool.acquire() as connection:
        url = "https://shop.example/"
        await subscribe(connection, url, ["*"], created_by="ann", at=clock.now())
    await _add(engine, "p1", 2)
    await Worker(engine, [webhooks_consumer()]).drain()
    everything = await _events(pool)
    clock.advance(2 * MONTH)
    await retention.finish()
    assert await _events(pool) == everything
    assert await pool.fetchval("select count(*) from orderwright.webhook_delivery") == len(
        everything
    )

    settled = "update orderwright.webhook_delivery set status = 'delivered', delivered_at = $1"
    await pool.execute(settled, clock.now())
    await retention.finish()
    assert await _events(pool) == []
    clock.advance(MONTH + timedelta(seconds=1))
    await retention.finish()
    assert await pool.fetchval("select count(*) from orderwright.webhook_delivery") == 0


async def test_a_database_whose_events_are_gone_is_still_known_to_come_from_another_cluster(
    engine: Engine, retention: Retention, clock: DrivenClock, pool: Pool
):
    await _add(engine, "p1")
    await Worker(engine, [Listing().consumer]).drain()
    clock.advance(2 * MONTH)
    await retention.finish()
    async with pool.acquire() as connection:
        await require_own_cluster(connection)
        await connection.execute("update orderwright.consumer set ord = '999999999999'")
        with pytest.raises(OutboxAhead):
            await require_own_cluster(connection)


async def test_what_no_consumer_has_been_enrolled_for_is_kept(
    engine: Engine, retention: Retention, clock: DrivenClock, pool: Pool
):
    await _add(engine, "p1")
    clock.advance(10 * MONTH)
    await retention.finish()
    assert await _events(pool) != []


DELIVERIES = """
insert into orderwright.webhook_delivery
    (subscription_id, message_id, event_id, name, body, status, attempts, next_attempt_at, created_at)
select 's', status || n, 'o/1/1', 'order.created', '{}', status, 1, $1, $1
from unnest(array['waiting', 'delivered', 'dead']) as status, generate_series(1, 3) as n
"""
ATTEMPTS = """
insert into orderwright.webhook_attempt (subscription_id, message_id, attempted_at, milliseconds)
select subscription_id, message_id, created_at, 1 from orderwright.webhook_delivery
"""
SLOTS = """
insert into orderwright.slot (schedule, slot_at, status, settled_at)
select 'nightly', $1::timestamptz + n * interval '1 day', status, case when status <> 'armed' then $1 end
from unnest(array['done', 'skipped', 'done', 'armed']) with ordinality as one (status, n)
"""


async def test_deliveries_and_their_attempts_go_but_never_one_that_waits(
    retention: Retention, pool: Pool, rows: Rows, clock: DrivenClock
):
    await pool.execute(DELIVERIES, START)
    await pool.execute(ATTEMPTS)
    clock.advance(MONTH)
    await retention.finish()
    assert await pool.fetchval("select count(*) from orderwright.webhook_delivery") == 9
    clock.advance(timedelta(seconds=1))
    await retention.finish()
    for table in ("webhook_delivery", "webhook_attempt"):
        left = await rows(f"select message_id from orderwright.{table} order by message_id")
        assert [row["message_id"] for row in left] == ["waiting1", "waiting2", "waiting3"]


async def test_a_delivery_that_was_sent_long_after_it_was_due_stays_for_its_days_from_then_on(
    retention: Retention, pool: Pool, clock: DrivenClock
):
    await pool.execute(DELIVERIES, START)
    clock.advance(2 * MONTH)
    sent = "update orderwright.webhook_delivery set delivered_at = $1 where status = 'delivered'"
    await pool.execute(sent, clock.now())
    left = "select count(*) from orderwright.webhook_delivery where status = 'delivered'"
    clock.advance(MONTH)
    await retention.finish()
    assert await pool.fetchval(left) == 3
    clock.advance(timedelta(seconds=1))
    await retention.finish()
    assert await pool.fetchval(left) == 0


async def test_settled_slots_go_and_the_armed_one_stays(
    retention: Retention, pool: Pool, rows: Rows, clock: DrivenClock
):
    await pool.execute(SLOTS, START)
    clock.advance(timedelta(days=90))
    await retention.finish()
    assert len(await rows("select * from orderwright.slot")) == 4
    clock.advance(timedelta(seconds=1))
    await retention.finish()
    assert [row["status"] for row in await rows("select * from orderwright.slot")] == ["armed"]


async def test_resolved_incidents_go_and_open_ones_stay(
    retention: Retention, pool: Pool, clock: DrivenClock
):
    def sighting(subject: str) -> Sighting:
        return Sighting(kind="step", subject=subject, code="loop", cause="no", seen_at=START)

    await record(pool, [sighting(f"p{n}") for n in range(5)])
    for one in (await incidents(pool))[1:]:
        await resolve(pool, one.incident_id, by="ann", resolution="mended", at=START)
    clock.advance(timedelta(days=90))
    await retention.finish()
    assert len(await incidents(pool, status=None)) == 5
    clock.advance(timedelta(seconds=1))
    await retention.finish()
    assert [one.status for one in await incidents(pool, status=None)] == ["open"]


async def test_jobs_that_nobody_needs_go_with_their_history(
    retention: Retention, pool: Pool, rows: Rows, clock: DrivenClock
):
    for status in ("waiting", "running", "dead", "done", "failed", "stopped"):
        await pool.execute(_JOB, status, START)
    clock.advance(MONTH)
    await pool.execute(_JOB, "done", clock.now())
    await retention.finish()
    assert len(await rows("select * from orderwright.job")) == 7
    clock.advance(timedelta(seconds=1))
    await retention.finish()
    left = await rows("select status from orderwright.job order by status")
    assert [row["status"] for row in left] == ["dead", "done", "running", "waiting"]
    assert len(await rows("select * from orderwright.job_history")) == 4


_JOB = """
with made as (
    insert into orderwright.job (
        job_id, kind, key, payload, root_id, correlation_id, status, attempts, attempt_limit, fence,
        next_attempt_at, created_at)
    values (gen_random_uuid(), 'call', gen_random_uuid(), '{}', 'r', 'c', $1, 1, 1, 1, $2, $2)
    returning job_id)
insert into orderwright.job_history (job_id, at, what, fence) select job_id, $2, 'failed', 1 from made
"""


async def test_a_turn_deletes_no_more_than_a_batch_and_says_whether_there_is_more(
    retention: Retention, pool: Pool, clock: DrivenClock
):
    await pool.execute(DELIVERIES, START)
    clock.advance(2 * MONTH)
    left = "select count(*) from orderwright.webhook_delivery where status <> 'waiting'"
    turns: list[tuple[float, Any]] = [
        (await retention.turn(), await pool.fetchval(left)) for _ in range(4)
    ]
    assert turns == [(0.0, 4), (0.0, 2), (0.0, 0), (3600.0, 0)]


async def test_workers_that_let_go_at_once_do_not_stand_in_each_others_way(
    engine: Engine, pool: Pool, clock: DrivenClock, seen: Seen
):
    listing = Listing()
    for name in ("p1", "p2", "p3"):
        await _add(engine, name, 10)
    await Worker(engine, [listing.consumer]).drain()
    old = await _events(pool)
    await pool.execute(DELIVERIES, START)
    await pool.execute(ATTEMPTS)
    await pool.execute(SLOTS, START)
    clock.advance(timedelta(days=91))
    await _add(engine, "p1", 5)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(Retention(pool, clock, batch=2).finish())
        group.create_task(Worker(engine, [listing.consumer]).drain())
    await Retention(pool, clock).finish()
    young = await _events(pool)
    assert set(young).isdisjoint(old)
    assert await seen() == old + young
    assert await pool.fetchval("select count(*) from orderwright.webhook_delivery") == 3
    assert await pool.fetchval("select count(*) from orderwright.slot") == 1
