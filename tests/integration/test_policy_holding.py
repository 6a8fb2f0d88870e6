"""Orders here and the policies that decide on them: told by the relay, by a host, by both at once, or not at all."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from acting_house import ADMIN, CONFIGS, arrive, begin, holds, stored
from policy_house import (
    BIG,
    FREEZE,
    clear,
    document,
    order,
    place,
    publish,
    relay_in,
    relay_only,
    sale_of,
)

from orderwright import Orderwright
from orderwright.app.policies.telling import POLICIES
from orderwright.app.policies.terms import WHOLE
from orderwright.policy import bucket
from orderwright.runtime.firing import fire_next
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.execution import Execution
    from orderwright.policy.result import Mode
    from orderwright.runtime.pool import Connection

pytestmark = pytest.mark.usefixtures("nothing_in_force")
CONSENT = {"action": "REQUIRE_APPROVAL", "config": {"role": "COMPLIANCE"}}
OWN = {
    "policy",
    "policy_version",
    "policy_term",
    "policy_deployment",
    "policy_set",
    "policy_execution",
    "policy_evaluation",
    "policy_event",
}
ANYBODY = {"field": "userId", "operator": "is_not_null"}
HOSTED = {
    "ORDER_CREATED": "orderId",
    "PAYIN_RECEIVED": "payInId",
    "PAYOUT_REQUESTED": "payOutId",
    "KYC_SUBMITTED": "kycSessionId",
    "USER_REGISTERED": "userId",
}
VOLUME = {
    "type": "AMOUNT_THRESHOLD",
    "aggregate": "sum",
    "of": "ORDER_CREATED",
    "key": "user",
    "window": "24h",
    "threshold": {"money": "1000.00", "currency": "EUR"},
}
HIDE = "update orderwright.instance set instance_id = $2 where instance_id = $1"
CLEARED, PAID = "CLEARED_FOR_FULFILMENT", "PAYMENT_PENDING_CONFIRMATION"
MODE = "select v.mode from orderwright.policy_evaluation v join orderwright.policy_execution x on x.id = v.execution_id where x.entity_id = $1"  # noqa: E501
SAME = "select id from orderwright.policy_execution where entity_id = $1 and trigger = 'ORDER_CREATED'"


def told(sale: str, amount: str = "1500.00") -> dict[str, object]:
    return order(amount, orderId=sale, userId="ada")


async def fire(app: Orderwright, sale: str) -> Execution:
    return await app.trigger("ORDER_CREATED", told(sale))


async def decisions(app: Orderwright, sale: str) -> int:
    counted: int = await app.pool.fetchval(
        "select count(*) from orderwright.log where instance_id = $1 and event_type = 'DECISION_RECORDED'",
        sale,
    )
    return counted


async def test_an_order_that_is_paid_before_the_decision_clears_only_after_it(app: Orderwright):
    sale = await place(app, "10.00", paid=True)
    assert (await sale_of(app, sale))[0] == PAID
    await app.worker.drain()
    assert (await sale_of(app, sale))[0] == CLEARED


async def test_a_hold_keeps_a_paid_order_from_clearing_until_it_is_lifted(app: Orderwright):
    await publish(app, "big", document(BIG, does=[CONSENT]))
    sale = await place(app, paid=True)
    await relay_only(app, sale)
    state, context = await sale_of(app, sale)
    [(hold_id, hold)] = context["holds"].items()
    assert (state, context["isDecided"], hold["policy"]) == (PAID, True, "big")
    assert hold["reason"] == "1 of COMPLIANCE must approve"
    assert (hold["policyName"], hold["version"]) == ("A policy", 1)
    cleared = (
        "select count(*) from orderwright.outbox where instance_id = $1 and name = 'sale.cleared'"
    )
    assert await app.pool.fetchval(cleared, sale) == 0
    lifted = Event("HOLD_LIFTED", {"holdId": hold_id, "outcome": "approved"})
    assert (await app.engine.send(sale, lifted, actor=POLICIES)).refused is None
    assert (await sale_of(app, sale))[0] == CLEARED


async def test_the_host_before_the_relay_decides_once(app: Orderwright):
    await publish(app, "big", document(BIG, does=[CONSENT]))
    sale = await place(app)
    found = await fire(app, sale)
    assert (await sale_of(app, sale))[1]["holds"].keys() == {found.actions[0].id}
    await app.worker.drain()
    assert (await decisions(app, sale), len(await app.pool.fetch(SAME, sale))) == (1, 1)


async def test_the_host_does_not_decide_for_a_policy_that_waits_for_the_event_by_its_own_name(
    app: Orderwright,
):
    odd = {"field": "customerId", "operator": "==", "value": "ada"}
    await publish(app, "own-name", document(odd, does=[CONSENT], trigger="order.created"))
    await publish(app, "big", document(BIG, does=[CONSENT]))
    sale = await place(app, paid=True)
    found = await fire(app, sale)
    state, context = await sale_of(app, sale)
    assert (state, context["isDecided"]) == (PAID, False)
    assert context["holds"].keys() == {found.actions[0].id}
    await app.worker.drain()
    state, context = await sale_of(app, sale)
    assert (state, context["isDecided"]) == (PAID, True)
    assert {hold["policy"] for hold in context["holds"].values()} == {"own-name", "big"}
    assert (await decisions(app, sale), len(await app.pool.fetch(SAME, sale))) == (1, 1)
    cleared = (
        "select count(*) from orderwright.outbox where instance_id = $1 and name = 'sale.cleared'"
    )
    assert await app.pool.fetchval(cleared, sale) == 0


@pytest.mark.parametrize(("mode", "rollout"), [("shadow", WHOLE), ("enforce", 0)])
async def test_a_policy_that_is_only_watched_leaves_the_decision_to_the_host(
    app: Orderwright, mode: Mode, rollout: int
):
    odd = {"field": "customerId", "operator": "==", "value": "ada"}
    watched = document(odd, does=[CONSENT], trigger="order.created")
    await publish(app, "watched", watched, mode=mode, rollout=rollout)
    sale = await place(app, paid=True)
    await fire(app, sale)
    assert (await sale_of(app, sale))[0] == CLEARED
    await app.worker.drain()
    assert (await sale_of(app, sale))[0] == CLEARED


async def test_the_relay_before_the_host_decides_once(app: Orderwright):
    await publish(app, "big", document(BIG, does=[CONSENT]))
    sale = await place(app)
    await app.worker.drain()
    found = await fire(app, sale)
    assert found.is_repeated
    assert [one.action for one in found.actions] == ["REQUIRE_APPROVAL"]
    assert (await decisions(app, sale), len(await app.pool.fetch(SAME, sale))) == (1, 1)


async def test_hosts_and_relays_that_race_decide_once(app: Orderwright):
    await publish(app, "big", document(BIG, does=[CONSENT]))
    sales = [await place(app) for _ in range(6)]
    calls = [fire(app, sale) for sale in sales for _ in range(3)]
    found = await asyncio.gather(app.worker.drain(), *calls, app.worker.drain())
    await app.worker.drain()
    for sale in sales:
        assert (await decisions(app, sale), len(await app.pool.fetch(SAME, sale))) == (1, 1)
    ids = {one.id for one in found if one is not None and not isinstance(one, int | bool)}
    assert len(ids) == len(sales)


async def test_a_host_that_tells_of_an_order_before_it_lives_here_has_held_it(app: Orderwright):
    await publish(app, "big", document(BIG, does=[CONSENT]))
    async with app.pool.acquire() as connection, connection.transaction():
        sale = await place(app)  # its own transaction: the one above only keeps the relay back
        await connection.fetchval("select pg_current_xact_id()")
        await app.pool.execute(
            "update orderwright.instance set instance_id = $1 || '-hidden' where instance_id = $1",
            sale,
        )
        found = await fire(app, sale)
        await app.pool.execute(
            "update orderwright.instance set instance_id = $1 where instance_id = $1 || '-hidden'",
            sale,
        )
    assert (await sale_of(app, sale))[1]["isDecided"] is False
    await app.worker.drain()
    context = (await sale_of(app, sale))[1]
    assert (context["isDecided"], context["holds"].keys()) == (True, {found.actions[0].id})


async def test_consent_that_is_asked_for_and_a_threshold_hold_an_order_that_comes_to_live_here(
    app: Orderwright,
):
    total = {"field": "total", "operator": ">=", "value": {"money": "1000.00", "currency": "EUR"}}
    await publish(app, "big", document(BIG, does=[CONSENT]))
    await publish(app, "volume", document(total, does=[CONSENT], trigger=VOLUME))
    async with app.pool.acquire() as connection, connection.transaction():
        sale = await place(app)  # its own transaction: the one above only keeps the relay back
        await connection.fetchval("select pg_current_xact_id()")
        await app.pool.execute(HIDE, sale, f"{sale}-hidden")
        found = await app.trigger("ORDER_CREATED", {**told(sale), "userId": "newcomer"})
        report = await app.execute(found)
        assert [one.status for one in report.actions] == ["applied"]
        await app.pool.execute(HIDE, f"{sale}-hidden", sale)
    await app.worker.drain()
    context = (await sale_of(app, sale))[1]
    held = {hold["policy"] for hold in context["holds"].values()}
    assert (context["isDecided"], held) == (True, {"big", "volume"})


async def test_a_host_decides_in_its_own_transaction_or_not_at_all(app: Orderwright):
    await publish(app, "big", document(BIG, does=[CONSENT]))
    sale = await place(app)
    async with app.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await app.trigger("ORDER_CREATED", told(sale), connection=connection)
        assert found.status == "decided"
        await transaction.rollback()
    assert (await sale_of(app, sale))[1]["isDecided"] is False
    assert await app.pool.fetch(SAME, sale) == []
    await app.worker.drain()
    assert await decisions(app, sale) == 1


async def test_a_trigger_that_fails_as_a_whole_leaves_the_hosts_work_and_the_order_held(
    app: Orderwright,
):
    await app.pool.execute("create table if not exists host_note (said text)")
    sale = await place(app, "10.00", paid=True)
    async with (
        app.pool.acquire() as other,
        app.pool.acquire() as host,
        other.transaction(),
        host.transaction(),
    ):
        await other.execute(
            "select 1 from orderwright.instance where instance_id = $1 for update", sale
        )
        await host.execute("set local lock_timeout = '50ms'")
        await host.execute("insert into host_note values ('mine')")
        found = await app.trigger("ORDER_CREATED", told(sale, "10.00"), connection=host)
        assert (found.status, found.actions) == ("failed", ())
        assert "lock timeout" in (found.error or "")
        assert (await app.execute(found, connection=host)).actions == ()
    assert await app.pool.fetchval("select said from host_note") == "mine"
    row = await app.pool.fetchrow(
        "select status, error from orderwright.policy_execution where id = $1", found.id
    )
    assert row["status"] == "failed"
    assert (await sale_of(app, sale))[0] == PAID
    await app.worker.drain()
    assert (await sale_of(app, sale))[0] == CLEARED


async def test_an_order_that_nobody_decides_on_is_a_case_after_a_minute(app: Orderwright):
    await app.worker.drain()
    while await fire_next(app.engine):
        pass
    before = await app.pool.fetchval(
        "select count(*) from orderwright.case_record where case_type = 'UNDECIDED'"
    )
    async with app.pool.acquire() as held, held.transaction():
        await held.fetchval("select pg_current_xact_id()")  # the relay reads nothing younger
        sale = await place(app, "10.00", paid=True)
        app.clock.advance(timedelta(minutes=1))
        assert await fire_next(app.engine)
        assert (await sale_of(app, sale))[0] == PAID
    await app.worker.drain()
    cases = await app.pool.fetchval(
        "select count(*) from orderwright.case_record where case_type = 'UNDECIDED'"
    )
    assert cases == before + 1


async def contents(connection: Connection) -> dict[str, list[str]]:
    """Every row of every table but of the policies' own: what they are, and what they came to."""
    tables = await connection.fetch(
        "select tablename from pg_tables where schemaname = 'orderwright' and tablename <> all($1)",
        sorted(OWN),
    )
    found = {}
    for [table] in tables:
        columns = (
            ["ord", "id"] if table == "outbox" else ["ord"]
        )  # another one in each transaction
        query = f"select (to_jsonb(t) - $1::text[])::text as row from orderwright.{table} as t order by 1"
        found[table] = [row["row"] for row in await connection.fetch(query, columns)]
    return found


