"""The warehouse in the console: its work, a package in parts, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from acceptance.harness import Client, Server, SignIn, until
from browser.page import OpenPage, fits_everywhere, open_form

pytestmark = pytest.mark.browser
_REGISTER = """
mutation ($input: PaymentInput!) { registerConsumerPayment(input: $input) {
  ... on PaymentApplied { payment { id } } } }
"""
_CONFIRM = "mutation ($id: ID!) { confirmPayment(paymentId: $id) { __typename } }"
_CREATE = """
mutation ($input: OrderInput!) { createOrder(input: $input) { ... on OrderCreated { order { id } } } }
"""


async def paid(me: Client, **pieces: int) -> dict[str, Any]:
    """Return an order of so many pieces of each SKU, when its fulfilments are there."""
    lines = [
        {"sku": sku, "quantity": quantity, "unitPrice": "10.00"}
        for sku, quantity in pieces.items()
    ]
    given = {"customerId": "ada", "currency": "EUR", "lines": lines, "shipping": "0.00"}
    order_id = (await me.ask(_CREATE, input=given))["createOrder"]["order"]["id"]
    amount = f"{10 * sum(pieces.values())}.00"
    money = {"orderId": order_id, "amount": amount, "currency": "EUR", "method": "CARD"}
    payment = (await me.ask(_REGISTER, input=money))["registerConsumerPayment"]["payment"]
    await me.ask(_CONFIRM, id=payment["id"])

    async def begun() -> Any:
        order = await me.order(order_id)
        states = {one["workflowState"] for one in order["fulfilments"]}
        return order if states and "ALLOCATING_STOCK" not in states else None

    return await until(begun)


async def press(form: Locator) -> None:
    """Send a form, and see that it was taken."""
    page = form.page
    await form.locator("button[type=submit]").click()
    await expect(page.get_by_text("Done. Now:")).to_be_visible()


async def is_in(page: Page, state: str) -> None:
    await expect(page.get_by_role("status", name="State")).to_have_text(state)


async def test_the_warehouse_finds_its_work_and_its_backorders(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    order = await paid(await sign_in(server), ANVIL=3, GONE=2)
    by_state = {one["workflowState"]: one["number"] for one in order["fulfilments"]}
    assert set(by_state) == {"PICK_PACK", "BACKORDERED"}
    page = await open_page()
    await page.goto("/work")
    await page.get_by_role("link", name="Fulfilment", exact=True).click()
    rows = page.get_by_role("table", name="Fulfilments").get_by_role("row")
    await expect(rows).to_have_count(3)  # with its head
    await fits_everywhere(page)
    for tab, state in (("To pick and pack", "PICK_PACK"), ("Backorders", "BACKORDERED")):
        await page.get_by_role("link", name=tab, exact=True).click()
        await expect(rows).to_have_count(2)
        await expect(rows.last).to_contain_text(by_state[state])
    await expect(page).to_have_url(f"{server.url}/fulfilments?work=BACKORDERS")
    await expect(rows.last).to_contain_text("2 \u00d7 GONE")
    await page.get_by_role("link", name="To ship", exact=True).click()
    await expect(page.get_by_text("No fulfilments match")).to_be_visible()
    await page.get_by_role("link", name="All", exact=True).click()
    await page.get_by_role("button", name="Backordered").click()
    await expect(rows).to_have_count(2)
    await expect(page).to_have_url(f"{server.url}/fulfilments?state=BACKORDERED")


async def test_a_package_is_packed_shipped_in_part_and_not_delivered_at_first(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    order = await paid(await sign_in(server), ANVIL=3)
    [one] = order["fulfilments"]
    page = await open_page()
    await page.goto(f"/fulfilments/{one['id']}")
    lines = page.get_by_role("table", name="Lines", exact=True)
    await expect(lines).to_contain_text("Main warehouse: 3")
    await expect(page.get_by_role("region", name="Not possible now")).to_contain_text(
        "goods are packed and shipped"
    )
    await press(await open_form(page, "Pack"))
    ship = await open_form(page, "Ship")
    await ship.get_by_label("Carrier").fill("DHL")
    await ship.get_by_label("Tracking number").fill("T1")
    await ship.get_by_role("button", name="Add to Lines").click()
    part = ship.get_by_role("group", name="Lines 1")
    await part.get_by_role("combobox", name="Line").click()
    await page.get_by_role("option", name="1: Anvil").click()
    await part.get_by_role("textbox", name="Pieces").fill("2")
    await fits_everywhere(page)
    await press(ship)
    await is_in(page, "Shipped")
    figures = page.locator("dl").first
    await expect(figures).to_contain_text("CarrierDHL")
    await expect(figures).to_contain_text("TrackingT1")
    await press(await open_form(page, "Record failed delivery"))
    await is_in(page, "Ready for shipment")
    await expect(figures).to_contain_text("Failed deliveries1")
    log = page.get_by_role("list", name="Transition log")
    await expect(log).to_contain_text("Record failed delivery")
    await page.goto("/fulfilments")
    rows = page.get_by_role("table", name="Fulfilments").get_by_role("row")
    await expect(rows.filter(has_text="1 \u00d7 ANVIL")).to_have_count(
        1
    )  # the rest goes on by itself


async def test_what_comes_back_is_received_and_refunded_at_the_returns_desk(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    me = await sign_in(server)
    order = await paid(me, ANVIL=3)
    [one] = order["fulfilments"]
    await me.fulfil(one["id"], "FULFILMENT_STARTED")
    await me.fulfil(one["id"], "PACKAGE_SHIPPED", {"carrier": "DHL", "tracking": "T1"})
    await me.fulfil(one["id"], "PACKAGE_DELIVERED")
    page = await open_page()
    await page.goto(f"/fulfilments/{one['id']}")
    asked = await open_form(page, "Request return")
    await asked.get_by_label("Reason").fill("wrong colour")
    await asked.get_by_role("button", name="Add to Lines").click()
    part = asked.get_by_role("group", name="Lines 1")
    await part.get_by_role("combobox", name="Line").click()
    await page.get_by_role("option", name="1: Anvil").click()
    await part.get_by_role("textbox", name="Pieces").fill("2")
    await press(asked)
    returns = page.get_by_role("table", name="Returns", exact=True)
    await returns.get_by_role("link").click()

    desk = page.get_by_role("article")
    await expect(desk).to_contain_text("wrong colour")
    await expect(page.get_by_role("region", name="Queue")).to_contain_text("2 \u00d7 ANVIL")
    received = await open_form(page, "Receive return")
    await received.get_by_role("combobox", name="Condition").click()
    await page.get_by_role("option", name="Damaged").click()
    await fits_everywhere(page)
    await press(received)
    lines = desk.get_by_role("table", name="Lines")
    await expect(lines).to_contain_text("Damaged")
    await press(await open_form(page, "Issue refund"))
    await expect(desk).to_contain_text("20.00")
    await expect(page.get_by_role("region", name="Possible now")).to_have_count(0)
    await page.get_by_role("button", name="Refunded").click()
    await expect(page.get_by_role("region", name="Queue").get_by_role("link")).to_have_count(1)
    await page.goto("/returns?state=REQUESTED&return=gone")
    await expect(page.get_by_role("link", name="Look among all returns")).to_be_visible()
