"""What happens to an entity that lives here is counted once, by whatever name its host tells of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from acting_house import begin, id_of, tell
from policy_house import FLAG, document, order, place, publish, sale_of

if TYPE_CHECKING:
    from orderwright import Orderwright

pytestmark = pytest.mark.usefixtures("nothing_in_force")
IN, OUT, KYC, USER = "PAYIN_RECEIVED", "PAYOUT_REQUESTED", "KYC_SUBMITTED", "USER_REGISTERED"
WALLET = "WALLET_ADDED"
FREEZE = {"action": "FREEZE_ORDER", "config": {"reason": "lots"}}
IGNORED = "occurrence: it happens once, and is told by no other name"
UNKNOWN = "occurrence: its lifecycle knows none of this name, and it is not counted"


def euro(amount: str) -> dict[str, str]:
    return {"money": amount, "currency": "EUR"}


async def counted(app: Orderwright, entity: str) -> list[int | None]:
    """The amounts that velocities count of an entity."""
    query = (
        "select amount_minor from orderwright.policy_event where entity_id = $1 order by number"
    )
    return [row[0] for row in await app.pool.fetch(query, entity)]


async def occurrences(app: Orderwright, entity: str) -> set[str]:
    """The names under which it was decided on."""
    query = """
        select occurrence from orderwright.policy_execution
        where entity_id = $1 and trigger = any('{ORDER_CREATED,PAYIN_RECEIVED,PAYOUT_REQUESTED,KYC_SUBMITTED,
            USER_REGISTERED,WALLET_ADDED}')
        """
    return {row[0] for row in await app.pool.fetch(query, entity)}


async def facts(app: Orderwright, execution_id: str) -> dict[str, object]:
    query = "select facts from orderwright.policy_execution where id = $1"
    found: dict[str, object] = json.loads(await app.pool.fetchval(query, execution_id))
    return found


async def lots(app: Orderwright, of: str, line: object) -> str:
    """Publish a policy that reads what a user has come to in a day, and one on a threshold of it; return the fact."""
    aggregate = "sum" if isinstance(line, dict) else "count"
    velocity = f"velocity.{of}.{aggregate}.user.24h"
    reached = {"field": velocity, "operator": ">=", "value": line}
    await publish(app, "velocity", document(reached, does=[FLAG], trigger=of))
    trigger = {"type": "AMOUNT_THRESHOLD", "aggregate": aggregate, "of": of, "key": "user"}
    known = {"field": "userId", "operator": "is_not_null"}
    line_crossed = {**trigger, "window": "24h", "threshold": line}
    await publish(app, "line", document(known, does=[FREEZE], trigger=line_crossed))
    return velocity


@pytest.mark.parametrize(("who", "user"), [("relay", "ada"), ("host", "bob")])
async def test_an_order_that_its_host_names_is_the_order(app: Orderwright, who: str, user: str):
    spent = await lots(app, "ORDER_CREATED", euro("1000.00"))
    sale = await place(app, "600.00", customer=user)
    if who == "relay":
        await app.worker.drain()
    told = order("600.00", orderId=sale, userId=user)
    found = await app.trigger("ORDER_CREATED", told, occurrence="web-1", execute=True)
    await app.worker.drain()
    again = await app.trigger("ORDER_CREATED", told, occurrence="web-2")
    assert (found.actions, found.crossed, again.id) == ((), (), found.id)
    assert (await facts(app, found.id))[spent] == euro("600.00")
    assert (found.flagged == (IGNORED,)) is (who == "host")
    assert (await counted(app, sale), await occurrences(app, sale)) == ([60_000], {""})
    assert (await sale_of(app, sale))[0] == "AWAITING_PAYMENT_METHOD"


@pytest.mark.parametrize(("trigger", "kind"), [(OUT, "PayOut"), (USER, "User")])
async def test_what_happens_once_to_what_lives_here_has_no_other_name(
    app: Orderwright, trigger: str, kind: str
):
    await lots(app, trigger, 2)
    entity = await begin(app, kind, **({} if kind == "User" else {"customerId": "pat"}))
    found = await app.trigger(trigger, {}, entity=(kind, entity), occurrence="web-1")
    await app.worker.drain()
    assert (found.flagged, await occurrences(app, entity)) == ((IGNORED,), {""})
    assert len(await counted(app, entity)) == 1
    crossed = "select count(*) from orderwright.policy_execution where entity_id = $1 and trigger = 'AMOUNT_THRESHOLD'"
    assert await app.pool.fetchval(crossed, entity) == 0


@pytest.mark.parametrize("is_told", [True, False])
async def test_under_its_own_name_an_event_is_counted_once_whoever_told_of_it_first(
    app: Orderwright, *, is_told: bool
):
    path = f"velocity.{OUT}.count.user.24h"
    asked = {"field": path, "operator": ">=", "value": 1}
    await publish(app, "own-name", document(asked, does=[FLAG], trigger="payout.requested"))
    entity = await begin(app, "PayOut", customerId=f"own-name-{is_told}")
    if is_told:
        await app.trigger(OUT, {}, entity=("PayOut", entity))
    await app.worker.drain()
    query = "select id from orderwright.policy_execution where entity_id = $1 and trigger = 'payout.requested'"
    own = await facts(app, await app.pool.fetchval(query, entity))
    assert (own[path], len(await counted(app, entity))) == (1, 1)


async def test_a_wallet_that_lives_here_has_no_other_name(app: Orderwright):
    user = await begin(app, "User")
    await tell(app, user, "ADD_WALLET", walletId="w1", address=f"bc1{user}", cryptoType="BTC")
    told = {"userId": user, "address": f"bc1{user}"}
    found = await app.trigger(WALLET, told, occurrence="web-1")
    await app.worker.drain()
    assert (found.flagged, await occurrences(app, user)) == ((IGNORED,), {"", "w1"})
    wallets = "select count(*) from orderwright.policy_event where entity_id = $1 and trigger = 'WALLET_ADDED'"
    assert await app.pool.fetchval(wallets, user) == 1


@pytest.mark.parametrize("who", ["relay", "host"])
async def test_a_transfer_may_be_named_by_its_reference(app: Orderwright, who: str):
    received = await lots(app, IN, euro("150.00"))
    payin = await begin(app, "PayIn", customerId=f"ref-{who}")
    for reference, amount in (("bank-1", "60.00"), ("bank-2", "40.00")):
        await tell(app, payin, "PAYIN_RECEIVED", amount=amount, reference=reference)
    if who == "relay":
        await app.worker.drain()
    told = {"payInId": payin, "amount": "40.00", "currency": "EUR"}
    second = await app.trigger(IN, told, occurrence="bank-2")
    first = await app.trigger(IN, {**told, "amount": "60.00"}, occurrence="bank-1")
    await app.worker.drain()
    assert [(await facts(app, one.id))["amount"] for one in (first, second)] == [
        euro("60.00"),
        euro("40.00"),
    ]
    assert (first.flagged, second.flagged) == ((), ())
    assert await occurrences(app, payin) == {"", "#10000"}
    assert sorted(await counted(app, payin)) == [4_000, 6_000]
    assert (await facts(app, first.id))[received] in (euro("60.00"), euro("100.00"))


@pytest.mark.parametrize("who", ["relay", "host"])
async def test_a_transfer_by_a_name_that_nobody_knows_is_decided_on_and_not_counted(
    app: Orderwright, who: str
):
    received = await lots(app, IN, euro("150.00"))
    payin = await begin(app, "PayIn", customerId=f"stranger-{who}")
    await tell(app, payin, "PAYIN_RECEIVED", amount="100.00", reference="bank-1")
    if who == "relay":
        await app.worker.drain()
    told = {"payInId": payin, "amount": "100.00", "currency": "EUR"}
    found = await app.trigger(IN, told, occurrence="strange")
    await app.worker.drain()
    assert (found.actions, found.crossed, found.flagged) == ((), (), (UNKNOWN,))
    assert (await facts(app, found.id))[received] == euro("100.00")
    assert await occurrences(app, payin) == {"", "strange"}
    assert await counted(app, payin) == [10_000]


@pytest.mark.parametrize("who", ["relay", "host"])
async def test_a_submission_by_a_name_that_nobody_knows_is_decided_on_and_not_counted(
    app: Orderwright, who: str
):
    often = await lots(app, KYC, 3)
    session = await begin(app, "KYC", userId=f"papers-{who}")
    for _ in range(2):
        await tell(app, session, "DOCUMENTS_SUBMITTED", documentType="passport")
    if who == "relay":
        await app.worker.drain()
    told = {"kycSessionId": session}
    for name, more in (("strange", {}), ("numbered", {"submissions": 1})):
        found = await app.trigger(KYC, {**told, **more}, occurrence=name)
        assert (found.actions, found.crossed, found.flagged) == ((), (), (UNKNOWN,))
        assert (await facts(app, found.id))[often] == (2 if who == "relay" else 1)
    await app.worker.drain()
    assert await occurrences(app, session) == {"#1", "#2", "strange", "numbered"}
    assert len(await counted(app, session)) == 2


@pytest.mark.parametrize(("kind", "trigger"), [("Order", "ORDER_CREATED"), ("PayOut", OUT)])
async def test_what_was_told_by_a_name_before_it_lived_here_is_counted_no_more(
    app: Orderwright, kind: str, trigger: str
):
    spent = await lots(app, trigger, euro("150.00"))
    name = f"early-{kind}"
    entity = id_of(kind, name)
    told = {"amount": "100.00", "currency": "EUR", "userId": "bob"}
    early = await app.trigger(trigger, told, entity=(kind, entity), occurrence="web-1")
    assert (early.flagged, await counted(app, entity)) == ((), [10_000])
    await begin(app, kind, name)
    await app.worker.drain()
    assert (await counted(app, entity), await occurrences(app, entity)) == (
        [10_000],
        {"", "web-1"},
    )
    query = """
        select facts from orderwright.policy_execution where entity_id = $1 and trigger = $2 and occurrence = ''
        """
    decided = json.loads(await app.pool.fetchval(query, entity, trigger))
    all_in_all = "select sum(amount_minor) from orderwright.policy_event where user_id = 'bob' and trigger = $1"
    minor = int(await app.pool.fetchval(all_in_all, trigger))
    assert decided[spent] == euro(f"{minor // 100}.00")


async def test_a_wallet_told_ahead_is_counted_once_when_it_is_added(app: Orderwright):
    user = await begin(app, "User")
    wallet = {"walletId": "w1", "address": f"bc1-{user}", "cryptoType": "BTC"}
    other = {**wallet, "walletId": "w2", "address": f"bc2-{user}"}
    for ahead in (wallet, other):
        await app.trigger(WALLET, {"userId": user, **ahead})
    await tell(app, user, "ADD_WALLET", **wallet)
    await app.worker.drain()
    query = """
        select x.occurrence from orderwright.policy_event as e
        join orderwright.policy_execution as x on x.id = e.execution_id
        where e.entity_id = $1 and e.trigger = 'WALLET_ADDED'
        """
    assert {row[0] for row in await app.pool.fetch(query, user)} == {"w1", "ahead/w2"}
