"""What is pressed twice while the page catches up is done once."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Locator, Page, Request, Route, expect

from acceptance.harness import Server, SignIn
from browser.page import OpenPage

pytestmark = pytest.mark.browser

REGISTER = """
mutation ($input: PaymentInput!) {
  registerConsumerPayment(input: $input) { ... on PaymentApplied { payment { id } } } }
"""
CONFIRM = "mutation ($id: ID!) { confirmPayment(paymentId: $id) { __typename } }"
PAYMENTS = "query ($id: ID!) { payments(orderId: $id, first: 9) { edges { node { refunded { amount } } } } }"


async def _presses_once(page: Page, button: Locator, mutation: str) -> None:
    """Press a button again as soon as its first press was answered, and expect that it does nothing."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if f"mutation {mutation}" in (request.post_data or ""):
            sent.append(request.url)

    page.on("request", note)
    async with page.expect_response(lambda answer: answer.request.url in sent):
        await button.click()
    await expect(button).not_to_have_attribute("data-loading", "true")
    await button.click(force=True)
    await page.evaluate("new Promise(requestAnimationFrame)")
    assert len(sent) == 1


async def test_a_refund_that_is_pressed_again_before_the_page_has_caught_up_gives_money_back_once(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    me = await sign_in(server)
    order = (await me.create_order())["order"]
    given = {"orderId": order["id"], "amount": "105.00", "currency": "EUR", "method": "TRANSFER"}
    made = await me.ask(REGISTER, input=given)
    await me.ask(CONFIRM, id=made["registerConsumerPayment"]["payment"]["id"])
    page = await open_page()
    slow = asyncio.Event()

    async def late(route: Route) -> None:
        if "query PaymentsOfOrder" in (route.request.post_data or ""):
            await slow.wait()
        await route.continue_()

    await page.goto(f"/orders/{order['id']}")
    row = page.get_by_role("region", name="Payments").get_by_role("listitem")
    await row.get_by_text("Refund", exact=True).first.click()
    form = row.get_by_role("form", name="Refund")
    await form.get_by_label("Amount in EUR").fill("5.00")
    await form.get_by_label("Reason").fill("late")
    await page.route("**/graphql", late)
    button = form.get_by_role("button", name="Refund")
    await _presses_once(page, button, "RefundPayment")
    slow.set()
    await expect(row).to_contain_text("Partly refunded")
    found = await me.ask(PAYMENTS, id=order["id"])
    assert [one["node"]["refunded"]["amount"] for one in found["payments"]["edges"]] == ["5.00"]
    await page.unroute_all(behavior="wait")


async def test_a_payment_that_is_pressed_twice_is_registered_once(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    order = (await (await sign_in(server)).create_order())["order"]
    page = await open_page()
    await page.goto(f"/orders/{order['id']}")
    panel = page.get_by_role("region", name="Payments")
    await panel.get_by_text("Register a payment", exact=True).click()
    form = panel.get_by_role("form", name="Register a payment")
    await expect(form.get_by_label("Amount in EUR")).to_have_value("105.00")
    button = form.get_by_role("button", name="Register")
    await _presses_once(page, button, "RegisterConsumerPayment")
    await expect(panel.get_by_role("listitem")).to_have_count(1)
