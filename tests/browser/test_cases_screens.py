"""The case queue: found from anywhere, worked on by keyboard, and beside the order that it is about."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from acceptance.harness import Client, Server, SignIn
from acceptance.test_cases_over_http import cases
from browser.page import OpenPage, fits_everywhere, open_form
from orderwright import Orderwright
from orderwright.app.payment_reports import Kind, Receipt, Report
from orderwright.app.settings import Settings

pytestmark = pytest.mark.browser


async def overpay(admin: Client, number: int) -> dict[str, str]:
    """An order on which too much was captured, by that many cents."""
    order = (await admin.create_order())["order"]
    paid = {"amount": f"105.0{number}", "paymentId": "p"}
    await admin.sale(order["id"], "PAYMENT_CAPTURED", paid)
    return order


async def test_a_case_is_found_worked_on_and_resolved_by_keyboard_and_the_next_opens(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    admin = await sign_in(server)
    first, second = [await overpay(admin, number) for number in (1, 2)]
    page = await open_page()
    await page.goto("/work")
    place = page.get_by_role("navigation", name="Main").get_by_role("link", name="Cases")
    await expect(place).to_contain_text("2 waiting cases")
    await place.click()
    queue = page.get_by_role("region", name="Queue")
    await expect(queue.get_by_role("link")).to_have_count(2)
    await page.keyboard.press("j")
    case = page.get_by_role("article", name="Case")
    await expect(case.get_by_role("link", name=first["number"])).to_have_attribute(
        "href", f"/orders/{first['id']}"
    )
    await expect(case.get_by_label("Evidence")).to_contain_text("Excess")
    form = await open_form(page, "Comment")
    await form.get_by_label("Comment").fill("asked the bank")
    await form.get_by_role("button", name="Comment").press("Enter")
    await expect(case.get_by_label("Comments")).to_contain_text("asked the bank")

    form = await open_form(page, "Resolve")
    await form.get_by_role("combobox", name="Resolution").press("ArrowDown")
    await page.get_by_role("option", name="Solved").wait_for()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await form.get_by_label("Note").fill("sent back")
    await form.get_by_role("button", name="Resolve").press("Enter")
    await expect(page.get_by_text(re.compile(r"CA-\d+ is resolved"))).to_be_visible()
    await expect(case.get_by_role("link", name=second["number"])).to_be_visible()
    title = page.get_by_role("heading", name="More was captured than is due")
    await expect(title).to_be_focused()
    await expect(queue.get_by_role("link")).to_have_count(1)
    await expect(place).to_contain_text("1 waiting cases")
    [left] = await cases(admin)
    assert left["belongsTo"]["orderId"] == second["id"]


async def test_a_case_of_unmatched_money_says_what_can_be_done_and_leads_to_the_payment(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    await sign_in(server)
    report = Report(
        provider="stripe",
        event_id="evt_1",
        kind=Kind.CAPTURED,
        reference="pi_lost",
        amount_minor=12345,
        currency="EUR",
    )
    async with Orderwright.connect(server.database_url, settings=Settings()) as app:
        assert await app.payment_reports.receive(report, "CONSUMER") is Receipt.UNMATCHED
    page = await open_page()
    await page.goto("/cases")
    await page.get_by_role("region", name="Queue").get_by_role("link").click()
    case = page.get_by_role("article", name="Case")
    advice = case.get_by_role("region", name="What can be done")
    await expect(advice).to_contain_text("provider Stripe and reference pi_lost")
    await fits_everywhere(page)
    await case.get_by_role("link", name="Payment", exact=True).click()
    table = page.get_by_role("table", name="Payments")
    await expect(table.get_by_role("row").filter(has_text="pi_lost")).to_contain_text("Unmatched")
    await expect(table.get_by_role("row")).to_have_count(2)


async def test_the_page_of_an_order_shows_its_cases_as_they_come(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    admin = await sign_in(server)
    order = (await admin.create_order())["order"]
    page = await open_page()
    await page.goto(f"/orders/{order['id']}")
    await expect(page.get_by_role("heading", name=order["number"])).to_be_visible()
    panel = page.get_by_role("region", name="Cases", exact=True)
    await expect(panel).to_have_count(0)
    paid = {"amount": "106.00", "paymentId": "p"}
    await admin.sale(order["id"], "PAYMENT_CAPTURED", paid)
    await panel.get_by_role("link").click()
    await expect(page).to_have_url(re.compile(r"/cases\?case="))


async def test_the_queue_is_accessible_and_fits_a_phone(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    await overpay(await sign_in(server), 1)
    page = await open_page(width=360)
    await page.goto("/cases")
    await page.get_by_role("region", name="Queue").get_by_role("link").click()
    await expect(page.get_by_role("article", name="Case")).to_be_visible()
    await fits_everywhere(page)
