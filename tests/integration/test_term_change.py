"""Another length of the time to pay: sales that were placed under the old one get the new one at the next slot.

All on a driven clock, through timers, the cron's slots and the relay.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from orderwright import Event, Orderwright
from orderwright.app.case_list import Wanted
from orderwright.app.expiry import ACTION
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime import timers
from orderwright.runtime.schedule import put_schedule
from orderwright.runtime.strike import strike_next

Opening = Callable[..., AbstractAsyncContextManager[Orderwright]]

ADMIN = Asked(by=Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN})))
LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
TERMS = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=LINES)
NOON = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)
SETTING = "sale_pending_expiry_minutes"
FREEZE = Event("FREEZE", {"reason": "check"})


@pytest.fixture
def opening(furnished_url: str) -> Opening:
    """A function that opens the application at ten past noon, and stores the sweep's schedule as a worker does."""

    @asynccontextmanager
    async def opened(**settings: object) -> AsyncIterator[Orderwright]:
        chosen, clock = Settings(**settings), DrivenClock(NOON)
        async with Orderwright.connect(furnished_url, settings=chosen, clock=clock) as app:
            async with app.pool.acquire() as connection, connection.transaction():
                schedule = await app.expiry.schedule(connection)
                await put_schedule(connection, schedule, at=clock.now())
            yield app

    return opened


async def place(app: Orderwright) -> str:
    return (await app.orders.create_order(TERMS, ADMIN)).instance_id


async def send(app: Orderwright, sale: str, event: Event) -> None:
    assert (await app.orders.send_sale_event(sale, event, ADMIN)).refused is None


async def pay(app: Orderwright, sale: str, amount: str) -> None:
    await send(app, sale, Event("PAYMENT_CAPTURED", {"amount": amount, "paymentId": "p"}))


async def change(app: Orderwright, minutes: int) -> None:
    await app.setting_desk.change(SETTING, minutes, ADMIN)


async def until(app: Orderwright, hour: int, minute: int = 10, *, day: int = 1) -> None:
    """Let the time of a day in March come, and do what is due."""
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(datetime(2026, 3, day, hour, minute, tzinfo=UTC) - app.clock.now())
    await app.worker.drain()


async def state(app: Orderwright, sale: str) -> str:
    instance = await app.engine.read(sale)
    assert instance is not None
    return instance.state


async def ends(app: Orderwright, sale: str) -> datetime | None:
    """When a sale expires; what its timer says and what it remembers agree while it has a timer."""
    instance = await app.engine.read(sale)
    assert instance is not None
    text = instance.snapshot.context["expiresAt"]
    remembered = None if text is None else datetime.fromisoformat(str(text))
    async with app.pool.acquire() as connection:
        pending = [due for _, _, due in await timers.pending(connection, sale)]
    assert pending == [remembered] * len(pending)
    assert len(pending) == (0 if remembered is None or remembered <= app.clock.now() else 1)
    return remembered


async def steps(app: Orderwright) -> list[tuple[str, str, str]]:
    rows = await app.pool.fetch(
        "select instance_id, actor_id, causation_id from orderwright.log"
        " where event_type = 'TERM_CHANGED' order by recorded_at, instance_id"
    )
    return [tuple(row) for row in rows]


async def test_a_shorter_time_counts_from_the_placing_and_ends_sales_by_their_timers(
    opening: Opening,
):
    async with opening() as app:
        old = await place(app)
        await until(app, 14, 50)
        new = await place(app)
        await change(app, 180)
        assert await ends(app, old) == NOON + timedelta(days=1)
        await until(app, 15, 5)  # the slot of 15:00 has struck
        assert await ends(app, old) == datetime(2026, 3, 1, 15, 10, tzinfo=UTC)
        assert await ends(app, new) == datetime(2026, 3, 1, 17, 50, tzinfo=UTC)
        slot = "schedule/sale.expiry/2026-03-01T15:00:00+00:00"
        assert await steps(app) == [(sale, "schedule", slot) for sale in sorted((old, new))]
        await until(app, 15, 9)
        assert await state(app, old) == "AWAITING_PAYMENT_METHOD"
        await until(app, 15, 10)
        assert (await state(app, old), await state(app, new)) == (
            "EXPIRED",
            "AWAITING_PAYMENT_METHOD",
        )
        await until(app, 17, 50)
        assert await state(app, new) == "EXPIRED"


async def test_a_time_that_is_over_already_ends_the_sale_at_the_slot_and_leaves_no_timer(
    opening: Opening,
):
    async with opening() as app:
        sale = await place(app)
        await until(app, 15, 30)
        await change(app, 60)
        await until(app, 16)
        assert await state(app, sale) == "EXPIRED"
        assert await app.pool.fetchval("select count(*) from orderwright.timer") == 0


async def test_a_longer_time_keeps_sales_and_zero_takes_their_end_away_until_there_is_one_again(
    opening: Opening,
):
    async with opening() as app:
        sale = await place(app)
        await change(app, 2 * 1440)
        await until(app, 13)
        await until(app, 12, 10, day=2)
        assert await ends(app, sale) == NOON + timedelta(days=2)
        assert await state(app, sale) == "AWAITING_PAYMENT_METHOD"
        await change(app, 0)
        await until(app, 13, day=2)
        await until(app, 12, 10, day=9)
        assert (await ends(app, sale), await state(app, sale)) == (None, "AWAITING_PAYMENT_METHOD")
        placed_since = await place(app)
        await change(app, 120)
        await until(app, 13, 10, day=9)
        assert (await state(app, sale), await ends(app, placed_since)) == (
            "EXPIRED",
            datetime(2026, 3, 9, 14, 10, tzinfo=UTC),
        )


