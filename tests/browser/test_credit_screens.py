"""Credit in the console: a manager raises a limit and sees an order clear; others see as far as they may."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from acceptance.harness import Server, SignIn
from acceptance.test_credit_over_graphql import place
from browser.page import OpenPage, overflow, serious

pytestmark = pytest.mark.browser


async def test_a_manager_follows_an_order_over_the_limit_to_its_customer_and_raises_the_limit(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    first, second = await place(api, "400.00"), await place(api, "150.50")
    page = await open_page()
    await page.goto(f"/orders/{second['id']}")
    panel = page.get_by_role("region", name="Credit", exact=True)
    await expect(panel).to_contain_text("Over the limit")
    await expect(panel).to_contain_text("EUR\u00a050.50")
    await panel.get_by_role("link", name="Credit of the customer").click()

    await expect(page).to_have_url(re.compile("/customers/bob$"))
    used = page.get_by_role("meter", name="Utilisation of the limit")
    await expect(used).to_have_attribute("aria-valuenow", "80")
    await expect(page.get_by_text("80 % of the limit is used")).to_be_visible()
    form = page.get_by_role("form", name="Credit profile")
    await form.get_by_label("Custom limit in EUR").fill("-1")
    await form.get_by_role("button", name="Set profile").click()
    await expect(form.get_by_role("alert")).to_contain_text("from zero")
    await form.get_by_role("combobox", name="Tier").click()
    await page.get_by_role("option", name="Silver").click()
    await form.get_by_label("Custom limit in EUR").fill("1000.00")
    await form.get_by_label("Reason").fill("pays well")
    await form.get_by_role("button", name="Set profile").click()
    await expect(form).to_contain_text("The profile is set")

    await expect(used).to_have_attribute("aria-valuenow", "55")
    await expect(page.get_by_role("status", name="State")).to_have_text("Silver")
    ledger = page.get_by_role("table", name="Exposure ledger")
    await expect(ledger.get_by_role("row")).to_have_count(3)  # with its head
    await expect(ledger).to_contain_text("EUR\u00a0150.50")
    await page.get_by_role("button", name="Check the orders again").click()
    await expect(page.get_by_text("2 orders were checked again")).to_be_visible()
    await ledger.get_by_role("link", name=first["number"]).click()
    await expect(page).to_have_url(re.compile(first["id"]))
    await expect(page.get_by_role("region", name="Credit", exact=True)).to_contain_text(
        "Within credit"
    )


async def test_who_may_not_set_a_profile_sees_no_form_and_a_customer_only_what_is_theirs(
    open_page: OpenPage,
) -> None:
    page = await open_page(login="auditor")
    await page.goto("/customers")
    await page.get_by_role("searchbox", name="Search customers").fill("bob")
    await expect(page.get_by_role("link", name="C-")).to_have_count(1)
    await page.get_by_role("link", name="C-bob").click()
    await expect(page.get_by_text("0 % of the limit is used")).to_be_visible()
    await expect(page.get_by_text("No order has held any of this credit")).to_be_visible()
    await expect(page.get_by_role("form", name="Credit profile")).to_have_count(0)
    page = await open_page(login="bob")
    await page.goto("/customers/ada")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no such customer")


async def _look(page: Page, path: str, text: str) -> None:
    await page.goto(path)
    await page.get_by_text(text).first.wait_for()
    await page.wait_for_load_state("networkidle")


async def test_axe_finds_nothing_serious_on_the_pages_of_credit_and_nothing_sticks_out(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    order = await place(await sign_in(server), "490.00")
    for width, scheme in ((1440, "light"), (360, "dark")):
        page = await open_page(width=width, scheme=scheme)
        for path, text in {
            "/customers": "C-bob",
            "/customers/bob": order["number"],
            f"/orders/{order['id']}": "Credit of the customer",
        }.items():
            await _look(page, path, text)
            assert await serious(page) == [], (path, width, scheme)
            assert await overflow(page) <= 0, (path, width, scheme)
