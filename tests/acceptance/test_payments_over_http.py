"""Payments as programs and providers meet them: GraphQL and signed webhooks, through HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from acceptance.harness import Client, Server, SignIn, until
from orderwright.clock import SystemClock

SECRET = "whsec_of_the_endpoint"
APPLIED = """
  __typename
  ... on PaymentApplied { replayed payment {
    id workflowState amount { amount currency } refunded { amount } remaining { amount }
    refunds { amount { amount } reason lines { lineNo amount { amount } } } } }
  ... on Refusal { code message reasons { code values } }
"""
REGISTER = f"""
mutation ($input: PaymentInput!, $key: String) {{
  registerConsumerPayment(input: $input, idempotencyKey: $key) {{ {APPLIED} }} }}
"""
CONFIRM = f"mutation ($id: ID!) {{ confirmPayment(paymentId: $id) {{ {APPLIED} }} }}"
FAIL = f'mutation ($id: ID!) {{ failPayment(paymentId: $id, reason: "no money") {{ {APPLIED} }} }}'
REFUND = f"""
mutation ($id: ID!, $amount: String!, $lines: [RefundLineInput!], $key: String) {{
  refundPayment(paymentId: $id, amount: $amount, reason: "late", lines: $lines, idempotencyKey: $key) {{
    {APPLIED} }} }}
"""
CHARGE_BACK = f"""
mutation ($id: ID!) {{ chargeBackPayment(paymentId: $id, amount: "5.00", reason: "stolen") {{ {APPLIED} }} }}
"""
PAYMENTS = """
query ($order: ID) { payments(orderId: $order) { totalCount edges { node { id orderNumber workflowState } } } }
"""


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[Server]:
    running = Server(database_url, settings={"ORDERWRIGHT_STRIPE_CONSUMER_SECRET": SECRET})
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


def given(order_id: str, amount: str = "105.00", **more: str) -> dict[str, str]:
    return {"orderId": order_id, "amount": amount, "currency": "EUR", "method": "CARD", **more}


async def state_of(me: Client, order_id: str, state: str) -> bool:
    return bool((await me.order(order_id))["workflowState"] == state)


async def test_a_payment_is_registered_confirmed_refunded_and_charged_back(
    server: Server, sign_in: SignIn
) -> None:
    me, clerk, bob = [await sign_in(server, login) for login in ("admin", "clerk", "bob")]
    order = (await me.create_order())["order"]
    wrong = await clerk.ask(REGISTER, input=given(order["id"]) | {"currency": "USD"}, key="k")
    assert wrong["registerConsumerPayment"]["code"] == "payment.currency"
    first = (await clerk.ask(REGISTER, input=given(order["id"]), key="k"))[
        "registerConsumerPayment"
    ]
    again = (await clerk.ask(REGISTER, input=given(order["id"]), key="k"))[
        "registerConsumerPayment"
    ]
    payment = first["payment"]
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert (payment["workflowState"], again["payment"]["id"]) == ("PENDING", payment["id"])

    refused = (await clerk.ask(CONFIRM, id=payment["id"]))["confirmPayment"]
    assert refused["code"] == "access.denied"
    assert (await bob.ask(CONFIRM, id=payment["id"]))["confirmPayment"]["code"] == "access.denied"
    assert (await me.ask(CONFIRM, id="nobody"))["confirmPayment"]["code"] == "payment.not_found"
    confirmed = (await me.ask(CONFIRM, id=payment["id"]))["confirmPayment"]
    assert confirmed["payment"]["workflowState"] == "CONFIRMED"
    await until(lambda: state_of(me, order["id"], "CLEARED_FOR_FULFILMENT"))
    [why] = (await me.ask(FAIL, id=payment["id"]))["failPayment"]["reasons"]
    assert why["code"] == "payment.already_confirmed"

    lines = [{"lineNo": 1, "amount": "20.00"}]
    for _ in range(2):
        refund = await me.ask(REFUND, id=payment["id"], amount="20.00", lines=lines, key="r")
    shown = refund["refundPayment"]["payment"]
    assert (shown["workflowState"], shown["remaining"]["amount"]) == ("PARTLY_REFUNDED", "85.00")
    assert shown["refunds"] == [
        {
            "amount": {"amount": "20.00"},
            "reason": "late",
            "lines": [{"lineNo": 1, "amount": {"amount": "20.00"}}],
        }
    ]
    [why] = (await me.ask(REFUND, id=payment["id"], amount="85.01"))["refundPayment"]["reasons"]
    assert (why["code"], why["values"]["left"]) == ("payment.exceeds_captured", "85.00")
    charged = (await me.ask(CHARGE_BACK, id=payment["id"]))["chargeBackPayment"]
    assert charged["payment"]["workflowState"] == "CHARGED_BACK"
    await until(lambda: state_of(me, order["id"], "PAYMENT_PENDING_CONFIRMATION"))
    found = (await me.order(order["id"]))["captured"], (await me.order(order["id"]))["due"]
    assert found == ({"amount": "80.00"}, {"amount": "85.00"})

    assert (await me.ask(PAYMENTS, order=order["id"]))["payments"]["totalCount"] == 1
    assert (await bob.ask(PAYMENTS))["payments"] == {"totalCount": 0, "edges": []}


async def post(server: Server, event: dict, *, at: datetime, secret: str = SECRET) -> int:
    body, seconds = json.dumps(event).encode(), int(at.timestamp())
    digest = hmac.digest(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hex()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        answer = await http.post(
            "/payments/webhooks/stripe/consumer",
            content=body,
            headers={"Stripe-Signature": f"t={seconds},v1={digest}"},
        )
    return answer.status_code


async def test_a_signed_event_clears_the_order_and_any_other_is_401(
    server: Server, sign_in: SignIn
) -> None:
    me, now = await sign_in(server), SystemClock().now()
    order = (await me.create_order())["order"]
    await me.ask(REGISTER, input=given(order["id"], provider="stripe", reference="pi_1"))
    charge = {"id": "ch_1", "payment_intent": "pi_1", "amount": 10500, "currency": "eur"}
    event = {"id": "evt_1", "type": "charge.succeeded", "data": {"object": charge}}
    assert await post(server, event, at=now, secret="another") == 401
    assert await post(server, event, at=datetime(2026, 1, 1, tzinfo=UTC)) == 401
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        for path in ("stripe/consumer", "stripe/reseller", "paystack/consumer"):
            answer = await http.post(f"/payments/webhooks/{path}", json=event)
            assert (answer.status_code, answer.json()["code"]) == (401, "payment.unsigned")
    assert await post(server, event, at=now) == 200
    await until(lambda: state_of(me, order["id"], "CLEARED_FOR_FULFILMENT"))
