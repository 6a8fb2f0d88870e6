"""The approvals inbox and the overrides of an order: two people decide, by keyboard, in two browsers."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from acceptance.harness import PASSWORD, Client, Server, SignIn, until
from browser.page import OpenPage, lit, overflow, serious
from orderwright import Orderwright
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings

pytestmark = pytest.mark.browser

REQUEST = """
mutation ($order: ID!) { requestOverride(orderId: $order, kind: ADMIN, reason: "they always pay") {
  ... on OverrideRequested { overrideId } } }
"""
PENDING = '{ overrideRequests(filter: {states: ["PENDING"]}) { totalCount } }'


async def _ask(clerk: Client, price: str) -> dict[str, str]:
    """Place an order of two pieces and ask for its payment to be waived."""
    order: dict[str, str] = (await clerk.create_order(price=price))["order"]
    await clerk.ask(REQUEST, order=order["id"])
    return order


async def _pending(clerk: Client, count: int) -> None:
    async def look() -> bool:
        found: int = (await clerk.ask(PENDING))["overrideRequests"]["totalCount"]
        return found == count

    await until(look)


async def _vote(page: Page, letter: str, reason: str) -> None:
    """Decide with the keyboard alone: a letter, the reason, Enter."""
    await expect(page.get_by_role("form", name="Your vote")).to_be_visible()
    await page.keyboard.press(letter)
    field = page.get_by_label("Reason")
    await expect(field).to_be_focused()
    await page.keyboard.type(reason)
    await page.keyboard.press("Enter")


async def test_two_people_decide_in_two_browsers_and_the_next_request_opens(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    async with Orderwright.connect(server.database_url, settings=Settings()) as app:
        await app.people.enrol("mia", "Mia", PASSWORD, [Role.MANAGER])
    clerk = await sign_in(server, "clerk")
    small = await _ask(clerk, "50.00")
    large = await _ask(clerk, "5000.00")
    await _pending(clerk, 2)

    mia, admin = await open_page(login="mia"), await open_page()
    for page in (mia, admin):
        await page.goto("/work")
        place = page.get_by_role("navigation", name="Main").get_by_role("link", name="Approvals")
        await expect(place).to_contain_text("2 pending approvals")
        await place.click()
        await expect(page.get_by_label("Queue").get_by_role("link")).to_have_count(2)
    await mia.keyboard.press("j")  # the newest first: the large one, which takes two
    detail = mia.get_by_role("article", name=f"Request on {large['number']}")
    for text in ("EUR\u00a010,005.00", "Ada Ltd", "Clerk", "they always pay", "0 of 2 votes"):
        await expect(detail).to_contain_text(text)
    await expect(detail).to_contain_text("is outstanding")
    await expect(mia.get_by_role("form", name="Your vote")).to_be_visible()
    await expect(mia.get_by_label("Approved amount")).to_have_count(0)  # all is waived, or nothing
    await _vote(mia, "a", "known for years")
    await expect(detail).to_contain_text("1 of 2 votes")
    await expect(detail).to_contain_text("one person has one vote")

    await admin.keyboard.press("j")
    seen = admin.get_by_role("article", name=f"Request on {large['number']}")
    await expect(seen).to_contain_text("“known for years”")
    await _vote(admin, "a", "I know them too")
    await expect(
        admin.get_by_text(f"The request on {large['number']} is decided.")
    ).to_be_visible()
    await expect(
        admin.get_by_role("article", name=f"Request on {small['number']}")
    ).to_be_visible()
    await _vote(admin, "d", "let them pay")
    await expect(admin.get_by_text("Nothing waits for a decision")).to_be_visible()

    await admin.goto(f"/orders/{large['id']}")
    panel = admin.get_by_role("region", name="Overrides")
    await expect(panel).to_contain_text("Approved")
    await expect(panel).to_contain_text("2 of 2 votes")
    await panel.get_by_text("Revoke", exact=True).first.click()
    form = panel.get_by_role("form", name="Revoke")
    await form.get_by_label("Reason").fill("they moved")
    await form.get_by_role("button", name="Revoke").click()
    await expect(panel).to_contain_text("Revoked")
    await lit(admin, "Sale statechart", "sale.ACTIVE.OPEN.AWAITING_PAYMENT_METHOD")


async def test_the_inbox_is_for_every_eye_and_tells_who_may_not_vote_why(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    clerk = await sign_in(server, "clerk")
    order = await _ask(clerk, "5000.00")
    await _pending(clerk, 1)
    for scheme, width in (("light", 1440), ("dark", 360)):
        page = await open_page(width=width, scheme=scheme)
        await page.goto("/approvals")
        await page.get_by_label("Queue").get_by_role("link").click()
        await page.get_by_role("form", name="Your vote").wait_for()
        assert await serious(page) == [], (scheme, width)
        assert await overflow(page) <= 0, (scheme, width)
        await page.goto(f"/orders/{order['id']}")
        await page.get_by_role("region", name="Overrides").wait_for()
        assert await overflow(page) <= 0, (scheme, width)

    page = await open_page(login="clerk")
    await page.goto("/approvals")
    await page.get_by_label("Queue").get_by_role("link").click()
    await expect(page.get_by_role("region", name="You cannot vote")).to_contain_text(
        "who asks does not decide"
    )
    await page.get_by_text("Withdraw", exact=True).first.click()
    form = page.get_by_role("form", name="Withdraw")
    await form.get_by_label("Reason").fill("asked by mistake")
    await form.get_by_role("button", name="Withdraw").click()
    await expect(page.get_by_text("Ended: asked by mistake")).to_be_visible()
    bob = await open_page(login="bob")
    await bob.goto("/approvals")
    await expect(bob.get_by_role("heading", level=1)).to_have_text(
        "This page is not for your roles"
    )
    await expect(bob.get_by_role("link", name="Approvals")).to_have_count(0)
