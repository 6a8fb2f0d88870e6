"""Approvals on a real database: races of voters, repeated events, expiry by timers on a driven clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from orderwright import Orderwright
from orderwright.app import records
from orderwright.app.approval_desk import Decision
from orderwright.app.credit.account import Account
from orderwright.app.credit.commands import NewProfile
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.override_list import Kind
from orderwright.app.payment_phases import PAYMENTS
from orderwright.app.permissions import Identity, Role, RoleMissing
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.domain.orders.credit import Tier
from orderwright.runtime.attempt import Result
from orderwright.runtime.replay import Replay
from orderwright.statechart import Event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
VOTERS = [f"manager-{n}" for n in range(8)]
BOB = records.Customer(
    id="bob", number="C-1", name="Bob", currency="EUR", credit_limit_minor=50_000
)
ANVIL = records.Product(sku="ANVIL", name="Anvil", currency="EUR", unit_price_minor=5000)
ADD = """
insert into orderwright.person (id, login, name, password_hash, roles, customer_id, is_active, created_at)
values ($1, $1, $1, '-', $2, null, true, $3)
"""
VOTES = "select count(*) from orderwright.log where event_type in ('APPROVE', 'DENY')"
EMITTED = "select name from orderwright.outbox where name like 'approval.%' order by id"


def as_(login: str, role: Role = Role.MANAGER, key: str | None = None) -> Asked:
    who = Identity(id=login, login=login, name=login, roles=frozenset({role}))
    return Asked(by=who, idempotency_key=key)


CLERK = as_("clerk", Role.BILLER)


@asynccontextmanager
async def opened_with(url: str, settings: Settings) -> AsyncIterator[Orderwright]:
    """A house with managers and Bob; at the end each log is what happened."""
    async with Orderwright.connect(url, settings=settings, clock=DrivenClock(NOON)) as opened:
        people = [(name, ["MANAGER"], NOON) for name in VOTERS]
        await opened.pool.executemany(ADD, people)
        async with opened.pool.acquire() as connection:
            await records.add_customers(connection, [BOB])
            await records.add_products(connection, [ANVIL])
        yield opened
        for (instance_id,) in await opened.pool.fetch(
            "select instance_id from orderwright.instance"
        ):
            assert await Replay(opened.pool).verify(instance_id) == ()


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with opened_with(database_url, Settings(sale_pending_expiry_minutes=0)) as opened:
        yield opened


async def place(app: Orderwright, price: str) -> str:
    """Place an order; return its id."""
    lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": price}]
    terms = NewTerms(customer_id="bob", channel="CONSUMER", currency="EUR", lines=lines)
    return (await app.orders.create_order(terms, CLERK)).instance_id


async def ask(app: Orderwright, price: str, kind: Kind = "ADMIN") -> tuple[str, str]:
    """Place an order and ask for an override; return the ids of the order and of the approval."""
    order_id = await place(app, price)
    result = await app.overrides.request(order_id, kind, "they always pay", CLERK)
    assert result.refused is None, result.refused
    await app.worker.drain()
    approval_id = await app.pool.fetchval(
        "select id from orderwright.approval where subject_id = $1", order_id
    )
    return order_id, approval_id


async def vote(
    app: Orderwright, approval_id: str, voter: str, decision: Decision = "APPROVE"
) -> Result:
    return await app.overrides.vote(approval_id, decision, "known", None, as_(voter))


async def state(app: Orderwright, instance_id: str) -> str:
    instance = await app.engine.read(instance_id)
    assert instance is not None
    return instance.state


async def later(app: Orderwright, **span: float) -> None:
    """Let time pass, and timers and relay do their work."""
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(**span))
    await app.worker.drain()


@pytest.mark.parametrize(("price", "needed"), [("400.00", 1), ("5000.00", 2)])
async def test_of_eight_votes_at_once_exactly_as_many_count_as_it_takes(
    app: Orderwright, price: str, needed: int
):
    _, approval_id = await ask(app, price)
    results = await asyncio.gather(*(vote(app, approval_id, name) for name in VOTERS))

    refused = Counter(result.refused.code for result in results if result.refused)
    assert refused == {"unhandled": 8 - needed}
    assert await app.pool.fetchval(VOTES) == needed
    emitted = [row["name"] for row in await app.pool.fetch(EMITTED)]
    assert emitted == ["approval.requested", "approval.approved"]
    approval = await app.engine.read(approval_id)
    assert approval is not None
    assert len({one["by"] for one in approval.snapshot.context["votes"]}) == needed


async def test_one_voter_who_votes_eight_times_at_once_is_counted_once(app: Orderwright):
    _, approval_id = await ask(app, "5000.00")
    results = await asyncio.gather(*(vote(app, approval_id, VOTERS[0]) for _ in range(8)))
    codes = Counter(r.code for one in results if one.refused for r in one.refused.reasons)
    assert codes == {"approval.voted_already": 7}
    assert await state(app, approval_id) == "PENDING"


async def test_a_role_that_was_taken_away_does_not_count_any_more(app: Orderwright):
    _, approval_id = await ask(app, "400.00")
    await app.pool.execute(
        "update orderwright.person set roles = '{BILLER}' where id = $1", VOTERS[0]
    )
    refused = (await vote(app, approval_id, VOTERS[0])).refused
    assert refused is not None
    assert [reason.code for reason in refused.reasons] == ["approval.role_missing"]


async def asked_of(app: Orderwright, price: str) -> tuple[int, list[str], int]:
    """Who decides on an override of an amount: how many, with whom among them, and for how many days it holds."""
    _, approval_id = await ask(app, price)
    approval = await app.engine.read(approval_id)
    assert approval is not None
    quorum = approval.snapshot.context["quorum"]
    return quorum["approvers"], quorum["including"], approval.snapshot.context["validityDays"]


async def test_the_quorum_is_that_of_the_amount(app: Orderwright):
    assert [await asked_of(app, price) for price in ("1000.00", "1000.01", "100000.01")] == [
        (1, [], 7),
        (2, [], 7),
        (2, ["ADMIN", "SUPERADMIN"], 7),
    ]


async def test_changed_bands_and_validity_are_those_of_requests_that_come_after(app: Orderwright):
    admin = as_("admin", Role.ADMIN)
    _, before = await ask(app, "400.00")
    for name, value in (
        ("approval_low_band_up_to", 50),
        ("approval_low_band_role", "ADMIN"),
        ("approval_middle_band_up_to", 90),
        ("approval_middle_band_approvers", 3),
        ("approval_high_band_approvers", 4),
        ("approval_high_band_role", "SUPERADMIN"),
        ("approval_validity_days", 3),
    ):
        await app.setting_desk.change(name, value, admin)
    assert [await asked_of(app, price) for price in ("50.00", "50.01", "90.01")] == [
        (1, ["ADMIN", "SUPERADMIN"], 3),
        (3, [], 3),
        (4, ["SUPERADMIN"], 3),
    ]
    assert (await vote(app, before, VOTERS[0])).refused is None
    assert await state(app, before) == "APPROVED"


async def test_the_bands_are_those_that_the_house_was_told_at_its_start(database_url: str):
    told = Settings(approval_low_band_up_to=5, approval_middle_band_up_to=6)
    async with opened_with(database_url, told) as app:
        assert [await asked_of(app, price) for price in ("5.00", "5.01", "6.01")] == [
            (1, [], 7),
            (2, [], 7),
            (2, ["ADMIN", "SUPERADMIN"], 7),
        ]


async def test_an_approval_that_expires_unclears_the_sale_and_holds_its_fulfilment(
    app: Orderwright,
):
    order_id, approval_id = await ask(app, "400.00")
    await later(app, days=6)
    assert (await vote(app, approval_id, VOTERS[0])).refused is None
    await later(app, seconds=0)
    assert await state(app, order_id) == "CLEARED_FOR_FULFILMENT"
    [fulfilment_id] = await app.pool.fetchrow("select id from orderwright.fulfilment")
    await later(app, days=6, hours=23)
    assert await state(app, order_id) == "CLEARED_FOR_FULFILMENT"
    await later(app, hours=1)
    assert await state(app, approval_id) == "EXPIRED"
    assert await state(app, order_id) == "AWAITING_PAYMENT_METHOD"
    assert await state(app, fulfilment_id) == "ON_HOLD"


async def test_a_request_that_nobody_decides_expires_and_another_may_be_made(app: Orderwright):
    order_id, approval_id = await ask(app, "400.00")
    again = await app.overrides.request(order_id, "ADMIN", "still", CLERK)
    assert again.refused is not None
    assert [reason.code for reason in again.refused.reasons] == ["override.pending"]
    await later(app, days=7)
    assert await state(app, approval_id) == "EXPIRED"
    assert await state(app, order_id) == "AWAITING_PAYMENT_METHOD"
    assert (await app.overrides.request(order_id, "ADMIN", "still", CLERK)).refused is None


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Event("CANCEL_REQUESTED", {"reason": "no"}), "the order was cancelled"),
        (
            Event("PAYMENT_CAPTURED", {"amount": "400.00", "paymentId": "p"}),
            "the order was cleared without it",
        ),
    ],
)
async def test_a_request_that_waits_is_withdrawn_when_its_sale_ends_or_is_cleared(
    app: Orderwright, event: Event, why: str
):
    order_id, approval_id = await ask(app, "400.00")
    admin = as_("admin", Role.ADMIN)
    assert (await app.orders.send_sale_event(order_id, event, admin)).refused is None
    await later(app, seconds=0)
    approval = await app.engine.read(approval_id)
    assert approval is not None
    assert (approval.state, approval.snapshot.context["endedReason"]) == ("REVOKED", why)


async def test_a_request_goes_on_that_a_sale_still_waits_for_when_it_is_open_again(
    app: Orderwright,
):
    order_id = await place(app, "400.00")
    await app.worker.drain()
    await app.overrides.request(order_id, "ADMIN", "they always pay", CLERK)
    money = {"amount": "400.00", "paymentId": "p"}
    gone = {**money, "refundId": "r", "remaining": "0.00", "ofLines": "0.00"}
    for event in (Event("PAYMENT_CAPTURED", money), Event("PAYMENT_REFUNDED", gone)):
        told = await app.engine.send(order_id, event, actor=PAYMENTS)
        assert told.refused is None, told.refused
    await app.worker.drain()
    [approval_id] = await app.pool.fetchrow("select id from orderwright.approval")
    assert await state(app, approval_id) == "PENDING"
    assert (await vote(app, approval_id, VOTERS[0])).refused is None
    await app.worker.drain()
    assert await state(app, order_id) == "CLEARED_FOR_FULFILMENT"


async def test_a_waiver_that_is_revoked_after_an_expiry_is_none_when_the_order_is_reopened(
    app: Orderwright,
):
    admin = as_("admin", Role.ADMIN)
    order_id, approval_id = await ask(app, "600.00")  # above the credit limit
    await vote(app, approval_id, VOTERS[0])
    await app.worker.drain()
    expired = await app.engine.send(order_id, Event("SALE_EXPIRED"), actor=PAYMENTS)
    assert expired.refused is None
    await app.overrides.revoke(approval_id, "not any more", as_(VOTERS[1]))
    await app.worker.drain()
    account = Account("bob", "EUR")
    more = NewProfile(account=account, tier=Tier.BRONZE, custom_limit="900.00")
    await app.credit.set_profile(more, admin)
    assert (await app.orders.send_sale_event(order_id, Event("REOPEN"), admin)).refused is None
    await app.worker.drain()
    assert await state(app, order_id) == "AWAITING_PAYMENT_METHOD"


async def test_what_was_asked_is_begun_once_however_often_the_event_is_handed_over(
    app: Orderwright,
):
    await ask(app, "400.00")
    before = await app.pool.fetchval("select count(*) from orderwright.log")
    await app.pool.execute("delete from orderwright.acknowledgement")
    await app.pool.execute("update orderwright.consumer set ord = '0', id = 0")
    await app.worker.drain()
    assert await app.pool.fetchval("select count(*) from orderwright.log") == before
    assert await app.pool.fetchval("select count(*) from orderwright.approval") == 1


async def test_payment_is_waived_whole_and_who_consents_to_less_waives_nothing(app: Orderwright):
    order_id, approval_id = await ask(app, "400.00")
    less = await app.overrides.vote(approval_id, "APPROVE", "a part", "1.00", as_(VOTERS[0]))
    assert less.refused is not None
    assert [one.values["field"] for one in less.refused.reasons] == ["amount"]
    await app.worker.drain()
    assert await state(app, order_id) == "OVERRIDE_REVIEW"
    await vote(app, approval_id, VOTERS[0])
    await app.worker.drain()
    assert await state(app, order_id) == "CLEARED_FOR_FULFILMENT"


async def test_a_refused_vote_does_not_use_up_its_key(app: Orderwright):
    _, approval_id = await ask(app, "5000.00")
    own = Asked(by=CLERK.by, idempotency_key="k")
    with pytest.raises(RoleMissing):
        await app.overrides.vote(approval_id, "APPROVE", "mine", None, own)
    key = as_(VOTERS[0], key="k")
    too_much = await app.overrides.vote(approval_id, "APPROVE", "ok", "9999999.00", key)
    assert too_much.refused is not None
    first = await app.overrides.vote(approval_id, "APPROVE", "ok", None, key)
    again = await app.overrides.vote(approval_id, "APPROVE", "ok", None, key)
    assert (first.refused, again.replayed) == (None, True)
