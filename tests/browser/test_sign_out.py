"""Signing out: the next person starts afresh, and a sign-out that failed says so."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from acceptance.harness import PASSWORD
from browser.page import OpenPage

pytestmark = pytest.mark.browser

NO_SIGNING_OUT = """
const ask = window.fetch;
window.fetch = (to, how) => how?.method === "DELETE" ? Promise.reject(new TypeError("offline")) : ask(to, how);
"""


async def _sign_out(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name).click()
    await page.get_by_role("button", name="Sign out").click()


async def test_who_signs_in_right_after_somebody_else_stays_signed_in_with_live_updates(
    open_page: OpenPage,
) -> None:
    page = await open_page()
    async with page.expect_websocket() as first:
        await page.goto("/work")
    socket = await first.value
    await socket.wait_for_event("framereceived")
    await _sign_out(page, "Admin")
    await page.get_by_label("Login").fill("clerk")
    await page.get_by_label("Password").first.fill(PASSWORD)
    async with page.expect_websocket() as second:
        await page.get_by_role("button", name="Sign in").click()
    assert await second.value != socket
    await expect(page.get_by_role("button", name="Clerk")).to_be_visible()
    await expect(page.get_by_role("form", name="Sign in")).to_have_count(0)


async def test_a_sign_out_that_does_not_reach_the_server_says_that_the_person_is_still_signed_in(
    open_page: OpenPage,
) -> None:
    page = await open_page()
    await page.add_init_script(NO_SIGNING_OUT)
    await page.goto("/work")
    await _sign_out(page, "Admin")
    await expect(page.get_by_role("alert")).to_contain_text("You are still signed in.")