async def decided(app: Orderwright, sale: str) -> dict[str, list[str]]:
    """What there would be after the policies have decided on an order; it is undone."""
    async with app.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await relay_in(connection, app, sale)
        found = await contents(connection)
        await transaction.rollback()
    return found


async def test_a_policy_in_shadow_changes_no_row_but_its_own_whatever_it_would_do(
    app: Orderwright,
):
    await app.worker.drain()
    sale = await place(app, paid=True)
    untouched = await decided(app, sale)
    assert {"instance", "log", "outbox", "document_request", "policy_action"} <= untouched.keys()
    for action, config in CONFIGS.items():
        does = document(BIG, does=[{"action": action, "config": config}])
        await publish(app, "watched", does, mode="shadow")
        assert await decided(app, sale) == untouched, action
        await publish(app, "watched", does)
        assert await decided(app, sale) != untouched, action
    await publish(app, "watched", does, mode="shadow")
    await relay_only(app, sale)
    assert (await sale_of(app, sale))[0] == CLEARED
    row = await app.pool.fetchrow(
        "select mode, outcome from orderwright.policy_evaluation where policy_id = 'watched'"
    )
    assert tuple(row) == ("shadow", "hit")


async def test_a_policy_in_shadow_changes_nothing_either_for_what_lives_with_a_host(
    app: Orderwright,
):
    does = [{"action": action, "config": config} for action, config in CONFIGS.items()]
    for trigger in HOSTED:
        source = document(ANYBODY, does=does, trigger=trigger)
        await publish(app, trigger, source, mode="shadow")
    await app.worker.drain()
    async with app.pool.acquire() as connection:
        before = await contents(connection)
        for trigger, fact in HOSTED.items():
            told = {"userId": "shadow-user", fact: f"shadow-{trigger}"}
            found = await app.trigger(trigger, told, execute=True)
            assert (found.actions, found.report.actions) == ((), ()), trigger
            assert await app.pool.fetchval(MODE, found.entity.id) == "shadow"
        await app.worker.drain()
        assert await contents(connection) == before


