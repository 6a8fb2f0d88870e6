"""Deliveries are leased: whose worker is gone, and what several couriers make of one, whatever their clocks say."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from waiting import eventually
from wrong import Wrong

from orderwright.runtime.webhook.courier import Courier
from orderwright.runtime.webhook.delivery import LEASE, claim, record
from orderwright.runtime.webhook.post import Answer, Postman
from orderwright.runtime.webhook.schedule import ATTEMPTS

if TYPE_CHECKING:
    from mailroom import Mailroom

    from orderwright.clock import DrivenClock
    from orderwright.runtime.pool import Pool

APART = timedelta(minutes=5)


async def test_a_delivery_whose_worker_dies_is_repeated_when_its_lease_is_over(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock
):
    subscription_id, _ = await mailroom.subscribe()
    await mailroom.announce()
    async with pool.acquire() as connection:
        [zombie] = await claim(connection, busy=(), clock=clock)
    assert await mailroom.deliver() == 0
    clock.advance(LEASE)
    assert await mailroom.deliver() == 1

    async with pool.acquire() as connection:
        await record(connection, zombie, Answer(status=500, error="late"), at=clock.now())
    state = await mailroom.the_delivery(subscription_id)
    assert (state.status, state.attempts) == ("delivered", 2), "who lost the lease decides nothing"


async def test_a_delivery_that_kills_every_worker_ends_as_dead(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock
):
    subscription_id, _ = await mailroom.subscribe()
    await mailroom.announce()
    async with pool.acquire() as connection:
        for _ in range(ATTEMPTS):
            assert len(await claim(connection, busy=(), clock=clock)) == 1
            clock.advance(LEASE)
        assert await claim(connection, busy=(), clock=clock) == []
    state = await mailroom.the_delivery(subscription_id)
    assert state.status == "dead"


async def test_two_couriers_deliver_each_event_once(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock
):
    await mailroom.subscribe()
    await mailroom.announce(times=40)
    postman = Postman(allow_loopback=True)
    couriers = [Courier(pool, clock, postman) for _ in range(2)]

    delivered = await asyncio.gather(*(one.deliver_due() for one in couriers))
    await postman.close()

    assert sum(delivered) == 40
    received = mailroom.receiver.received
    assert len({got.message_id for got in received}) == len(received) == 40


async def test_a_courier_ends_in_time_while_it_waits_for_what_another_holds(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock
):
    await mailroom.subscribe()
    await mailroom.announce()
    postman, stop = Postman(allow_loopback=True), asyncio.Event()
    courier = Courier(pool, clock, postman, grace_seconds=0.5)

    async def waits() -> bool:
        return await pool.fetchval("select exists (select from pg_locks where not granted)")

    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("lock table orderwright.webhook_delivery")
        delivering = asyncio.create_task(courier.run(stop))
        await eventually(waits)
        stop.set()
        async with asyncio.timeout(20):
            await delivering
        assert not await waits()
    await postman.close()
    assert mailroom.receiver.received == []


@pytest.mark.parametrize(("ours", "theirs"), [(-APART, APART), (APART, -APART)])
async def test_a_lease_holds_against_a_courier_whose_clock_is_wrong(
    mailroom: Mailroom, pool: Pool, ours: timedelta, theirs: timedelta
):
    await mailroom.subscribe(url="http://127.0.0.1:9/")
    await mailroom.announce()
    async with pool.acquire() as connection:
        assert len(await claim(connection, busy=(), clock=Wrong(ours))) == 1
        assert await claim(connection, busy=(), clock=Wrong(theirs)) == []
        await pool.execute(
            "update orderwright.webhook_delivery set lease_until = lease_until - $1::interval",
            LEASE,
        )
        assert len(await claim(connection, busy=(), clock=Wrong(theirs))) == 1
