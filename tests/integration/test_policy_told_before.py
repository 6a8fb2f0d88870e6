"""What was told and decided before an entity lived here decides on it only where it was told as it is."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from acting_house import arrive, begin, holds, id_of, look, stored, tell
from policy_house import (
    ADMIN,
    APPROVE,
    BIG,
    FREEZE,
    document,
    open_house,
    publish,
    relay_only,
    sale_of,
)

from orderwright import Orderwright
from orderwright.app.policies.hosts import Told
from orderwright.runtime.outbox import EVENT_COLUMNS, placed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from orderwright.app.policies.execution import Execution

pytestmark = pytest.mark.usefixtures("nothing_in_force")
CONSENT = {"action": "REQUIRE_APPROVAL", "config": {"role": "COMPLIANCE"}}
SMALL = {"field": "amount", "operator": "<=", "value": {"money": "10.00", "currency": "EUR"}}
MUCH = {"field": "amount", "operator": ">=", "value": {"money": "100.00", "currency": "EUR"}}
OUT = "PAYOUT_REQUESTED"
MILLION = {"amountMinor": 100_000_000}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        yield opened


def named(kind: str) -> str:
    return f"before-{kind.lower()}-{next(_numbers)}"


def out(pay_out: str, amount: str = "1.00", **more: object) -> dict[str, object]:
    """What a host tells of a pay-out."""
    return {"payOutId": pay_out, "amount": amount, "currency": "EUR", **more}


async def executions(app: Orderwright, entity_id: str) -> list[dict[str, Any]]:
    """The executions of hosts' triggers about an entity, the first first."""
    rows = await app.pool.fetch(_EXECUTIONS, entity_id)
    return [{**row, "facts": json.loads(row["facts"])} for row in rows]


async def everything(app: Orderwright, entity_id: str) -> list[str]:
    """All that is on record of an entity and what was decided on it."""
    rows = await app.pool.fetch(_EVERYTHING, entity_id)
    return sorted(row["text"] for row in rows)


async def told_again(app: Orderwright, entity_id: str) -> None:
    """Have the relay hand over every event of an entity once more."""
    consumer = app.policies.relayed.consumer()
    for row in await app.pool.fetch(_EVENTS, entity_id):
        event = placed(row).event
        if event.name in consumer.events:
            async with app.pool.acquire() as connection, connection.transaction():
                await consumer.handle(connection, event)


async def test_an_approval_of_a_forged_amount_lets_no_pay_out_go(app: Orderwright):
    await publish(app, "small", document(SMALL, does=[APPROVE], trigger=OUT))
    await publish(app, "much", document(MUCH, does=[CONSENT], trigger=OUT))
    pay_out = named("PayOut")
    first = await app.trigger(OUT, out(pay_out))
    assert [one.action for one in first.actions] == ["AUTO_APPROVE"]
    await begin(app, "PayOut", pay_out, **MILLION)
    await app.worker.drain()
    entity = await look(app, pay_out)
    assert (entity.state, entity.snapshot.context["isDecided"]) == ("REQUESTED", True)
    assert len(await holds(app, pay_out)) == 1
    one, second = await executions(app, pay_out)
    assert one["id"] == first.id
    assert second["facts"]["amount"] == {"money": "1000000.00", "currency": "EUR"}
    assert second["facts"]["told.amount"] == {"money": "1.00", "currency": "EUR"}
    assert [line for line in second["flagged"] if first.id in line]
    assert second["source"] == "relay"


async def test_what_a_forged_amount_had_approved_is_not_done_here(app: Orderwright):
    await publish(app, "small", document(SMALL, does=[APPROVE], trigger=OUT))
    pay_out = named("PayOut")
    first = await app.trigger(OUT, out(pay_out))
    await begin(app, "PayOut", pay_out, amountMinor=2_000)
    early = await app.execute(first)
    assert early.actions[0].status == "queued"  # before the decision
    await app.worker.drain()
    late = await app.execute(first)
    assert (late.actions[0].status, late.actions[0].code) == ("skipped", "policy.decided_anew")
    assert (await look(app, pay_out)).state == "REQUESTED"


