"""The console in a real Chromium, against a real server, as a clerk uses it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from acceptance.harness import PASSWORD, Client, Server, SignIn, until
from browser.page import OpenPage, fits_everywhere, lit, open_form

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(shared_server: Server) -> Server:
    """One for all: each test has orders of its own."""
    return shared_server


async def test_a_person_signs_in_finds_an_order_captures_a_payment_and_watches_it_clear(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    order = (await api.create_order())["order"]
    for _ in range(3):
        await api.create_order()
    page = await open_page(login=None)
    await page.goto("/orders")
    await page.get_by_label("Login").fill("admin")
    await page.get_by_label("Password", exact=True).fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()

    await page.get_by_role("searchbox", name="Search orders").fill(order["number"])
    await expect(page.get_by_role("link", name="SO-")).to_have_count(1)
    await page.get_by_role("link", name=order["number"]).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(order["number"])

    form = await open_form(page, "Set payment method")
    await form.get_by_role("combobox", name="Method").click()
    await page.get_by_role("option", name="Card").click()
    await form.get_by_role("button", name="Set payment method").click()
    await lit(page, "Sale statechart", "sale.ACTIVE.OPEN.PAYMENT_INITIATED")

    form = await open_form(page, "Capture payment")
    await form.get_by_label("Amount").fill("105.001")
    await form.get_by_label("Payment reference").fill("p-1")
    await form.get_by_role("button", name="Capture payment").click()
    await expect(form).to_contain_text("at most 2 decimal places")
    await expect(form.get_by_label("Payment reference")).to_have_value("p-1")
    await form.get_by_label("Amount").fill("105.00")
    await form.get_by_role("button", name="Capture payment").click()

    await lit(page, "Sale statechart", "sale.ACTIVE.CLEARED_FOR_FULFILMENT")
    await expect(page.get_by_label("Transition log")).to_contain_text("Capture payment")
    await expect(page.get_by_label("Transition log")).to_contain_text("Admin")
    await expect(page.get_by_role("link", name="FU-").first).to_be_visible()


async def test_what_another_process_does_appears_without_a_reload(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    order = (await api.create_order())["order"]
    other = Server(server.database_url, with_worker=False)
    await other.start()
    try:
        elsewhere = await sign_in(other)
        page = await open_page()
        await page.goto(f"/orders/{order['id']}")
        await lit(page, "Sale statechart", "sale.ACTIVE.OPEN.AWAITING_PAYMENT_METHOD")
        await elsewhere.sale(order["id"], "FREEZE", {"reason": "please check the address"})
        await lit(page, "Sale statechart", "sale.FROZEN")
        await expect(page.get_by_label("Transition log")).to_contain_text(
            "please check the address"
        )
    finally:
        await other.stop()


async def test_a_blocked_event_says_why_and_who_can_lift_it(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    order = (await api.create_order())["order"]
    await api.sale(order["id"], "FREEZE", {"reason": "sanctions list"})
    page = await open_page()
    await page.goto(f"/orders/{order['id']}")
    blocked = page.get_by_label("Not possible now: Sale")
    await expect(blocked.get_by_text("the order is frozen: sanctions list").first).to_be_visible()
    auditor = await open_page(login="auditor")
    await auditor.goto(f"/orders/{order['id']}")
    blocked = auditor.get_by_label("Not possible now: Sale")
    await expect(blocked.get_by_text("takes one of the roles").first).to_be_visible()
    await expect(auditor.get_by_role("form")).to_have_count(0)
    await expect(auditor.get_by_role("link", name="Next step")).to_have_count(0)


async def test_a_fulfilment_is_packed_and_shipped_in_the_console(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    order = (await api.create_order())["order"]
    await api.sale(order["id"], "PAYMENT_CAPTURED", {"amount": "105.00", "paymentId": "p"})
    fulfilment = await _fulfilment(api, order["id"])
    page = await open_page()
    await page.goto(f"/orders/{order['id']}")
    await page.get_by_role("tab", name=fulfilment["number"]).first.click()
    await lit(page, "Fulfilment statechart", "fulfilment.UNSHIPPED.PICK_PACK")
    form = await open_form(page, "Pack")
    await form.get_by_role("button", name="Pack").click()
    form = await open_form(page, "Ship")
    await form.get_by_label("Carrier").fill("DHL")
    await form.get_by_label("Tracking number").fill("JD0001")
    await form.get_by_role("button", name="Ship").click()
    await lit(page, "Fulfilment statechart", "fulfilment.OUT.SHIPPED")


async def _fulfilment(api: Client, order_id: str) -> dict[str, str]:
    async def look() -> object:
        found = (await api.order(order_id))["fulfilments"]
        return found[0] if found and found[0]["workflowState"] == "PICK_PACK" else None

    return await until(look)


async def test_axe_finds_nothing_serious_and_nothing_sticks_out(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    api = await sign_in(server)
    order = (await api.create_order())["order"]
    await api.sale(order["id"], "PAYMENT_CAPTURED", {"amount": "1.00", "paymentId": "p"})
    page = await open_page()
    for path, sign in {
        "/": "Work",
        "/orders": order["number"],
        f"/orders/{order['id']}": "Transition log",
        "/quotations": "Quotations",
        "/orders/new": "New order",
    }.items():
        await page.goto(path)
        wanted = page.get_by_label(sign).or_(page.get_by_text(sign))
        await wanted.first.wait_for()
        await page.wait_for_load_state("networkidle")
        await fits_everywhere(page)
    await page.goto("/sign-in")
    await fits_everywhere(page)


async def test_the_first_load_stays_small(open_page: OpenPage) -> None:
    page = await open_page()
    sizes: dict[str, int] = {}

    async def weigh(response: object) -> None:
        if response.url.endswith(".js"):  # type: ignore[attr-defined]
            sizes[response.url] = (await response.request.sizes())["responseBodySize"]  # type: ignore[attr-defined]

    page.on("response", weigh)
    await page.goto("/orders")
    await page.get_by_role("heading", level=1).wait_for()
    await page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes.values()) < 250_000, sizes
