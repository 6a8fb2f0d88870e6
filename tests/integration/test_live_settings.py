"""Settings that change while the house runs: in bounds, audited, in every process, for what begins after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orderwright import Event, Orderwright
from orderwright.app.case_list import Wanted
from orderwright.app.live_settings import CHANGEABLE, FRESH, bounds_of
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role, RoleMissing
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.errors import InputInvalid

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


def test_every_setting_that_may_be_changed_is_a_bounded_number_with_its_default_within():
    for name in CHANGEABLE:
        assert bounds_of(name).hold(getattr(Settings(), name)), name


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
    assert (found.value, found.default, found.low, found.high) == (45, 30, 1, 365)
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
