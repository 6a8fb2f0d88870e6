"""From what is told to what becomes of it, through real decisions: approvals by policies, and thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acting_house import begin, holds, later, look, tell
from policy_house import APPROVE, FLAG, clear, document, place, publish, sale_of

from orderwright import Orderwright
from orderwright.policy import bucket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.app.policies.execution import Execution

pytestmark = pytest.mark.usefixtures("nothing_in_force")
REJECT = {
    "action": "REJECT_TRANSACTION",
    "config": {"category": "VOLUME", "reason": "{{total}} in a day"},
}
MONEY = {"field": "amount", "operator": ">", "value": {"money": "50.00", "currency": "EUR"}}
TOTAL = {"field": "total", "operator": ">=", "value": {"money": "1000.00", "currency": "EUR"}}
DAY = {
    "type": "AMOUNT_THRESHOLD",
    "aggregate": "sum",
    "of": "ORDER_CREATED",
    "key": "user",
    "window": "24h",
    "threshold": {"money": "1000.00", "currency": "EUR"},
}
ACTIONS = """
select action, status, code from orderwright.policy_action where entity_id = $1 order by action
"""
CROSSED = """
select v.mode, x.entity_id from orderwright.policy_evaluation as v
join orderwright.policy_execution as x on x.id = v.execution_id where x.trigger = 'AMOUNT_THRESHOLD' and policy_id = $1
"""


# --- what policies approve ------------------------------------------------------------------------


def _from(country: str) -> dict[str, object]:
    return {"field": "country", "operator": "==", "value": country}


TOLD: Mapping[str, tuple[str, dict[str, object], str, str]] = {
    "User": ("USER_REGISTERED", _from("NG"), "REGISTERED", "ACTIVE"),
    "KYC": ("KYC_SUBMITTED", _from("NG"), "PENDING", "APPROVED"),
    "PayIn": ("PAYIN_RECEIVED", MONEY, "RECEIVED", "VERIFIED"),
}
"""By type: what it tells, on which condition a policy approves it, where it stands without one and with it."""


async def start(app: Orderwright, kind: str, received: str = "100.00") -> str:
    """Begin an entity, tell what policies wait for, and let all follow."""
    entity_id = await begin(app, kind)
    if kind == "KYC":
        await tell(app, entity_id, "DOCUMENTS_SUBMITTED", documentType="passport", country="NG")
    if kind == "PayIn":
        await tell(app, entity_id, "PAYIN_RECEIVED", amount=received, reference="t1")
    await app.worker.drain()
    return entity_id


async def outcome(app: Orderwright, entity_id: str) -> list[tuple[str, str, str | None]]:
    return [tuple(row) for row in await app.pool.fetch(ACTIONS, entity_id)]


@pytest.mark.parametrize("kind", TOLD)
async def test_what_a_policy_approves_goes_on_by_itself_unless_another_looks_into_it(
    app: Orderwright, kind: str
):
    trigger, rule, waiting, approved = TOLD[kind]
    assert (await look(app, await start(app, kind))).state == waiting
    await publish(app, "easy", document(rule, does=[APPROVE], trigger=trigger))
    easy = await start(app, kind)
    assert (await look(app, easy)).state == approved
    assert await outcome(app, easy) == [("AUTO_APPROVE", "applied", None)]
    await publish(app, "wary", document(rule, does=[FLAG], trigger=trigger, name="Wary"))
    looked_into = await start(app, kind)
    assert (await look(app, looked_into)).state == waiting
    dropped, flagged = await outcome(app, looked_into)
    assert (dropped[:2], flagged[:2]) == (
        ("AUTO_APPROVE", "dropped"),
        ("FLAG_FOR_REVIEW", "applied"),
    )


async def test_an_approval_that_a_host_wants_before_the_relay_has_decided_comes_after_it(
    app: Orderwright,
):
    nobody = {"field": "userId", "operator": "is_null"}
    trigger, rule, waiting, approved = TOLD["User"]
    await publish(app, "easy", document(rule, does=[APPROVE], trigger=trigger))
    await publish(app, "own", document(nobody, does=[FLAG], trigger="user.registered"))
    user = await begin(app, "User")
    told = await app.trigger(trigger, {"userId": user, "country": "NG"})
    report = await app.execute(told)
    assert [one.status for one in report.actions] == ["queued"]
    assert (await look(app, user)).state == waiting
    await app.worker.drain()
    await later(app, minutes=5)
    assert (await look(app, user)).state == approved
    assert await outcome(app, user) == [("AUTO_APPROVE", "applied", None)]


async def test_a_policy_cannot_verify_what_has_arrived_in_part(app: Orderwright):
    await publish(app, "easy", document(MONEY, does=[APPROVE], trigger="PAYIN_RECEIVED"))
    part = await start(app, "PayIn", received="99.99")
    assert (await look(app, part)).state == "PARTIAL"
    assert await outcome(app, part) == [("AUTO_APPROVE", "skipped", "payin.amount_differs")]


async def test_what_was_approved_for_one_transfer_verifies_nothing_once_another_has_come(
    app: Orderwright,
):
    await publish(app, "easy", document(MONEY, does=[APPROVE], trigger="PAYIN_RECEIVED"))
    payin = await begin(app, "PayIn")
    await tell(app, payin, "PAYIN_RECEIVED", amount="60.00", reference="t1")
    first = {"payInId": payin, "amount": "60.00", "currency": "EUR"}
    told = await app.trigger("PAYIN_RECEIVED", first)
    assert [one.action for one in told.actions] == ["AUTO_APPROVE"]
    await tell(app, payin, "PAYIN_RECEIVED", amount="40.00", reference="t2")
    await app.worker.drain()
    assert (await look(app, payin)).snapshot.context["isDecided"] is True
    report = await app.execute(told)
    assert [(one.status, one.code) for one in report.actions] == [
        ("skipped", "payin.transfer_superseded")
    ]
    assert (await look(app, payin)).state == "RECEIVED"


# --- thresholds -----------------------------------------------------------------------------------


async def test_the_order_that_crosses_a_threshold_is_rejected_and_none_before_or_after_it(
    app: Orderwright,
):
    await publish(app, "volume", document(TOTAL, does=[REJECT], trigger=DAY))
    states = []
    for _ in range(3):
        sale = await place(app, "600.00", customer="bob")
        await app.worker.drain()
        states.append((await sale_of(app, sale))[0])
    assert states == ["AWAITING_PAYMENT_METHOD", "REJECTED", "AWAITING_PAYMENT_METHOD"]


async def test_beyond_its_share_a_policy_of_a_threshold_is_only_watched(app: Orderwright):
    await publish(app, "growing", document(TOTAL, does=[REJECT], trigger=DAY), rollout=5_000)
    modes = {}
    for number in range(16):
        told = {"orderId": f"crosses-{number}", "userId": f"buyer-{number}"}
        found = await app.trigger(
            "ORDER_CREATED", {**told, "amount": "1500.00", "currency": "EUR"}
        )
        assert len(found.crossed) == 1
        modes[found.entity.id] = (
            "enforce" if bucket("growing", found.entity.id) < 5_000 else "shadow"
        )
    assert set(modes.values()) == {"enforce", "shadow"}
    seen = await app.pool.fetch(CROSSED, "growing")
    assert {row["entity_id"]: row["mode"] for row in seen} == modes
    for entity_id, mode in modes.items():
        done = [action for action, *_ in await outcome(app, entity_id)]
        assert done == (["REJECT_TRANSACTION"] if mode == "enforce" else [])


# --- what comes late ------------------------------------------------------------------------------

ASKING = {
    "REQUIRE_APPROVAL": {"role": "COMPLIANCE"},
    "ESCALATE_TO_COMPLIANCE": {"reason": "look"},
    "REQUEST_DOCUMENT": {"types": ["passport"], "due_days": 4},
}
LAPSES = {"FAIL": {"reason": "no money"}, "EXPIRE": {}}


async def lapsed(app: Orderwright, how: str) -> tuple[str, Execution]:
    """A pay-in of which a host has told, and whose money then has not come; what was decided is not done yet."""
    payin = await begin(app, "PayIn")
    about = {"payInId": payin, "amount": "100.00", "currency": "EUR"}
    told = await app.trigger("PAYIN_RECEIVED", about)
    await app.worker.drain()
    assert (await look(app, payin)).state == "PENDING"
    await tell(app, payin, how, **LAPSES[how])
    return payin, told


@pytest.mark.parametrize("action", ASKING)
@pytest.mark.parametrize("how", LAPSES)
async def test_money_that_comes_late_is_decided_on_anew(app: Orderwright, action: str, how: str):
    does = {"action": action, "config": ASKING[action]}
    await publish(app, "ask", document(MONEY, does=[does], trigger="PAYIN_RECEIVED"))
    payin = await begin(app, "PayIn")
    about = {"payInId": payin, "amount": "100.00", "currency": "EUR"}
    told = await app.trigger("PAYIN_RECEIVED", about, execute=True)
    await tell(app, payin, how, **LAPSES[how])
    await app.worker.drain()
    assert await holds(app, payin) == []
    await tell(app, payin, "PAYMENT_CONFIRMED", paymentId="p1")
    await app.worker.drain()
    assert (await look(app, payin)).state == "RECEIVED"
    [held] = await holds(app, payin)
    assert held not in {one.id for one in told.actions}
    assert (await app.trigger("PAYIN_RECEIVED", about)).is_repeated


async def test_what_was_approved_before_the_pay_in_lapsed_verifies_no_late_money(app: Orderwright):
    await publish(app, "easy", document(MONEY, does=[APPROVE], trigger="PAYIN_RECEIVED"))
    payin, told = await lapsed(app, "FAIL")
    await clear(app)
    await tell(app, payin, "PAYIN_RECEIVED", amount="100.00", reference="t1")
    await app.worker.drain()
    assert (await look(app, payin)).snapshot.context["isDecided"] is True
    report = await app.execute(told)
    assert [(one.status, one.code) for one in report.actions] == [
        ("skipped", "payin.transfer_unknown")
    ]
    assert (await look(app, payin)).state == "RECEIVED"


async def test_what_a_host_left_undone_before_the_pay_in_lapsed_is_done_with_the_late_money(
    app: Orderwright,
):
    does = {"action": "REQUIRE_APPROVAL", "config": ASKING["REQUIRE_APPROVAL"]}
    await publish(app, "ask", document(MONEY, does=[does], trigger="PAYIN_RECEIVED"))
    payin, _ = await lapsed(app, "FAIL")
    await tell(app, payin, "PAYIN_RECEIVED", amount="100.00", reference="t1")
    await app.worker.drain()
    assert [status for _, status, _ in await outcome(app, payin)] == ["applied", "applied"]