TOLD: Mapping[str, tuple[str, str, Mapping[str, object], Mapping[str, object]]] = {
    "Order": ("ORDER_CREATED", "orderId", {"amount": "1.00", "currency": "EUR"}, MUCH),
    "PayIn": ("PAYIN_RECEIVED", "payInId", {"amount": "1.00", "currency": "EUR"}, MUCH),
    "PayOut": (OUT, "payOutId", {"amount": "1.00", "currency": "EUR"}, MUCH),
    "KYC": (
        "KYC_SUBMITTED",
        "kycSessionId",
        {"documentType": "licence", "submissions": 1},
        {"field": "documentType", "operator": "==", "value": "passport"},
    ),
    "User": (
        "USER_REGISTERED",
        "userId",
        {"email": "a@x.example", "country": "DE"},
        {"field": "country", "operator": "==", "value": "NG"},
    ),
}
"""What a host tells falsely of each type, and what a policy looks at that is otherwise here."""


@pytest.mark.parametrize("kind", TOLD)
@pytest.mark.parametrize("comes", ["by the relay", "by the host"])
async def test_an_entity_of_any_type_is_decided_on_anew_once(
    app: Orderwright, kind: str, comes: str
):
    trigger, field, facts, rule = TOLD[kind]
    await publish(app, "rule", document(rule, does=[CONSENT], trigger=trigger))
    name = named(kind)
    entity_id = id_of(kind, name)
    told = {field: entity_id, **facts}
    first = await app.trigger(trigger, told)
    again = await app.trigger(trigger, told)
    assert (first.actions, again.id, again.is_repeated) == ((), first.id, True)
    await arrive(app, kind, await begin(app, kind, name))
    if comes == "by the host":
        mine = await app.trigger(trigger, told)
        assert [one.action for one in mine.actions] == ["REQUIRE_APPROVAL"]
    await app.worker.drain()
    _, second = await executions(app, entity_id)
    assert len(await holds(app, entity_id)) == 1
    assert (await look(app, entity_id)).snapshot.context["isDecided"] is True
    record = await everything(app, entity_id)
    repeated = await app.trigger(trigger, told, execute=True)
    assert (repeated.id, repeated.is_repeated) == (second["id"], True)
    await told_again(app, entity_id)
    await app.worker.drain()
    assert await everything(app, entity_id) == record


async def test_a_wallet_that_was_told_otherwise_is_decided_on_anew(app: Orderwright):
    bitcoin = {"field": "cryptoType", "operator": "==", "value": "BTC"}
    await publish(app, "btc", document(bitcoin, does=[CONSENT], trigger="WALLET_ADDED"))
    user = named("User")
    told = {"userId": user, "walletId": "w1", "address": "bc1q", "cryptoType": "ETH"}
    assert (await app.trigger("WALLET_ADDED", told)).actions == ()
    await begin(app, "User", user)
    await tell(app, user, "ADD_WALLET", walletId="w1", address="bc1q", cryptoType="BTC")
    await app.worker.drain()
    assert len(await holds(app, user)) == 1


@pytest.mark.parametrize(("address", "count"), [("bc1q", 1), ("forged", 2)])
async def test_an_address_that_is_kept_as_a_mask_is_compared_all_the_same(
    app: Orderwright, address: str, count: int
):
    known = {"field": "walletAddress", "operator": "==", "value": "forged"}
    await publish(app, "address", document(known, does=[APPROVE], trigger=OUT))
    pay_out = named("PayOut")
    await app.trigger(OUT, out(pay_out, "100.00", walletAddress=address))
    await begin(app, "PayOut", pay_out, walletAddress="bc1q")
    await app.worker.drain()
    assert len(await executions(app, pay_out)) == count


