"""Returns: the goods, the return itself, and the money: to the payments that were captured, never above them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from shop import (
    ADMIN,
    BOSS,
    DELIVER,
    PACK,
    REFUND,
    SELLABLE,
    SHIP,
    act,
    again,
    context,
    fulfilments,
    open_goods,
    pay,
    place,
    receive,
    register,
    sold,
    state,
    stock,
    tell,
    wait,
)

from orderwright import Event, Orderwright
from orderwright.app.goods.returning import Returning
from orderwright.app.payment_phases import PaymentPhases
from orderwright.app.payment_reports import Kind, Receipt, Report
from orderwright.app.payments import NewPayment, RefundLine
from orderwright.runtime.worker import Worker


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_goods(database_url) as opened:
        yield opened


def asking(*lines: tuple[int, int]) -> Event:
    named = [{"lineNo": number, "quantity": count} for number, count in lines]
    return Event("RETURN_REQUESTED", {"reason": "broken", **({"lines": named} if named else {})})


async def delivered(app: Orderwright, order_id: str) -> str:
    """Deliver the one fulfilment of an order, and return its id."""
    [one] = await fulfilments(app, order_id)
    await act(app, one.id, PACK, SHIP, DELIVER)
    return one.id


async def returns(app: Orderwright) -> list[tuple[str, str]]:
    """Number and state of all returns."""
    rows = await app.pool.fetch(
        "select r.number, i.state from orderwright.goods_return as r"
        " join orderwright.instance as i on i.instance_id = r.id order by r.number"
    )
    return [(row["number"], row["state"]) for row in rows]


async def remaining(app: Orderwright, payment_id: str) -> int:
    found = await context(app, payment_id)
    gone = int(str(found["refundedMinor"])) + int(str(found["chargedBackMinor"]))
    return int(str(found["amountMinor"])) - gone


async def test_a_part_comes_back_is_sellable_again_and_its_money_goes_back_to_the_payment(
    app: Orderwright,
):
    await receive(app, "LAMP", 3)
    order_id = await place(app, LAMP=3)
    payment_id = await pay(app, order_id, "30.00")
    await app.worker.drain()
    one = await delivered(app, order_id)
    await act(app, one, asking((1, 2)), SELLABLE)
    assert await returns(app) == [("RE-000001", "RECEIVED")]
    assert await stock(app, "LAMP") == {"available main": 2}
    await act(app, one, REFUND)
    assert (await returns(app), await state(app, one)) == (
        [("RE-000001", "REFUNDED")],
        "DELIVERED",
    )
    assert await remaining(app, payment_id) == 1000
    sale = await context(app, order_id)
    assert (sale["capturedMinor"], sale["refundedLinesMinor"]) == (1000, 2000)
    await act(app, one, asking(), SELLABLE, REFUND)
    assert await state(app, one) == "REFUNDED"
    assert await remaining(app, payment_id) == 0
    assert await state(app, order_id) == "COMPLETED"
    sale = await context(app, order_id)
    assert (sale["capturedMinor"], sale["refundedLinesMinor"]) == (0, 3000)


async def test_money_goes_back_to_the_newest_payment_first_and_never_above_any(app: Orderwright):
    await receive(app, "LAMP", 3)
    order_id = await place(app, LAMP=3)
    old = await pay(app, order_id, "22.00")
    await wait(app, seconds=1)
    new = await pay(app, order_id, "8.00")
    await app.worker.drain()
    one = await delivered(app, order_id)
    await act(app, one, asking((1, 1)), SELLABLE, REFUND)
    assert [await remaining(app, payment) for payment in (old, new)] == [2000, 0]
    sale = await context(app, order_id)
    assert (sale["capturedMinor"], sale["refundedLinesMinor"]) == (2000, 1000)
    assert await app.pool.fetchval("select count(*) from orderwright.case_record") == 0


async def test_shipping_stays_paid_when_all_comes_back_until_somebody_refunds_it(app: Orderwright):
    await receive(app, "LAMP", 2)
    order_id = await place(app, shipping="5.00", LAMP=2)
    await app.worker.drain()
    payment_id = await pay(app, order_id, "25.00")
    await app.worker.drain()
    own = await delivered(app, order_id)
    await act(app, own, asking(), SELLABLE, REFUND)
    assert await remaining(app, payment_id) == 500

    result = await app.payments.refund(payment_id, "5.00", "shipping", ADMIN)

    assert result.refused is None, result.refused
    await app.worker.drain()
    assert await remaining(app, payment_id) == 0


async def test_what_was_not_paid_is_taken_off_what_is_due_and_releases_credit(app: Orderwright):
    await receive(app, "LAMP", 3)
    order_id = await place(app, LAMP=3)
    payment_id = await pay(app, order_id, "5.00")
    await app.worker.drain()
    await tell(app, order_id, "SET_PAYMENT_METHOD", method="INVOICE")
    assert (await context(app, order_id))["creditHeldMinor"] == 2500
    one = await delivered(app, order_id)
    await act(app, one, asking((1, 2)), SELLABLE, REFUND)
    assert (await context(app, order_id))["creditHeldMinor"] == 500
    assert await remaining(app, payment_id) == 500
    await act(app, one, asking(), SELLABLE, REFUND)
    sale = await context(app, order_id)
    assert (sale["creditHeldMinor"], sale["capturedMinor"], await state(app, order_id)) == (
        0,
        0,
        "COMPLETED",
    )
    assert await remaining(app, payment_id) == 0


async def test_a_line_that_was_credited_is_not_refunded_as_well_when_it_is_paid_after_all(
    app: Orderwright,
):
    await receive(app, "LAMP", 1)
    await receive(app, "BULB", 1)
    order_id = await place(app, "10.00", LAMP=1, BULB=1)
    await app.worker.drain()
    await tell(app, order_id, "SET_PAYMENT_METHOD", method="INVOICE")
    one = await delivered(app, order_id)
    await act(app, one, asking((1, 1)), SELLABLE, REFUND)
    payment_id = await pay(app, order_id, "20.00")
    await app.worker.drain()
    line = [RefundLine(line_no=1, amount="10.00")]
    again_paid = await app.payments.refund(payment_id, "10.00", "returned", ADMIN, lines=line)
    assert again_paid.refused is not None
    (why,) = again_paid.refused.reasons
    assert (why.code, why.values["left"]) == ("payment.exceeds_captured", "0.00")
    too_much = await app.payments.refund(payment_id, "10.00", "paid too much", ADMIN)
    assert too_much.refused is None
    await app.worker.drain()
    sale = await context(app, order_id)
    assert (sale["capturedMinor"], sale["refundedLinesMinor"]) == (1000, 1000)


async def test_a_rejected_return_moves_neither_goods_for_good_nor_money(app: Orderwright):
    await receive(app, "LAMP", 1)
    order_id = await sold(app, LAMP=1)
    one = await delivered(app, order_id)
    rejected = Event("RETURN_REJECTED", {"reason": "worn"})
    await act(app, one, asking(), rejected)
    await act(app, one, asking(), SELLABLE)
    assert await stock(app, "LAMP") == {"available main": 1}
    await act(app, one, rejected)
    assert await stock(app, "LAMP") == {}
    assert [found for _, found in await returns(app)] == ["REJECTED", "REJECTED"]
    assert (await context(app, order_id))["capturedMinor"] == 1000
    await wait(app, days=14)
    assert await state(app, order_id) == "COMPLETED"


async def test_goods_that_were_promised_since_cannot_be_sent_back_to_who_returned_them(
    app: Orderwright,
):
    await receive(app, "LAMP", 1)
    order_id = await sold(app, LAMP=1)
    one = await delivered(app, order_id)
    other = await sold(app, LAMP=1)
    await act(app, one, asking(), SELLABLE)
    assert await state(app, (await fulfilments(app, other))[0].id) == "PICK_PACK"
    rejected = Event("RETURN_REJECTED", {"reason": "worn"})
    result = await app.orders.send_fulfilment_event(one, rejected, ADMIN)
    assert result.refused is not None
    (why,) = result.refused.reasons
    assert (why.code, why.values["free"]) == ("return.goods_promised", {"LAMP": 0})
    assert await state(app, one) == "RETURN_RECEIVED"
    await tell(app, other, "CANCEL_REQUESTED", reason="no")
    await act(app, one, rejected)
    assert (await state(app, one), await stock(app, "LAMP")) == ("DELIVERED", {})


async def test_money_that_came_in_by_no_known_payment_is_a_case(app: Orderwright):
    await receive(app, "LAMP", 1)
    order_id = await place(app, LAMP=1)
    await app.worker.drain()
    await tell(app, order_id, "PAYMENT_CAPTURED", amount="10.00", paymentId="cash")
    one = await delivered(app, order_id)
    await act(app, one, asking(), SELLABLE, REFUND)
    assert await app.pool.fetch("select case_type from orderwright.case_record") == [
        ("REFUND_OPEN",)
    ]
    assert (await context(app, order_id))["refundedLinesMinor"] == 1000


async def test_what_the_provider_gave_back_before_is_neither_given_back_again_nor_taken_for_the_refund(
    app: Orderwright,
):
    await receive(app, "LAMP", 2)
    order_id = await place(app, price="100.00", LAMP=2)
    new = NewPayment(
        order_id=order_id,
        amount="200.00",
        currency="EUR",
        method="CARD",
        provider="stripe",
        reference="c1",
    )
    payment_id = (await app.payments.register_consumer(new, ADMIN)).instance_id
    await reported(app, Kind.CAPTURED, 20000)
    one = await delivered(app, order_id)
    await reported(app, Kind.REFUNDED, 5000, "console")
    await act(app, one, asking(), SELLABLE, REFUND)
    assert await remaining(app, payment_id) == 0
    sale = await context(app, order_id)
    assert (sale["capturedMinor"], sale["refundedLinesMinor"]) == (0, 20000)
    assert await sent(app) == [15000]
    await reported(app, Kind.REFUNDED, 15000, "of the return")
    assert await remaining(app, payment_id) == 0
    assert await sent(app) == [15000]


async def reported(app: Orderwright, kind: Kind, amount_minor: int, part: str = "") -> None:
    report = Report(
        provider="stripe",
        event_id=f"{kind} {part}",
        kind=kind,
        reference="c1",
        amount_minor=amount_minor,
        currency="EUR",
        part=part,
    )
    assert await app.payment_reports.receive(report, "CONSUMER") is Receipt.TAKEN
    await app.worker.drain()


async def sent(app: Orderwright) -> list[int]:
    """What pay-outs of refunds are to send, in minor units."""
    rows = await app.pool.fetch(
        "select amount_minor from orderwright.payout_record where refund_id is not null"
    )
    return [row["amount_minor"] for row in rows]


async def test_a_pay_out_for_a_return_is_asked_for_by_who_had_it_refunded(app: Orderwright):
    await receive(app, "LAMP", 2)
    order_id = await place(app, LAMP=2)
    await pay(app, order_id, "20.00")
    await app.worker.drain()
    await act(app, await delivered(app, order_id), asking((1, 1)), SELLABLE, REFUND)
    rows = await app.pool.fetch(
        "select p.requested_by as asker, a.requested_by as shut_out from orderwright.payout_record as p"
        " join orderwright.approval as a on a.subject_id = p.id where p.order_id = $1",
        order_id,
    )
    assert [tuple(row) for row in rows] == [(ADMIN.by.id, ADMIN.by.id)]


async def test_working_off_a_refund_again_moves_no_money(app: Orderwright):
    await receive(app, "LAMP", 2)
    order_id = await place(app, LAMP=2)
    payment_id = await pay(app, order_id, "20.00")
    await app.worker.drain()
    one = await delivered(app, order_id)
    await act(app, one, asking((1, 1)), SELLABLE, REFUND)
    before = await context(app, order_id)
    for _ in range(2):
        await again(app)
    after = await context(app, order_id)
    assert await remaining(app, payment_id) == 1000
    assert (after["capturedMinor"], after["refundedLinesMinor"]) == (1000, 1000)
    assert before["refunds"] == after["refunds"]


# --- money that moves at the same time ------------------------------------------------------------


async def goodwill(app: Orderwright, payment_id: str) -> None:
    result = await app.payments.refund(payment_id, "30.00", "sorry", ADMIN)
    assert result.refused is None, result.refused


async def refund_of_lines(app: Orderwright, payment_id: str) -> None:
    lines = [RefundLine(line_no=1, amount="70.00")]
    result = await app.payments.refund(payment_id, "70.00", "late", ADMIN, lines=lines)
    assert result.refused is None, result.refused


async def chargeback(app: Orderwright, payment_id: str) -> None:
    assert (await app.payments.charge_back(payment_id, "100.00", "fraud", ADMIN)).refused is None


async def capture(app: Orderwright, payment_id: str) -> None:
    assert (await app.payments.confirm(payment_id, ADMIN)).refused is None


async def made_good(
    app: Orderwright, move: Callable[[Orderwright, str], Awaitable[None]], *, is_heard: bool
) -> tuple[object, ...]:
    """Return 40 of 100 while money moves, of which the sale has heard before or not; tell where all of it is."""
    order_id = await place(app, price="20.00", LAMP=5)
    payment_id = await register(app, order_id, "100.00")
    if move is capture:
        await tell(app, order_id, "SET_PAYMENT_METHOD", method="INVOICE")
    else:
        await capture(app, payment_id)
        await app.worker.drain()
    one = await delivered(app, order_id)
    await act(app, one, asking((1, 2)), SELLABLE)
    await move(app, payment_id)
    if is_heard:
        await app.worker.drain()
    assert (await app.orders.send_fulfilment_event(one, REFUND, ADMIN)).refused is None
    await Worker(app.engine, [Returning(app.engine).consumer()]).drain()
    await app.worker.drain()
    sale = await context(app, order_id)
    assert await state(app, one) == "DELIVERED"
    return await remaining(app, payment_id), sale["capturedMinor"], sale["refundedLinesMinor"]


async def test_a_return_comes_to_the_same_whether_the_sale_has_heard_of_other_money_or_not(
    app: Orderwright,
):
    await receive(app, "LAMP", 40)
    for move, comes_to in (
        (capture, (6000, 6000, 4000)),
        (goodwill, (6000, 6000, 4000)),
        (refund_of_lines, (0, 0, 10000)),
        (chargeback, (0, 0, 4000)),
    ):
        for is_heard in (True, False):
            assert await made_good(app, move, is_heard=is_heard) == comes_to, (move, is_heard)
    rows = await app.pool.fetch("select case_type from orderwright.case_record")
    assert {row["case_type"] for row in rows} == {"CHARGEBACK", "UNCOVERED"}


async def earned(app: Orderwright) -> tuple[int, int]:
    """What ada's completed sales have come to, and the limit that they have earned."""
    [standing] = await app.credit_view.standings(BOSS, "ada")
    return standing.profile.cumulative_minor, standing.profile.earned_minor


