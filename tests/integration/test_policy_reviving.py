"""A rejection that is refused overrides nothing: what it had dropped is done after all, once, and held until then."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from acting_house import CONFIGS, begin, holds, look, stored, tell as say
from policy_house import clear, order as told_order, publish
from shop import PACK, SHIP, act, fulfilments, open_goods, receive, sold, state

from orderwright import Orderwright
from orderwright.app.policies.hosted import ActionSkipped, HostAction
from orderwright.runtime.outbox import EVENT_COLUMNS, placed

SHIPPED = "fulfilment.shipped"
FREEZE, REJECT, CONSENT, PAPERS = (
    "FREEZE_ORDER",
    "REJECT_TRANSACTION",
    "REQUIRE_APPROVAL",
    "REQUEST_DOCUMENT",
)


class Host:
    """Who has orders of its own: it rejects none, and keeps what it is asked by the order."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def reject(self, action: HostAction) -> None:
        self.asked.append((action.action, action.entity_id))
        raise ActionSkipped("it is shipped")

    def freeze(self, action: HostAction) -> None:
        self.asked.append((action.action, action.entity_id))


@pytest.fixture(scope="module")
def host() -> Host:
    return Host()


@pytest.fixture(scope="module")
async def app(shared_database_url: str, host: Host) -> AsyncIterator[Orderwright]:
    handlers = {REJECT: host.reject, FREEZE: host.freeze}
    async with open_goods(shared_database_url, action_handlers=handlers) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def nothing_in_force(app: Orderwright) -> AsyncIterator[None]:
    yield
    await clear(app)


def document(action: str, trigger: object) -> dict[str, Any]:
    """Write a policy that does something whenever its trigger fires."""
    nodes = [
        {"id": "t", "type": "trigger"},
        {"id": "a", "type": "action", "action": action, "config": CONFIGS[action]},
    ]
    graph = {"nodes": nodes, "edges": [{"from": "t", "to": "a"}]}
    return {"schema": 1, "name": f"P {action}", "trigger": trigger, "graph": graph}


async def in_force(app: Orderwright, trigger: object, *actions: str) -> None:
    for action in actions:
        await publish(app, action.lower(), document(action, trigger))


async def ship_a_part(app: Orderwright, sku: str = "LAMP") -> str:
    """Sell three pieces of which one is there, and ship that; return the order."""
    await receive(app, sku, 1)
    order = await sold(app, **{sku: 3})
    [packed] = [
        one for one in await fulfilments(app, order) if await state(app, one.id) == "PICK_PACK"
    ]
    await act(app, packed.id, PACK, SHIP)
    return order


async def actions(app: Orderwright, entity_id: str) -> Mapping[str, Any]:
    rows = await app.pool.fetch(
        "select * from orderwright.policy_action where entity_id = $1", entity_id
    )
    assert len({row["action"] for row in rows}) == len(rows)
    return {row["action"]: row for row in rows}


async def held_by(app: Orderwright, entity_id: str) -> set[str]:
    return set(await holds(app, entity_id))


async def under_way(app: Orderwright) -> str:
    """Send a pay-out, of which the policies have not heard; it cannot be rejected any more."""
    payout = await begin(app, "PayOut")
    await app.worker.drain()
    for event, data in (("PAYOUT_APPROVED", {}), ("START", {}), ("SENT", {"tx": "1"})):
        await say(app, payout, event, **data)
    return payout


async def decide(app: Orderwright, entity_id: str, event: str) -> None:
    """Have the policies decide on an event alone: what follows from that is not done yet."""
    async with app.pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(_EVENT, entity_id, event)
        await app.policies.relayed.consumer().handle(connection, placed(row).event)


async def test_a_sale_that_cannot_be_rejected_is_frozen_where_another_policy_wants_that(
    app: Orderwright,
):
    await in_force(app, SHIPPED, FREEZE, REJECT)
    order = await ship_a_part(app)
    found = await actions(app, order)
    assert (found[REJECT]["status"], found[REJECT]["code"]) == ("skipped", "sale.shipped")
    assert (found[FREEZE]["status"], found[FREEZE]["code"]) == ("applied", "revived")
    assert await state(app, order) == "FROZEN"
    await receive(app, "LAMP", 2)
    await app.worker.drain()
    rest = [await state(app, one.id) for one in await fulfilments(app, order)]
    assert sorted(rest) == ["ON_HOLD", "SHIPPED"]
    assert await held_by(app, order) == set()


async def test_what_is_revived_and_the_rejection_name_each_other_and_the_decision_stays(
    app: Orderwright,
):
    await in_force(app, SHIPPED, FREEZE, REJECT)
    order = await ship_a_part(app)
    found = await actions(app, order)
    frozen = await stored(app, found[FREEZE]["id"])
    assert frozen.message == f"action {found[REJECT]['id']} was skipped: sale.shipped"
    assert found[FREEZE]["id"] in found[REJECT]["result"]
    decision = await app.pool.fetchval(
        "select decision::jsonb #>> '{dropped,0,action}' from orderwright.policy_execution where id = $1",
        frozen.execution_id,
    )
    assert decision == FREEZE


