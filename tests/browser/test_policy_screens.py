"""Policies in the console: drawn by one person, put into force by two, explained to everybody."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from acceptance.harness import PASSWORD, Server, SignIn
from browser.page import OpenPage, overflow, serious
from orderwright import Orderwright
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings

pytestmark = pytest.mark.browser


async def _choose_roles(action: Locator) -> None:
    """Look at the roles that another kind of action may name, and come back to this one."""
    kind = action.get_by_label("Action", exact=True)
    await kind.select_option("REQUIRE_APPROVAL")
    roles = action.get_by_label("Role").locator("option:not([value=''])")
    assert await roles.evaluate_all("all => all.map(one => one.value)") == list(Role)
    await kind.select_option("FREEZE_ORDER")


async def _draw(page: Page) -> None:
    """Draw: an order of more than 100.00 EUR is frozen."""
    await page.goto("/policies")
    await page.get_by_role("link", name="New policy").click()
    await page.get_by_label("Name").fill("Large orders")
    await page.get_by_role("combobox", name="Trigger", exact=True).select_option("ORDER_CREATED")
    await page.get_by_role("button", name="Condition", exact=True).click()
    await page.get_by_role("button", name="Add rule to group 1").click()
    await page.get_by_role("combobox", name="Fact of rule 1").fill("Amount")
    await page.get_by_role("option", name="Amount", exact=True).click()
    await page.get_by_label("Operator of rule 1").select_option(">")
    await page.get_by_label("Value of rule 1", exact=True).fill("100.00")
    await page.get_by_role("button", name="Action", exact=True).click()
    await page.get_by_role("combobox", name="Action", exact=True).select_option("FREEZE_ORDER")


async def _said(page: Page, form: str) -> None:
    """Fill in why, and send the form."""
    asked = page.get_by_role("form", name=form)
    await asked.get_by_label("Reason").fill("we talked about it")
    await asked.get_by_role("button", name=form).click()


async def _for_every_eye(open_page: OpenPage, *, decision: str, policy: str) -> None:
    for scheme, width in (("light", 1440), ("dark", 360)):
        page = await open_page(login="cora", width=width, scheme=scheme)
        for address in (decision, policy):
            await page.goto(address)
            await page.get_by_text("Freeze order").first.wait_for()
            assert await serious(page) == [], (scheme, address)
            assert await overflow(page) <= 0, (width, address)
        await expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()  # the policy's hits


async def test_a_policy_is_drawn_tested_and_put_into_force_by_two_and_its_decision_explained(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    async with Orderwright.connect(server.database_url, settings=Settings()) as app:
        for login in ("cleo", "cora"):
            await app.people.enrol(login, login.title(), PASSWORD, [Role.COMPLIANCE])
    cleo, cora = [await open_page(login=login) for login in ("cleo", "cora")]

    await _draw(cleo)
    await cleo.get_by_role("button", name="Save").click()
    wrong = cleo.get_by_role("region", name="Action", exact=True)
    await expect(wrong.get_by_text("FREEZE_ORDER needs 'reason'")).to_be_visible()
    await _choose_roles(wrong)
    await wrong.get_by_label("Reason").fill("{{userId}} has ordered {{amount}}")
    test = cleo.get_by_role("form", name="Test")
    await test.get_by_role("button", name="Not known: Amount").click()
    await test.get_by_label("Amount", exact=True).fill("150.00")
    await test.get_by_role("button", name="Test").click()
    result = test.get_by_role("status", name="Result of the test")
    for text in ("Hit", "Freeze order", "found EUR\u00a0150.00", "amount <= 100.00 EUR"):
        await expect(result).to_contain_text(text, ignore_case=True)
    path = cleo.get_by_role("region", name="The path of the test")
    await expect(path.locator('[data-node-id="action-1"][data-reach="certain"]')).to_be_visible()
    assert await serious(cleo) == []
    await cleo.get_by_role("button", name="Save").click()

    await expect(cleo.get_by_role("heading", level=1)).to_have_text("Policy Large orders")
    await _said(cleo, "Ask for publication")
    await expect(cleo.get_by_text("Somebody else who may publish policies")).to_be_visible()
    await cora.goto(cleo.url)
    await _said(cora, "Consent")
    await expect(cora.get_by_label("State", exact=True)).to_have_text("Active")

    admin = await sign_in(server)
    order = (await admin.create_order(price="500.00"))["order"]
    await cora.goto(f"/orders/{order['id']}")
    await expect(cora.get_by_label("State", exact=True)).to_have_text("Frozen")
    await cora.get_by_role("link", name="Every decision on it").click()
    await cora.get_by_role("link", name="Order created").click()
    evaluation = cora.get_by_role("region", name="Evaluation of Large orders")
    await expect(evaluation).to_contain_text("found EUR\u00a01,005.00")
    await expect(
        evaluation.locator('[data-node-id="action-1"][data-reach="certain"]')
    ).to_be_visible()
    actions = cora.get_by_role("region", name="Actions")
    await expect(actions).to_contain_text(re.compile("Freeze order.*Applied"))
    await _for_every_eye(open_page, decision=cora.url, policy=cleo.url)
