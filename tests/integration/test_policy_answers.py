"""What people answer to policies, and what follows for the entity: approvals, and cases of compliance."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from acting_house import as_, do, entity, holds, later, look, row, staff, tell
from policy_house import clear, document, place, publish

from orderwright import Event, Orderwright
from orderwright.app.permissions import Role
from orderwright.app.policies.statistics import statistics
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime.outbox import EVENT_COLUMNS, placed

CARLA, CHRIS = as_("carla", Role.COMPLIANCE), as_("chris", Role.COMPLIANCE)


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    settings = Settings(sale_pending_expiry_minutes=0)
    async with Orderwright.connect(shared_database_url, settings=settings, clock=clock) as opened:
        await staff(opened, "carla", "chris")
        await staff(opened, "tony", role=Role.TREASURY)
        yield opened
        assert await opened.pool.fetch("select * from orderwright.parked_root") == []
        assert [one async for one in opened.replay.verify_all()] == []


async def vote(app: Orderwright, approval: str, decision: str, *voters: str) -> None:
    for voter in voters:
        event = Event(decision, {"reason": "as I see it"})
        result = await app.engine.send(approval, event, actor=voter)
        assert result.refused is None, result.refused
    await later(app)


async def resolve(app: Orderwright, case: str, resolution: str) -> None:
    event = Event("RESOLVE", {"resolution": resolution, "note": "looked into"})
    assert (await app.case_desk.send(case, event, CARLA)).refused is None
    await later(app)


async def escalation_of(app: Orderwright, root: str) -> str:
    """The case that waits for compliance."""
    found = await row(
        app,
        "select c.id from orderwright.case_record as c join orderwright.instance as i on i.instance_id = c.id"
        " where c.root_id = $1 and c.case_type = 'ESCALATION' and i.state <> 'RESOLVED'",
        root,
    )
    return str(found["id"])


async def state(app: Orderwright, entity_id: str) -> str:
    return (await look(app, entity_id)).state


async def test_what_people_have_settled_stands_against_no_approval_by_a_policy(app: Orderwright):
    user = await entity(app, "User")
    papers = await do(app, "User", user, "REQUEST_DOCUMENT")
    consent = await do(app, "User", user, "REQUIRE_APPROVAL")
    await do(app, "User", user, "ESCALATE_TO_COMPLIANCE")
    await later(app)
    paper = {"documentId": "d", "type": "passport", "mediaType": "application/pdf", "bytes": 1}
    await tell(app, papers.id, "DOCUMENT_RECEIVED", **paper)
    assert (await do(app, "User", user, "AUTO_APPROVE")).code == "policy.restricted"
    await tell(app, papers.id, "ACCEPT")
    await vote(app, consent.id, "APPROVE", "carla", "chris")
    assert (await do(app, "User", user, "AUTO_APPROVE")).code == "policy.restricted"
    await resolve(app, await escalation_of(app, user), "NO_ACTION")
    assert await holds(app, user) == []
    assert (await do(app, "User", user, "AUTO_APPROVE")).status == "applied"


async def test_consent_that_was_given_stands_against_no_approval_once_its_validity_is_over(
    app: Orderwright,
):
    user = await entity(app, "User")
    consent = await do(app, "User", user, "REQUIRE_APPROVAL")
    await vote(app, consent.id, "APPROVE", "carla", "chris")
    await later(app, days=8)
    assert await state(app, consent.id) == "EXPIRED"
    assert (await do(app, "User", user, "AUTO_APPROVE")).status == "applied"


async def test_a_pay_out_waits_for_two_people_of_compliance_who_did_not_ask_for_it(
    app: Orderwright,
):
    payout = await entity(app, "PayOut")
    await tell(app, payout, "PAYOUT_APPROVED", approvalId="by-treasury")
    asked = await do(app, "PayOut", payout, "REQUIRE_APPROVAL")
    assert await state(app, payout) == "QUEUED"
    assert (await app.engine.send(payout, Event("START"), actor="tony")).refused is not None
    await vote(app, asked.id, "APPROVE", "carla")
    assert await holds(app, payout) == [asked.id]
    refused = (
        await app.engine.send(asked.id, Event("APPROVE", {"reason": "me too"}), actor="tony")
    ).refused
    assert refused is not None
    assert [reason.code for reason in refused.reasons] == ["approval.role_missing"]
    await vote(app, asked.id, "APPROVE", "chris")
    assert await holds(app, payout) == []
    await tell(app, payout, "START")


@pytest.mark.parametrize("trigger", ["payment.captured", "sale.cleared"])
async def test_consent_that_is_asked_for_as_an_order_clears_is_not_closed_by_that_told_late(
    app: Orderwright, trigger: str
):
    paid = {"field": "orderId", "operator": "is_not_null"}
    two = {"action": "REQUIRE_APPROVAL", "config": {"role": "COMPLIANCE", "minimum": 2}}
    order = await place(app)
    await later(app)
    await publish(app, "two", document(paid, does=[two], trigger=trigger))
    try:
        money = {"amount": "1500.00", "paymentId": f"p-{order}"}
        await tell(app, order, "PAYMENT_CAPTURED", **money)
        await decide_first(app, order, trigger)
        await later(app)
    finally:
        await clear(app)
    asked = await row(app, "select id from orderwright.approval where subject_id = $1", order)
    assert await state(app, asked["id"]) == "PENDING"
    assert await holds(app, order) == [asked["id"]]
    await tell(app, order, "REJECT", reason="no longer wanted")
    await later(app)
    assert await state(app, asked["id"]) == "REVOKED"


async def decide_first(app: Orderwright, order: str, name: str) -> None:
    """Have an event of an order decided on and acted on before any other consumer hears of it."""
    told = "select ord, id, {columns}, false as is_parked from orderwright.outbox where instance_id = $1 and name = $2"
    async with app.pool.acquire() as connection, connection.transaction():
        event = await connection.fetchrow(told.format(columns=EVENT_COLUMNS), order, name)
        await app.policies.relayed.consumer().handle(connection, placed(event).event)
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(seconds=1))
    execution = await row(
        app, "select execution_id from orderwright.policy_action where entity_id = $1", order
    )
    await app.execute(execution["execution_id"])


@pytest.mark.parametrize(
    ("kind", "on_deny", "ends"),
    [
        ("Order", "reject", "REJECTED"),
        ("Order", "freeze", "FROZEN"),
        ("User", "reject", "BLOCKED"),
        ("KYC", "freeze", "REJECTED"),
        ("PayIn", "reject", "REJECTED"),
        ("PayIn", "freeze", "FROZEN"),
    ],
)
async def test_a_denial_rejects_the_entity_or_freezes_it(
    app: Orderwright, kind: str, on_deny: str, ends: str
):
    subject = await entity(app, kind)
    asked = await do(app, kind, subject, "REQUIRE_APPROVAL", on_deny=on_deny)
    await vote(app, asked.id, "DENY", "carla")
    assert await state(app, subject) == ends


async def test_a_review_holds_nothing_up_even_where_it_is_called_an_escalation(app: Orderwright):
    order = await entity(app, "Order")
    called = {"type": "ESCALATION", "role": "COMPLIANCE"}
    flagged = await do(app, "Order", order, "FLAG_FOR_REVIEW", **called)
    before = await state(app, order)
    await resolve(app, flagged.id, "DECLINED")
    assert await state(app, order) == before
    reopen = Event("REOPEN", {"reason": "let us see"})
    assert (await app.case_desk.send(flagged.id, reopen, CARLA)).refused is None
    await later(app)
    assert (await state(app, order), await holds(app, order)) == (before, [])


async def test_what_nobody_decides_in_time_is_denied_or_escalated_as_the_policy_says(
    app: Orderwright,
):
    denied, escalated = [await entity(app, "PayOut") for _ in range(2)]
    approved = await entity(app, "User")
    await do(app, "PayOut", denied, "REQUIRE_APPROVAL", deadline="90m")
    await do(app, "PayOut", escalated, "REQUIRE_APPROVAL", deadline="90m", on_timeout="escalate")
    done = await do(app, "User", approved, "REQUIRE_APPROVAL", deadline="90m", minimum=1)
    await vote(app, done.id, "APPROVE", "carla")
    await later(app, minutes=90)
    assert await state(app, denied) == "REJECTED"
    assert await state(app, escalated) == "REQUESTED"
    assert len(await holds(app, escalated)) == 1
    await resolve(app, await escalation_of(app, escalated), "ACCEPTED")
    assert await holds(app, escalated) == []
    await later(app, days=8)  # the consent has served its purpose, and its end means nothing
    assert await state(app, approved) == "REGISTERED"


async def test_a_pay_in_on_which_nobody_decides_in_time_ends_as_the_policy_says(app: Orderwright):
    terms = {"deny": {}, "freeze": {"on_deny": "freeze"}, "escalate": {"on_timeout": "escalate"}}
    asked = {name: await entity(app, "PayIn") for name in terms}
    for name, more in terms.items():
        await do(app, "PayIn", asked[name], "REQUIRE_APPROVAL", deadline="90m", **more)
    await later(app, minutes=89)
    assert {await state(app, one) for one in asked.values()} == {"RECEIVED"}
    await later(app, minutes=1)
    found = {name: await state(app, one) for name, one in asked.items()}
    assert found == {"deny": "REJECTED", "freeze": "FROZEN", "escalate": "RECEIVED"}
    verified = await app.engine.send(asked["escalate"], Event("VERIFY"), actor="tony")
    assert verified.refused is not None
    await resolve(app, await escalation_of(app, asked["escalate"]), "ACCEPTED")
    await tell(app, asked["escalate"], "VERIFY")


async def test_a_consent_that_is_taken_back_holds_the_entity_until_compliance_has_decided(
    app: Orderwright,
):
    payout = await entity(app, "PayOut")
    asked = await do(app, "PayOut", payout, "REQUIRE_APPROVAL", minimum=1)
    await vote(app, asked.id, "APPROVE", "carla")
    await vote(app, asked.id, "REVOKE", "chris")
    assert await holds(app, payout) == [f"{asked.id}/revoked"]
    await resolve(app, await escalation_of(app, payout), "DECLINED")
    assert await state(app, payout) == "REJECTED"


@pytest.mark.parametrize("resolution", ["SOLVED", "ACCEPTED", "NO_ACTION", "DUPLICATE"])
async def test_an_escalation_that_is_resolved_in_favour_lets_the_entity_go(
    app: Orderwright, resolution: str
):
    user = await entity(app, "User")
    asked = await do(app, "User", user, "ESCALATE_TO_COMPLIANCE")
    assert await holds(app, user) == [asked.id]
    await resolve(app, asked.id, resolution)
    assert await holds(app, user) == []
    counted = await row(app, "select * from orderwright.policy_case where case_id = $1", asked.id)
    assert (counted["policy_id"], counted["resolution"]) == ("big", resolution)


async def test_a_policy_is_as_precise_as_people_find_its_cases_and_else_nobody_knows(
    app: Orderwright,
):
    await later(app, minutes=1)
    since = app.clock.now()  # other cases were opened before

    async def figures() -> tuple[int, int, int, float | None]:
        async with app.pool.acquire() as connection:
            one = (await statistics(connection, ["big"], since))["big"]
        return one.confirmed, one.false_alarms, one.unjudged, one.precision

    users = [await entity(app, "User") for _ in range(5)]
    assert await figures() == (0, 0, 0, None)
    cases = [await do(app, "User", user, "ESCALATE_TO_COMPLIANCE") for user in users]
    assert await figures() == (0, 0, 5, None)
    for case, word in zip(cases, ("DUPLICATE", "SOLVED", "NO_ACTION", "DECLINED"), strict=False):
        await resolve(app, case.id, word)
    assert await figures() == (1, 2, 2, 1 / 3)


async def test_an_escalation_that_is_declined_confirms_the_policy_for_good(app: Orderwright):
    for kind, ends in (("Order", "REJECTED"), ("PayIn", "REJECTED"), ("User", "BLOCKED")):
        subject = await entity(app, kind)
        asked = await do(app, kind, subject, "ESCALATE_TO_COMPLIANCE")
        await resolve(app, asked.id, "DECLINED")
        assert await state(app, subject) == ends
    reason = (await look(app, subject)).snapshot.context["closedReason"]
    assert reason == "compliance has declined it: looked into"


async def test_an_escalation_that_is_reopened_holds_the_entity_anew(app: Orderwright):
    user = await entity(app, "User")
    asked = await do(app, "User", user, "ESCALATE_TO_COMPLIANCE")
    await resolve(app, asked.id, "SOLVED")
    again = await app.case_desk.send(asked.id, Event("REOPEN", {"reason": "news"}), CHRIS)
    assert again.refused is None
    await later(app)
    [hold] = await holds(app, user)
    assert hold.startswith(f"{asked.id}/")
    counted = await row(app, "select * from orderwright.policy_case where case_id = $1", asked.id)
    assert counted["resolution"] is None
    await resolve(app, asked.id, "SOLVED")
    assert await holds(app, user) == []


async def test_what_can_neither_be_rejected_nor_frozen_is_left_to_compliance(app: Orderwright):
    payout = await entity(app, "PayOut")
    await tell(app, payout, "PAYOUT_APPROVED", approvalId="by-treasury")
    await tell(app, payout, "START")
    asked = await do(app, "PayOut", payout, "REQUIRE_APPROVAL")
    await vote(app, asked.id, "DENY", "carla")
    assert await state(app, payout) == "PROCESSING"
    case = await look(app, await escalation_of(app, payout))
    assert "takes neither end" in case.snapshot.context["evidence"]["reason"]


async def test_an_answer_that_is_told_twice_changes_nothing(app: Orderwright):
    subjects = [await entity(app, "User") for _ in range(2)]
    for user, decision in zip(subjects, ("APPROVE", "DENY"), strict=True):
        asked = await do(app, "User", user, "REQUIRE_APPROVAL", minimum=1, on_deny="freeze")
        await vote(app, asked.id, decision, "carla")
    before = [await look(app, user) for user in subjects]
    assert [one.state for one in before] == ["REGISTERED", "RESTRICTED"]
    await app.pool.execute(
        "delete from orderwright.acknowledgement where consumer = 'policy-answers'"
    )
    await app.pool.execute(
        "update orderwright.consumer set ord = '0', id = 0 where name = 'policy-answers'"
    )
    await later(app)
    assert [await look(app, user) for user in subjects] == before


async def test_a_denial_leaves_what_is_frozen_already_frozen(app: Orderwright):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUIRE_APPROVAL", on_deny="freeze")
    await tell(app, order, "FREEZE", reason="by hand")
    await vote(app, asked.id, "DENY", "carla")
    assert await state(app, order) == "FROZEN"
    assert await holds(app, order) == []


async def test_what_has_ended_leaves_nothing_for_people_to_decide(app: Orderwright):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUIRE_APPROVAL")
    papers = await do(app, "Order", order, "REQUEST_DOCUMENT")
    await tell(app, order, "CANCEL_REQUESTED", reason="changed my mind")
    await later(app, days=4)
    assert await state(app, asked.id) == "REVOKED"
    assert await state(app, papers.id) == "CANCELLED"
    cases = "select count(*) from orderwright.case_record where root_id = $1"
    assert await app.pool.fetchval(cases, order) == 0