async def test_the_time_of_a_sale_that_was_reopened_counts_from_then(opening: Opening):
    async with opening() as app:
        sale = await place(app)
        await until(app, 13, 20, day=2)
        await send(app, sale, Event("REOPEN"))
        await change(app, 120)
        await until(app, 14, 10, day=2)
        assert await ends(app, sale) == datetime(2026, 3, 2, 15, 20, tzinfo=UTC)


async def test_a_frozen_sale_remembers_the_new_end_and_expires_when_it_is_released(
    opening: Opening,
):
    async with opening() as app:
        lapsed, running = await place(app), await place(app)
        for sale in (lapsed, running):
            await send(app, sale, FREEZE)
        await send(app, running, Event("RELEASE"))
        await send(app, running, FREEZE)
        await change(app, 100)
        await until(app, 13, 10)
        assert await ends(app, lapsed) == datetime(2026, 3, 1, 13, 50, tzinfo=UTC)
        await send(app, running, Event("RELEASE"))
        assert await state(app, running) == "AWAITING_PAYMENT_METHOD"
        await until(app, 14, 10)
        assert (await state(app, lapsed), await state(app, running)) == ("FROZEN", "EXPIRED")
        await send(app, lapsed, Event("RELEASE"))
        assert await state(app, lapsed) == "EXPIRED"


async def test_a_part_paid_sale_opens_one_case_at_its_new_end_and_a_cleared_one_is_let_alone(
    opening: Opening,
):
    async with opening() as app:
        part, whole = await place(app), await place(app)
        await pay(app, part, "1.00")
        await pay(app, whole, "10.00")
        await change(app, 30)
        await until(app, 13, 10)
        await change(app, 60)
        await until(app, 14, 10)
        page = await app.case_list.page(ADMIN.by, Wanted(), first=9, after=None)
        cases = [case.standing.context for _, case in page.rows]
        opened = [(one["caseType"], one["subjectId"]) for one in cases]
        assert opened == [("PART_PAID_EXPIRY", part)]
        assert await state(app, part) == "PAYMENT_PENDING_CONFIRMATION"
        assert [sale for sale, *_ in await steps(app)] == [part]


async def test_what_an_import_brought_without_a_term_never_gets_one(opening: Opening):
    async with opening(sale_pending_expiry_minutes=0) as app:
        brought, own = await place(app), await place(app)
        await app.pool.execute(
            "update orderwright.log set origin = 'import' where instance_id = $1", brought
        )
        await change(app, 600)
        await until(app, 13, 10)
        assert (await ends(app, brought), await ends(app, own)) == (
            None,
            NOON + timedelta(minutes=600),
        )


async def test_a_slot_looks_at_no_sale_when_nothing_was_changed_and_again_after_a_change_there_and_back(
    opening: Opening,
):
    async with opening() as app:
        with structlog.testing.capture_logs() as told:
            await place(app)
            for hour in (13, 14, 15):  # the first slot of all makes sure
                await until(app, hour)
            await change(app, 0)
            between = await place(app)
            await change(app, 1440)
            for hour in (16, 17, 18):
                await until(app, hour)
        slots = [line["slot"][-14:-9] for line in told if line["event"] == "sale_terms_changed"]
        assert slots == ["13:00", "16:00"]
        assert await ends(app, between) == datetime(2026, 3, 2, 15, 10, tzinfo=UTC)


async def test_a_change_in_the_minute_before_a_slot_is_looked_at_twice(opening: Opening):
    async with opening() as app:
        with structlog.testing.capture_logs() as told:
            await until(app, 13, 10)
            await until(app, 13, 59)
            app.clock.advance(timedelta(seconds=30))
            await change(app, 60)
            await until(app, 14, 0)
            for hour in (15, 16):
                await until(app, hour)
        slots = [line["slot"][-14:-9] for line in told if line["event"] == "sale_terms_changed"]
        assert slots == ["13:00", "14:00", "15:00"]


async def test_sales_that_fail_stand_in_nobodys_way_and_batches_follow_one_another(
    opening: Opening,
):
    async with opening(sale_expiry_batch_size=2) as app:
        sales = [await place(app) for _ in range(9)]
        await app.pool.execute(
            "update orderwright.instance set chart_version = 9 where instance_id = any($1)",
            sales[:3],
        )
        await change(app, 600)
        await until(app, 13, 10)
        assert [await ends(app, sale) for sale in sales[3:]] == [NOON + timedelta(minutes=600)] * 6
        assert {sale for sale, *_ in await steps(app)} == set(sales[3:])


async def test_another_change_while_batches_are_under_way_begins_anew(opening: Opening):
    async with opening(sale_expiry_batch_size=1) as app:
        sales = [await place(app) for _ in range(4)]
        await change(app, 600)
        app.clock.advance(timedelta(hours=1))
        for _ in range(2):
            assert await strike_next(app.engine, {ACTION: app.expiry.sweep})
        await change(app, 300)
        await app.worker.drain()
        assert [await ends(app, sale) for sale in sales] == [NOON + timedelta(minutes=300)] * 4
        assert len(await steps(app)) == 6
