"""A subscription is removed while events are fanned out to it and attempts are recorded: nothing of it is left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from waiting import eventually

from orderwright.runtime.retention import Retention
from orderwright.runtime.webhook.delivery import claim, record
from orderwright.runtime.webhook.fan_out import webhooks_consumer
from orderwright.runtime.webhook.post import Answer
from orderwright.runtime.webhook.subscription import unsubscribe
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailroom import Mailroom
    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool
    from orderwright.runtime.webhook.delivery import Delivery


@pytest.mark.parametrize("is_removed_first", [False, True])
async def test_what_is_fanned_out_meanwhile_goes_with_it(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock, rows: Rows, *, is_removed_first: bool
):
    subscription_id, _ = await mailroom.subscribe()
    await mailroom.add(times=3)
    consumer, reached, going_on = webhooks_consumer(), asyncio.Event(), asyncio.Event()

    async def handle_all(connection: Connection, events: Sequence[DomainEvent]) -> None:
        if not is_removed_first:
            await consumer.handle_all(connection, events)
        reached.set()
        await going_on.wait()
        if is_removed_first:
            await consumer.handle_all(connection, events)

    worker = Worker(mailroom.engine, [replace(consumer, handle_all=handle_all)])
    draining = asyncio.create_task(worker.drain())
    await reached.wait()
    async with pool.acquire() as connection:
        if is_removed_first:
            async with connection.transaction():
                await unsubscribe(connection, subscription_id)
                going_on.set()
                await _end_or_wait(pool, draining)
        else:
            removing = asyncio.create_task(unsubscribe(connection, subscription_id))
            await _end_or_wait(pool, removing)
            going_on.set()
            await removing
    await draining

    assert await rows("select * from orderwright.webhook_delivery") == []
    clock.advance(timedelta(days=400))
    await Retention(pool, clock).finish()
    assert await rows("select * from orderwright.outbox") == []


async def test_an_attempt_that_ends_afterwards_is_not_recorded(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock, rows: Rows
):
    subscription_id, one = await _claimed(mailroom, clock)
    async with pool.acquire() as connection:
        await unsubscribe(connection, subscription_id)
        await record(connection, one, Answer(status=204), at=clock.now())
    assert await rows("select * from orderwright.webhook_attempt") == []


async def test_nor_is_one_that_ends_while_it_is_being_removed(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock, rows: Rows
):
    subscription_id, one = await _claimed(mailroom, clock)
    async with pool.acquire() as connection, pool.acquire() as other:
        async with connection.transaction():
            await unsubscribe(connection, subscription_id)
            recording = asyncio.create_task(record(other, one, Answer(status=204), at=clock.now()))
            await _end_or_wait(pool, recording)
        await recording
    assert await rows("select * from orderwright.webhook_attempt") == []


async def test_an_attempt_that_is_being_recorded_goes_with_it(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock, rows: Rows
):
    subscription_id, one = await _claimed(mailroom, clock)
    async with pool.acquire() as connection, pool.acquire() as other:
        async with connection.transaction():
            await record(connection, one, Answer(status=204), at=clock.now())
            removing = asyncio.create_task(unsubscribe(other, subscription_id))
            await _end_or_wait(pool, removing)
        await removing
    assert await rows("select * from orderwright.webhook_delivery") == []
    assert await rows("select * from orderwright.webhook_attempt") == []


@pytest.mark.parametrize("status", [204, 500])
@pytest.mark.parametrize("is_removed_first", [False, True])
async def test_it_and_an_attempt_do_not_wait_for_each_other(
    mailroom: Mailroom,
    pool: Pool,
    clock: DrivenClock,
    rows: Rows,
    *,
    status: int,
    is_removed_first: bool,
):
    subscription_id, one = await _claimed(mailroom, clock)
    await pool.execute("update orderwright.webhook_subscription set failing_since = created_at")
    async with pool.acquire() as connection, pool.acquire() as other:
        works = [
            record(connection, one, Answer(status=status, error="said"), at=clock.now()),
            unsubscribe(other, subscription_id),
        ]
        async with pool.acquire() as third, third.transaction():
            await third.execute("select from orderwright.webhook_subscription for update")
            tasks = []
            for work in reversed(works) if is_removed_first else works:
                tasks.append(asyncio.create_task(work))
                await _end_or_wait(pool, tasks[-1], waiting=len(tasks))
        await asyncio.gather(*tasks)
    assert await rows("select * from orderwright.webhook_delivery") == []
    assert await rows("select * from orderwright.webhook_attempt") == []


async def _claimed(mailroom: Mailroom, clock: DrivenClock) -> tuple[str, Delivery]:
    subscription_id, _ = await mailroom.subscribe()
    await mailroom.announce()
    async with mailroom.engine.pool.acquire() as connection:
        [one] = await claim(connection, busy=(), clock=clock)
    return subscription_id, one


async def _end_or_wait(pool: Pool, task: asyncio.Task[object], *, waiting: int = 1) -> None:
    """Return when a task has ended or so many wait for locks of others."""

    async def has() -> bool:
        return task.done() or await pool.fetchval(_WAITING) >= waiting

    await eventually(has)


_WAITING = """
select count(*) from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0
"""
