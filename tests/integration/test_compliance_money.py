"""Payments own pay-ins and refunds own pay-outs; the money stays right whatever becomes of these."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from compliance_house import (
    CORA,
    HOLD,
    LIFT,
    POLICIES,
    TESS,
    THEO,
    TONY,
    asked,
    case_types,
    confirm,
    context,
    decide,
    open_house,
    order,
    refund,
    register,
    state,
    states,
)

from orderwright import Event, Orderwright
from orderwright.app.compliance.payins import payin_id_of, rejection_hold
from orderwright.app.compliance.payouts import KIND, NewPayOut
from orderwright.app.orders import Asked
from orderwright.app.permissions import Role
from orderwright.domain.approval import approval_id
from orderwright.errors import InputInvalid

CLEARED, PENDING = "CLEARED_FOR_FULFILMENT", "PAYMENT_PENDING_CONFIRMATION"


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        yield opened


async def test_a_payment_owns_a_pay_in_that_is_expected_received_and_verified_with_it_once(
    app: Orderwright,
):
    order_id = await order(app)
    payment = await register(app, order_id)
    assert (await states(app, payment, order_id))[:2] == ("PENDING", "PENDING")
    await confirm(app, payment)
    assert await states(app, payment, order_id) == ("VERIFIED", "CONFIRMED", CLEARED)
    rows = await app.pool.fetch(
        "select id from orderwright.payin_record where order_id = $1", order_id
    )
    assert [row["id"] for row in rows] == [payin_id_of(payment)]
    log = await app.pool.fetch(
        "select event_type from orderwright.log where instance_id = $1 order by version",
        payin_id_of(payment),
    )
    events = [row["event_type"] for row in log]
    assert events == ["create", "PAYMENT_CONFIRMED", "DECISION_RECORDED"]


async def test_a_pay_in_that_is_verified_first_confirms_its_payment(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    transfer = {"amount": "100.00", "reference": "t1", "sender": "Ada"}
    payin = payin_id_of(payment)
    await app.pay_ins.send(payin, Event("PAYIN_RECEIVED", transfer), TONY)
    await app.worker.drain()
    assert await states(app, payment, order_id) == (
        "RECEIVED",
        "PENDING",
        "AWAITING_PAYMENT_METHOD",
    )
    assert (await app.pay_ins.send(payin, Event("VERIFY"), TONY)).refused is None
    await app.worker.drain()
    assert await states(app, payment, order_id) == ("VERIFIED", "CONFIRMED", CLEARED)
    assert (await context(app, payin))["receivedMinor"] == 10000


async def test_a_held_pay_in_holds_its_order_and_not_its_money(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    await decide(app, payin_id_of(payment), "HOLD_PLACED", **HOLD)
    await confirm(app, payment)
    assert await states(app, payment, order_id) == ("RECEIVED", "CONFIRMED", PENDING)
    assert (await context(app, order_id))["capturedMinor"] == 10000
    [held] = (await context(app, order_id))["holds"].values()
    assert (held["policy"], held["policyName"], held["version"]) == ("p1", "Third party", 2)
    await decide(app, payin_id_of(payment), "HOLD_LIFTED", **LIFT)
    assert await states(app, payment, order_id) == ("VERIFIED", "CONFIRMED", CLEARED)


async def test_a_hold_that_comes_after_clearance_takes_it_back(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    await decide(app, payin_id_of(payment), "HOLD_PLACED", **HOLD)
    assert await states(app, payment, order_id) == ("VERIFIED", "CONFIRMED", PENDING)


async def test_an_order_is_held_no_more_for_money_that_does_not_come(app: Orderwright):
    order_id = await order(app)
    payin = payin_id_of(await register(app, order_id))
    await decide(app, payin, "HOLD_PLACED", **HOLD)
    assert (await context(app, order_id))["holds"].keys() == {"h1"}
    await decide(app, payin, "FAIL", reason="no money came")
    assert (await context(app, order_id))["holds"] == {}


async def test_a_rejected_pay_in_holds_its_order_until_the_money_has_gone_back(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    payin = payin_id_of(payment)
    await decide(app, payin, "HOLD_PLACED", **HOLD)
    await confirm(app, payment)
    await app.pay_ins.send(payin, Event("REJECT", {"reason": "stolen"}), CORA)
    await app.worker.drain()
    assert await states(app, payment, order_id) == ("REJECTED", "CONFIRMED", PENDING)
    assert list((await context(app, order_id))["holds"]) == [rejection_hold(payin)]
    await refund(app, payment, "100.00")
    assert (await context(app, order_id))["holds"] == {}
    assert (await states(app, payment, order_id))[2] == "AWAITING_PAYMENT_METHOD"


async def test_money_for_a_pay_in_that_was_rejected_is_booked_holds_its_order_and_opens_a_case(
    app: Orderwright,
):
    order_id = await order(app)
    payment = await register(app, order_id)
    await app.pay_ins.send(payin_id_of(payment), Event("REJECT", {"reason": "stolen"}), CORA)
    await confirm(app, payment)
    assert await states(app, payment, order_id) == ("REJECTED", "CONFIRMED", PENDING)
    assert (await context(app, order_id))["capturedMinor"] == 10000
    assert await case_types(app, order_id) == ["LATE_PAYIN"]
    await refund(app, payment, "100.00")
    assert (await context(app, order_id))["holds"] == {}


async def test_what_becomes_of_a_payment_becomes_of_its_pay_in(app: Orderwright):
    order_id = await order(app)
    failed = await register(app, order_id)
    await app.payments.fail(failed, "no money came", TONY)
    await app.worker.drain()
    assert await state(app, payin_id_of(failed)) == "FAILED"
    await confirm(app, failed)
    assert await state(app, payin_id_of(failed)) == "VERIFIED"
    await refund(app, failed, "60.00")
    assert await state(app, payin_id_of(failed)) == "VERIFIED"
    await refund(app, failed, "40.00")
    assert await state(app, payin_id_of(failed)) == "REFUNDED"


async def test_a_payment_that_is_older_than_pay_ins_gets_one_when_it_is_confirmed(
    app: Orderwright,
):
    order_id = await order(app)
    payment = await register(app, order_id)
    payin = payin_id_of(payment)
    await app.pool.execute("delete from orderwright.payin_record where id = $1", payin)
    for table in ("outbox", "log", "instance"):
        await app.pool.execute(f"delete from orderwright.{table} where instance_id = $1", payin)
    await confirm(app, payment)
    assert await states(app, payment, order_id) == ("VERIFIED", "CONFIRMED", CLEARED)


async def test_more_than_was_expected_opens_a_case_about_the_pay_in(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    transfer = {"amount": "100.01", "reference": "t1"}
    await app.pay_ins.send(payin_id_of(payment), Event("PAYIN_RECEIVED", transfer), TONY)
    await app.worker.drain()
    assert await state(app, payin_id_of(payment)) == "MISMATCH"
    assert await case_types(app, order_id) == ["PAYIN_MISMATCH"]


# --- refunds --------------------------------------------------------------------------------------


async def test_a_refund_owns_a_pay_out_that_others_have_to_approve(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    payout = await refund(app, payment, "25.00")
    found = await context(app, payout)
    assert (found["amountMinor"], found["orderId"], found["requestedBy"]) == (
        2500,
        order_id,
        "tony",
    )
    await vote(app, payout, asked(Role.TREASURY, "tony"), refused="approval.own_request")
    await vote(app, payout, TESS)
    assert await state(app, payout) == "QUEUED"


async def test_nothing_is_sent_where_consent_is_to_less_than_the_pay_out(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    payout = await refund(app, payment, "80.00")
    asked_of = approval_id(payout, KIND, 1)
    less = await app.approval_desk.vote(asked_of, "APPROVE", "ten, no more", "10.00", TESS)
    assert less.refused is not None
    assert [one.values["field"] for one in less.refused.reasons] == ["amount"]
    await app.worker.drain()
    assert await state(app, payout) == "REQUESTED"
    whole = await app.approval_desk.vote(asked_of, "APPROVE", "all of it", "80.00", TESS)
    assert whole.refused is None
    await app.worker.drain()
    assert await state(app, payout) == "QUEUED"


async def test_an_amount_that_takes_two_takes_two_different_people(app: Orderwright):
    order_id = await order(app, "5000.00")
    payment = await register(app, order_id, "5000.00")
    await confirm(app, payment)
    payout = await refund(app, payment, "1000.01")
    await vote(app, payout, TESS)
    await vote(app, payout, TESS, refused="approval.voted_already")
    assert await state(app, payout) == "REQUESTED"
    await vote(app, payout, THEO)
    assert await state(app, payout) == "QUEUED"


async def test_a_changed_band_is_that_of_pay_outs_that_come_after(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    before = await refund(app, payment, "11.00")
    admin = asked(Role.ADMIN)
    await app.setting_desk.change("approval_low_band_up_to", 10, admin)
    after = await refund(app, payment, "11.00")
    await app.setting_desk.change("approval_low_band_up_to", 1000, admin)
    for payout in (before, after):
        await vote(app, payout, TESS)
    assert (await state(app, before), await state(app, after)) == ("QUEUED", "REQUESTED")


async def test_a_pay_out_that_is_denied_or_not_decided_in_time_is_cancelled(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    denied, waiting = [await refund(app, payment, "25.00") for _ in range(2)]
    await vote(app, denied, TESS, "DENY")
    assert await state(app, denied) == "CANCELLED"
    app.clock.advance(timedelta(days=7))
    await app.worker.drain()
    assert await state(app, waiting) == "CANCELLED"


async def let_wait(app: Orderwright, _payout: str) -> None:
    app.clock.advance(timedelta(days=7))
    await app.worker.drain()


async def deny(app: Orderwright, payout: str) -> None:
    await vote(app, payout, TESS, "DENY")


async def call_off(app: Orderwright, payout: str) -> None:
    await app.pay_outs.send(payout, Event("CANCEL", {"reason": "no account"}), TESS)
    await app.worker.drain()


async def turn_down(app: Orderwright, payout: str) -> None:
    await app.pay_outs.send(payout, Event("REJECT", {"reason": "stolen"}), CORA)
    await app.worker.drain()


@pytest.mark.parametrize("end", [deny, let_wait, call_off, turn_down])
async def test_a_refund_whose_pay_out_is_not_sent_is_undone_told_to_the_order_and_a_case(
    app: Orderwright, end: Callable[[Orderwright, str], Awaitable[None]]
):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    payout = await refund(app, payment, "100.00")
    assert (await states(app, payment, order_id))[1:] == ("REFUNDED", "AWAITING_PAYMENT_METHOD")
    await end(app, payout)
    assert (await states(app, payment, order_id))[1:] == ("CONFIRMED", CLEARED)
    assert (await context(app, order_id))["capturedMinor"] == 10000
    assert await case_types(app, order_id) == ["REFUND_NOT_SENT"]
    assert await state(app, await refund(app, payment, "100.00")) == "REQUESTED"


async def test_a_refund_is_undone_once_however_often_it_is_told_that_its_money_is_not_sent(
    app: Orderwright,
):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    await deny(app, await refund(app, payment, "25.00"))
    before = [await app.engine.read(one) for one in (payment, order_id)]
    await app.pool.execute("delete from orderwright.acknowledgement where consumer = 'compliance'")
    await app.pool.execute(
        "update orderwright.consumer set ord = '0', id = 0 where name = 'compliance'"
    )
    await app.worker.drain()
    assert [await app.engine.read(one) for one in (payment, order_id)] == before
    assert await case_types(app, order_id) == ["REFUND_NOT_SENT"]


async def test_a_refund_of_a_cancelled_order_that_is_not_sent_is_undone_and_a_case(
    app: Orderwright,
):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    cancel = Event("CANCEL_REQUESTED", {"reason": "no"})
    await app.orders.send_sale_event(order_id, cancel, asked(Role.ADMIN))
    await app.worker.drain()
    await deny(app, await refund(app, payment, "100.00"))
    assert (await states(app, payment, order_id))[1:] == ("CONFIRMED", "CANCELLED")
    assert "REFUND_NOT_SENT" in await case_types(app, order_id)
    assert "REFUSED_PAYMENT" not in await case_types(app, order_id)


async def test_an_order_of_a_rejected_pay_in_is_held_again_when_its_refund_is_not_sent(
    app: Orderwright,
):
    order_id = await order(app)
    payment = await register(app, order_id)
    await app.pay_ins.send(payin_id_of(payment), Event("REJECT", {"reason": "stolen"}), CORA)
    await confirm(app, payment)
    payout = await refund(app, payment, "100.00")
    assert (await context(app, order_id))["holds"] == {}
    await deny(app, payout)
    assert await states(app, payment, order_id) == ("REJECTED", "CONFIRMED", PENDING)
    await refund(app, payment, "100.00")
    assert (await context(app, order_id))["holds"] == {}


async def test_a_held_pay_out_keeps_the_consent_until_the_hold_is_lifted(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    payout = await refund(app, payment, "25.00")
    await decide(app, payout, "HOLD_PLACED", **HOLD)
    await vote(app, payout, TESS)
    assert await state(app, payout) == "REQUESTED"
    await decide(app, payout, "HOLD_LIFTED", **LIFT)
    assert await state(app, payout) == "QUEUED"


async def test_a_policy_that_approves_ends_the_question_to_people(app: Orderwright):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    payout = await refund(app, payment, "25.00")
    await decide(app, payout, "PAYOUT_APPROVED", policy="p1")
    assert await state(app, payout) == "QUEUED"
    assert await state(app, approval_id(payout, "PAYOUT", 1)) == "REVOKED"


# --- consent that is taken back, or whose time is over -------------------------------------------


async def approved_refund(app: Orderwright) -> tuple[str, str, str]:
    """An order, its payment, and a refund of it whose pay-out is queued."""
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    payout = await refund(app, payment, "100.00")
    await vote(app, payout, TESS)
    assert await state(app, payout) == "QUEUED"
    return order_id, payment, payout


async def take_back(app: Orderwright, payout: str) -> None:
    asked_of = approval_id(payout, "PAYOUT", 1)
    assert (await app.approval_desk.revoke(asked_of, "wrong account", THEO)).refused is None
    await app.worker.drain()
    assert await state(app, asked_of) == "REVOKED"


async def fail_to_send(app: Orderwright, payout: str) -> None:
    await go_out(app, payout, "START")
    await app.pay_outs.send(payout, Event("FAIL", {"reason": "no such account"}), TESS)


async def freeze(app: Orderwright, payout: str) -> None:
    await app.pay_outs.send(payout, Event("FREEZE", {"reason": "look"}), CORA)


async def leave(_app: Orderwright, _payout: str) -> None:
    pass


@pytest.mark.parametrize("meanwhile", [leave, fail_to_send, freeze])
async def test_consent_that_is_taken_back_before_the_money_leaves_calls_the_pay_out_off(
    app: Orderwright, meanwhile: Callable[[Orderwright, str], Awaitable[None]]
):
    order_id, payment, payout = await approved_refund(app)
    await meanwhile(app, payout)
    await take_back(app, payout)
    assert await state(app, payout) == "CANCELLED"
    assert (await context(app, payout))["closedReason"] == "wrong account"
    start = await app.pay_outs.send(payout, Event("START"), THEO)
    assert start.refused is not None
    assert (await states(app, payment, order_id))[1:] == ("CONFIRMED", CLEARED)
    assert await case_types(app, order_id) == ["REFUND_NOT_SENT"]


@pytest.mark.parametrize("way", [["START"], ["START", "SENT"], ["START", "SENT", "CONFIRMED"]])
async def test_consent_that_is_taken_back_once_the_money_is_under_way_is_a_case(
    app: Orderwright, way: list[str]
):
    order_id, _, payout = await approved_refund(app)
    await go_out(app, payout, *way)
    before = await state(app, payout)
    await take_back(app, payout)
    assert await state(app, payout) == before
    assert await case_types(app, order_id) == ["PAYOUT_NOT_STOPPED"]
    [case] = await app.pool.fetch(
        "select id from orderwright.case_record where root_id = $1", order_id
    )
    found = await context(app, case["id"])
    assert (found["subjectType"], found["subjectId"], found["role"], found["priority"]) == (
        "PayOut",
        payout,
        "COMPLIANCE",
        "HIGH",
    )
    assert found["evidence"]["data"]["reason"] == "wrong account"


async def test_what_was_not_sent_is_not_tried_again_once_the_consent_is_taken_back(
    app: Orderwright,
):
    _, payment, payout = await approved_refund(app)
    await go_out(app, payout, "START")
    await take_back(app, payout)
    await app.pay_outs.send(payout, Event("FAIL", {"reason": "no such account"}), TESS)
    retry = await app.pay_outs.send(payout, Event("RETRY"), TESS)
    assert retry.refused is not None
    assert [reason.code for reason in retry.refused.reasons] == ["payout.unapproved"]
    await call_off(app, payout)
    assert await state(app, payment) == "CONFIRMED"


async def test_people_who_take_back_what_a_policy_has_consented_to_as_well_are_told_by_a_case(
    app: Orderwright,
):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    payout = await refund(app, payment, "25.00")
    by_policy = Event("PAYOUT_APPROVED", {"policy": "p1"})
    assert (await app.engine.send(payout, by_policy, actor=POLICIES)).refused is None
    await vote(app, payout, TESS)  # before the question to people is closed
    await take_back(app, payout)
    assert await state(app, payout) == "QUEUED"
    assert await case_types(app, order_id) == ["PAYOUT_NOT_STOPPED"]


async def release(app: Orderwright, payout: str) -> None:
    await app.pay_outs.send(payout, Event("RELEASE"), CORA)


async def hold(app: Orderwright, payout: str) -> None:
    await decide(app, payout, "HOLD_PLACED", **HOLD)


async def lift(app: Orderwright, payout: str) -> None:
    await decide(app, payout, "HOLD_LIFTED", **LIFT)


@pytest.mark.parametrize(("stop", "let_go"), [(freeze, release), (hold, lift)])
async def test_consent_to_a_pay_out_that_is_stopped_outlives_its_validity(
    app: Orderwright,
    stop: Callable[[Orderwright, str], Awaitable[None]],
    let_go: Callable[[Orderwright, str], Awaitable[None]],
):
    order_id = await order(app)
    payment = await register(app, order_id)
    await confirm(app, payment)
    payout = await refund(app, payment, "100.00")
    await stop(app, payout)
    await vote(app, payout, TESS)
    stands = await state(app, payout)
    await let_wait(app, payout)
    assert await state(app, approval_id(payout, "PAYOUT", 1)) == "EXPIRED"
    assert await state(app, payout) == stands
    assert await state(app, payment) == "REFUNDED"
    await let_go(app, payout)
    assert await state(app, payout) == "QUEUED"
    assert await case_types(app, order_id) == []


async def go_out(app: Orderwright, payout: str, *events: str) -> None:
    for event in events:
        data = {"tx": "tx-1"} if event == "SENT" else {}
        result = await app.pay_outs.send(payout, Event(event, data), TESS)
        assert result.refused is None, result.refused
    await app.worker.drain()


async def vote(
    app: Orderwright,
    payout: str,
    who: Asked,
    decision: str = "APPROVE",
    refused: str | None = None,
) -> None:
    result = await app.pay_outs.vote(payout, decision, "looked at it", who)
    codes = [reason.code for reason in result.refused.reasons] if result.refused else []
    assert codes[:1] == ([refused] if refused else [])
    await app.worker.drain()
    assert await app.engine.read(approval_id(payout, "PAYOUT", 1)) is not None


async def test_a_pay_out_has_a_reason_that_can_be_read(app: Orderwright):
    odd = NewPayOut(amount="5.00", currency="EUR", reason="a\0b")
    with pytest.raises(InputInvalid, match="reason"):
        await app.pay_outs.request(odd, TONY)
