"""What an administrator keeps: the settings that change while the house runs, and the tokens of hosts."""

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


async def test_a_choice_and_a_cron_expression_are_changed_and_a_wrong_one_says_what_is_right(
    server: Server,  # noqa: ARG001 (the pages are its)
    open_page: OpenPage,
) -> None:
    page = await open_page()
    await page.goto("/system/settings")
    rule = page.get_by_role("listitem").filter(has_text="What a credit limit is")
    await rule.get_by_text("Change", exact=True).first.press("Enter")
    form = rule.get_by_role("form")
    await form.get_by_label("Value").select_option("What the tier allows")
    await form.get_by_role("button", name="Change").click()
    await expect(rule).to_contain_text("Changed by Admin")
    await rule.get_by_text("Earlier values").press("Enter")
    await expect(rule).to_contain_text("have earned to What the tier allows, Admin")

    times = page.get_by_role("listitem").filter(has_text="expiry of sales is checked")
    await times.get_by_text("Change", exact=True).first.press("Enter")
    form = times.get_by_role("form")
    await form.get_by_label("Value").fill("61 * * * *")
    await form.get_by_role("button", name="Change").click()
    await expect(form).to_contain_text("numbers from 0 to 59")
    await form.get_by_label("Value").fill("*/5 * * * *")
    await form.get_by_role("button", name="Change").click()
    await expect(times).to_contain_text("Changed by Admin")
    await fits_everywhere(page)


async def test_a_token_is_made_and_shown_once_and_opens_nothing_once_it_is_revoked(
    server: Server,  # noqa: ARG001 (the pages are its)
    open_page: OpenPage,
) -> None:
    page = await open_page()
    await page.goto("/system/tokens")
    await page.get_by_role("button", name="Make a token").click()
    form = page.get_by_role("form", name="Make a token")
    await form.get_by_label("Name").fill("the shop")
    await form.get_by_label("Change lists").check()
    await form.get_by_role("button", name="Make it").click()
    shown = page.get_by_role("status").filter(has_text="shown only now")
    secret = await shown.locator("code").inner_text()
    await expect(shown.get_by_role("button", name="Copy")).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="the shop")
    await expect(row).to_contain_text("Made by Admin")
    await expect(row).to_contain_text("Never")
    await fits_everywhere(page)
    await shown.get_by_role("button", name="I have it").click()
    await page.reload()
    await expect(row).to_contain_text("Active")
    await expect(page.get_by_text(secret)).to_have_count(0)

    async def opens() -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        answer = await page.request.post(
            "/api/v1/lists/nothing/entries", headers=headers, data={"add": ["x"]}
        )
        return answer.status

    assert await opens() == 404  # the door, and no such list
    await row.get_by_role("button", name="Revoke").click()
    await row.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(row.get_by_text("Revoked").first).to_be_visible()
    assert await opens() == 401
