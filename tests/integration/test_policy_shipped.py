"""The policies that ship, each in force alone: what it hits has every one of its actions carried out for real."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from acting_house import entity, later, look, staff
from policy_house import ADMIN, clear, publish

from orderwright import Orderwright
from orderwright.app.permissions import Role
from orderwright.app.policies.policy_reading import catalogue, read_policy, trigger_name
from orderwright.app.policies.shipped_policies import CASES, shipped_policies
from orderwright.app.settings import Settings
from orderwright.app.shipped import folder
from orderwright.clock import DrivenClock
from orderwright.domain.trigger import LISTS

LISTED = {"sanctioned-countries": "KP", "temporary-mail-domains": "trash-mail.example"}
SUBJECTS = {
    "ORDER_CREATED": "Order",
    "PAYIN_RECEIVED": "PayIn",
    "PAYOUT_REQUESTED": "PayOut",
    "KYC_SUBMITTED": "KYC",
    "USER_REGISTERED": "User",
}
STANDS = {
    "daily-volume-threshold": "FROZEN",
    "high-amount": "AWAITING_PAYMENT_METHOD",
    "kyc-resubmission": "PENDING",
    "large-first-order": "FROZEN",
    "low-risk-auto-approval": "QUEUED",
    "new-wallet": "REQUESTED",
    "night-time-payout": "REQUESTED",
    "payin-amount-mismatch": "FROZEN",
    "payout-velocity": "REQUESTED",
    "sanctioned-country": "REJECTED",
    "temporary-email-domain": "REGISTERED",
    "third-party-sender": "FROZEN",
}
"""Where its entity stands then."""


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with Orderwright.connect(
        shared_database_url, settings=Settings(sale_pending_expiry_minutes=0), clock=clock
    ) as opened:
        await staff(opened, "carla")
        await staff(opened, "anna", role=Role.ACCOUNTANT)
        for name, entry in LISTED.items():
            await opened.policy_office.lists.create(name, LISTS[name], "as shipped", ADMIN)
            await opened.policy_office.lists.add(name, [entry], ADMIN)
        yield opened
        assert await opened.pool.fetch("select * from orderwright.parked_root") == []
        assert [one async for one in opened.replay.verify_all()] == []


@pytest.mark.parametrize("name", shipped_policies())
async def test_every_action_of_a_shipped_policy_is_carried_out(app: Orderwright, name: str):
    source = shipped_policies()[name]
    async with app.pool.acquire() as connection:
        policy = read_policy(source, app.policies.types, await catalogue(connection))
    trigger = trigger_name(policy)
    facts = json.loads((folder("policies") / f"{name}{CASES}").read_text(encoding="utf-8"))["hit"]
    if trigger == "AMOUNT_THRESHOLD":
        trigger = "ORDER_CREATED"
        facts["amount"] = facts.pop("total")
    subject = await entity(app, SUBJECTS[trigger])
    await later(app)
    await publish(app, name, source)
    try:
        asked = (SUBJECTS[trigger], subject)
        # Told before it lives here: what lives here is decided on by its own facts, and these are samples.
        await app.pool.execute(_HIDE, subject, f"{subject}-hidden")
        told = await app.trigger(trigger, facts, entity=asked, occurrence=name)
        await app.pool.execute(_HIDE, f"{subject}-hidden", subject)
        for execution in (told.id, *told.crossed):
            await app.execute(execution)
        await later(app)
    finally:
        await clear(app)
    done = await app.pool.fetch(_DONE, subject)
    assert {(row["action"], row["status"]) for row in done} == {
        (node.action, "applied") for node in policy.actions
    }, [dict(row) for row in done]
    assert (await look(app, subject)).state == STANDS[name]


_HIDE = "update orderwright.instance set instance_id = $2 where instance_id = $1"
_DONE = "select action, status, code, message from orderwright.policy_action where entity_id = $1"
