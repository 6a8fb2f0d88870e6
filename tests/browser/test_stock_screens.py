"""Stock in the console: a delivery is received, an order reserves of it, and every movement is there to see."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from acceptance.harness import Server, SignIn
from browser.page import OpenPage, fits_everywhere

pytestmark = pytest.mark.browser


async def test_stock_is_received_reserved_by_an_order_and_adjusted(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    page = await open_page()
    await page.goto("/work")
    await page.get_by_role("link", name="Stock", exact=True).click()
    await expect(page.get_by_role("link", name="ANVIL")).to_be_visible()
    await page.get_by_role("link", name="Receive stock").click()
    form = page.get_by_role("form", name="Receive stock")
    await form.get_by_role("combobox", name="Product").click()
    await page.get_by_role("option", name="Gone").click()
    await expect(form.get_by_role("combobox", name="Location")).to_have_value("Main warehouse")
    await form.get_by_label("Quantity").fill("5")
    await form.get_by_label("Reference").fill("DN-7")
    await fits_everywhere(page)
    await form.get_by_role("button", name="Receive").click()
    await expect(form.get_by_role("status")).to_contain_text("5 of GONE received")

    order = (await (await sign_in(server)).create_order(sku="GONE"))["order"]
    await form.get_by_role("link", name="See its movements").click()
    moved = page.get_by_role("table", name="Movements")
    await expect(moved.get_by_role("row")).to_have_count(4)  # with its head
    await expect(moved.get_by_role("link", name=order["number"])).to_have_count(2)
    figures = page.locator("dl").first
    await expect(figures).to_contain_text("Reserved2")
    await expect(figures).to_contain_text("Available3")

    adjust = page.get_by_role("form", name="Adjust stock")
    await adjust.get_by_label("Change").fill("-9")
    await adjust.get_by_label("Reason").fill("broken")
    await adjust.get_by_role("button", name="Adjust").click()
    await expect(adjust.get_by_role("alert")).to_contain_text("would be -6")
    await adjust.get_by_label("Change").fill("-1")
    await adjust.get_by_role("button", name="Adjust").click()
    await expect(adjust.get_by_role("status")).to_contain_text("The stock is adjusted")
    await expect(figures).to_contain_text("Available2")
    await fits_everywhere(page)
    await page.goto("/stock")
    await expect(page.get_by_role("link", name="GONE")).to_be_visible()
    await fits_everywhere(page)


async def test_who_only_reads_finds_nothing_to_change(open_page: OpenPage) -> None:
    page = await open_page(login="auditor")
    await page.goto("/stock")
    await expect(page.get_by_role("link", name="ANVIL")).to_be_visible()
    await expect(page.get_by_role("link", name="Receive stock")).to_have_count(0)
    await page.goto("/stock/main/GONE")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This is not kept there")
