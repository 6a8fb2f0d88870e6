"""What a person is led to, told and spared in the console: next steps, reasons, figures, the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from acceptance.harness import Client, Server, SignIn
from browser.page import OpenPage, lit, open_form, overflow, serious

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(shared_server: Server) -> Server:
    """One for all: each test has orders of its own."""
    return shared_server


async def test_blocked_events_share_their_reasons_and_tell_more_on_expanding(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    order = (await api.create_order())["order"]
    await api.sale(order["id"], "FREEZE", {"reason": "sanctions list"})
    page = await open_page()
    await page.goto(f"/orders/{order['id']}")
    blocked = page.get_by_label("Not possible now: Sale")
    await expect(blocked.get_by_text("the order is frozen: sanctions list")).to_have_count(1)
    for label in ("Set payment method", "Initiate payment", "Request credit override"):
        await expect(blocked.get_by_text(label, exact=True)).to_be_visible()
    await expect(blocked.get_by_text("Can be lifted by: Compliance, Manager")).to_be_visible()
    frozen = blocked.get_by_role("listitem", name="sale.frozen")
    await expect(frozen.get_by_text("Since")).not_to_be_visible()
    await frozen.get_by_text("Details").click()
    await expect(frozen.get_by_text("Since")).to_be_visible()


async def test_the_next_step_comes_first_and_two_captures_clear_the_order(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    order = (await api.create_order())["order"]
    await api.sale(order["id"], "SET_PAYMENT_METHOD", {"method": "CARD"})
    page = await open_page()
    await page.goto(f"/orders/{order['id']}")
    possible = page.get_by_label("Possible now: Sale")
    await expect(page.get_by_role("link", name="Next step: Capture payment")).to_be_visible()
    await expect(possible.get_by_role("form")).to_have_count(1)
    await expect(possible.locator("button[aria-expanded]").first).to_have_text("Capture payment")
    await _capture(page, "40.00", "p-1")
    await _figure(page, "Captured", "EUR\u00a040.00")
    await _figure(page, "Outstanding", "EUR\u00a065.00")
    await _capture(page, "65.00", "p-2")
    await lit(page, "Sale statechart", "sale.ACTIVE.CLEARED_FOR_FULFILMENT")
    await _figure(page, "Outstanding", "EUR\u00a00.00")
    await expect(page.get_by_text("Due", exact=True)).to_have_count(0)
    await expect(page.get_by_role("link", name="Next step")).to_have_count(0)
    await expect(possible.get_by_role("form")).to_have_count(0)
    await page.goto("/orders")
    cells = page.get_by_role("row").filter(has_text=order["number"]).get_by_role("cell")
    await expect(cells.filter(has_text="EUR")).to_have_text(
        ["EUR\u00a0105.00", "EUR\u00a0105.00", "EUR\u00a00.00"]
    )


async def _capture(page: Page, amount: str, reference: str) -> None:
    form = await open_form(page, "Capture payment")
    await form.get_by_label("Amount").fill(amount)
    await form.get_by_label("Payment reference").fill(reference)
    await form.get_by_role("button", name="Capture payment").click()
    await expect(page.get_by_role("status").filter(has_text="Done. Now:")).to_be_visible()


async def _figure(page: Page, label: str, value: str) -> None:
    figure = page.locator("dl > div").filter(has_text=label).first
    await expect(figure.locator("dd")).to_have_text(value)


async def test_the_keyboard_alone_is_enough_and_a_choice_shows_titles(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    order = (await (await sign_in(server)).create_order())["order"]
    page = await open_page()
    await page.goto("/orders")
    await page.get_by_role("link", name=order["number"]).focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Next step: Set payment method").focus()
    await _press(page, "Enter", "Tab")
    await expect(page.get_by_role("combobox", name="Method")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option", name="Invoice (credit terms)")).to_be_visible()
    await _press(page, "ArrowDown", "Enter", "Tab", "Tab", "Enter")
    await lit(page, "Sale statechart", "sale.ACTIVE.OPEN.PAYMENT_INITIATED")
    await expect(page.locator(":focus")).to_have_text("Done. Now: Payment initiated")


async def _press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def test_a_refusal_is_told_once_at_its_field_until_the_field_is_changed(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    order = (await (await sign_in(server)).create_order())["order"]
    page = await open_page()
    await page.goto(f"/orders/{order['id']}")
    form = await open_form(page, "Capture payment")
    await form.get_by_label("Amount").fill("0.00")
    await form.get_by_label("Payment reference").fill("p-1")
    await form.get_by_role("button", name="Capture payment").click()
    told = form.get_by_text("expected an amount above zero")
    await expect(told).to_have_count(1)
    await expect(form.get_by_label("Amount")).to_be_focused()
    await form.get_by_label("Amount").fill("1.00")
    await expect(told).to_have_count(0)


async def test_the_log_shows_no_minor_units_as_amounts(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    order = (await (await sign_in(server)).create_order())["order"]
    page = await open_page()
    await page.goto(f"/orders/{order['id']}")
    log = page.get_by_label("Transition log")
    await expect(log.get_by_text("Created", exact=True)).to_be_visible()
    await expect(log.get_by_text("10500")).not_to_be_visible()
    await expect(log.get_by_text(order["id"])).not_to_be_visible()
    await log.get_by_label("All data of Created").click()
    await expect(log.get_by_text("Grand total, in minor units")).to_be_visible()
    await expect(log.get_by_text(order["id"])).to_be_visible()


async def test_without_the_permission_the_way_to_a_new_one_stays_and_says_what_is_missing(
    open_page: OpenPage,
) -> None:
    page = await open_page(login="auditor")
    for path, label in {"/orders": "New order", "/quotations": "New quotation"}.items():
        await page.goto(path)
        button = page.get_by_role("button", name=label)
        await expect(button).to_have_attribute("aria-disabled", "true")
        await button.focus()
        await expect(page.get_by_role("tooltip")).to_contain_text("A role is missing")
        await button.press("Enter")
        await expect(page).to_have_url(re.compile(f"{path}$"))
        assert await serious(page) == [], path
    allowed = await open_page()
    await allowed.goto("/quotations")
    await expect(allowed.get_by_role("link", name="New quotation")).to_be_visible()


_CREATE_QUOTATION = """
mutation ($input: QuotationInput!) { createQuotation(input: $input) {
  ... on QuotationCreated { quotation { id } } } }