async def test_what_comes_back_earns_no_credit_whoever_is_faster(app: Orderwright):
    # Before the time for consent to the refunds runs out, which would undo them.
    await app.setting_desk.change("return_window_days", 1, ADMIN)
    await receive(app, "LAMP", 20)
    money = [Returning(app.engine).consumer(), PaymentPhases(app.engine).consumer()]
    for is_refunded_first in (True, False):
        order_id = await sold(app, LAMP=10)
        one = await delivered(app, order_id)
        await act(app, one, asking((1, 4)), SELLABLE, REFUND)
        await act(app, one, asking(), SELLABLE)
        assert (await app.orders.send_fulfilment_event(one, REFUND, ADMIN)).refused is None
        first = money if is_refunded_first else [app.phases.consumer()]
        await Worker(app.engine, first).drain()
        refunded_at = "CLEARED_FOR_FULFILMENT" if is_refunded_first else "COMPLETED"
        assert await state(app, order_id) == refunded_at
        await app.worker.drain()
        assert (await state(app, order_id), await earned(app)) == ("COMPLETED", (0, 0))
    order_id = await sold(app, LAMP=10)
    one = await delivered(app, order_id)
    await act(app, one, asking((1, 4)), SELLABLE, REFUND)
    await wait(app, days=1)
    assert (await state(app, order_id), await earned(app)) == ("COMPLETED", (6000, 60))