async def test_all_that_a_rejection_had_overridden_is_asked_for_and_holds(app: Orderwright):
    await in_force(app, SHIPPED, REJECT, CONSENT, PAPERS)
    order = await ship_a_part(app, "BULB")  # what is due of it takes the next that come
    found = await actions(app, order)
    assert {found[one]["status"] for one in (CONSENT, PAPERS)} == {"applied"}
    assert await held_by(app, order) == {found[CONSENT]["id"], found[PAPERS]["id"]}


async def test_what_is_revived_is_there_once_and_holds_from_the_moment_of_the_refusal(
    app: Orderwright,
):
    await in_force(app, SHIPPED, FREEZE, REJECT)
    order = await ship_a_part(app)
    found = await actions(app, order)
    version = (await look(app, order)).version
    for _ in range(2):
        report = await app.execute(found[REJECT]["execution_id"])
        await app.worker.drain()
        assert {(one.action, one.status, one.code) for one in report.actions} == {
            (REJECT, "skipped", "sale.shipped"),
            (FREEZE, "applied", "revived"),
        }
    assert (await look(app, order)).version == version


async def test_a_refusal_that_is_rolled_back_revives_nothing_and_then_once(app: Orderwright):
    payout = await under_way(app)
    await in_force(app, "payout.sent", CONSENT, REJECT)
    await decide(app, payout, "payout.sent")
    found = await actions(app, payout)
    assert found[CONSENT]["status"] == "dropped"
    async with app.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        report = await app.execute(found[REJECT]["execution_id"], connection=connection)
        assert [one.code for one in report.actions] == ["payout.under_way"]
        await transaction.rollback()
    assert (await actions(app, payout))[CONSENT]["status"] == "dropped"
    report = await app.execute(found[REJECT]["execution_id"])
    assert [one.code for one in report.actions] == ["payout.under_way"]
    assert (await actions(app, payout))[CONSENT]["status"] == "queued"
    assert await held_by(app, payout) == {found[CONSENT]["id"]}
    await app.worker.drain()
    assert (await actions(app, payout))[CONSENT]["status"] == "applied"
    assert await held_by(app, payout) == {found[CONSENT]["id"]}


async def test_what_a_host_refuses_to_reject_it_is_asked_to_freeze(app: Orderwright, host: Host):
    await in_force(app, "ORDER_CREATED", FREEZE, REJECT)
    told = await app.trigger("ORDER_CREATED", told_order("5.00", orderId="theirs"))
    await app.execute(told)
    await app.worker.drain()
    assert [one for one in host.asked if one[1] == "theirs"] == [
        (REJECT, "theirs"),
        (FREEZE, "theirs"),
    ]
    found = await actions(app, "theirs")
    assert (found[FREEZE]["status"], found[FREEZE]["code"]) == ("applied", "revived")


async def test_what_a_threshold_had_overridden_beside_it_is_revived_too(
    app: Orderwright, host: Host
):
    day = {
        "type": "AMOUNT_THRESHOLD",
        "aggregate": "sum",
        "of": "ORDER_CREATED",
        "key": "user",
        "window": "24h",
        "threshold": {"money": "1000.00", "currency": "EUR"},
    }
    await in_force(app, "ORDER_CREATED", FREEZE)
    await in_force(app, day, REJECT)
    await app.trigger("ORDER_CREATED", told_order("900.00", orderId="small", userId="spender"))
    told = await app.trigger(
        "ORDER_CREATED", told_order("900.00", orderId="big", userId="spender")
    )
    assert told.actions == ()
    await app.worker.drain()
    assert [one for one in host.asked if one[1] == "big"] == [(REJECT, "big"), (FREEZE, "big")]


async def test_a_rejection_that_is_there_already_or_that_nobody_hears_of_revives_nothing(
    app: Orderwright,
):
    await in_force(app, "KYC_SUBMITTED", FREEZE, REJECT)
    session = await begin(app, "KYC", userId=await begin(app, "User"))
    await say(app, session, "DOCUMENTS_SUBMITTED", documentType="passport")
    await say(app, session, "REJECT", reason="blurred")
    await app.worker.drain()
    found = await actions(app, session)
    assert (found[REJECT]["status"], found[REJECT]["code"]) == ("skipped", "kyc.already_rejected")
    assert (found[FREEZE]["status"], found[FREEZE]["code"]) == ("dropped", "overridden")


_EVENT = f"""
select ord, id, {EVENT_COLUMNS}, false as is_parked from orderwright.outbox where instance_id = $1 and name = $2
"""
