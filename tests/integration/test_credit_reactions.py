"""What follows when credit changes elsewhere, on a real database with a clock that the test drives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from credit_house import ADMIN, BOB, BOSS, CANCEL, CLEARED, INVOICE, REVIEW, open_house, place

from orderwright import Event, Orderwright
from orderwright.app.credit.account import Account
from orderwright.app.credit.commands import NewProfile
from orderwright.app.credit.view import CreditStanding
from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role, RoleMissing
from orderwright.app.records import CustomerNotFound
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.domain.orders.credit import Rule, Tier
from orderwright.errors import InputInvalid
from orderwright.runtime.reply import IdempotencyMismatch

CLERK = Identity(id="clerk", login="clerk", name="Clerk", roles=frozenset({Role.BILLER}))
ADA = Identity(id="a", login="a", name="A", roles=frozenset({Role.CUSTOMER}), customer_id="ada")


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(
        database_url, DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    ) as opened:
        yield opened


async def tell(app: Orderwright, order_id: str, event: Event) -> None:
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(seconds=1))
    result = await app.orders.send_sale_event(order_id, event, ADMIN)
    assert result.refused is None, result.refused
    await app.worker.drain()


async def invoice(app: Orderwright, price: str, *, customer: str = "bob") -> str:
    order_id = await place(app, price, customer=customer)
    await tell(app, order_id, INVOICE)
    return order_id


async def grant(app: Orderwright, limit: str | None, tier: Tier = Tier.BRONZE) -> None:
    await app.credit.set_profile(NewProfile(account=BOB, tier=tier, custom_limit=limit), ADMIN)
    await app.worker.drain()


async def states(app: Orderwright, *order_ids: str) -> list[str]:
    found = [await app.engine.read(one) for one in order_ids]
    return [one.state for one in found if one]


async def standing(app: Orderwright, account: Account = BOB) -> CreditStanding:
    found = await app.credit_view.standings(BOSS, account.customer_id)
    return next(one for one in found if one.account == account)


async def complete(app: Orderwright, order_id: str) -> None:
    [fulfilment] = (await app.queries.fulfilments([order_id]))[order_id]
    events = ("FULFILMENT_STARTED", "PACKAGE_SHIPPED", "PACKAGE_DELIVERED")
    for name in events:
        data = {"carrier": "DHL", "tracking": "1"} if name == "PACKAGE_SHIPPED" else {}
        result = await app.orders.send_fulfilment_event(fulfilment.id, Event(name, data), ADMIN)
        assert result.refused is None, result.refused
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(days=14))
    await app.worker.drain()
    assert await states(app, order_id) == ["COMPLETED"]


# --- looking again --------------------------------------------------------------------------------


async def test_released_credit_clears_the_sale_that_has_waited_longest(app: Orderwright):
    holding = await invoice(app, "400.00")
    old, young, small = [await invoice(app, price) for price in ("300.00", "300.00", "100.00")]
    assert await states(app, holding, old, young, small) == [CLEARED, REVIEW, REVIEW, CLEARED]
    await tell(app, holding, CANCEL)
    assert await states(app, old, young) == [CLEARED, REVIEW]
    assert (await standing(app)).exposure_minor == 40_000


async def test_a_capture_elsewhere_makes_room_for_a_sale_that_waits(app: Orderwright):
    holding, waiting = await invoice(app, "400.00"), await invoice(app, "200.00")
    paid = Event("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": "p"})
    await tell(app, holding, paid)
    assert await states(app, holding, waiting) == [CLEARED, CLEARED]


async def test_raising_the_limit_clears_and_lowering_it_unclears_what_is_not_shipped(
    app: Orderwright,
):
    order_id = await invoice(app, "600.00")
    assert await states(app, order_id) == [REVIEW]
    await grant(app, "600.00")
    assert await states(app, order_id) == [CLEARED]
    await grant(app, "599.99")
    assert await states(app, order_id) == [REVIEW]
    [fulfilment] = (await app.queries.fulfilments([order_id]))[order_id]
    assert fulfilment.standing.words.state == "ON_HOLD"
    assert (await standing(app)).exposure_minor == 0


async def test_a_sale_that_no_change_can_concern_is_left_alone(app: Orderwright):
    card, other = await place(app, "10.00"), await place(app, "10.00", customer="ada")
    await tell(app, card, Event("SET_PAYMENT_METHOD", {"method": "CARD"}))
    await tell(app, other, INVOICE)
    held, too_large = await invoice(app, "500.00"), await invoice(app, "1500.00")
    await grant(app, "1000.00")
    await tell(app, held, CANCEL)
    assert await states(app, too_large) == [REVIEW]
    rows = await app.pool.fetch(
        "select instance_id from orderwright.log where event_type = 'RECHECK'"
    )
    assert rows == []


async def test_a_profile_that_is_set_as_it_was_sends_nobody_anything(app: Orderwright):
    await grant(app, "700.00")
    told = "select count(*) from orderwright.outbox"
    before = await app.pool.fetchval(told)
    await grant(app, "700.00")
    assert await app.pool.fetchval(told) == before


async def test_looking_again_by_hand_reaches_every_sale_that_credit_can_concern_once_a_key(
    app: Orderwright,
):
    await invoice(app, "400.00")
    await invoice(app, "400.00")
    asked = Asked(by=BOSS, idempotency_key="again")
    assert await app.credit.refresh("bob", asked) == 2
    assert await app.credit.refresh("bob", asked) == 0
    with pytest.raises(IdempotencyMismatch):
        await app.credit.refresh("ada", asked)


# --- earning --------------------------------------------------------------------------------------


async def test_completed_sales_earn_credit_by_what_was_captured(app: Orderwright):
    order_id = await invoice(app, "300.00")
    await tell(app, order_id, Event("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": "1"}))
    await complete(app, order_id)
    found = await standing(app)
    assert (found.profile.cumulative_minor, found.profile.earned_minor) == (10_000, 100)
    assert found.exposure_minor == 20_000  # delivered, and not paid
    await tell(app, order_id, Event("PAYMENT_CAPTURED", {"amount": "200.00", "paymentId": "2"}))
    found = await standing(app)
    assert (found.profile.cumulative_minor, found.exposure_minor) == (30_000, 0)
    assert found.limit_minor == 50_000  # the customer's own limit was carried over


async def test_a_customer_without_a_limit_earns_one_by_completed_sales(app: Orderwright):
    order_id = await place(app, "2000.00", customer="ada")
    await tell(app, order_id, Event("PAYMENT_CAPTURED", {"amount": "2000.00", "paymentId": "1"}))
    await complete(app, order_id)
    found = await standing(app, Account("ada", "EUR"))
    assert (found.limit_minor, found.profile.custom_limit_minor) == (2_000, None)
    assert await states(app, await invoice(app, "20.00", customer="ada")) == [CLEARED]


# --- commands and views ---------------------------------------------------------------------------


async def test_a_profile_is_set_by_managers_with_a_key_and_an_amount_of_the_currency(
    app: Orderwright,
):
    new = NewProfile(account=BOB, tier=Tier.GOLD, custom_limit="1.00")
    with pytest.raises(RoleMissing):
        await app.credit.set_profile(new, Asked(by=CLERK))
    for limit in ("-1.00", "1.001", "9999999999999999.00"):
        wrong = NewProfile(account=BOB, tier=Tier.GOLD, custom_limit=limit)
        with pytest.raises(InputInvalid):
            await app.credit.set_profile(wrong, ADMIN)
    nobody = NewProfile(account=Account("nobody", "EUR"), tier=Tier.GOLD)
    with pytest.raises(CustomerNotFound):
        await app.credit.set_profile(nobody, ADMIN)
    keyed = Asked(by=BOSS, idempotency_key="k", reason="trusted")
    assert not (await app.credit.set_profile(new, keyed)).replayed
    assert (await app.credit.set_profile(new, keyed)).replayed
    with pytest.raises(IdempotencyMismatch):
        await app.credit.set_profile(NewProfile(account=BOB, tier=Tier.BRONZE), keyed)
    instance = await app.engine.read(BOB.profile_id)
    assert instance is not None
    assert (instance.version, instance.snapshot.context["tier"]) == (2, "GOLD")


async def test_a_profile_in_another_currency_stands_beside_that_of_the_own_one(app: Orderwright):
    yen = NewProfile(account=Account("bob", "JPY"), tier=Tier.GOLD, custom_limit="70")
    await app.credit.set_profile(yen, ADMIN)
    found = await app.credit_view.standings(BOSS, "bob")
    assert [(one.account.currency, one.limit_minor) for one in found] == [
        ("EUR", 50_000),
        ("JPY", 70),
    ]


async def test_people_see_the_credit_of_whom_they_may_see(app: Orderwright):
    order_id = await invoice(app, "400.00")
    with pytest.raises(CustomerNotFound):
        await app.credit_view.standings(ADA, "bob")
    assert [one.limit_minor for one in await app.credit_view.standings(ADA, "ada")] == [0]
    check = await app.credit_view.check(BOSS, order_id)
    assert (check.held_minor, check.exposure_minor, check.uncovered_minor) == (40_000, 0, 40_000)
    assert (check.overage_minor, check.is_within_credit) == (0, True)
    over = await app.credit_view.check(BOSS, await invoice(app, "200.00"))
    assert (over.exposure_minor, over.overage_minor, over.is_within_credit) == (
        40_000,
        10_000,
        False,
    )


async def test_the_ledger_is_read_in_pages_the_latest_first(app: Orderwright):
    orders = [await invoice(app, "10.00") for _ in range(3)]
    await tell(app, orders[0], CANCEL)
    seen: list[tuple[str, str, int]] = []
    after, more = None, True
    while more:
        page = await app.credit_view.ledger(BOSS, BOB, first=3, after=after)
        seen += [(row.order_id, row.kind, row.amount_minor) for _, row in page.rows]
        after, more = page.rows[-1][0].cursor(), page.has_next
    assert seen == [
        (orders[0], "release", -1000),
        *((one, "hold", 1000) for one in reversed(orders)),
    ]


async def test_the_rule_tier_cap_leaves_out_what_was_earned(app: Orderwright, database_url: str):
    await grant(app, None, Tier.SILVER)
    assert (await standing(app)).limit_minor == 0
    settings = Settings(credit_limit_rule=Rule.TIER_CAP)
    async with Orderwright.connect(database_url, settings=settings, clock=app.clock) as other:
        assert (await standing(other)).limit_minor == 500_000_000
        assert await states(other, await invoice(other, "5000000.00")) == [CLEARED]
