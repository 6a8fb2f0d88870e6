"""Payments on a real database: they stand by themselves, and a consumer carries them to the sale."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from orderwright import Event, Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.payment_phases import PAYMENTS
from orderwright.app.payment_reports import Kind, Receipt, Report
from orderwright.app.payments import (
    NewPayment,
    PaymentChannelWrong,
    PaymentCurrencyWrong,
    RefundLine,
)
from orderwright.app.permissions import Identity, Role, RoleMissing
from orderwright.app.records import OrderNotFound
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.errors import InputInvalid
from orderwright.runtime.ledger import differences
from orderwright.runtime.replay import Replay
from orderwright.runtime.reply import IdempotencyMismatch


def asked(role: Role = Role.ADMIN, key: str | None = None, customer: str | None = None) -> Asked:
    by = Identity(
        id=role.lower(),
        login=role.lower(),
        name=role.title(),
        roles=frozenset({role}),
        customer_id=customer,
    )
    return Asked(by=by, idempotency_key=key)


@pytest.fixture
async def app(furnished_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with Orderwright.connect(furnished_url, settings=Settings(), clock=clock) as opened:
        yield opened
        assert [one async for one in differences(opened.pool)] == []
        for (instance_id,) in await opened.pool.fetch(
            "select instance_id from orderwright.instance"
        ):
            assert await Replay(opened.pool).verify(instance_id) == ()


async def order(app: Orderwright, channel: str = "CONSUMER") -> str:
    """An order over 100.00 EUR with lines of 60.00 and 40.00."""
    lines = [
        {"sku": "ANVIL", "quantity": 1, "unitPrice": "60.00"},
        {"sku": "ANVIL", "quantity": 1, "unitPrice": "40.00"},
    ]
    terms = NewTerms(customer_id="ada", channel=channel, currency="EUR", lines=lines)  # type: ignore[arg-type]
    return (await app.orders.create_order(terms, asked())).instance_id


async def register(app: Orderwright, order_id: str, amount: str = "100.00", **named: str) -> str:
    new = NewPayment(order_id=order_id, amount=amount, currency="EUR", method="CARD", **named)
    result = await app.payments.register_consumer(new, asked(Role.BILLER))
    assert result.refused is None, result.refused
    return result.instance_id


async def standing(app: Orderwright, instance_id: str) -> tuple[str, dict]:
    instance = await app.engine.read(instance_id)
    assert instance is not None
    return instance.state, dict(instance.snapshot.context)


async def sale(app: Orderwright, order_id: str) -> tuple[str, int]:
    state, context = await standing(app, order_id)
    return state, context["capturedMinor"]


async def tell(app: Orderwright, order_id: str, event: str, **data: object) -> None:
    result = await app.orders.send_sale_event(order_id, Event(event, data), asked())
    assert result.refused is None, result.refused


async def emitted(app: Orderwright, name: str) -> list[dict]:
    rows = await app.pool.fetch(
        "select payload from orderwright.outbox where name = $1 order by ord, id", name
    )
    return [json.loads(row["payload"]) for row in rows]


async def balance(app: Orderwright, order_id: str) -> int:
    found = await app.pool.fetchval(
        "select amount from orderwright.balance where ledger = 'payments' and account = $1",
        order_id,
    )
    return found or 0


async def captures(app: Orderwright, order_id: str) -> int:
    rows = await app.pool.fetch(
        "select data from orderwright.ledger_entry where ledger = 'captures' and instance_id = $1",
        order_id,
    )
    return sum(json.loads(row["data"])["amountMinor"] for row in rows)


async def test_payments_clear_a_sale_and_a_refund_before_shipping_unclears_it(app: Orderwright):
    order_id = await order(app)
    first, second = [await register(app, order_id, amount) for amount in ("30.00", "70.00")]
    for payment_id in (first, second):
        assert (await app.payments.confirm(payment_id, asked(Role.ACCOUNTANT))).refused is None
        await app.worker.drain()
    assert await sale(app, order_id) == ("CLEARED_FOR_FULFILMENT", 10000)
    assert await captures(app, order_id) == await balance(app, order_id) == 10000

    refunded = await app.payments.refund(second, "20.00", "late", asked())
    assert refunded.refused is None
    await app.worker.drain()
    assert await sale(app, order_id) == ("PAYMENT_PENDING_CONFIRMATION", 8000)
    [fulfilment] = (await app.queries.fulfilments([order_id]))[order_id]
    assert (await standing(app, fulfilment.id))[0] == "ON_HOLD"
    assert await captures(app, order_id) == await balance(app, order_id) == 8000


async def test_a_refund_of_lines_lowers_what_is_due_and_a_line_is_refunded_once(app: Orderwright):
    order_id = await order(app)
    payments = [await register(app, order_id, amount) for amount in ("50.00", "50.00")]
    for payment_id in payments:
        await app.payments.confirm(payment_id, asked())
    await app.worker.drain()
    line = [RefundLine(line_no=2, amount="40.00")]
    results = await asyncio.gather(
        *(app.payments.refund(one, "40.00", "broken", asked(), lines=line) for one in payments)
    )
    refused = [result.refused for result in results if result.refused is not None]
    assert [reason.code for one in refused for reason in one.reasons] == [
        "payment.exceeds_captured"
    ]
    await app.worker.drain()
    state, context = await standing(app, order_id)
    assert (state, context["refundedLinesMinor"]) == ("CLEARED_FOR_FULFILMENT", 4000)
    assert context["capturedMinor"] == 6000


async def test_money_counts_while_a_sale_is_frozen_and_clears_it_on_release(app: Orderwright):
    order_id = await order(app)
    payment_id = await register(app, order_id)
    await tell(app, order_id, "FREEZE", reason="odd address")
    await app.payments.confirm(payment_id, asked())
    await app.worker.drain()
    assert await sale(app, order_id) == ("FROZEN", 10000)
    await app.payments.charge_back(payment_id, "100.00", "stolen card", asked())
    await app.worker.drain()
    assert await sale(app, order_id) == ("FROZEN", 0)
    await tell(app, order_id, "RELEASE")
    assert await sale(app, order_id) == ("AWAITING_PAYMENT_METHOD", 0)
    assert await emitted(app, "payment.refused") == []


async def test_money_told_to_an_order_that_has_ended_is_kept_once_as_a_payment_with_a_case(
    app: Orderwright,
):
    order_id = await order(app)
    await tell(app, order_id, "CANCEL_REQUESTED", reason="changed mind")
    money = Event("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": "transfer-7"})
    for key in ("k", "k", None):
        result = await app.orders.send_sale_event(order_id, money, asked(key=key))
        assert result.refused is not None
        assert result.refused.code == "done"
    await app.worker.drain()
    assert await sale(app, order_id) == ("CANCELLED", 0)
    assert await balance(app, order_id) == 10000
    assert await case_types(app, order_id) == ["REFUSED_PAYMENT"]
    [(payment_id,)] = await app.pool.fetch("select id from orderwright.payment")
    assert (await app.payments.refund(payment_id, "100.00", "ended", asked())).refused is None
    await app.worker.drain()
    assert await balance(app, order_id) == 0
    nothing = Event("PAYMENT_CAPTURED", {"amount": "0.00", "paymentId": "transfer-8"})
    with pytest.raises(InputInvalid):
        await app.orders.send_sale_event(order_id, nothing, asked())


async def test_the_money_of_an_order_that_ends_is_a_case_that_names_each_payment_and_what_is_left(
    app: Orderwright,
):
    order_id = await order(app)
    payment_id = await register(app, order_id, "60.00")
    await app.payments.confirm(payment_id, asked())
    await tell(app, order_id, "PAYMENT_CAPTURED", amount="10.00", paymentId="till")
    await app.worker.drain()
    await app.payments.refund(payment_id, "20.00", "late", asked())
    await app.worker.drain()
    await tell(app, order_id, "REJECT", reason="fraud")
    unpaid = await order(app)
    await tell(app, unpaid, "REJECT", reason="fraud")
    await app.worker.drain()
    [event] = await emitted(app, "sale.refund_due")
    assert (event["capturedMinor"], event["payments"]) == (5000, {payment_id: 4000, "till": 1000})
    assert await case_types(app, order_id) == ["REFUND_DUE"]
    assert await case_types(app, unpaid) == []


async def test_what_an_order_had_counted_before_it_ended_is_no_new_money(app: Orderwright):
    order_id = await order(app)
    payment_id = await register(app, order_id, "60.00")
    await tell(app, order_id, "PAYMENT_CAPTURED", amount="10.00", paymentId="till")
    await tell(app, order_id, "REJECT", reason="fraud")
    for name, amount in (("till", "10.00"), (payment_id, "60.00")):
        money = Event("PAYMENT_CAPTURED", {"amount": amount, "paymentId": name})
        result = await app.orders.send_sale_event(order_id, money, asked())
        assert result.refused is not None
    assert [row["id"] for row in await app.pool.fetch("select id from orderwright.payment")] == [
        payment_id
    ]


async def test_money_that_is_told_under_the_name_of_its_ended_order_is_kept(app: Orderwright):
    order_id = await order(app)
    await tell(app, order_id, "CANCEL_REQUESTED", reason="changed mind")
    money = Event("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": order_id})
    await app.orders.send_sale_event(order_id, money, asked())
    await app.worker.drain()
    assert await balance(app, order_id) == 10000
    assert await case_types(app, order_id) == ["REFUSED_PAYMENT"]


async def test_no_registration_takes_the_place_of_late_money(app: Orderwright):
    order_id = await order(app)
    await tell(app, order_id, "CANCEL_REQUESTED", reason="changed mind")
    shadow = NewPayment(
        order_id=await order(app),
        amount="1.00",
        currency="EUR",
        method="CARD",
        provider="late",
        reference=f"{order_id}/transfer-7",
    )
    own = asked(Role.CUSTOMER, customer="ada")
    assert (await app.payments.register_consumer(shadow, own)).refused is None
    money = Event("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": "transfer-7"})
    await app.orders.send_sale_event(order_id, money, asked())
    assert await balance(app, order_id) == 10000


async def test_no_payment_has_a_name_that_cannot_be_looked_up(app: Orderwright):
    order_id = await order(app)
    endless = "".join(map(str, range(4000)))
    for named in ({"provider": endless, "reference": "r"}, {"reference": endless}):
        with pytest.raises(InputInvalid, match="1 to 255 characters"):
            await register(app, order_id, **named)
    longest = "\N{LINEAR B SYLLABLE B008 A}" * 255
    await register(app, order_id, provider="stripe", reference=longest)
    await tell(app, order_id, "CANCEL_REQUESTED", reason="changed mind")
    money = Event("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": endless})
    late = (await app.orders.send_sale_event(order_id, money, asked())).refused
    assert late is not None
    assert (late.code, late.values["field"]) == ("event_data", "paymentId")


async def test_no_payment_is_larger_than_its_balance_can_count(app: Orderwright):
    order_id = await order(app)
    with pytest.raises(InputInvalid, match="amount"):
        await register(app, order_id, "1000000000000000.00")
    largest = await register(app, order_id, "999999999999999.99")
    assert (await app.payments.confirm(largest, asked())).refused is None
    assert await balance(app, order_id) == 10**17 - 1


async def test_a_failure_is_taken_whatever_its_provider_writes_as_the_reason(app: Orderwright):
    payment_id = await register(app, await order(app), provider="stripe", reference="pi_nul")
    for number, reason in enumerate(("declined\0", "\0")):
        report = Report(
            provider="stripe",
            event_id=f"evt_nul_{number}",
            kind=Kind.FAILED,
            reference="pi_nul",
            amount_minor=10000,
            currency="EUR",
            reason=reason,
        )
        assert await app.payment_reports.receive(report, "CONSUMER") is Receipt.TAKEN
        if not number:
            assert (await standing(app, payment_id))[1]["failedReason"] == "declined"


async def case_types(app: Orderwright, order_id: str) -> list[str]:
    rows = await app.pool.fetch(
        "select case_type from orderwright.case_record where root_id = $1 order by number",
        order_id,
    )
    return [row["case_type"] for row in rows]


async def test_a_payment_stands_when_the_sale_refuses_it_and_that_is_told(app: Orderwright):
    order_id = await order(app)
    payment_id = await register(app, order_id)
    await tell(app, order_id, "CANCEL_REQUESTED", reason="changed mind")
    await app.payments.confirm(payment_id, asked())
    await app.worker.drain()
    assert (await standing(app, payment_id))[0] == "CONFIRMED"
    assert await sale(app, order_id) == ("CANCELLED", 0)
    assert await balance(app, order_id) == 10000
    [told] = await emitted(app, "payment.refused")
    assert (told["event"], told["code"], told["amountMinor"]) == (
        "PAYMENT_CAPTURED",
        "done",
        10000,
    )
    await app.payments.refund(payment_id, "100.00", "the order was cancelled", asked())
    await app.worker.drain()
    assert await balance(app, order_id) == 0
    assert len(await emitted(app, "payment.refused")) == 1  # this is what everybody waits for


async def test_money_after_expiry_is_told_and_revives_nothing(app: Orderwright):
    order_id = await order(app)
    payment_id = await register(app, order_id)
    await app.engine.send(order_id, Event("SALE_EXPIRED"), actor=PAYMENTS)
    await app.payments.confirm(payment_id, asked())
    await app.worker.drain()
    assert await sale(app, order_id) == ("EXPIRED", 10000)
    assert [told["paymentId"] for told in await emitted(app, "payment.late")] == [payment_id]


async def test_what_does_not_agree_with_the_order_is_refused_and_keeps_no_key(app: Orderwright):
    order_id = await order(app)
    wrong = NewPayment(order_id=order_id, amount="100.00", currency="USD", method="CARD")
    with pytest.raises(PaymentCurrencyWrong, match="USD"):
        await app.payments.register_consumer(wrong, asked(key="k"))
    right = NewPayment(order_id=order_id, amount="100.00", currency="EUR", method="CARD")
    with pytest.raises(PaymentChannelWrong):
        await app.payments.register_reseller(right, asked(key="k"))
    first = await app.payments.register_consumer(right, asked(key="k"))
    again = await app.payments.register_consumer(right, asked(key="k"))
    assert (first.refused, again.replayed, again.instance_id) == (None, True, first.instance_id)
    other = NewPayment(order_id=order_id, amount="1.00", currency="EUR", method="CARD")
    with pytest.raises(IdempotencyMismatch):
        await app.payments.register_consumer(other, asked(key="k"))


async def test_a_resellers_order_takes_a_resellers_payment_only(app: Orderwright):
    order_id = await order(app, "RESELLER")
    new = NewPayment(order_id=order_id, amount="100.00", currency="EUR", method="BANK")
    with pytest.raises(PaymentChannelWrong):
        await app.payments.register_consumer(new, asked())
    assert (await app.payments.register_reseller(new, asked())).refused is None


async def test_outsiders_register_for_their_own_orders_and_confirm_none(app: Orderwright):
    order_id = await order(app)
    new = NewPayment(order_id=order_id, amount="100.00", currency="EUR", method="TRANSFER")
    with pytest.raises(OrderNotFound):
        await app.payments.register_consumer(new, asked(Role.CUSTOMER, customer="bob"))
    own = asked(Role.CUSTOMER, customer="ada")
    payment_id = (await app.payments.register_consumer(new, own)).instance_id
    with pytest.raises(RoleMissing):
        await app.payments.confirm(payment_id, own)
    assert (await standing(app, payment_id))[0] == "PENDING"


async def test_a_report_before_the_registration_is_told_and_takes_effect_with_it(app: Orderwright):
    order_id = await order(app)
    report = Report(
        provider="stripe",
        event_id="evt_1",
        kind=Kind.CAPTURED,
        reference="pi_1",
        amount_minor=10000,
        currency="EUR",
    )
    assert await app.payment_reports.receive(report, "CONSUMER") is Receipt.UNMATCHED
    assert await app.payment_reports.receive(report, "CONSUMER") is Receipt.REPEATED
    [told] = await emitted(app, "payment.unmatched")
    assert (told["reference"], told["orderId"]) == ("pi_1", None)
    payment_id = await register(app, order_id, provider="stripe", reference="pi_1")
    await app.worker.drain()
    assert (await standing(app, payment_id))[0] == "CONFIRMED"
    assert await sale(app, order_id) == ("CLEARED_FOR_FULFILMENT", 10000)
    matched = await app.pool.fetchval(
        "select state from orderwright.instance where instance_id = $1", told["paymentId"]
    )
    assert matched == "MATCHED"


@pytest.mark.parametrize(
    ("named", "state"),
    [
        ({}, "PENDING"),
        ({"order": "another"}, "PENDING"),
        ({"customer": "grace"}, "PENDING"),
        ({"customer": "ada"}, "CONFIRMED"),
    ],
)
async def test_money_that_came_before_is_a_customers_only_where_the_provider_names_them(
    app: Orderwright, named: dict[str, str], state: str
):
    order_id = await order(app)
    report = _captured("pi_9", **named)
    assert await app.payment_reports.receive(report, "CONSUMER") is Receipt.UNMATCHED
    claim = NewPayment(
        order_id=order_id,
        amount="100.00",
        currency="EUR",
        method="CARD",
        provider="stripe",
        reference="pi_9",
    )
    customer = asked(Role.CUSTOMER, customer="ada")
    payment_id = (await app.payments.register_consumer(claim, customer)).instance_id
    await app.worker.drain()
    assert (await standing(app, payment_id))[0] == state
    money = await balance(app, order_id)
    assert money == (10000 if state == "CONFIRMED" else 0)
    claimed = [told for told in await emitted(app, "payment.unmatched") if told["orderId"]]
    assert len(claimed) == (state == "PENDING")
    kept = await app.pool.fetchval(
        "select state from orderwright.instance where chart_id = 'payment' and root_id <> $1",
        order_id,
    )
    assert kept == ("MATCHED" if state == "CONFIRMED" else "UNMATCHED")


async def test_what_a_provider_names_must_be_the_order_of_the_payment_or_people_decide(
    app: Orderwright,
):
    order_id = await order(app)
    number = await app.pool.fetchval(
        "select number from orderwright.sale_order where id = $1", order_id
    )
    payment_id = await register(app, order_id, provider="stripe", reference="pi_8")
    other = _captured("pi_8", event_id="e1", order="SO-999999")
    assert await app.payment_reports.receive(other, "CONSUMER") is Receipt.UNMATCHED
    assert (await standing(app, payment_id))[0] == "PENDING"
    own = _captured("pi_8", event_id="e2", order=number, customer="ada")
    assert await app.payment_reports.receive(own, "CONSUMER") is Receipt.TAKEN
    assert (await standing(app, payment_id))[0] == "CONFIRMED"


def _captured(reference: str, event_id: str = "evt_9", **named: str) -> Report:
    return Report(
        provider="stripe",
        event_id=event_id,
        kind=Kind.CAPTURED,
        reference=reference,
        amount_minor=10000,
        currency="EUR",
        **named,
    )


@pytest.mark.parametrize(
    ("amount", "currency", "channel"),
    [(9999, "EUR", "CONSUMER"), (10000, "USD", "CONSUMER"), (10000, "EUR", "RESELLER")],
)
async def test_a_report_that_does_not_agree_changes_nothing_and_is_told(
    app: Orderwright, amount: int, currency: str, channel: str
):
    order_id = await order(app)
    payment_id = await register(app, order_id, provider="stripe", reference="pi_1")
    report = Report(
        provider="stripe",
        event_id="evt_1",
        kind=Kind.CAPTURED,
        reference="pi_1",
        amount_minor=amount,
        currency=currency,
    )
    assert await app.payment_reports.receive(report, channel) is Receipt.UNMATCHED  # type: ignore[arg-type]
    assert (await standing(app, payment_id))[0] == "PENDING"
    [told] = await emitted(app, "payment.unmatched")
    assert (told["orderId"], told["amountMinor"], told["currency"]) == (order_id, amount, currency)