@pytest.mark.parametrize(("email", "count"), [("eve@home.example", 1), ("eve@mail.example", 2)])
async def test_of_a_mail_address_that_is_kept_as_a_mask_its_domain_is_compared(
    app: Orderwright, email: str, count: int
):
    lasting = {"field": "user.emailDomain", "operator": "!=", "value": "short.example"}
    await publish(app, "lasting", document(lasting, does=[APPROVE], trigger="USER_REGISTERED"))
    user = named("User")
    await app.trigger("USER_REGISTERED", {"userId": user, "email": email, "country": "NG"})
    await begin(app, "User", user)
    await app.worker.drain()
    assert len(await executions(app, user)) == count


async def test_what_was_told_as_it_is_stands(app: Orderwright):
    await publish(app, "much", document(MUCH, does=[CONSENT], trigger=OUT))
    pay_out = named("PayOut")
    first = await app.trigger(OUT, out(pay_out, "100.00", userId="bob", method="wire"))
    await begin(app, "PayOut", pay_out)
    again = await app.trigger(OUT, out(pay_out, "100.00"))
    assert (again.id, again.is_repeated) == (first.id, True)
    await app.worker.drain()
    assert [one["id"] for one in await executions(app, pay_out)] == [first.id]
    assert await holds(app, pay_out) == [first.actions[0].id]


async def test_what_a_policy_asks_for_and_nobody_had_told_is_decided_on_anew(app: Orderwright):
    flagging = {"on_unknown": "flag", "trigger": OUT}
    await publish(app, "much", document(MUCH, does=[CONSENT], **flagging))
    pay_out = named("PayOut")
    first = await app.trigger(OUT, {"payOutId": pay_out})
    assert [one.action for one in first.actions] == ["FLAG_FOR_REVIEW"]
    await begin(app, "PayOut", pay_out)
    await app.worker.drain()
    assert len(await holds(app, pay_out)) == 1


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_freeze_on_a_forged_amount_is_not_lost(app: Orderwright, *, is_done: bool):
    await publish(app, "big", document(BIG, does=[FREEZE], trigger=OUT))
    await publish(app, "small", document(SMALL, does=[APPROVE], trigger=OUT))
    pay_out = named("PayOut")
    first = await app.trigger(OUT, out(pay_out, "5000.00"), execute=is_done)
    assert [one.action for one in first.actions] == ["FREEZE_ORDER"]
    await begin(app, "PayOut", pay_out, amountMinor=500)
    await app.worker.drain()
    entity = await look(app, pay_out)
    assert entity.snapshot.context["isDecided"] is True
    assert (entity.state, (await stored(app, first.actions[0].id)).status) == (
        "FROZEN",
        "applied",
    )
    _, second = await executions(app, pay_out)
    approval = await app.pool.fetchrow(_APPROVAL, second["id"])
    assert tuple(approval) in {("dropped", "restricted"), ("skipped", "policy.restricted")}


async def test_an_order_is_not_cleared_by_what_was_told_of_another_amount(app: Orderwright):
    await publish(app, "much", document(MUCH, does=[CONSENT]))
    name = named("Order")
    sale = id_of("Order", name)
    told = {"orderId": sale, "amount": "1.00", "currency": "EUR", "userId": "bob"}
    await app.trigger("ORDER_CREATED", told)
    await begin(app, "Order", name)
    await tell(app, sale, "PAYMENT_CAPTURED", amount="100.00", paymentId=f"p-{sale}")
    await relay_only(app, sale)
    state, context = await sale_of(app, sale)
    assert (state, len(context["holds"])) == ("PAYMENT_PENDING_CONFIRMATION", 1)
    await app.worker.drain()


