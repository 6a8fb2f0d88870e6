"""Consent to a version of a policy: what the second person sees is what the consent puts in force."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from acceptance.harness import PASSWORD, Client, Server, SignIn, until
from acceptance.policing import is_, policy, put_in_force, taken
from browser.page import OpenPage, fits_everywhere
from orderwright import Orderwright
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings

pytestmark = pytest.mark.browser

CHANGED = "{ __typename ... on PolicyChanged { policy { id } } ... on Refusal { code message } }"
SAVE = f"mutation ($id: ID!, $document: JSON!) {{ savePolicyVersion(id: $id, document: $document) {CHANGED} }}"
PUBLISH = (
    'mutation ($id: ID!, $version: Int!) { publishPolicy(id: $id, version: $version, reason: "agreed") '
    f"{CHANGED} }}"
)
WAITING = '{ approvals(filter: {states: ["PENDING"]}) { totalCount } }'


def _sanctions(name: str, country: str) -> dict[str, Any]:
    """Write a policy that freezes the orders from a country."""
    rules = [is_("user.country", country)]
    return policy("ORDER_CREATED", rules, name, "FREEZE_ORDER", reason="sanctions")


async def _ask(author: Client, policy_id: str, version: int) -> None:
    """Ask for a publication, and wait until the question has reached the others."""
    taken(await author.ask(PUBLISH, id=policy_id, version=version))

    async def waits() -> bool:
        return bool((await author.ask(WAITING))["approvals"]["totalCount"] == 1)

    await until(waits)


async def _changes(page: Page, version: int) -> None:
    """Expect that a version is shown with what it changes of version 1, which is in force."""
    changes = page.get_by_role("region", name=f"Changes in version {version}")
    compared = changes.get_by_label("Compared with").locator("option:checked")
    await expect(compared).to_have_text("Version 1, in force")
    await expect(changes.locator("del").filter(has_text="KP")).to_be_visible()


async def test_the_second_person_sees_what_waits_against_what_is_in_force_and_consents_to_that_alone(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    async with Orderwright.connect(server.database_url, settings=Settings()) as app:
        for login in ("cleo", "cora"):
            await app.people.enrol(login, login.title(), PASSWORD, [Role.COMPLIANCE])
    cleo, second = await sign_in(server, "cleo"), await sign_in(server, "cora")
    policy_id = await put_in_force(cleo, second, _sanctions("Sanctions", "KP"))
    for document in (_sanctions("Sanctions", "XX"), _sanctions("Embargo", "XX")):
        taken(await cleo.ask(SAVE, id=policy_id, document=document))

    await _ask(cleo, policy_id, 3)
    cora = await open_page(login="cora")
    await cora.goto("/approvals")
    await cora.get_by_label("Queue").get_by_role("link").click()
    asked = cora.get_by_role("region", name="What is asked for")
    await expect(asked).to_contain_text("Version 3, deciding, for 100%. In force: Version 1")
    await _changes(cora, 3)
    await cora.get_by_text("Deny (d)").click()
    await cora.get_by_label("Reason").fill("who is XX?")
    await cora.get_by_role("button", name="Deny", exact=True).click()
    await expect(cora.get_by_text("Nothing waits for a decision")).to_be_visible()

    await _ask(cleo, policy_id, 2)
    await cora.goto(f"/policies/{policy_id}")
    await expect(cora.get_by_role("region", name="Version 2, waits for consent")).to_be_visible()
    await _changes(cora, 2)
    await fits_everywhere(cora)
    await cora.get_by_role("region", name="Version", exact=True).get_by_role("link").click()
    await expect(cora.get_by_role("region", name="Version 3, draft")).to_be_visible()
    consent = cora.get_by_role("form", name="Consent to version 2")
    await expect(consent).to_have_count(0)
    await cora.get_by_role("link", name="Version 2").click()
    await consent.get_by_label("Reason").fill("agreed with the ministry")
    await consent.get_by_role("button", name="Consent to version 2").click()
    await expect(cora.get_by_role("region", name="Version 2, in force")).to_be_visible()


async def test_a_request_that_somebody_else_decides_meanwhile_stays_open_as_what_it_is(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    async with Orderwright.connect(server.database_url, settings=Settings()) as app:
        for login in ("cleo", "cora", "cato"):
            await app.people.enrol(login, login.title(), PASSWORD, [Role.COMPLIANCE])
    cleo, cora = await sign_in(server, "cleo"), await sign_in(server, "cora")
    policy_id = await put_in_force(cleo, cora, _sanctions("Sanctions", "KP"))
    taken(await cleo.ask(SAVE, id=policy_id, document=_sanctions("Sanctions", "XX")))
    await _ask(cleo, policy_id, 2)
    cato = await open_page(login="cato")
    await cato.goto("/approvals")
    await cato.get_by_label("Queue").get_by_role("link").click()
    request = cato.get_by_role("article", name="Request on Sanctions")
    await expect(request).to_contain_text("Pending")
    taken(await cora.ask(PUBLISH, id=policy_id, version=2))
    await expect(cato.get_by_text("Nothing waits for a decision")).to_be_visible()
    await expect(request).to_contain_text("Approved")
    await cato.reload()
    await expect(request).to_contain_text("Approved")
