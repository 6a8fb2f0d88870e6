"""Each of the eight actions on each of the five types of entity, and what an action may meet; one database for all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from acting_house import (
    CONFIGS,
    HOLDING,
    do,
    entity,
    holds,
    later,
    look,
    plan,
    row,
    staff,
    tell,
)

from orderwright import Orderwright
from orderwright.app.policies.effects import EFFECTS
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.domain.entity import ENTITIES
from orderwright.policy.action import ACTIONS

NOTHING = ("skipped", "policy.nothing_to_approve")
DONE = ("applied", None)
TABLE = {
    "FREEZE_ORDER": {
        "Order": (DONE, "FROZEN"),
        "PayIn": (DONE, "FROZEN"),
        "PayOut": (DONE, "FROZEN"),
        "KYC": (DONE, "PENDING"),
        "User": (DONE, "RESTRICTED"),
    },
    "REJECT_TRANSACTION": {
        "Order": (DONE, "REJECTED"),
        "PayIn": (DONE, "REJECTED"),
        "PayOut": (DONE, "REJECTED"),
        "KYC": (DONE, "REJECTED"),
        "User": (DONE, "BLOCKED"),
    },
    "REQUEST_DOCUMENT": {"KYC": (DONE, "DOCUMENTS_REQUESTED")},
    "AUTO_APPROVE": {
        "Order": (NOTHING, "AWAITING_PAYMENT_METHOD"),
        "PayIn": (DONE, "VERIFIED"),
        "PayOut": (DONE, "QUEUED"),
        "KYC": (DONE, "APPROVED"),
        "User": (DONE, "ACTIVE"),
    },
}
"""What becomes of each action, and where the entity then stands; where nothing is said it stays where it is."""
AT_REST = {
    "Order": "AWAITING_PAYMENT_METHOD",
    "PayIn": "RECEIVED",
    "PayOut": "REQUESTED",
    "KYC": "PENDING",
    "User": "REGISTERED",
}
STAYS = {"REQUIRE_APPROVAL", "REQUEST_DOCUMENT", "ESCALATE_TO_COMPLIANCE"}
"""The actions whose hold waits for people."""


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with Orderwright.connect(
        shared_database_url, settings=Settings(), clock=clock
    ) as opened:
        await staff(opened, "carla", "chris")
        yield opened
        await later(opened)
        assert await opened.pool.fetch("select * from orderwright.parked_root") == []
        assert [one async for one in opened.replay.verify_all()] == []


def test_the_table_has_a_cell_for_every_action_and_every_type_of_entity():
    assert EFFECTS.keys() == ACTIONS.keys()
    assert all(row.keys() == ENTITIES.keys() for row in EFFECTS.values())


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_action_does_to_each_type_of_entity_what_the_table_says(
    app: Orderwright, action: str
):
    for kind in ENTITIES:
        user = await entity(app, "User")
        of_user = {"userId": user} if kind == "KYC" else {}
        subject = await entity(app, kind, **of_user)
        done = await do(app, kind, subject, action)
        outcome, state = TABLE.get(action, {}).get(kind, (DONE, AT_REST[kind]))
        assert (done.status, done.code) == outcome, (kind, done.message)
        now = await look(app, subject)
        assert now.state == state, kind
        if now.status == "active":  # what has ended has no use for a hold, and none against it
            assert await holds(app, subject) == ([done.id] if action in STAYS else []), kind
        if (action, kind) == ("FREEZE_ORDER", "KYC"):
            assert (await look(app, user)).state == "RESTRICTED"


async def test_what_an_action_begins_has_its_id_and_its_words(app: Orderwright):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUIRE_APPROVAL", deadline="90m")
    approval = (await look(app, asked.id)).snapshot.context
    assert approval["quorum"] == {
        "approvers": 2,
        "roles": ["COMPLIANCE", "ADMIN", "SUPERADMIN"],
        "including": [],
    }
    assert (approval["subjectType"], approval["subjectId"]) == ("Order", order)
    assert (approval["requestedBy"], approval["termMinutes"]) == ("admin", 90)

    flagged = await do(app, "Order", order, "FLAG_FOR_REVIEW")
    case = (await look(app, flagged.id)).snapshot.context
    assert (case["caseType"], case["role"], case["priority"]) == ("LARGE", "SUPPORT", "LOW")
    assert case["slaMinutes"] == 240
    assert {key: case["evidence"][key] for key in ("executionId", "policyId", "version")} == {
        "executionId": flagged.execution_id,
        "policyId": "big",
        "version": 1,
    }

    escalated = await do(app, "Order", order, "ESCALATE_TO_COMPLIANCE", sla="2h")
    case = (await look(app, escalated.id)).snapshot.context
    assert (case["role"], case["priority"], case["slaMinutes"]) == ("COMPLIANCE", "HIGH", 120)
    await later(app)
    told = (
        "select count(*) from orderwright.notification where person_id = 'carla' and link like $1"
    )
    assert await app.pool.fetchval(told, f"%{escalated.id}%") == 1


async def test_a_pay_in_is_frozen_with_its_order_and_goes_on_when_its_time_is_over(
    app: Orderwright,
):
    order = await entity(app, "Order")
    payin = await entity(app, "PayIn", orderId=order)
    await do(app, "PayIn", payin, "FREEZE_ORDER", release_after="2h")
    frozen = await look(app, order)
    assert frozen.state == "FROZEN"
    named = {"policy": "big", "policyName": "big", "version": 1}
    assert frozen.snapshot.context["frozen"].items() >= named.items()
    await later(app, hours=2)
    assert (await look(app, order)).state == "AWAITING_PAYMENT_METHOD"
    assert (await look(app, payin)).state == "RECEIVED"


async def test_nothing_is_approved_that_amounts_or_bands_speak_against(app: Orderwright):
    payin = await entity(app, "PayIn", expectedMinor=20_000)
    done = await do(app, "PayIn", payin, "AUTO_APPROVE")
    assert (done.status, done.code) == ("skipped", "payin.amount_differs")
    payout = await entity(app, "PayOut", approvers=2)
    done = await do(app, "PayOut", payout, "AUTO_APPROVE")
    assert (done.status, done.code) == ("skipped", "payout.takes_people")
    assert (await look(app, payout)).state == "REQUESTED"


async def test_a_freeze_beside_an_approval_stops_it_whatever_comes_first(app: Orderwright):
    for first, second in (("FREEZE_ORDER", "AUTO_APPROVE"), ("AUTO_APPROVE", "FREEZE_ORDER")):
        payout = await entity(app, "PayOut")
        both = [(name, CONFIGS[name]) for name in (first, second)]
        execution, _ = await plan(app, "PayOut", payout, *both)
        report = await app.execute(execution)
        assert {one.action: one.status for one in report.actions} == {
            "FREEZE_ORDER": "applied",
            "AUTO_APPROVE": "skipped",
        }
        assert (await look(app, payout)).state == "FROZEN"
        await tell(app, payout, "RELEASE")
        assert (await look(app, payout)).state == "REQUESTED"


async def test_a_lifecycle_that_refuses_an_action_has_it_skipped_with_its_reason(app: Orderwright):
    for action in ("FREEZE_ORDER", "AUTO_APPROVE"):
        payout = await entity(app, "PayOut")
        await tell(app, payout, "REJECT", reason="no")
        done = await do(app, "PayOut", payout, action)
        assert (done.status, done.code) == ("skipped", "lifecycle.done")
        assert done.message
    order = await entity(app, "Order")
    await do(app, "Order", order, "FREEZE_ORDER")
    again = await do(app, "Order", order, "FREEZE_ORDER")
    assert (again.status, again.code) == ("skipped", "policy.frozen_already")
    assert await holds(app, order) == []


async def test_nothing_is_asked_about_what_has_ended_and_a_case_is_opened_all_the_same(
    app: Orderwright,
):
    order = await entity(app, "Order")
    await tell(app, order, "REJECT", reason="no")
    for action in ("REQUIRE_APPROVAL", "REQUEST_DOCUMENT"):
        done = await do(app, "Order", order, action)
        assert (done.status, done.code) == ("skipped", "entity.ended")
        assert "REJECTED" in str(done.message)
        assert await app.engine.read(done.id) is None
    for action in ("FLAG_FOR_REVIEW", "ESCALATE_TO_COMPLIANCE"):
        done = await do(app, "Order", order, action)
        assert (done.status, (await look(app, done.id)).chart_id) == ("applied", "case")


async def test_an_action_on_what_has_vanished_is_skipped_and_a_notification_still_goes_out(
    app: Orderwright,
):
    actions = [(name, CONFIGS[name]) for name in ACTIONS]
    execution, _ = await plan(app, "Order", "vanished", *actions)
    report = await app.execute(execution)
    for one in report.actions:
        expected = DONE if one.action == "SEND_NOTIFICATION" else ("skipped", "entity.not_found")
        assert (one.status, one.code) == expected, one.action


async def test_people_are_told_once_and_who_is_unknown_is_on_record(app: Orderwright):
    order = await entity(app, "Order")
    execution, [told] = await plan(
        app,
        "Order",
        order,
        ("SEND_NOTIFICATION", {"to": {"user": "customer"}, "template": "Hello\n<b>Bob</b>"}),
    )
    await app.execute(execution)
    await app.execute(execution)
    found = await row(app, "select * from orderwright.notification where event_id = $1", told)
    assert (found["person_id"], found["subject"], found["body"]) == ("bob", "Hello", "<b>Bob</b>")
    assert found["link"] == f"/orders/{order}"
    nobody = await do(app, "Order", order, "SEND_NOTIFICATION", to={"user": "eve"})
    assert (nobody.status, nobody.code) == ("skipped", "recipient.unknown")
    unsent = await do(app, "Order", order, "SEND_NOTIFICATION", to={"address": "eve@home.example"})
    assert (unsent.status, unsent.code) == ("skipped", "mail.not_configured")


async def test_doing_an_execution_again_changes_nothing_and_reports_the_same(app: Orderwright):
    order = await entity(app, "Order")
    actions = [(name, CONFIGS[name]) for name in HOLDING - {"REJECT_TRANSACTION"}]
    execution, _ = await plan(app, "Order", order, *actions)
    first = await app.execute(execution)
    version = (await look(app, order)).version
    assert await app.execute(execution) == first
    await later(app)
    assert (await look(app, order)).version == version
    assert [one.status for one in first.actions] == ["applied"] * 4