async def test_what_was_told_otherwise_is_not_counted(app: Orderwright):
    spent = "velocity.PAYOUT_REQUESTED.sum.user.24h"
    over = {"field": spent, "operator": ">", "value": {"money": "10000.00", "currency": "EUR"}}
    await publish(app, "sums", document(over, does=[CONSENT], trigger=OUT))
    user = named("User")
    pay_out = named("PayOut")
    await app.trigger(OUT, out(pay_out, "9000.00", userId=user))
    await begin(app, "PayOut", pay_out, customerId=user, amountMinor=300_000)
    await app.worker.drain()
    _, second = await executions(app, pay_out)
    assert second["facts"][spent] == {"money": "3000.00", "currency": "EUR"}
    counted = "select amount_minor from orderwright.policy_event where entity_id = $1"
    assert [row[0] for row in await app.pool.fetch(counted, pay_out)] == [300_000]


@pytest.mark.parametrize("name", ["anew/", "anew/x"])
async def test_no_name_of_a_host_stands_for_what_is_decided_anew(app: Orderwright, name: str):
    await publish(app, "much", document(MUCH, does=[CONSENT], trigger=OUT))
    pay_out = named("PayOut")
    for occurrence in (None, name):
        await app.trigger(OUT, out(pay_out), occurrence=occurrence)
    await begin(app, "PayOut", pay_out)
    await app.worker.drain()
    assert len(await holds(app, pay_out)) == 1


async def test_another_host_outside_does_not_decide_anew_on_what_one_has_told(app: Orderwright):
    pay_out = named("PayOut")
    one, other = ({"source": "http", "causation_id": f"host/{name}"} for name in "ab")
    await app.trigger(OUT, out(pay_out), **one)
    await begin(app, "PayOut", pay_out)
    with pytest.raises(Exception, match="another host has told"):
        await app.trigger(OUT, out(pay_out, "100.00"), **other)
    assert len(await executions(app, pay_out)) == 1
    await app.worker.drain()
    assert len(await executions(app, pay_out)) == 2


async def test_by_its_key_a_call_of_before_gets_what_it_got(app: Orderwright):
    await publish(app, "small", document(SMALL, does=[APPROVE], trigger=OUT))
    pay_out = named("PayOut")
    made = await app.api_tokens.make(pay_out, ["trigger", "execute"], ADMIN, expires_at=None)
    token = made.token

    async def call(key: str | None, *, execute: bool = False) -> Execution:
        told = Told(trigger=OUT, context=out(pay_out), execute=execute)
        return await app.hosts.trigger(token, told, key)

    keys = [f"{pay_out}/{number}" for number in range(3)]
    first = await call(keys[0])
    await call(keys[1], execute=True)
    await begin(app, "PayOut", pay_out)
    second = await call(keys[2])
    await app.worker.drain()
    assert second.id not in (first.id, (await call(keys[0])).id)
    assert [(await call(key)).id for key in (keys[0], keys[2], None)] == [
        first.id,
        second.id,
        second.id,
    ]
    again = await call(keys[1], execute=True)
    assert again.report is not None
    assert [(again.id, one.status) for one in again.report.actions] == [(first.id, "skipped")]


_EXECUTIONS = """
select id, occurrence, source, facts, flagged, decision from orderwright.policy_execution
where entity_id = $1 and trigger = any('{ORDER_CREATED,PAYIN_RECEIVED,PAYOUT_REQUESTED,KYC_SUBMITTED,USER_REGISTERED}')
order by occurrence like 'anew/%', started_at
"""
_APPROVAL = """
select status, code from orderwright.policy_action where execution_id = $1 and action = 'AUTO_APPROVE'
"""
_EVERYTHING = """
select to_json(x)::text as text from orderwright.policy_execution as x where entity_id = $1
union all select to_json(a)::text from orderwright.policy_action as a where entity_id = $1
union all select to_json(e)::text from orderwright.policy_event as e where entity_id = $1
union all select to_json(i)::text from orderwright.instance as i where instance_id = $1
"""
_EVENTS = f"""
select ord, id, {EVENT_COLUMNS}, false as is_parked from orderwright.outbox
where instance_id = $1 order by ord
"""
