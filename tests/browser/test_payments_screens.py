"""Payments in the console: registered, confirmed, refunded and proved by a receipt, without a word of GraphQL."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from acceptance.harness import Server, SignIn
from browser.page import OpenPage, overflow, serious

pytestmark = pytest.mark.browser

PDF = {"name": "paid.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 paid"}


async def test_a_payment_goes_from_registration_to_refund_on_the_page_of_its_order(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    order = (await (await sign_in(server)).create_order())["order"]
    page = await open_page()
    await page.goto(f"/orders/{order['id']}")
    panel = page.get_by_role("region", name="Payments")
    await expect(panel).to_contain_text("Nobody has registered a payment")
    await panel.get_by_text("Register a payment", exact=True).click()
    form = panel.get_by_role("form", name="Register a payment")
    await expect(form.get_by_label("Amount in EUR")).to_have_value("105.00")
    await form.get_by_label("Amount in EUR").fill("105.001")
    await form.get_by_role("button", name="Register").click()
    await expect(form).to_contain_text("at most 2 decimal places")
    await form.get_by_label("Amount in EUR").fill("105.00")
    await form.get_by_label("Reference").fill("wire 17")
    await form.get_by_role("button", name="Register").click()
    row = panel.get_by_role("listitem")
    await expect(row).to_contain_text("Pending")
    await row.get_by_role("button", name="Confirm payment").click()
    await expect(row).to_contain_text("Confirmed")
    await expect(page.get_by_text("Cleared for fulfilment").first).to_be_visible()

    await row.locator("input[type=file]").set_input_files(PDF)
    async with page.expect_download() as downloading:
        await row.get_by_role("link", name="Download receipt").click()
    download = await downloading.value
    assert re.fullmatch(r"receipt-.*\.pdf", download.suggested_filename)

    await row.get_by_text("Refund", exact=True).first.click()
    refund = row.get_by_role("form", name="Refund")
    await refund.get_by_label("Amount in EUR").fill("5000.00")
    await refund.get_by_label("Reason").fill("late")
    await refund.get_by_role("button", name="Refund").click()
    await expect(refund.get_by_role("alert")).to_contain_text("is more than the 105.00 EUR")
    await refund.get_by_label("Amount in EUR").fill("5.00")
    await refund.get_by_role("button", name="Refund").click()
    await expect(row).to_contain_text("Partly refunded")
    await expect(row).to_contain_text("EUR\u00a0100.00")
    await expect(row).to_contain_text("EUR\u00a05.00 for the sale: late")
    assert await serious(page) == []
    await _give_back_a_line_and_lose_the_rest(page, row)
    await _look_into_the_list(page, order["number"])


async def _give_back_a_line_and_lose_the_rest(page: Page, row: Locator) -> None:
    await row.get_by_text("Refund", exact=True).first.click()
    refund = row.get_by_role("form", name="Refund")
    await refund.get_by_text("For lines", exact=True).click()
    await expect(refund.get_by_label("Amount in EUR")).to_have_value("")
    await refund.get_by_label("Anvil, line 1").fill("30.50")
    await expect(refund.get_by_label("Amount in EUR")).to_have_value("30.50")
    await refund.get_by_label("Reason").fill("bent")
    assert await serious(page) == []
    await refund.get_by_role("button", name="Refund").click()
    await expect(row).to_contain_text("EUR\u00a030.50 for Anvil: bent")
    await row.get_by_text("Record chargeback", exact=True).first.click()
    chargeback = row.get_by_role("form", name="Record chargeback")
    await expect(chargeback.get_by_label("Amount in EUR")).to_have_value("69.50")
    await chargeback.get_by_label("Amount in EUR").fill("69.51")
    await chargeback.get_by_label("Reason").fill("stolen card")
    await chargeback.get_by_role("button", name="Record chargeback").click()
    await expect(chargeback.get_by_role("alert")).to_be_visible()
    await chargeback.get_by_label("Amount in EUR").fill("9.50")
    await chargeback.get_by_role("button", name="Record chargeback").click()
    await expect(row).to_contain_text("Charged back")
    await expect(row).to_contain_text("EUR\u00a060.00")


async def _look_into_the_list(page: Page, number: str) -> None:
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Payments").click()
    await expect(page.get_by_role("heading", name=re.compile("^Payments"))).to_be_visible()
    table = page.get_by_role("table", name="Payments")
    await expect(table.get_by_role("link", name=number)).to_be_visible()
    assert await serious(page) == []
    await page.get_by_role("button", name=re.compile("Charged back")).click()
    await page.get_by_role("searchbox", name="Search payments").fill("wire 18")
    await expect(page.get_by_text("No payments match")).to_be_visible()


async def test_payments_fit_a_narrow_screen_and_a_clerk_confirms_nothing(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    me = await sign_in(server)
    order = (await me.create_order())["order"]
    register = """mutation ($input: PaymentInput!) { registerConsumerPayment(input: $input) { __typename } }"""
    given = {"orderId": order["id"], "amount": "105.00", "currency": "EUR", "method": "TRANSFER"}
    await me.ask(register, input={**given, "reference": "a-very-long-reference-" * 5})
    page = await open_page(width=360, login="clerk", scheme="dark")
    for path in (f"/orders/{order['id']}", "/payments"):
        await page.goto(path)
        await expect(page.get_by_text("Pending").first).to_be_visible()
        assert await overflow(page) <= 0
        assert await serious(page) == []
        await expect(page.get_by_role("button", name="Confirm payment")).to_have_count(0)
