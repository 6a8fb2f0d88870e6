"""Another rule for credit limits while the house runs: the sales of all customers look at it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from credit_house import ADMIN, BOB, BOSS, CLEARED, INVOICE, REVIEW, open_house, place

from orderwright import Orderwright
from orderwright.app.credit import rule_pass
from orderwright.app.credit.account import Account
from orderwright.app.credit.commands import NewProfile
from orderwright.app.live_settings import CREDIT_RULE
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.domain.orders.credit import Rule, Tier
from orderwright.runtime.job_runner import JobRunner

ADA = Account("ada", "EUR")


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with open_house(database_url, clock) as opened:
        for account in (ADA, BOB):
            new = NewProfile(account=account, tier=Tier.BRONZE)
            await opened.credit.set_profile(new, ADMIN)
        await opened.worker.drain()
        yield opened


async def invoice(app: Orderwright, price: str, customer: str) -> str:
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(seconds=1))
    sale = await place(app, price, customer=customer)
    assert (await app.orders.send_sale_event(sale, INVOICE, ADMIN)).refused is None
    await app.worker.drain()
    return sale


async def states(app: Orderwright, *sales: str) -> list[str]:
    found = [await app.engine.read(one) for one in sales]
    return [one.state for one in found if one]


async def moved(app: Orderwright) -> list[str]:
    """The sales that were cleared and un-cleared, in the order in which that was told."""
    rows = await app.pool.fetch(
        "select instance_id from orderwright.outbox"
        " where name in ('sale.cleared', 'sale.uncleared') order by ord, id"
    )
    return [row["instance_id"] for row in rows]


async def change(app: Orderwright, rule: Rule) -> None:
    await app.setting_desk.change(CREDIT_RULE, rule.value, ADMIN)


async def test_another_rule_clears_and_unclears_the_sales_of_all_customers_the_oldest_first(
    app: Orderwright,
):
    sales = [
        await invoice(app, "600000.00", "bob"),
        await invoice(app, "700000.00", "ada"),
        await invoice(app, "500000.00", "bob"),
    ]
    assert await states(app, *sales) == [REVIEW] * 3  # nothing is earned
    await change(app, Rule.TIER_CAP)
    assert (await app.credit_view.standings(BOSS, "bob"))[0].limit_minor == 100_000_000
    await app.worker.drain()
    assert await states(app, *sales) == [CLEARED, CLEARED, REVIEW]
    assert await moved(app) == sales[:2]
    await change(app, Rule.EARNED_CAPPED)
    await app.worker.drain()
    assert await states(app, *sales) == [REVIEW] * 3
    assert await moved(app) == sales[:2] * 2
    log = await app.pool.fetchrow(
        "select actor_id, reason from orderwright.log where instance_id = $1"
        " and event_type = 'RECHECK' order by version limit 1",
        sales[0],
    )
    assert tuple(log) == ("credit", "the rule for credit limits is tier-cap")


async def test_a_pass_goes_on_where_it_stood_on_a_host_that_comes_after(
    app: Orderwright, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rule_pass, "_BATCH", 1)
    sales = [await invoice(app, "1.00", customer) for customer in ("bob", "ada", "bob")]
    await change(app, Rule.TIER_CAP)
    # One batch is done, and then the host is gone.
    assert await JobRunner(app.engine).run_due() == 1
    assert await moved(app) == sales[:1]
    async with Orderwright.connect(database_url, settings=Settings(), clock=app.clock) as other:
        await other.worker.drain()
    assert await states(app, *sales) == [CLEARED] * 3
    assert await moved(app) == sales


async def test_what_another_process_decides_by_the_rule_it_still_knows_is_put_right_a_minute_later(
    app: Orderwright, database_url: str
):
    await change(app, Rule.TIER_CAP)
    await app.worker.drain()
    async with Orderwright.connect(database_url, settings=Settings(), clock=app.clock) as other:
        assert (await other.live_settings.current()).credit_limit_rule is Rule.TIER_CAP
        await change(app, Rule.EARNED_CAPPED)
        await app.worker.drain()
        sale = await invoice(other, "5.00", "bob")
        assert await states(app, sale) == [CLEARED]
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(rule_pass.LATE)
    await app.worker.drain()
    assert await states(app, sale) == [REVIEW]


async def test_a_sale_that_fails_stands_in_nobodys_way_and_is_an_incident(app: Orderwright):
    broken, whole = [await invoice(app, "1.00", customer) for customer in ("bob", "ada")]
    version = "update orderwright.instance set chart_version = $2 where instance_id = $1"
    await app.pool.execute(version, broken, 9)
    await change(app, Rule.TIER_CAP)
    await app.worker.drain()
    assert await states(app, whole) == [CLEARED]
    await app.engine.alarm.close()
    found = await app.pool.fetch("select subject from orderwright.incident")
    assert [row["subject"] for row in found] == [f"{broken}/RECHECK"]
    await app.pool.execute(version, broken, 1)
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(rule_pass.LATE)
    await app.worker.drain()
    assert await states(app, broken) == [CLEARED]
