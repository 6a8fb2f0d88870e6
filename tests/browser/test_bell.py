"""The bell: what a person was told, as it comes, and the way to what it is about."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from acceptance.harness import Server, SignIn
from browser.page import OpenPage, fits_everywhere

pytestmark = pytest.mark.browser


async def test_the_bell_counts_what_is_unread_and_leads_to_the_order(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    clerk = await sign_in(server, "clerk")
    orders = [(await clerk.create_order())["order"] for _ in range(2)]
    page = await open_page()
    await page.goto("/work")
    await expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
    for order in orders:
        await clerk.sale(order["id"], "ADMIN_OVERRIDE_REQUESTED", {"reason": "old friend"})
    bell = page.get_by_role("button", name="Notifications: 2 unread")
    await bell.click()
    told = page.get_by_role("dialog", name="Notifications")
    await expect(told.get_by_role("listitem")).to_have_count(2)
    await fits_everywhere(page)
    await told.get_by_role("link", name=re.compile(orders[0]["number"])).click()
    await expect(page).to_have_url(re.compile(f"/orders/{orders[0]['id']}$"))
    await page.get_by_role("button", name="Notifications: 1 unread").click()
    await told.get_by_role("button", name="Mark all as read").click()
    await expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()


async def test_a_person_chooses_what_to_be_told_by_which_channel_and_in_which_language(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    await sign_in(server)
    page = await open_page()
    await page.goto("/work")
    await page.get_by_role("button", name="Notifications", exact=True).click()
    await page.get_by_role("link", name="Notification preferences").click()
    await expect(page).to_have_url(re.compile("/notifications$"))
    by_mail = page.get_by_role("checkbox", name="An override is asked for: by mail")
    under_bell = page.get_by_role("checkbox", name="An override is asked for: under the bell")
    await expect(by_mail).to_be_checked()
    await by_mail.click()
    await expect(by_mail).not_to_be_checked()
    await expect(page.get_by_text("Saved")).to_be_visible()
    await page.get_by_role("combobox", name="Language of notifications").click()
    await page.get_by_role("option", name="German").click()
    await expect(page.get_by_role("combobox", name="Language of notifications")).to_have_value(
        "German"
    )
    await expect(page.get_by_role("combobox", name="Language of notifications")).to_be_enabled()
    await fits_everywhere(page)
    await page.goto("/work")
    await page.get_by_role("button", name=re.compile("Admin")).click()
    await page.get_by_role("link", name="Notification preferences").click()
    await expect(by_mail).not_to_be_checked()
    await expect(under_bell).to_be_checked()
    await expect(page.get_by_role("combobox", name="Language of notifications")).to_have_value(
        "German"
    )
