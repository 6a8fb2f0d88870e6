"""Settings that change while the house runs: in bounds, audited, in every process, for what begins after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from acceptance.harness import until
from orderwright import Event, Orderwright
from orderwright.app.case_list import Wanted
from orderwright.app.live_settings import CHANGEABLE, FRESH, kind_of
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role, RoleMissing
from orderwright.app.setting_kind import WholeNumber
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.errors import InputInvalid
from orderwright.runtime.schedule import put_schedule

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
TERMS = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=LINES)


def asked(login: str, role: Role) -> Asked:
    return Asked(by=Identity(id=login, login=login, name=login.title(), roles=frozenset({role})))


ADMIN = asked("admin", Role.ADMIN)


@pytest.fixture
async def app(furnished_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(NOON)
    async with Orderwright.connect(furnished_url, settings=Settings(), clock=clock) as opened:
        yield opened


async def pass_time(app: Orderwright, **span: float) -> None:
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(**span))
    await app.worker.drain()


async def place(app: Orderwright) -> str:
    return (await app.orders.create_order(TERMS, ADMIN)).instance_id


async def state(app: Orderwright, instance_id: str) -> str:
    instance = await app.engine.read(instance_id)
    assert instance is not None
    return instance.state


def test_every_setting_that_may_be_changed_takes_its_default():
    for name in CHANGEABLE:
        default = getattr(Settings(), name)
        assert kind_of(name).read(default) == default, name


@pytest.mark.parametrize(
    ("name", "wrong", "expected"),
    [
        ("return_window_days", "14", "a number from 0 to 365"),
        ("return_window_days", True, "a number from 0 to 365"),
        ("return_window_days", 366, "a number from 0 to 365"),
        ("credit_limit_rule", "generous", "one of earned-capped, tier-cap"),
        ("credit_limit_rule", 1, "one of earned-capped, tier-cap"),
        ("sale_expiry_cron", "hourly", "five fields: minute hour day month weekday, such as"),
        ("sale_expiry_cron", "61 * * * *", "'61' is not a list of numbers from 0 to 59"),
        ("sale_expiry_cron", "0 0 31 2 *", "bad day-of-month"),
        ("sale_expiry_cron", "0," * 99 + "0 * * * *", "text of at most 100 characters"),
        ("sale_expiry_cron", 5, "text of at most 100 characters"),
    ],
)
def test_a_wrong_value_is_refused_with_the_field_the_value_and_what_would_be_right(
    name: str, wrong: object, expected: str
):
    with pytest.raises(InputInvalid) as refusal:
        kind_of(name).read(wrong)
    assert refusal.value.field == "value"
    assert refusal.value.values["value"] == wrong
    assert expected in str(refusal.value.values["expected"])


async def test_a_changed_term_holds_for_orders_and_cases_that_begin_after(app: Orderwright):
    before = await place(app)
    await app.setting_desk.change("sale_pending_expiry_minutes", 60, ADMIN)
    await app.setting_desk.change("case_sla_minutes", 30, ADMIN)
    after = await place(app)
    part = Event("PAYMENT_CAPTURED", {"amount": "4.00", "paymentId": "p"})
    paid = await place(app)
    await app.orders.send_sale_event(paid, part, ADMIN)
    await pass_time(app, hours=1)
    assert (await state(app, before), await state(app, after)) == (
        "AWAITING_PAYMENT_METHOD",
        "EXPIRED",
    )
    page = await app.case_list.page(ADMIN.by, Wanted(), first=9, after=None)
    [(_, case)] = page.rows
    assert case.standing.context["slaMinutes"] == 30
    await app.orders.send_sale_event(after, Event("REOPEN"), ADMIN)
    await pass_time(app, hours=1)
    assert await state(app, after) == "EXPIRED"


async def test_another_process_knows_of_a_change_within_seconds(
    app: Orderwright, furnished_url: str
):
    clock = DrivenClock(NOON)
    async with Orderwright.connect(furnished_url, settings=Settings(), clock=clock) as other:
        assert (await other.live_settings.current()).return_window_days == 14
        await app.setting_desk.change("return_window_days", 30, ADMIN)
        assert (await app.live_settings.current()).return_window_days == 30
        assert (await other.live_settings.current()).return_window_days == 14
        clock.advance(FRESH)
        assert (await other.live_settings.current()).return_window_days == 30


async def test_what_was_read_before_a_change_is_not_known_after_it(app: Orderwright):
    blocked = "select 1 from pg_stat_activity where $1 = any(pg_blocking_pids(pid))"
    async with app.pool.acquire() as own, own.transaction(isolation="repeatable_read"):
        await own.execute("select 1 from orderwright.person")
        async with app.pool.acquire() as rival, rival.transaction():
            await rival.execute(
                "insert into orderwright.live_setting (name, value) values ('return_window_days', 3)"
            )
            await rival.execute("lock table orderwright.live_setting in access exclusive mode")
            reading = asyncio.create_task(app.live_settings.fresh(own))
            await until(lambda: app.pool.fetchval(blocked, rival.get_server_pid()))
            app.live_settings.forget()
        assert (await reading).return_window_days == app.settings.return_window_days
    assert (await app.live_settings.current()).return_window_days == 3


async def test_every_change_is_kept_with_who_made_it_and_why(app: Orderwright):
    reason = replace(ADMIN, reason="a holiday", idempotency_key="k")
    for _ in range(2):
        await app.setting_desk.change("quotation_validity_days", 60, reason)
    await app.setting_desk.change("quotation_validity_days", 45, ADMIN)
    [found] = [
        one
        for one in await app.setting_desk.settings(ADMIN.by)
        if one.name == "quotation_validity_days"
    ]
    assert (found.value, found.default) == (45, 30)
    assert found.kind == WholeNumber(low=1, high=365)
    told = [(one.before, one.after, one.by, one.reason) for one in found.changes]
    assert told == [(60, 45, "Admin", None), (30, 60, "Admin", "a holiday")]


async def test_a_value_out_of_bounds_and_a_person_without_permission_change_nothing(
    app: Orderwright,
):
    with pytest.raises(InputInvalid, match="from 1 to 20"):
        await app.setting_desk.change("delivery_attempt_limit", 21, ADMIN)
    with pytest.raises(InputInvalid, match="name"):
        await app.setting_desk.change("port", 1, ADMIN)
    with pytest.raises(RoleMissing):
        await app.setting_desk.change("return_window_days", 1, asked("mia", Role.MANAGER))
    with pytest.raises(RoleMissing):
        await app.setting_desk.settings(asked("clerk", Role.BILLER).by)
    assert await app.live_settings.current() == app.settings


async def test_a_stored_value_that_a_release_has_put_out_of_bounds_is_left_out(app: Orderwright):
    await app.pool.execute(
        "insert into orderwright.live_setting values ('return_window_days', 999)"
    )
    await app.pool.execute("insert into orderwright.live_setting values ('long_gone', 1)")
    assert await app.live_settings.current() == app.settings


async def test_a_former_name_is_left_out_in_silence_and_one_that_is_not_known_is_told(
    app: Orderwright,
):
    await app.pool.execute(
        "insert into orderwright.live_setting values"
        " ('approval_one_manager_up_to', 5), ('approval_two_managers_up_to', 6), ('long_gone', 1)"
    )
    with capture_logs() as lines:
        async with app.pool.acquire() as connection:
            assert await app.live_settings.fresh(connection) == app.settings
    assert [(line["event"], line["name"]) for line in lines] == [
        ("live_setting_ignored", "long_gone")
    ]


async def armed(app: Orderwright) -> list[tuple[str, datetime]]:
    rows = await app.pool.fetch(
        "select s.cron, t.slot_at from orderwright.schedule s join orderwright.slot t"
        " on t.schedule = s.name where t.status = 'armed'"
    )
    return [tuple(row) for row in rows]


async def store_schedule(app: Orderwright) -> None:
    """Do what a worker does when it begins."""
    async with app.pool.acquire() as connection, connection.transaction():
        schedule = await app.expiry.schedule(connection)
        await put_schedule(connection, schedule, at=app.clock.now())


async def test_other_times_of_the_sweep_hold_at_once_and_outlast_a_start(app: Orderwright):
    await store_schedule(app)
    assert await armed(app) == [("0 * * * *", NOON + timedelta(hours=1))]
    for _ in range(2):
        asked_once = replace(ADMIN, idempotency_key="cron", reason="too seldom")
        changed = await app.setting_desk.change("sale_expiry_cron", "*/10  * * * *", asked_once)
    assert (changed.value, changed.default) == ("*/10 * * * *", "0 * * * *")
    told = [(one.before, one.after, one.by, one.reason) for one in changed.changes]
    assert told == [("0 * * * *", "*/10 * * * *", "Admin", "too seldom")]
    for _ in range(2):
        assert await armed(app) == [("*/10 * * * *", NOON + timedelta(minutes=10))]
        await store_schedule(app)
    await pass_time(app, minutes=10)
    assert await armed(app) == [("*/10 * * * *", NOON + timedelta(minutes=20))]


async def test_a_slot_that_is_due_when_its_times_change_is_done_once_and_the_next_by_the_new_ones(
    app: Orderwright,
):
    await store_schedule(app)
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(hours=1, minutes=5))
    await app.setting_desk.change("sale_expiry_cron", "30 3 * * *", ADMIN)
    await app.worker.drain()
    settled = await app.pool.fetch(
        "select slot_at, status from orderwright.slot where status <> 'armed'"
    )
    assert [tuple(row) for row in settled] == [(NOON + timedelta(hours=1), "done")]
    assert await armed(app) == [("30 3 * * *", datetime(2026, 3, 2, 3, 30, tzinfo=UTC))]


async def test_a_refused_change_of_the_times_leaves_the_armed_slot_alone(app: Orderwright):
    await store_schedule(app)
    with pytest.raises(InputInvalid, match="five fields"):
        await app.setting_desk.change("sale_expiry_cron", "at noon", ADMIN)
    assert await armed(app) == [("0 * * * *", NOON + timedelta(hours=1))]


async def test_code_that_knows_numbers_only_reads_and_writes_them_beside_words(app: Orderwright):
    await app.setting_desk.change("sale_expiry_cron", "5 * * * *", ADMIN)
    async with app.pool.acquire() as connection:
        await connection.execute(
            "insert into orderwright.live_setting (name, value) values ('return_window_days', 7)"
        )
        await connection.execute(
            "insert into orderwright.live_setting_change"
            " (name, before, after, person_id, changed_at)"
            " values ('return_window_days', 14, 7, 'admin', $1)",
            NOON,
        )
        rows = await connection.fetch("select name, value from orderwright.live_setting")
    known = {row["name"]: row["value"] for row in rows}
    assert known == {"sale_expiry_cron": None, "return_window_days": 7}
    app.live_settings.forget()
    current = await app.live_settings.current()
    assert (current.return_window_days, current.sale_expiry_cron) == (7, "5 * * * *")
    shown = {one.name: one for one in await app.setting_desk.settings(ADMIN.by)}
    assert [one.after for one in shown["return_window_days"].changes] == [7]
