"""What lives here is decided on by its own facts, whatever a host tells of it; what the host tells can be seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from acting_house import begin, holds, tell
from policy_house import (
    ADMIN,
    APPROVE,
    BIG,
    document,
    open_house,
    order,
    place,
    publish,
    sale_of,
)

from orderwright import Orderwright
from orderwright.app.compliance.users import NewUser
from orderwright.condition import FactField

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.app.policies.execution import Execution

pytestmark = pytest.mark.usefixtures("nothing_in_force")
CONSENT = {"action": "REQUIRE_APPROVAL", "config": {"role": "COMPLIANCE"}}
HUNDRED = {"field": "amount", "operator": ">=", "value": {"money": "100.00", "currency": "EUR"}}
SPENT = "velocity.ORDER_CREATED.sum.user.24h"


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    facts = {"ORDER_CREATED": {"channel": FactField(type="text", label="Channel")}}
    async with open_house(shared_database_url, facts=facts) as opened:
        yield opened


async def record(app: Orderwright, execution: Execution) -> tuple[dict[str, Any], list[str]]:
    """Return the facts that an execution was decided on, and what was flagged."""
    row = await app.pool.fetchrow(
        "select facts, flagged from orderwright.policy_execution where id = $1", execution.id
    )
    return json.loads(row["facts"]), list(row["flagged"])


def euro(amount: str) -> dict[str, str]:
    return {"money": amount, "currency": "EUR"}


async def test_an_order_that_lives_here_is_decided_on_by_its_own_amount(app: Orderwright):
    await publish(app, "big", document(BIG))
    sale = await place(app, "5000.00", paid=True)
    told = order("1.00", orderId=sale, userId="bob", channel="PHONE", shoeSize=43)
    found = await app.trigger("ORDER_CREATED", told, source="http", causation_id="host/x")
    assert [one.action for one in found.actions] == ["FREEZE_ORDER"]
    facts, flagged = await record(app, found)
    assert facts["amount"] == euro("5000.00")
    assert (facts["userId"], facts["channel"], facts["shoeSize"]) == ("ada", "PHONE", 43)
    assert (facts["told.amount"], facts["told.userId"]) == (euro("1.00"), "bob")
    assert flagged == [
        "amount: told otherwise than it is here",
        "shoeSize: no fact of this trigger",
        "userId: told otherwise than it is here",
    ]
    await app.worker.drain()
    assert (await sale_of(app, sale))[0] == "FROZEN"


async def test_in_the_transaction_that_places_an_order_its_own_amount_counts_too(app: Orderwright):
    sums = {"field": SPENT, "operator": ">=", "value": euro("1500.00")}
    await publish(app, "sums", document(sums))
    async with app.pool.acquire() as connection, connection.transaction():
        for number in range(2):
            sale = f"sale-own-{number}"
            mine = {"orderId": sale, "customerId": "eve", "currency": "EUR"}
            context = {**mine, "grandTotalMinor": 100_000}
            await app.engine.create(
                "sale", sale, context=context, actor="x", connection=connection
            )
            told = order("0.01", orderId=sale, userId="eve", **{SPENT: "0.01"})
            found = await app.trigger("ORDER_CREATED", told, connection=connection)
    facts, _ = await record(app, found)
    assert facts[SPENT] == euro("2000.00")
    assert [one.action for one in found.actions] == ["FREEZE_ORDER"]
    await app.worker.drain()


async def test_what_is_known_of_a_user_who_lives_here_goes_before_what_is_told(app: Orderwright):
    approved = {"field": "user.kycApproved", "operator": "==", "value": True}
    await publish(app, "known", document(approved, does=[APPROVE], trigger="PAYOUT_REQUESTED"))
    user = (
        await app.users.register(NewUser(email="k@x.example", country="DE"), ADMIN)
    ).instance_id
    await app.worker.drain()
    told = {"payOutId": "po-known", "userId": user, "amount": "5", "currency": "EUR"}
    found = await app.trigger("PAYOUT_REQUESTED", {**told, "user": {"kycApproved": True}})
    facts, flagged = await record(app, found)
    assert (found.actions, facts["user.kycApproved"]) == ((), False)
    assert facts["told.user.kycApproved"] is True
    assert flagged == ["user.kycApproved: told otherwise than it is here"]


async def test_what_was_told_before_the_money_came_does_not_decide_on_it(app: Orderwright):
    await publish(app, "large", document(HUNDRED, does=[CONSENT], trigger="PAYIN_RECEIVED"))
    payin = await begin(app, "PayIn")
    told = {"payInId": payin, "amount": "1.00", "currency": "EUR"}
    ahead = await app.trigger("PAYIN_RECEIVED", told)
    assert ahead.actions == ()
    await tell(app, payin, "PAYIN_RECEIVED", amount="100.00", reference="t1")
    await app.worker.drain()
    assert len(await holds(app, payin)) == 1
    again = await app.trigger("PAYIN_RECEIVED", told)
    assert (again.is_repeated, again.id == ahead.id) == (True, False)


@pytest.mark.parametrize("name", [None, "mine", "#10000", "late"])
async def test_money_that_lives_here_is_decided_on_by_its_own_amount(
    app: Orderwright, name: str | None
):
    await publish(app, "large", document(HUNDRED, does=[CONSENT], trigger="PAYIN_RECEIVED"))
    payin = await begin(app, "PayIn")
    await tell(app, payin, "PAYIN_RECEIVED", amount="100.00", reference="t1", sender="Eve")
    told = {"payInId": payin, "amount": "1.00", "currency": "EUR", "senderName": "Ada"}
    found = await app.trigger("PAYIN_RECEIVED", told, occurrence=name)
    assert [one.action for one in found.actions] == ["REQUIRE_APPROVAL"]
    facts, _ = await record(app, found)
    assert (facts["told.amount"], facts["told.senderName"]) == (euro("1.00"), "***")
    await app.worker.drain()


async def test_a_part_that_a_host_names_as_the_lifecycle_does_is_that_part(app: Orderwright):
    payin = await begin(app, "PayIn")
    for reference, amount in (("t9", "60.00"), ("t1", "30.00"), ("t5", "10.00")):
        await tell(app, payin, "PAYIN_RECEIVED", amount=amount, reference=reference)
    told = {"payInId": payin, "amount": "1.00", "currency": "EUR"}
    found = {}
    for name in (None, "#9000", "mine"):
        execution = await app.trigger("PAYIN_RECEIVED", told, occurrence=name)
        facts, _ = await record(app, execution)
        found[name] = (facts["amount"], facts["receivedAmount"])
    assert found == {
        None: (euro("60.00"), euro("60.00")),
        "#9000": (euro("30.00"), euro("90.00")),
        "mine": (euro("10.00"), euro("100.00")),
    }
    await app.worker.drain()
    kept = await app.pool.fetch(
        "select occurrence, transfer from orderwright.policy_execution where entity_id = $1", payin
    )
    assert dict(map(tuple, kept)) == {"": 1, "#9000": 2, "#10000": 3, "mine": None}


async def test_a_wallet_told_ahead_does_not_decide_on_the_wallet_that_is_added(app: Orderwright):
    bitcoin = {"field": "cryptoType", "operator": "==", "value": "BTC"}
    await publish(app, "btc", document(bitcoin, does=[CONSENT], trigger="WALLET_ADDED"))
    user = await begin(app, "User")
    told = {"userId": user, "walletId": "w1", "address": "bc1q", "cryptoType": "ETH"}
    ahead = await app.trigger("WALLET_ADDED", told)
    assert ahead.actions == ()
    await tell(app, user, "ADD_WALLET", walletId="w1", address="bc1q", cryptoType="BTC")
    found = await app.trigger("WALLET_ADDED", told)
    assert [one.action for one in found.actions] == ["REQUIRE_APPROVAL"]
    same = await app.trigger("WALLET_ADDED", {"userId": user, "address": "bc1q"})
    assert same.id == found.id
    await app.worker.drain()
    assert len(await holds(app, user)) == 1


async def test_documents_are_decided_on_by_the_session_that_they_were_handed_in_to(
    app: Orderwright,
):
    korea = {"field": "country", "operator": "==", "value": "KP"}
    await publish(app, "kp", document(korea, does=[CONSENT], trigger="KYC_SUBMITTED"))
    session = await begin(app, "KYC")
    told = {"kycSessionId": session, "country": "DE", "submissions": 2}
    ahead = await app.trigger("KYC_SUBMITTED", told)
    assert ahead.actions == ()
    await tell(app, session, "DOCUMENTS_SUBMITTED", documentType="passport", country="FR")
    await tell(app, session, "DOCUMENTS_SUBMITTED", documentType="passport", country="KP")
    one = await app.trigger("KYC_SUBMITTED", {**told, "submissions": 1, "country": "KP"})
    assert one.actions == ()
    two = await app.trigger("KYC_SUBMITTED", told)
    assert [action.action for action in two.actions] == ["REQUIRE_APPROVAL"]
    await app.worker.drain()
    assert len(await holds(app, session)) == 1


async def test_a_user_may_be_told_of_by_any_of_their_ids(app: Orderwright):
    new = NewUser(email="a@x.example", id="u-ada", country="DE", customer_id="ada")
    assert (await app.users.register(new, ADMIN)).refused is None
    sale = await place(app)
    found = await app.trigger("ORDER_CREATED", order(orderId=sale, userId="u-ada"))
    facts, flagged = await record(app, found)
    assert (facts["userId"], flagged) == ("u-ada", [])
    await app.worker.drain()