"""


async def _quotation(api: Client) -> str:
    line = {"sku": "ANVIL", "quantity": 2, "unitPrice": "50.00"}
    asked = {"customerId": "ada", "currency": "EUR", "lines": [line], "shipping": "5.00"}
    answer = await api.ask(_CREATE_QUOTATION, input=asked)
    return answer["createQuotation"]["quotation"]["id"]


async def take(page: Page, event: str) -> None:
    """Send an event by its form."""
    form = await open_form(page, event)
    await form.get_by_role("button", name=event).click()
    await expect(form).to_have_count(0)


async def test_a_quotation_is_approved_by_both_and_leads_to_its_order(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    quotation = await _quotation(await sign_in(server))
    page = await open_page(width=360)
    await page.goto(f"/quotations/{quotation}")
    form = await open_form(page, "Edit")
    await expect(form.get_by_label("SKU")).to_have_value("ANVIL")
    assert await overflow(page) <= 0
    await take(page, "Share")
    seller = await sign_in(server, "clerk")
    await seller.quote(quotation, "SELLER_APPROVES", {"version": 1})
    await lit(page, "Quotation statechart", "quotation.OPEN.APPROVED_BY_SELLER")
    await take(page, "Buyer approves")
    await lit(page, "Quotation statechart", "quotation.MUTUALLY_APPROVED")
    await page.get_by_role("link", name="Open the order").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("SO-")
    await page.goto("/quotations?state=MUTUALLY_APPROVED")
    chip = page.get_by_role("button", name="Mutually approved")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await expect(chip).to_have_text(re.compile(r"\d$"))
