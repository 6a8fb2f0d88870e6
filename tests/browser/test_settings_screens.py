"""The settings that change while the house runs, on their screen."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from acceptance.harness import Server
from browser.page import OpenPage, fits_everywhere

pytestmark = pytest.mark.browser


async def test_a_setting_is_changed_with_a_reason_and_shows_who_did_it(
    server: Server,  # noqa: ARG001 (the pages are its)
    open_page: OpenPage,
) -> None:
    page = await open_page()
    await page.goto("/system/settings")
    row = page.get_by_role("listitem").filter(has_text="customer may return")
    await row.get_by_text("Change", exact=True).first.press("Enter")
    form = row.get_by_role("form")
    await form.get_by_label("Value").fill("30")
    await form.get_by_label("Reason").fill("a long holiday")
    await fits_everywhere(page)
    await form.get_by_role("button", name="Change").click()
    await expect(row).to_contain_text("Changed by Admin")
    await row.get_by_text("Earlier values").press("Enter")
    await expect(row).to_contain_text("14 to 30, Admin")
    await expect(row).to_contain_text("a long holiday")
