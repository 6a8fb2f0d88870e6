"""What providers send, through HTTP into the real application: signatures, words, and every order of events."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from signing import SECRETS, packed, signed

from orderwright import Orderwright
from orderwright.api.server import create_server
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.payments import NewPayment
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADMIN = Asked(by=Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN})))
PROVIDERS = ("stripe", "paystack", "standard")
_numbers = itertools.count(1)


class House:
    """An application behind HTTP, and somebody who speaks as a provider."""

    def __init__(self, app: Orderwright, http: httpx.AsyncClient) -> None:
        self.app, self.http = app, http

    async def order(self, provider: str) -> tuple[str, str, str]:
        """An order over 100.00 EUR with a registered payment: their ids, and the reference."""
        reference = f"ref-{next(_numbers)}"
        lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "100.00"}]
        terms = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=lines)
        order_id = (await self.app.orders.create_order(terms, ADMIN)).instance_id
        return order_id, await self.register(order_id, provider, reference), reference

    async def register(self, order_id: str, provider: str, reference: str) -> str:
        new = NewPayment(
            order_id=order_id,
            amount="100.00",
            currency="EUR",
            method="CARD",
            provider=provider,
            reference=reference,
        )
        return (await self.app.payments.register_consumer(new, ADMIN)).instance_id

    async def post(
        self, provider: str, event: dict, *, address: str = "consumer", **signature: object
    ) -> httpx.Response:
        headers = signed(provider, event, **{"at": NOON, **signature})
        path = f"/payments/webhooks/{provider}/{address}"
        return await self.http.post(path, content=packed(event), headers=headers)

    async def counts(self) -> tuple[int, int]:
        """How many log rows and reports there are."""
        log = await self.app.pool.fetchval("select count(*) from orderwright.log")
        return log, await self.app.pool.fetchval(
            "select count(*) from orderwright.provider_report"
        )


@asynccontextmanager
async def opened(url: str, chosen: Settings) -> AsyncIterator[House]:
    async with Orderwright.connect(url, settings=chosen, clock=DrivenClock(NOON)) as app:
        transport = httpx.ASGITransport(create_server(app, console=None, with_worker=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
            yield House(app, http)


@pytest.fixture
async def house(furnished_url: str) -> AsyncIterator[House]:
    secrets = {f"{provider}_consumer_secret": secret for provider, secret in SECRETS.items()}
    async with opened(furnished_url, Settings(**secrets)) as one:
        yield one


# --- each provider's words ------------------------------------------------------------------------


def stripe(kind: str, reference: str, number: int = 1, **thing: object) -> dict:
    named = {"id": f"ch_{reference}", "object": "charge", "payment_intent": reference}
    shown = {**named, "amount": 10000, "currency": "eur", **thing}
    event_id = f"evt_{reference}_{kind}_{number}"
    return {"id": event_id, "object": "event", "type": kind, "data": {"object": shown}}


def stripes(reference: str) -> list[dict]:
    dispute = {"id": f"dp_{reference}", "object": "dispute", "charge": f"ch_{reference}"}
    intent = {"id": reference, "object": "payment_intent", "amount_received": 10000}
    failed = {"last_payment_error": {"message": "insufficient funds"}}
    return [
        stripe("payment_intent.payment_failed", reference, **intent, **failed),
        stripe("charge.succeeded", reference, captured=True),
        stripe("payment_intent.succeeded", reference, **intent),
        stripe("charge.refunded", reference, 1, amount_refunded=1000),
        stripe("charge.refunded", reference, 2, amount_refunded=2500),
        stripe("charge.dispute.created", reference, **dispute, status="needs_response"),
        stripe("charge.dispute.closed", reference, **dispute, status="won"),
        stripe("charge.updated", reference),
    ]


def paystack(name: str, **data: object) -> dict:
    return {"event": name, "data": {"amount": 10000, "currency": "EUR", **data}}


def paystacks(reference: str) -> list[dict]:
    refund = {"transaction_reference": reference, "refund_reference": f"rf-{reference}"}
    charge = {"reference": reference, "amount": 10000, "currency": "EUR"}
    dispute = {"id": f"dp-{reference}", "transaction": charge, "refund_amount": 4000}
    return [
        paystack("charge.failed", id=f"f-{reference}", reference=reference),
        paystack("charge.success", id=f"s-{reference}", reference=reference),
        paystack("refund.processed", **refund, amount="3000"),
        paystack("refund.pending", **refund, amount="3000"),
        paystack("charge.dispute.create", **dispute),
        paystack("charge.dispute.resolve", **dispute, resolution="merchant-accepted"),
    ]


def standard(kind: str, reference: str, number: int = 1, **data: object) -> dict:
    shown = {"reference": reference, "amount": "100.00", "currency": "EUR", **data}
    return {"id": f"msg_{reference}_{kind}_{number}", "type": kind, "data": shown}


def standards(reference: str) -> list[dict]:
    return [
        standard("charge.failed", reference, reason="declined"),
        standard("charge.succeeded", reference),
        standard("charge.refunded", reference, 1, refundId="a", amount="30.00"),
        standard("charge.refunded", reference, 2, refundId="b", amount="70.00"),
        standard("charge.dispute.created", reference, disputeId="c"),
        standard("charge.dispute.reversed", reference, disputeId="c"),
    ]


EVENTS = {"stripe": stripes, "paystack": paystacks, "standard": standards}
ENDS = {
    "stripe": ("PARTLY_REFUNDED", 2500, 0, "PAYMENT_PENDING_CONFIRMATION", 7500),
    "paystack": ("CHARGED_BACK", 3000, 4000, "PAYMENT_PENDING_CONFIRMATION", 3000),
    "standard": ("REFUNDED", 10000, 0, "AWAITING_PAYMENT_METHOD", 0),
}


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_any_order_and_repetition_of_a_providers_events_ends_in_one_state(
    house: House, provider: str, data: st.DataObject
):
    """Some of them come before the payment is registered, some more than once; a pass over the outbox in between."""
    reference = f"ref-{next(_numbers)}"
    listed = EVENTS[provider](reference)
    again = data.draw(st.lists(st.sampled_from(listed), max_size=4))
    sent = data.draw(st.permutations([*listed, *again]))
    early = data.draw(st.integers(0, len(sent)))
    lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "100.00"}]
    terms = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=lines)
    order_id = (await house.app.orders.create_order(terms, ADMIN)).instance_id
    for event in sent[:early]:
        assert (await house.post(provider, event)).status_code == 200
    payment_id = await house.register(order_id, provider, reference)
    for event in sent[early:]:
        assert (await house.post(provider, event)).status_code == 200
        if data.draw(st.booleans()):
            await house.app.worker.drain()
    await house.app.worker.drain()
    payment, sale = [await house.app.engine.read(one) for one in (payment_id, order_id)]
    assert payment is not None
    assert sale is not None
    told, owed = payment.snapshot.context, sale.snapshot.context
    end = (payment.state, told["refundedMinor"], told["chargedBackMinor"])
    assert (*end, sale.state, owed["capturedMinor"]) == ENDS[provider]
    balance = await house.app.pool.fetchval(
        "select amount from orderwright.balance where ledger = 'payments' and account = $1",
        order_id,
    )
    assert balance == owed["capturedMinor"] == sum(owed["payments"].values())


# --- who is let in --------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_is_not_signed_as_it_should_be_is_401_and_leaves_no_trace(
    house: House, provider: str
):
    _, _, reference = await house.order(provider)
    event = EVENTS[provider](reference)[1]
    before, path = await house.counts(), f"/payments/webhooks/{provider}/consumer"
    headers, body = signed(provider, event, at=NOON), packed(event)
    calls = {
        "unsigned": (path, body, {}),
        "tampered": (
            path,
            body.replace(b"10000", b"99999").replace(b"100.00", b"999.99"),
            headers,
        ),
        "extended": (path, body + b" ", headers),
        "another secret": (
            path,
            body,
            signed(provider, event, at=NOON, secret="whsec_" + "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0"),
        ),
        "no secret set": (path.replace("consumer", "reseller"), body, headers),
        "not text": (path, b"\xff\xfe", headers),
    }
    if provider != "paystack":  # which signs no time
        for name, minutes in (("stale", -6), ("from the future", 6)):
            at = NOON + timedelta(minutes=minutes)
            calls[name] = (path, body, signed(provider, event, at=at))
    for name, (where, content, given_headers) in calls.items():
        answer = await house.http.post(where, content=content, headers=given_headers)
        assert (name, answer.status_code, answer.json()["code"]) == (name, 401, "payment.unsigned")
    assert await house.counts() == before
    assert (await house.post(provider, event)).json() == {"result": "taken"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Stripe-Signature": "t=,v1=" + "0" * 64},
        {"Stripe-Signature": "t=1,t=2,v1=00"},
        {"Stripe-Signature": "t=99999999999999999999,v1=00"},
        {"Stripe-Signature": ",,=,"},
        {"Stripe-Signature": "v0=00"},
    ],
)
async def test_a_signature_that_is_none_is_401(house: House, headers: dict):
    answer = await house.http.post(
        "/payments/webhooks/stripe/consumer", content=b"{}", headers=headers
    )
    assert answer.status_code == 401


async def test_what_is_signed_and_says_too_little_is_422_and_what_says_nothing_is_ignored(
    house: House,
):
    before = await house.counts()
    for event in (
        stripe("charge.succeeded", "r", amount="1e3"),
        stripe("charge.succeeded", "r", amount=True),
        stripe("charge.succeeded", "r", amount=2**63),
        stripe("charge.succeeded", "r", currency="xxx"),
        stripe("charge.refunded", "r"),
        stripe("charge.succeeded", "r" * 300),
        {"id": "evt", "type": "charge.succeeded"},
        {"data": {}},
        stripe("charge.succeeded", "r", amount=float("nan")),
        stripe("charge.succeeded", "r", amount="9" * 5000),
        stripe("charge.succeeded", "half a pair \ud800"),
        stripe("charge.succeeded", "r", currency="\ud800"),
        stripe("charge.succeeded", "nul \0"),
        stripe("charge.succeeded", "r", more=json.loads("[" * 900 + "]" * 900)),
        stripe("charge.succeeded", "r", **{"\ud800": 1}),
    ):
        answer = await house.post("stripe", event)
        assert (event, answer.status_code) == (event, 422)
        assert answer.json()["code"] == "input.invalid"
    for event in (
        stripe("customer.created", "r"),
        stripe("charge.succeeded", "r", captured=False),
        stripe("charge.dispute.created", "r", status="warning_needs_response"),
    ):
        assert (await house.post("stripe", event)).json() == {"result": "ignored"}
    assert await house.counts() == before


async def test_amount_currency_and_channel_are_held_against_the_payment_exactly(house: House):
    order_id, payment_id, reference = await house.order("stripe")
    wrong = [
        stripe("charge.succeeded", reference, 2, amount=9999),
        stripe("charge.succeeded", reference, 3, currency="usd"),
        stripe("charge.refunded", reference, 4, amount_refunded=10001),
    ]
    for event in wrong:
        assert (await house.post("stripe", event)).json() == {"result": "unmatched"}
    payment = await house.app.engine.read(payment_id)
    assert payment is not None
    assert payment.state == "PENDING"
    told = await house.app.pool.fetch(
        "select root_id from orderwright.outbox where name = 'payment.unmatched'"
    )
    assert [row["root_id"] for row in told] == [order_id] * len(wrong)


async def test_currencies_that_stripe_counts_otherwise_are_read_exactly(house: House):
    event = stripe("charge.succeeded", "krona", amount=5000, currency="isk")
    assert (await house.post("stripe", event)).json() == {"result": "unmatched"}
    odd = stripe("charge.succeeded", "odd", amount=5001, currency="isk")
    assert (await house.post("stripe", odd)).status_code == 422
    amount = await house.app.pool.fetchval(
        "select amount_minor from orderwright.payment where reference = 'krona'"
    )
    assert amount == 50


async def test_more_than_a_body_may_hold_is_413_and_no_other_address_is_served(house: House):
    large = await house.http.post("/payments/webhooks/stripe/consumer", content=b"x" * (2**20 + 1))
    assert large.status_code == 413
    for path in ("/payments/webhooks/cash/consumer", "/payments/webhooks/stripe/staff"):
        assert (await house.http.post(path, content=b"{}")).status_code == 422
