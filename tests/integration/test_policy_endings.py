"""What policies have asked people about an entity is no longer asked once it has ended, and is asked until then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from acting_house import begin, do, entity, holds, later, look, tell
from shop import DELIVER, PACK, SHIP, act, fulfilments, open_goods, receive, sold

from acceptance.harness import until
from orderwright import Event
from orderwright.runtime.command import Actor
from orderwright.runtime.outbox import EVENT_COLUMNS, placed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from orderwright import Orderwright

WAITING = """
select count(*) from pg_stat_activity where datname = current_database() and $1 = any(pg_blocking_pids(pid))
"""
WHY = {"reason": "so be it"}
CAPTURED = ("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": "p1"})
SENT = [("PAYOUT_APPROVED", {"approvalId": "by-treasury"}), ("START", {}), ("SENT", {"tx": "t"})]
Told = tuple[str, dict[str, object]]


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_goods(shared_database_url) as opened:
        yield opened


async def ask(app: Orderwright, kind: str, subject: str) -> str:
    return (await do(app, kind, subject, "REQUIRE_APPROVAL", deadline="30d")).id


async def happen(app: Orderwright, subject: str, told: Sequence[Told]) -> None:
    for event, data in told:
        await tell(app, subject, event, **data)
    await later(app)


async def ended(app: Orderwright, approval: str) -> tuple[str, object]:
    found = await look(app, approval)
    return found.state, found.snapshot.context["endedReason"]


async def cases(app: Orderwright, root: str) -> int:
    found: int = await app.pool.fetchval(
        "select count(*) from orderwright.case_record where root_id = $1 and case_type = 'ESCALATION'",
        root,
    )
    return found


async def tell_end(app: Orderwright, subject: str, name: str) -> None:
    """Tell of an end those who close what was asked, and nobody else."""
    [consumer] = [one for one in app.acts.consumers() if one.name == "policy-endings"]
    async with app.pool.acquire() as connection, connection.transaction():
        event = placed(await connection.fetchrow(_TOLD, subject, name)).event
        await consumer.handle(connection, event)


async def expected_pay_in(app: Orderwright) -> str:
    """A pay-in of which no money has come."""
    context = {"payInId": "pi-none", "expectedMinor": 100, "currency": "EUR"}
    await app.engine.create("payin", "pi-none", context=context, actor=Actor("test", "system"))
    return "pi-none"


@pytest.mark.parametrize(
    ("kind", "told", "reason"),
    [
        ("Order", [("REJECT", WHY)], "the order was rejected"),
        ("PayIn", [("REJECT", WHY)], "the pay-in was rejected"),
        ("PayIn", [("REFUND", WHY)], "the money has gone back"),
        ("PayOut", [("CANCEL", WHY)], "the pay-out was cancelled"),
        ("PayOut", [("REJECT", WHY)], "the pay-out was rejected"),
        ("KYC", [("REJECT", {**WHY, "final": True})], "the KYC session was rejected for good"),
        ("User", [("BLOCK", WHY)], "the user was blocked"),
    ],
)
async def test_what_has_ended_is_no_longer_asked_about_and_comes_to_no_case(
    app: Orderwright, kind: str, told: list[Told], reason: str
):
    subject = await entity(app, kind)
    asked = await ask(app, kind, subject)
    await happen(app, subject, told)
    assert await ended(app, asked) == ("REVOKED", reason)
    assert await cases(app, subject) == 0


async def test_documents_and_escalations_are_withdrawn_once_an_order_has_ended(app: Orderwright):
    order = await entity(app, "Order")
    papers = (await do(app, "Order", order, "REQUEST_DOCUMENT")).id
    escalated = (await do(app, "Order", order, "ESCALATE_TO_COMPLIANCE")).id
    await happen(app, order, [("REJECT", WHY)])
    assert await ended(app, papers) == ("CANCELLED", "the order was rejected")
    case = await look(app, escalated)
    said = case.snapshot.context["resolution"]
    assert (case.state, said["word"], said["note"]) == (
        "RESOLVED",
        "NO_ACTION",
        "the order was rejected",
    )
    counted = "select resolution from orderwright.policy_case where case_id = $1"
    assert await app.pool.fetchval(counted, escalated) == "WITHDRAWN"


async def test_what_a_policy_rejects_and_escalates_is_looked_into_all_the_same(app: Orderwright):
    order = await entity(app, "Order")
    escalated = (await do(app, "Order", order, "ESCALATE_TO_COMPLIANCE")).id
    await do(app, "Order", order, "REJECT_TRANSACTION")
    await later(app)
    assert (await look(app, escalated)).state == "OPEN"


async def test_no_reminder_and_no_case_comes_of_documents_of_a_pay_in_that_has_failed(
    app: Orderwright,
):
    payin = await begin(app, "PayIn")
    papers = (await do(app, "PayIn", payin, "REQUEST_DOCUMENT")).id
    await happen(app, payin, [("FAIL", WHY)])
    assert await ended(app, papers) == ("CANCELLED", "the pay-in has failed")
    await later(app, days=10)
    assert (await holds(app, payin), await cases(app, payin)) == ([], 0)


async def test_a_pay_out_that_is_sent_may_fail_and_is_asked_about_until_it_is_confirmed(
    app: Orderwright,
):
    payout = await entity(app, "PayOut")
    await happen(app, payout, SENT)
    asked = await ask(app, "PayOut", payout)
    await happen(app, payout, [("CONFIRMING", {})])
    assert await ended(app, asked) == ("PENDING", None)
    await happen(app, payout, [("CONFIRMED", {})])
    assert await ended(app, asked) == ("REVOKED", "the pay-out is confirmed")
    assert await cases(app, payout) == 0


async def test_a_pay_in_without_money_is_let_go_when_it_expires(app: Orderwright):
    payin = await expected_pay_in(app)
    asked = await ask(app, "PayIn", payin)
    assert await holds(app, payin) == [asked]
    await happen(app, payin, [("EXPIRE", {})])
    assert await ended(app, asked) == ("REVOKED", "the pay-in has expired")
    assert (await holds(app, payin), await cases(app, payin)) == ([], 0)


async def test_an_order_is_let_go_when_it_is_completed(app: Orderwright):
    await receive(app, "LAMP", 1)
    order = await sold(app, LAMP=1)
    [fulfilment] = await fulfilments(app, order)
    await act(app, fulfilment.id, PACK, SHIP)
    asked = await ask(app, "Order", order)
    await act(app, fulfilment.id, DELIVER)
    await later(app, days=14)
    assert (await look(app, order)).state == "COMPLETED"
    assert await ended(app, asked) == ("REVOKED", "the order is completed")
    assert (await holds(app, order), await cases(app, order)) == ([], 0)


@pytest.mark.parametrize(
    ("kind", "before", "after", "state"),
    [
        ("KYC", [], [("REJECT", WHY)], "REJECTED"),
        ("KYC", [], [("EXPIRE", {})], "EXPIRED"),
        ("PayIn", [("VERIFY", {})], [], "VERIFIED"),
        ("Order", [CAPTURED], [], "PAYMENT_PENDING_CONFIRMATION"),
    ],
)
async def test_what_may_go_on_is_asked_about_further(
    app: Orderwright, kind: str, before: list[Told], after: list[Told], state: str
):
    subject = await entity(app, kind)
    for event, data in before:  # the relay tells of it later, when the approval is there
        await tell(app, subject, event, **data)
    asked = await ask(app, kind, subject)
    await happen(app, subject, after)
    assert (await look(app, subject)).state == state
    assert await ended(app, asked) == ("PENDING", None)
    assert await holds(app, subject) == [asked]


async def test_an_order_that_has_expired_still_waits_for_consent_when_it_is_reopened(
    app: Orderwright,
):
    order = await entity(app, "Order")
    asked = await ask(app, "Order", order)
    await later(app, days=1)
    assert (await look(app, order)).state == "EXPIRED"
    await happen(app, order, [("REOPEN", {}), CAPTURED])
    assert await ended(app, asked) == ("PENDING", None)
    assert await holds(app, order) == [asked]
    assert (await look(app, order)).state == "PAYMENT_PENDING_CONFIRMATION"


async def test_nobody_is_asked_about_what_has_ended_before(app: Orderwright):
    payout = await entity(app, "PayOut")
    await tell(app, payout, "CANCEL", **WHY)
    asked = await do(app, "PayOut", payout, "REQUIRE_APPROVAL")
    assert (asked.status, asked.code) == ("skipped", "entity.ended")
    assert await app.engine.read(asked.id) is None


async def test_what_somebody_judges_while_the_end_is_told_counts_as_judged(app: Orderwright):
    payout = await entity(app, "PayOut")
    case = (await do(app, "PayOut", payout, "ESCALATE_TO_COMPLIANCE")).id
    await later(app)
    await tell(app, payout, "CANCEL", **WHY)
    declined = Event("RESOLVE", {"resolution": "DECLINED", "note": "fraud"})
    async with app.pool.acquire() as connection, connection.transaction():
        judged = await app.engine.send(case, declined, actor="carla", connection=connection)
        assert judged.refused is None
        ending = asyncio.create_task(tell_end(app, payout, "payout.cancelled"))
        waits = (WAITING, connection.get_server_pid())
        await until(lambda: app.pool.fetchval(*waits))
    await ending
    await later(app)
    counted = "select resolution from orderwright.policy_case where case_id = $1"
    assert await app.pool.fetchval(counted, case) == "DECLINED"


_TOLD = f"""
select ord, id, {EVENT_COLUMNS}, false as is_parked from orderwright.outbox where instance_id = $1 and name = $2
"""
