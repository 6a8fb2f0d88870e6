"""Requests for documents and snoozes in the console: what a policy asks for is looked at, and the policy silenced."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from acceptance.harness import PASSWORD, Server, SignIn, until
from acceptance.policing import put_in_force
from browser.page import OpenPage, fits_everywhere, open_form, serious
from orderwright import Event, Orderwright
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings
from orderwright.runtime.command import Actor

pytestmark = pytest.mark.browser

PAPERS = {
    "schema": 1,
    "name": "Papers please",
    "trigger": "ORDER_CREATED",
    "graph": {
        "nodes": [
            {"id": "trigger", "type": "trigger"},
            {
                "id": "ask",
                "type": "action",
                "action": "REQUEST_DOCUMENT",
                "config": {
                    "types": ["passport"],
                    "due_days": 4,
                    "reminders": 1,
                    "message": "Show us who you are",
                },
            },
        ],
        "edges": [{"from": "trigger", "to": "ask"}],
    },
}


async def _asked_for(page: Page, order_id: str, number: str) -> None:
    """Go from an order that is held back to the request for documents."""
    await page.goto(f"/orders/{order_id}")
    await expect(page.get_by_role("region", name="Policies", exact=True)).to_contain_text(
        "Held back"
    )
    await page.get_by_role("link", name="Documents asked for").click()
    await page.wait_for_url("**/document-requests?entity=Order&id=*")
    await page.get_by_role("button", name="Requested").click()
    await page.wait_for_url("**?state=REQUESTED&entity=Order&id=*")
    assert await serious(page) == []
    row = page.get_by_role("row").filter(has_text=number)
    await row.get_by_role("link", name="Passport").click()


async def _hand_in(page: Page) -> None:
    """Make a link, and hand a passport in by it as its holder would."""
    await page.get_by_role("button", name="Make a link").click()
    link = await page.get_by_role("region", name="Link to hand in by").locator("code").inner_text()
    file = {"name": "p.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    path = link[link.index("/documents/") :]
    answer = await page.request.post(path, multipart={"type": "passport", "file": file})
    assert answer.status == 201


async def _late(server: Server, order_id: str) -> None:
    """Let the time be over in which the papers for an order were to be handed in."""
    asked = "select id from orderwright.document_request where entity_id = $1"
    async with Orderwright.connect(server.database_url, settings=Settings()) as app:

        async def known() -> bool:
            return await app.pool.fetchval(asked, order_id) is not None

        await until(known)
        request_id = await app.pool.fetchval(asked, order_id)
        ended = await app.engine.send(
            request_id, Event("TERM_ENDED"), actor=Actor("time", "system")
        )
        assert ended.refused is None


async def test_papers_that_a_policy_asks_for_are_accepted_the_policy_is_snoozed_and_woken_and_late_papers_are_found(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    async with Orderwright.connect(server.database_url, settings=Settings()) as app:
        for login in ("cleo", "cora"):
            await app.people.enrol(login, login.title(), PASSWORD, [Role.COMPLIANCE])
    await put_in_force(await sign_in(server, "cleo"), await sign_in(server, "cora"), PAPERS)
    order = (await (await sign_in(server)).create_order())["order"]
    page = await open_page(login="cora")
    await _asked_for(page, order["id"], order["number"])

    await expect(page.get_by_role("region", name="Why")).to_contain_text(
        "Papers please, version 1"
    )
    await expect(page.get_by_role("article")).to_contain_text("0 of 1")  # reminders
    await _hand_in(page)
    await expect(page.get_by_label("State", exact=True)).to_have_text("Submitted")
    await fits_everywhere(page)
    async with page.expect_download() as given:
        await page.get_by_role("link", name="Download Passport").click()
    assert (await (await given.value).path()).read_bytes() == b"%PDF-1.7"
    form = await open_form(page, "Accept documents")
    await form.get_by_role("button", name="Accept documents").click()
    await expect(page.get_by_label("State", exact=True)).to_have_text("Accepted")

    await page.get_by_role("link", name=f"Order {order['number']}").click()
    matched = page.get_by_role("region", name="Policies that matched")
    await matched.get_by_text("Snooze", exact=True).first.press("Enter")
    form = matched.get_by_role("form", name="Snooze Papers please")
    await form.get_by_label("For").select_option("A day")
    await form.get_by_label("Reason").fill("we know them")
    await fits_everywhere(page)
    await form.get_by_role("button", name="Snooze").click()
    await expect(matched).to_contain_text("Snoozed by Cora until")
    await expect(matched).to_contain_text("“we know them”")
    await matched.get_by_role("button", name="End the snooze").click()
    await expect(matched).not_to_contain_text("we know them")

    other = (await (await sign_in(server)).create_order())["order"]
    await _late(server, other["id"])
    await page.goto("/")
    await fits_everywhere(page)
    await page.get_by_role("list", name="Documents by state").get_by_text("1 Overdue").click()
    await page.wait_for_url("**/document-requests?state=OVERDUE")
    await expect(page.get_by_role("row").filter(has_text=other["number"])).to_be_visible()
