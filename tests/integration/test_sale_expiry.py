"""The sweep that makes up for expiry timers which are lost or fail, at the slots of SALE_EXPIRY_CRON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from orderwright import Event, Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime.schedule import put_schedule, schedules

Opening = Callable[..., AbstractAsyncContextManager[Orderwright]]

ADMIN = Asked(by=Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN})))
LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
TERMS = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=LINES)
NOON = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)
LOSE = "delete from orderwright.timer where timer_id = 'SALE_EXPIRED'"


@pytest.fixture
def opening(furnished_url: str) -> Opening:
    """A function that opens the application with settings and stores the schedule of the sweep, as a worker does."""

    @asynccontextmanager
    async def opened(**settings: object) -> AsyncIterator[Orderwright]:
        chosen, clock = Settings(**settings), DrivenClock(NOON)
        async with Orderwright.connect(furnished_url, settings=chosen, clock=clock) as app:
            async with app.pool.acquire() as connection, connection.transaction():
                schedule = await app.expiry.schedule(connection)
                await put_schedule(connection, schedule, at=clock.now())
            yield app

    return opened


async def place(app: Orderwright, count: int) -> list[str]:
    return [(await app.orders.create_order(TERMS, ADMIN)).instance_id for _ in range(count)]


async def pass_hours(app: Orderwright, hours: float) -> None:
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(hours=hours))
    await app.worker.drain()


async def states(app: Orderwright, ids: list[str]) -> list[str]:
    found = [await app.engine.read(one) for one in ids]
    return [instance.state for instance in found if instance is not None]


async def test_a_sale_whose_timer_is_lost_expires_at_the_next_slot(opening: Opening):
    async with opening() as app:
        [sale] = await place(app, 1)
        await app.pool.execute(LOSE)
        for hours in (23.9, 0.5):  # 12:04, after the slot of 12:00, and 12:34, after its term
            await pass_hours(app, hours)
            assert await states(app, [sale]) == ["AWAITING_PAYMENT_METHOD"]
        await pass_hours(app, 0.5)
        assert await states(app, [sale]) == ["EXPIRED"]
        log = await app.pool.fetchrow(
            "select actor_id, causation_id from orderwright.log where event_type = 'SALE_EXPIRED'"
        )
        assert tuple(log) == ("schedule", "schedule/sale.expiry/2026-03-02T13:00:00+00:00")


async def test_a_sale_whose_timer_fails_expires_at_the_next_slot_and_the_timer_is_gone(
    opening: Opening,
):
    async with opening() as app:
        [sale] = await place(app, 1)
        await app.pool.execute(
            "update orderwright.timer set retry_at = due_at + interval '9 days'"
        )
        await pass_hours(app, 25)
        assert await states(app, [sale]) == ["EXPIRED"]
        assert await app.pool.fetchval("select count(*) from orderwright.timer") == 0


async def test_a_sale_with_a_term_to_run_is_left_alone(opening: Opening):
    async with opening() as app:
        [sale] = await place(app, 1)
        await app.pool.execute(LOSE)
        await pass_hours(app, 23)
        assert await states(app, [sale]) == ["AWAITING_PAYMENT_METHOD"]
        log = await app.pool.fetch(
            "select event_type from orderwright.log where instance_id = $1 order by version", sale
        )
        assert [row["event_type"] for row in log] == ["create", "DECISION_RECORDED"]


async def test_sales_that_do_not_expire_stand_in_nobodys_way(opening: Opening):
    async with opening(sale_expiry_batch_size=2) as app:
        ids = sorted(await place(app, 9))
        part = Event("PAYMENT_CAPTURED", {"amount": "1.00", "paymentId": "p"})
        for sale in ids[:3]:
            assert (await app.orders.send_sale_event(sale, part, ADMIN)).refused is None
        freeze = Event("FREEZE", {"reason": "check"})
        assert (await app.orders.send_sale_event(ids[4], freeze, ADMIN)).refused is None
        await app.pool.execute(
            "update orderwright.instance set chart_version = 9 where instance_id = $1", ids[5]
        )
        await app.pool.execute(LOSE)

        await pass_hours(app, 25)

        assert await states(app, ids) == [
            *["PAYMENT_PENDING_CONFIRMATION"] * 3,
            "EXPIRED",
            "FROZEN",
            "AWAITING_PAYMENT_METHOD",
            *["EXPIRED"] * 3,
        ]
        armed = await app.pool.fetch("select slot_at from orderwright.slot where status = 'armed'")
        assert [row["slot_at"] for row in armed] == [datetime(2026, 3, 2, 14, tzinfo=UTC)]


async def test_a_sale_that_meets_a_lock_has_not_failed_and_expires_when_it_is_free(
    opening: Opening,
):
    async with opening() as app:
        [sale] = await place(app, 1)
        await app.pool.execute(LOSE)
        await pass_hours(app, 23)
        async with app.pool.acquire() as host, host.transaction():
            await host.execute("lock table orderwright.log in exclusive mode")
            await pass_hours(app, 2)
        assert await states(app, [sale]) == ["AWAITING_PAYMENT_METHOD"]
        await pass_hours(app, 0)
        assert await states(app, [sale]) == ["EXPIRED"]
        await app.engine.alarm.close()
        assert await app.pool.fetch("select * from orderwright.incident") == []


async def test_nothing_is_swept_where_sales_do_not_expire(opening: Opening):
    async with opening() as app:
        ids = await place(app, 1)
        await app.pool.execute(LOSE)
    async with opening(sale_pending_expiry_minutes=0) as app:
        await pass_hours(app, 48)
        assert await states(app, ids) == ["AWAITING_PAYMENT_METHOD"]


async def test_a_worker_sweeps_at_the_times_of_its_setting(opening: Opening):
    async with opening() as app:
        assert await _crons(app) == ["0 * * * *"]
    async with opening(sale_expiry_cron="*/5 * * * *") as app:
        assert await _crons(app) == ["*/5 * * * *"]
        await app.pool.execute("update orderwright.schedule set cron = '0 0 1 1 *'")
        stop = asyncio.Event()
        running = asyncio.create_task(app.worker.run(stop))
        async with asyncio.timeout(30):
            while await _crons(app) != ["*/5 * * * *"]:  # noqa: ASYNC110 (the other side is a database)
                await asyncio.sleep(0.01)
        stop.set()
        await running


async def _crons(app: Orderwright) -> list[str]:
    async with app.pool.acquire() as connection:
        return [schedule.cron for schedule in await schedules(connection)]


async def test_the_timer_of_a_part_paid_sale_on_terms_knows_the_credit_and_opens_a_case(
    opening: Opening,
):
    async with opening() as app:
        [sale] = await place(app, 1)
        for event in (
            Event("SET_PAYMENT_METHOD", {"method": "INVOICE"}),
            Event("PAYMENT_CAPTURED", {"amount": "1.00", "paymentId": "p"}),
        ):
            assert (await app.orders.send_sale_event(sale, event, ADMIN)).refused is None
        await app.worker.drain()
        await pass_hours(app, 25)
        assert await states(app, [sale]) == ["OVERRIDE_REVIEW"]
        assert await app.pool.fetch("select * from orderwright.incident") == []
        kinds = await app.pool.fetch("select case_type from orderwright.case_record")
        assert [row["case_type"] for row in kinds] == ["PART_PAID_EXPIRY"]
