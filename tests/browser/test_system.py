"""The system pages: who looks after the house sees what is in trouble and deals with it."""

from __future__ import annotations

import re

import asyncpg
import pytest
from playwright.async_api import Page, expect

from acceptance.harness import CONSUMERS, Server, SignIn
from acceptance.test_deadletter_doors import Post, work
from browser.page import OpenPage, fits_everywhere
from orderwright.clock import SystemClock
from orderwright.runtime.incident import Sighting, record

pytestmark = pytest.mark.browser


async def _trouble(server: Server, order_id: str, subject: str = "PAY") -> None:
    sighting = Sighting(
        kind="step",
        subject=f"{order_id}/{subject}",
        code="guard_unknown",
        cause=f"a fact is missing for {subject}",
        details={"instance": order_id, "missing": ["stock"]},
        seen_at=SystemClock().now(),
        count=3,
    )
    connection = await asyncpg.connect(server.database_url)
    await record(connection, [sighting])
    await connection.close()


async def test_an_incident_shows_in_the_shell_leads_to_its_order_and_is_resolved_with_a_note(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    order = (await (await sign_in(server)).create_order())["order"]
    await _trouble(server, order["id"])
    page = await open_page()
    await page.goto("/work")
    place = page.get_by_role("navigation", name="Main").get_by_role("link", name="System")
    await expect(place).to_contain_text("1 open incidents")
    await place.click()
    await expect(page).to_have_url(re.compile("/system/incidents$"))
    row = page.get_by_role("listitem").filter(has_text="a fact is missing for PAY")
    for text in ("Chart author", "3 times", "send the event again"):
        await expect(row).to_contain_text(text)
    await expect(row.get_by_role("link", name=order["number"])).to_have_attribute(
        "href", f"/orders/{order['id']}"
    )
    await row.get_by_text("Resolve", exact=True).first.press("Enter")
    form = row.get_by_role("form")
    await form.get_by_label("What was done").fill("stock is counted again")
    await form.get_by_role("button", name="Resolve").click()
    await expect(page.get_by_text("Nothing is in trouble")).to_be_visible()
    await expect(place).not_to_contain_text("open incidents")
    await page.get_by_text("Resolved", exact=True).click()
    await expect(page.get_by_text("stock is counted again")).to_be_visible()


async def test_dead_letters_are_corrected_and_retried_one_by_one_and_together(
    server: Server, open_page: OpenPage
) -> None:
    post = Post()
    await work(server.database_url, post, "k1", "k2", "k3")
    page = await open_page()
    await page.goto("/system/dead-letters")
    row = page.get_by_role("listitem").filter(has_text="k1")
    await row.get_by_text("Correct and retry").click()
    form = row.get_by_role("form")
    await form.get_by_label("Payload").fill("{")
    await form.get_by_role("button", name="Retry").click()
    await expect(form).to_contain_text("This is not JSON")
    await form.get_by_label("Payload").fill('{"to": "ann"}')
    await form.get_by_label("Reason").fill("a typo")
    await form.get_by_role("button", name="Retry").click()
    await expect(row).to_have_count(0)
    await page.get_by_label("All on this page").check()
    await page.get_by_role("button", name="Retry 2 chosen").click()
    await expect(page.get_by_text("Nothing has failed for the last time")).to_be_visible()
    await work(server.database_url, post)
    assert post.sent == [("k1", {"to": "ann"})]


async def test_events_say_which_consumer_has_acknowledged_them_and_are_found_by_order(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    order = (await api.create_order())["order"]
    other = (await api.create_order())["order"]
    page = await open_page()
    await page.goto("/system/events")
    table = page.get_by_role("table", name="Events")
    await expect(table.get_by_role("link", name=other["number"]).first).to_be_visible()
    await page.get_by_role("searchbox", name="Events of an order").fill(order["number"])
    await expect(table.get_by_role("link", name=other["number"])).to_have_count(0)
    created = table.get_by_role("row").filter(has_text="order.created")
    await expect(created).to_have_count(1)
    for consumer in CONSUMERS:
        await expect(created.get_by_text(consumer)).to_be_visible()
    await expect(created.locator("time")).to_have_count(len(CONSUMERS) + 1)
    await created.get_by_text("Show").click()
    await expect(created).to_contain_text(f'"causationId": "{order["id"]}/1"')


async def test_a_webhook_is_added_paused_resumed_and_removed(open_page: OpenPage) -> None:
    page = await open_page()
    await page.goto("/system/webhooks")
    await page.get_by_role("button", name="Add a webhook").click()
    form = page.get_by_role("form", name="Add a webhook")
    await form.get_by_label("Endpoint").fill("http://shop.example/hooks")
    await form.get_by_role("button", name="Subscribe").click()
    await expect(form).to_contain_text("expected an HTTPS URL")
    await form.get_by_label("Endpoint").fill("https://shop.example/hooks")
    await form.get_by_label("Events").fill("sale.*, order.created")
    await form.get_by_role("button", name="Subscribe").click()
    await expect(page.get_by_text("whsec_")).to_be_visible()
    await page.get_by_role("button", name="I have it").click()
    await expect(page.get_by_text("whsec_")).to_have_count(0)

    row = page.get_by_role("listitem").filter(has_text="https://shop.example/hooks")
    await expect(row).to_contain_text("sale.*, order.created")
    await row.get_by_role("button", name="Pause").click()
    await expect(row).to_contain_text("paused by Admin")
    await row.get_by_role("button", name="Resume").click()
    await expect(row).to_contain_text("Active")
    await row.get_by_text("Deliveries").click()
    await expect(row).to_contain_text("Nothing was sent yet")
    await row.get_by_role("button", name="Remove").click()
    await row.get_by_role("button", name="Leave it").click()
    await expect(row.get_by_role("dialog")).to_have_count(0)
    await expect(row.get_by_role("button", name="Remove")).to_be_focused()
    await row.get_by_role("button", name="Remove").press("Enter")
    await row.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("Nobody has subscribed")).to_be_visible()


async def test_who_does_not_look_after_the_house_is_not_led_there(open_page: OpenPage) -> None:
    page = await open_page(login="auditor")
    await page.goto("/system/incidents")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "This page is not for your roles"
    )
    await expect(page.get_by_role("link", name="System")).to_have_count(0)


async def _seen(page: Page, path: str, text: str) -> None:
    await page.goto(path)
    await page.get_by_text(text).first.wait_for()
    await page.wait_for_load_state("networkidle")
    for summary in await page.get_by_role("main").locator("summary:visible").all():
        await summary.click()


async def test_axe_finds_nothing_serious_on_the_system_pages_and_nothing_sticks_out(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    order = (await api.create_order())["order"]
    await api.ask(_SUBSCRIBE)
    await work(server.database_url, Post(), "k1")
    await _trouble(server, order["id"])
    page = await open_page()
    for path, text in {
        "/system/incidents": "a fact is missing",
        "/system/dead-letters": "InputInvalid",
        "/system/events": "order.created",
        "/system/webhooks": "shop.example",
    }.items():
        await _seen(page, path, text)
        await fits_everywhere(page)


_SUBSCRIBE = """
mutation { createWebhookSubscription(url: "https://shop.example/hooks/of/a/rather/long/path", patterns: ["*"]) {
  __typename } }
"""