async def test_beyond_its_share_a_policy_is_only_watched(app: Orderwright):
    await publish(app, "growing", document(BIG, does=[FREEZE]), rollout=5_000)
    modes = set()
    for _ in range(24):
        sale = await place(app, paid=True)
        await relay_only(app, sale)
        within = bucket("growing", sale) < 5_000
        assert (await sale_of(app, sale))[0] == (PAID if within else CLEARED)
        mode = await app.pool.fetchval(MODE, sale)
        assert mode == ("enforce" if within else "shadow")
        modes.add(mode)
    assert modes == {"enforce", "shadow"}


async def test_a_policy_may_wait_for_any_event_about_an_order(app: Orderwright):
    due = {"field": "reason", "operator": "==", "value": "odd"}
    await publish(app, "frozen", document(due, does=[CONSENT], trigger="sale.frozen"))
    sale = await place(app, "10.00")
    await app.worker.drain()
    frozen = await app.engine.send(sale, Event("FREEZE", {"reason": "odd"}), actor=POLICIES)
    assert frozen.refused is None
    await app.worker.drain()
    [hold] = (await sale_of(app, sale))[1]["holds"].values()
    assert hold["policy"] == "frozen"


# --- what a host has done before it lives here ----------------------------------------------------

BLOCK = {"action": "REJECT_TRANSACTION", "config": {"category": "SANCTIONS", "reason": "listed"}}
LIMIT = {"action": "FREEZE_ORDER", "config": {"reason": "listed"}}
TOLD_HOSTS = "select count(*) from orderwright.instance where chart_id = 'host_action'"


