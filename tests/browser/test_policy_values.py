"""Values in the editor and the test of policies: what is written there is what the server is told."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from acceptance.harness import PASSWORD, Server, SignIn
from acceptance.policing import CREATE, policy, taken
from browser.page import OpenPage, fits_everywhere
from orderwright import Orderwright
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings

pytestmark = pytest.mark.browser

LATEST = "query ($id: ID!) { policy(id: $id) { version { version document } } }"


def _money(text: str) -> dict[str, str]:
    amount, currency = text.split(" ")
    return {"money": amount, "currency": currency}


async def test_amounts_keep_their_currencies_and_a_result_goes_with_what_it_was_of(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    async with Orderwright.connect(server.database_url, settings=Settings()) as app:
        await app.people.enrol("cleo", "Cleo", PASSWORD, [Role.COMPLIANCE])
    cleo, page = await sign_in(server, "cleo"), await open_page(login="cleo")
    listed = ["1000000.00 NGN", "100.00 USD", "100.00 EUR"]
    rules: list[dict[str, Any]] = [
        {"field": "amount", "operator": "in", "value": [_money(one) for one in listed]},
        {"field": "user.registeredDays", "operator": "<", "value": 11},
    ]
    document = policy("ORDER_CREATED", rules, "Round sums", "FREEZE_ORDER", reason="round")
    policy_id = taken(await cleo.ask(CREATE, document=document))["id"]

    await page.goto(f"/policies/{policy_id}/edit")
    await page.get_by_label("Node").select_option("c")
    field = page.get_by_role("combobox", name="Values of rule 1")
    values = page.get_by_role("region", name="Condition", exact=True)
    for one in listed:
        await expect(values.get_by_text(one, exact=True)).to_be_visible()
    await field.fill("7.00")
    await field.press("Enter")
    await expect(values.get_by_text("“7.00” is no amount with its currency")).to_be_visible()
    await field.fill("5.00 GBP")
    await field.press("Enter")

    test = page.get_by_role("form", name="Test")
    result = test.get_by_role("status", name="Result of the test")
    await test.get_by_role("button", name="Not known: Amount").click()
    await test.get_by_role("button", name="Test", exact=True).click()
    await expect(test.get_by_role("alert").first).to_contain_text("is no amount")
    await test.get_by_label("Amount", exact=True).fill("5.00")
    await test.get_by_label("Currency: Amount").fill("GBP")
    await test.get_by_role("button", name="Not known: Days since registration").click()
    await test.get_by_label("Days since registration", exact=True).fill("10.50")
    await test.get_by_role("button", name="Test", exact=True).click()
    await expect(result).to_contain_text("Hit")
    await expect(result).to_contain_text("found 10.5")
    await fits_everywhere(page)
    await test.get_by_label("Currency: Amount").fill("KES")
    await expect(result).to_have_count(0)

    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Policy Round sums")
    saved = (await cleo.ask(LATEST, id=policy_id))["policy"]["version"]
    group = saved["document"]["graph"]["nodes"][1]["group"]
    assert saved["version"] == 2
    assert group["rules"][0]["value"] == [_money(one) for one in [*listed, "5.00 GBP"]]


async def test_lists_and_objects_can_be_said_in_a_test(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    cleo, page = await sign_in(server), await open_page()
    for trigger, field, typed, wrong in (
        ("kyc.documents_required", "required", "passport, bill", "[bill"),
        ("sale.refund_due", "payments", '{"p1": 100}', "p1"),
    ):
        does = {"type": "FRAUD", "priority": "NORMAL"}
        rule = {"field": field, "operator": "is_not_null"}
        if field == "required":
            rule = {"field": field, "operator": "contains", "value": "bill"}
        document = policy(trigger, [rule], f"On {field}", "FLAG_FOR_REVIEW", **does)
        policy_id = taken(await cleo.ask(CREATE, document=document))["id"]
        await page.goto(f"/policies/{policy_id}")
        test = page.get_by_role("form", name="Test")
        await test.get_by_role("button", name=f"Not known: {field.title()}").click()
        said = test.get_by_role("textbox", name=field.title(), exact=True)
        await said.fill(wrong)
        await test.get_by_role("button", name="Test", exact=True).click()
        await expect(test.get_by_role("alert")).to_contain_text("This is no JSON")
        result = test.get_by_role("status", name="Result of the test")
        await expect(result).to_have_count(0)
        await said.fill(typed)
        await test.get_by_role("button", name="Test", exact=True).click()
        await expect(result).to_contain_text("Hit")
        await fits_everywhere(page)
