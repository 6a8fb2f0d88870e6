"""What policies know of users, orders and money that live here: facts follow from what the house has seen."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from compliance_house import (
    CORA,
    TONY,
    asked,
    confirm,
    context,
    open_house,
    order,
    refund,
    register,
    state,
)
from policy_house import FLAG, document, publish

from orderwright import Event, Orderwright
from orderwright.app.compliance.payins import payin_id_of
from orderwright.app.compliance.payouts import NewPayOut
from orderwright.app.compliance.users import NewUser, NewWallet
from orderwright.app.permissions import Role
from orderwright.app.policies.trial import Sample, Subject
from orderwright.clock import DrivenClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ASKED = {
    "ORDER_CREATED": "isFirstOrder user.country user.emailDomain user.registeredDays user.kycApproved hour "
    "velocity.ORDER_CREATED.count.user.24h",
    "PAYIN_RECEIVED": "amountMismatch expectedAmount senderIsUser user.country",
    "PAYOUT_REQUESTED": "walletAgeHours velocity.PAYOUT_REQUESTED.sum.user.24h",
    "KYC_SUBMITTED": "submissions user.registeredDays",
    "USER_REGISTERED": "user.emailDomain user.country user.registeredDays",
    "WALLET_ADDED": "user.country velocity.WALLET_ADDED.count.wallet.24h",
}
SEEN = ("velocity.PAYOUT_REQUESTED.sum.wallet.24h", "velocity.USER_REGISTERED.count.user.24h")
ORDERS = "velocity.ORDER_CREATED.count.user.24h"
ADMIN = asked(Role.ADMIN, "root")


@pytest.fixture
async def app(furnished_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(furnished_url) as opened:
        for trigger, paths in ASKED.items():
            rules = [{"field": path, "operator": "is_not_null"} for path in paths.split()]
            source = document(*rules, does=[FLAG], trigger=trigger, on_unknown="flag")
            await publish(opened, f"asks-{trigger}", source, mode="shadow")
        yield opened


async def known(app: Orderwright, trigger: str) -> list[dict[str, Any]]:
    """Return the facts of each execution of a trigger that its policy asked for, in order."""
    rows = await app.pool.fetch(
        "select facts from orderwright.policy_execution where trigger = $1 order by occurred_at, started_at",
        trigger,
    )
    asked = ASKED[trigger].split()
    return [
        {key: value for key, value in json.loads(row["facts"]).items() if key in asked}
        for row in rows
    ]


async def test_facts_follow_from_what_the_house_has_seen(app: Orderwright):
    assert isinstance(app.clock, DrivenClock)
    user = NewUser(email="Ada@Mail.Example", id="u-ada", country="DE", customer_id="ada")
    assert (await app.users.register(user, ADMIN)).refused is None
    await app.worker.drain()
    app.clock.advance(timedelta(days=3))
    first = await order(app)
    app.clock.advance(timedelta(minutes=1))
    second = await order(app)
    payment = await register(app, first)
    transfer = {"amount": "60.00", "reference": "t1", "sender": " ada  LTD"}
    payin = payin_id_of(payment)
    for number in (1, 2):
        transfer = {
            **transfer,
            "reference": f"t{number}",
            "amount": f"{40 + 10 * (2 - number)}.00",
        }
        got = await app.pay_ins.send(payin, Event("PAYIN_RECEIVED", transfer), TONY)
        assert got.refused is None
        await app.worker.drain()
    days = {"user.country": "DE", "user.emailDomain": "mail.example", "user.registeredDays": 3}
    common = {**days, "user.kycApproved": False, "hour": 12}
    assert await known(app, "ORDER_CREATED") == [
        {**common, "isFirstOrder": True, ORDERS: 1},
        {**common, "isFirstOrder": False, ORDERS: 2},
    ]
    due = {"money": "100.00", "currency": "EUR"}
    partly = {"amountMismatch": False, "expectedAmount": due, "senderIsUser": True}
    assert await known(app, "PAYIN_RECEIVED") == [{**partly, "user.country": "DE"}] * 2
    assert await known(app, "USER_REGISTERED") == [{**days, "user.registeredDays": 0}]
    decided = "select count(*) from orderwright.policy_execution where entity_id = $1"
    assert [await app.pool.fetchval(decided, one) for one in (second, payin)] == [1, 2]


async def test_a_customer_who_registers_is_still_who_has_ordered_before(app: Orderwright):
    assert isinstance(app.clock, DrivenClock)
    await order(app)
    user = NewUser(email="ada@mail.example", id="u-ada", country="DE", customer_id="ada")
    assert (await app.users.register(user, ADMIN)).refused is None
    await app.worker.drain()
    app.clock.advance(timedelta(minutes=1))
    await order(app)
    app.clock.advance(timedelta(minutes=1))
    told = {"orderId": "o-host", "userId": "u-ada", "amount": "1.00", "currency": "EUR"}
    await app.trigger("ORDER_CREATED", told)
    found = [(one["isFirstOrder"], one[ORDERS]) for one in await known(app, "ORDER_CREATED")]
    assert found == [(True, 1), (False, 2), (False, 3)]


async def test_wallets_age_and_submissions_count(app: Orderwright):
    assert isinstance(app.clock, DrivenClock)
    await app.users.register(NewUser(email="w@x.example", id="u-w", country="FR"), ADMIN)
    await app.worker.drain()
    await app.users.send("u-w", Event("ACTIVATE"), CORA)
    wallet = NewWallet(user_id="u-w", address="0xabc", crypto_type="ETH")
    added = await app.users.add_wallet(wallet, ADMIN)
    assert added.refused is None
    await app.worker.drain()
    app.clock.advance(timedelta(hours=5))
    wallets = await app.pool.fetchval("select id from orderwright.wallet")
    for _ in range(2):
        asking = NewPayOut(
            amount="10.00", currency="EUR", reason="mine", user_id="u-w", wallet_id=wallets
        )
        assert (await app.pay_outs.request(asking, TONY)).refused is None
        await app.worker.drain()
        app.clock.advance(timedelta(minutes=1))
    session = (await app.users.open_kyc("u-w", None, CORA)).instance_id
    papers = {"documentType": "PASSPORT", "country": "FR", "provider": "us", "reference": "r"}
    sent = await app.users.send_kyc(session, Event("DOCUMENTS_SUBMITTED", papers), CORA)
    assert sent.refused is None
    told = {"kycSessionId": session, "userId": "u-w", "documentType": "PASSPORT"}
    host = await app.trigger("KYC_SUBMITTED", told)
    await app.worker.drain()
    sums = [f"{amount}.00" for amount in (10, 20)]
    assert await known(app, "PAYOUT_REQUESTED") == [
        {
            "walletAgeHours": 5,
            "velocity.PAYOUT_REQUESTED.sum.user.24h": {"money": total, "currency": "EUR"},
        }
        for total in sums
    ]
    assert await known(app, "KYC_SUBMITTED") == [{"submissions": 1, "user.registeredDays": 0}]
    assert not host.is_repeated
    [counted] = await known(app, "WALLET_ADDED")
    assert counted == {"user.country": "FR", "velocity.WALLET_ADDED.count.wallet.24h": 1}


async def test_a_policy_is_tried_on_a_past_event_with_what_followed_from_it_then(app: Orderwright):
    assert isinstance(app.clock, DrivenClock)
    lists, by = app.policy_office.lists, asked(Role.COMPLIANCE)
    await lists.create("odd", "text", "", by)
    await lists.add("odd", ["DE"], by)
    await app.users.register(NewUser(email="w@x.example", id="u-w", country="DE"), ADMIN)
    await app.worker.drain()
    wallets = []
    for number in range(3):
        app.clock.advance(timedelta(hours=1))
        told = {"userId": "u-w", "amount": "10.00", "currency": "EUR", "walletAddress": "0xabc"}
        one = await app.trigger("PAYOUT_REQUESTED", {**told, "payOutId": f"po-{number}"})
        wallets.append(one.id)
    await lists.remove("odd", ["DE"], by)
    await lists.create("newer", "text", "", by)
    await lists.add("newer", ["EUR"], by)
    rules = [
        {"field": SEEN[0], "operator": "==", "value": {"money": "20.00", "currency": "EUR"}},
        {"field": SEEN[1], "operator": "==", "value": 1},
        {"field": "user.country", "operator": "in", "value": {"list": "odd"}},
        {"field": "currency", "operator": "in", "value": {"list": "newer"}},
        {"field": "user.kycApproved", "operator": "==", "value": False},
    ]
    source = document(*rules, trigger="PAYOUT_REQUESTED")
    trial = await app.policy_office.trials.run(
        by.by, Subject(document=source), Sample(execution_id=wallets[1])
    )
    assert trial.result.outcome == "hit"
    assert trial.derived == tuple(sorted(("user.country", "user.kycApproved", *SEEN)))
    assert (trial.unknown, trial.lists_now) == ((), ("newer",))
    aged = document(
        {"field": "walletAgeHours", "operator": "<", "value": 1}, trigger="PAYOUT_REQUESTED"
    )
    trial = await app.policy_office.trials.run(
        by.by, Subject(document=aged), Sample(execution_id=wallets[1])
    )
    assert (trial.result.outcome, trial.unknown) == ("unknown", ("walletAgeHours",))


async def test_a_policy_that_holds_a_pay_in_keeps_it_from_being_verified(app: Orderwright):
    small = {"field": "amount", "operator": "<", "value": {"money": "500.00", "currency": "EUR"}}
    consent = {"action": "REQUIRE_APPROVAL", "config": {"role": "COMPLIANCE"}}
    await publish(app, "held", document(small, does=[consent], trigger="PAYIN_RECEIVED"))
    payment = await register(app, await order(app))
    await confirm(app, payment)
    payin = await app.engine.read(payin_id_of(payment))
    assert payin is not None
    assert payin.state == "RECEIVED"
    assert [hold["policy"] for hold in payin.snapshot.context["holds"].values()] == ["held"]
    await refund(app, payment, "10.00")
    counted = (
        "select count(*) from orderwright.policy_execution where trigger = 'PAYOUT_REQUESTED'"
    )
    assert await app.pool.fetchval(counted) == 1


async def test_what_a_confirmed_payment_brings_later_waits_for_a_decision_of_its_own(
    app: Orderwright,
):
    whole = {"money": "100.00", "currency": "EUR"}
    rule = {"field": "receivedAmount", "operator": ">=", "value": whole}
    consent = {"action": "REQUIRE_APPROVAL", "config": {"role": "COMPLIANCE"}}
    await publish(app, "whole", document(rule, does=[consent], trigger="PAYIN_RECEIVED"))
    payment = await register(app, await order(app))
    payin = payin_id_of(payment)
    transfer = Event("PAYIN_RECEIVED", {"amount": "60.00", "reference": "t1"})
    assert (await app.pay_ins.send(payin, transfer, TONY)).refused is None
    await app.worker.drain()
    part = await context(app, payin)
    assert (part["isDecided"], part["holds"]) == (True, {})
    await confirm(app, payment)
    assert await state(app, payin) == "RECEIVED"
    assert [hold["policy"] for hold in (await context(app, payin))["holds"].values()] == ["whole"]
    told = "select count(*) from orderwright.outbox where instance_id = $1 and name = 'payin.verified'"
    assert await app.pool.fetchval(told, payin) == 0