@pytest.mark.parametrize("is_heard", [False, True])
@pytest.mark.parametrize(("does", "state"), [(BLOCK, "BLOCKED"), (LIMIT, "RESTRICTED")])
async def test_what_restricts_a_user_elsewhere_restricts_them_once_they_live_here(
    app: Orderwright, does: dict[str, object], state: str, *, is_heard: bool
):
    hears, _ = await app.webhooks.subscribe("https://host.example/h", ["policy.*"], by="admin")
    if not is_heard:
        await app.webhooks.unsubscribe(hears)
    user = f"listed-{state}-{is_heard}".lower()
    listed = {"field": "userId", "operator": "==", "value": user}
    await publish(app, "sanctions", document(listed, does=[does], trigger="USER_REGISTERED"))
    found = await app.trigger("USER_REGISTERED", {"userId": user}, execute=True)
    assert found.report is not None
    assert [one.status for one in found.report.actions] == ["applied" if is_heard else "skipped"]
    hosts = await app.pool.fetchval(TOLD_HOSTS)
    context = {"userId": user, "email": f"{user}@home.example", "country": "DE"}
    await app.engine.create("user", user, context=context, actor=POLICIES)
    active = await app.engine.send(user, Event("ACTIVATE", {"reason": "me"}), actor=POLICIES)
    assert active.refused is not None
    await app.worker.drain()
    here = await app.engine.read(user)
    assert here is not None
    assert here.state == state
    assert await app.pool.fetchval(TOLD_HOSTS) == hosts
    again = await app.execute(found.id)
    assert [one.status for one in again.actions] == ["applied"]
    if is_heard:
        await app.webhooks.unsubscribe(hears)


