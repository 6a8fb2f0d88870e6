"""Precedence holds over all that one event sets off: thresholds, itself, and the trigger that hosts know it by."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from policy_house import APPROVE, FLAG, document, publish

from orderwright.runtime.command import Actor

if TYPE_CHECKING:
    from orderwright import Orderwright

pytestmark = pytest.mark.usefixtures("nothing_in_force")
OWN, NAMED = "payout.requested", "PAYOUT_REQUESTED"
SUM = {
    "type": "AMOUNT_THRESHOLD",
    "aggregate": "sum",
    "of": NAMED,
    "key": "user",
    "window": "24h",
    "threshold": {"money": "50.00", "currency": "EUR"},
}
ALWAYS = {"field": "userId", "operator": "is_not_null"}
UNTOLD = {"field": "walletAddress", "operator": "==", "value": "w"}
REJECT = {"action": "REJECT_TRANSACTION", "config": {"category": "FRAUD", "reason": "no"}}
POINTLESS = [
    {"action": "FREEZE_ORDER", "config": {"reason": "wait"}},
    {"action": "REQUIRE_APPROVAL", "config": {"role": "COMPLIANCE"}},
    {"action": "REQUEST_DOCUMENT", "config": {"types": ["passport"], "due_days": 7}},
]
_numbers = itertools.count(1)


async def request(app: Orderwright) -> str:
    """Begin a pay-out of an amount that takes one person, each of another user."""
    number = next(_numbers)
    about = {"payOutId": f"out-{number}", "userId": f"u-{number}", "requestedBy": "clerk"}
    money = {"amountMinor": 10_000, "currency": "EUR"}
    result = await app.engine.create(
        "payout", about["payOutId"], context={**about, **money}, actor=Actor("test", "system")
    )
    assert result.refused is None
    return about["payOutId"]


async def stands(app: Orderwright, payout: str) -> str:
    found = await app.engine.read(payout)
    assert found is not None
    return found.state


async def actions(app: Orderwright, payout: str) -> set[tuple[str, str, str | None]]:
    asked = "select action, status, code from orderwright.policy_action where entity_id = $1"
    return {tuple(row) for row in await app.pool.fetch(asked, payout)}


@pytest.mark.parametrize(("approving", "against"), [(OWN, NAMED), (NAMED, OWN), (SUM, OWN)])
async def test_what_restricts_one_trigger_of_an_event_or_is_unknown_there_lets_none_approve(
    app: Orderwright, approving: Any, against: str
):
    await publish(app, "yes", document(ALWAYS, does=[APPROVE], trigger=approving))
    payout = await request(app)
    await app.worker.drain()
    assert await stands(app, payout) == "QUEUED"  # where nothing is against it
    for policy in (
        document(ALWAYS, does=[FLAG], trigger=against),
        document(UNTOLD, does=[FLAG], trigger=against, on_unknown="flag"),
    ):
        await publish(app, "but", policy)
        payout = await request(app)
        await app.worker.drain()
        assert await stands(app, payout) == "REQUESTED"
        assert await actions(app, payout) == {
            ("AUTO_APPROVE", "dropped", "restricted"),
            ("FLAG_FOR_REVIEW", "applied", None),
        }


@pytest.mark.parametrize(
    ("rejecting", "other"), [(SUM, NAMED), (NAMED, SUM), (NAMED, OWN), (OWN, NAMED)]
)
async def test_a_rejection_by_one_trigger_of_an_event_drops_what_the_others_make_of_it(
    app: Orderwright, rejecting: Any, other: Any
):
    await publish(app, "no", document(ALWAYS, does=[REJECT], trigger=rejecting))
    await publish(app, "wait", document(ALWAYS, does=POINTLESS, trigger=other))
    payout = await request(app)
    await app.worker.drain()
    assert await stands(app, payout) == "REJECTED"
    assert await actions(app, payout) == {
        ("REJECT_TRANSACTION", "applied", None),
        *((one["action"], "dropped", "overridden") for one in POINTLESS),
    }


async def test_what_is_decided_after_a_host_has_asked_drops_by_its_rejection_and_forbids_an_approval(
    app: Orderwright,
):
    await publish(app, "yes", document(ALWAYS, does=[APPROVE], trigger=NAMED))
    payout = await request(app)
    about = {"payOutId": payout, "userId": "u", "amount": "100.00", "currency": "EUR"}
    asked = await app.trigger(NAMED, about)
    await publish(app, "but", document(ALWAYS, does=[FLAG], trigger=OWN))
    await app.worker.drain()
    report = await app.execute(asked.id)
    assert [(one.status, one.code) for one in report.actions] == [("skipped", "policy.restricted")]
    assert await stands(app, payout) == "REQUESTED"

    await publish(app, "yes", document(ALWAYS, does=[REJECT], trigger=NAMED))
    await publish(app, "but", document(ALWAYS, does=POINTLESS[1:], trigger=OWN))
    payout = await request(app)
    await app.trigger(NAMED, {**about, "payOutId": payout})
    await app.worker.drain()
    assert {status for _, status, _ in await actions(app, payout)} == {"applied", "dropped"}
