"""Deliveries are leased: whose worker is gone, and what several couriers make of one, whatever their clocks say."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from mailroom import add, subscribed
from receiver import Receiver, receiving
from wrong import Wrong

from orderwright.runtime.webhook.courier import Courier
from orderwright.runtime.webhook.delivery import LEASE, claim, record
from orderwright.runtime.webhook.delivery_list import list_deliveries
from orderwright.runtime.webhook.fan_out import webhooks_consumer
from orderwright.runtime.webhook.post import Answer, Postman
from orderwright.runtime.webhook.schedule import ATTEMPTS
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

APART = timedelta(minutes=5)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def courier(pool: Pool, clock: DrivenClock) -> AsyncIterator[Courier]:
    postman = Postman(allow_loopback=True, seconds=5)
    yield Courier(pool, clock, postman)
    await postman.close()


@pytest.fixture
def worker(engine: Engine) -> Worker:
    return Worker(engine, [webhooks_consumer()])


async def test_a_delivery_whose_worker_dies_is_repeated_when_its_lease_is_over(
    engine: Engine,
    pool: Pool,
    clock: DrivenClock,
    receiver: Receiver,
    courier: Courier,
    worker: Worker,
):
    subscription_id, _ = await subscribed(pool, clock, receiver.url)
    await add(engine)
    await worker.drain()
    async with pool.acquire() as connection:
        [zombie] = await claim(connection, busy=(), clock=clock)
    assert await courier.deliver_due() == 0
    clock.advance(LEASE)
    assert await courier.deliver_due() == 1

    async with pool.acquire() as connection:
        await record(connection, zombie, Answer(status=500, error="late"), at=clock.now())
        [state] = await list_deliveries(connection, subscription_id)
    assert (state.status, state.attempts) == ("delivered", 2), "who lost the lease decides nothing"


async def test_a_delivery_that_kills_every_worker_ends_as_dead(
    engine: Engine, pool: Pool, clock: DrivenClock, receiver: Receiver, worker: Worker
):
    subscription_id, _ = await subscribed(pool, clock, receiver.url)
    await add(engine)
    await worker.drain()
    async with pool.acquire() as connection:
        for _ in range(ATTEMPTS):
            assert len(await claim(connection, busy=(), clock=clock)) == 1
            clock.advance(LEASE)
        assert await claim(connection, busy=(), clock=clock) == []
        [state] = await list_deliveries(connection, subscription_id)
    assert state.status == "dead"


async def test_two_couriers_deliver_each_event_once(
    engine: Engine, pool: Pool, clock: DrivenClock, receiver: Receiver, worker: Worker
):
    await subscribed(pool, clock, receiver.url)
    await add(engine, times=40)
    await worker.drain()
    postman = Postman(allow_loopback=True)
    couriers = [Courier(pool, clock, postman) for _ in range(2)]

    delivered = await asyncio.gather(*(one.deliver_due() for one in couriers))
    await postman.close()

    assert sum(delivered) == 40
    assert len({got.message_id for got in receiver.received}) == len(receiver.received) == 40


@pytest.mark.parametrize(("ours", "theirs"), [(-APART, APART), (APART, -APART)])
async def test_a_lease_holds_against_a_courier_whose_clock_is_wrong(
    engine: Engine,
    pool: Pool,
    clock: DrivenClock,
    worker: Worker,
    ours: timedelta,
    theirs: timedelta,
):
    await subscribed(pool, clock, "http://127.0.0.1:9/")
    await add(engine)
    await worker.drain()
    async with pool.acquire() as connection:
        assert len(await claim(connection, busy=(), clock=Wrong(ours))) == 1
        assert await claim(connection, busy=(), clock=Wrong(theirs)) == []
        await pool.execute(
            "update orderwright.webhook_delivery set lease_until = lease_until - $1::interval",
            LEASE,
        )
        assert len(await claim(connection, busy=(), clock=Wrong(theirs))) == 1