@pytest.mark.parametrize("lives_here", [True, False])
async def test_a_session_whose_user_nobody_restricts_is_held_for_compliance_once(
    app: Orderwright, *, lives_here: bool
):
    session = f"of-nobody-{lives_here}".lower()
    this = {"field": "kycSessionId", "operator": "==", "value": session}
    await publish(app, "freeze", document(this, does=[LIMIT], trigger="KYC_SUBMITTED"))
    if lives_here:
        await arrive(app, "KYC", await begin(app, "KYC", session))
    told = await app.trigger("KYC_SUBMITTED", {"kycSessionId": session, "submissions": 1})
    await app.execute(told)
    if not lives_here:
        await arrive(app, "KYC", await begin(app, "KYC", session))
    await clear(app)
    for _ in range(3):
        await app.worker.drain()
        action = await stored(app, told.actions[0].id)
        assert (action.status, action.code) == ("skipped", "entity.not_found")
        assert await holds(app, session) == [f"{action.id}/unrestricted"]
        await arrive(app, "KYC", session)
    await app.worker.drain()
    [case] = await app.pool.fetch(_ESCALATED, action.id)
    solved = Event("RESOLVE", {"resolution": "SOLVED", "note": "looked into"})
    assert (await app.case_desk.send(case["case_id"], solved, ADMIN)).refused is None
    await app.worker.drain()
    approved = await app.engine.send(session, Event("APPROVE"), actor=POLICIES)
    assert approved.refused is None


_ESCALATED = "select case_id from orderwright.policy_case where action_id = $1"
