"""What happened while the connection was lost is shown once it is back."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import WebSocketRoute, expect

from acceptance.harness import Server, SignIn
from browser.page import OpenPage

pytestmark = pytest.mark.browser

REGISTER = (
    "mutation ($input: PaymentInput!) { registerConsumerPayment(input: $input) { __typename } }"
)


async def test_a_payment_that_came_while_the_connection_was_lost_is_there_when_it_is_back(
    server: Server, sign_in: SignIn, open_page: OpenPage
) -> None:
    me = await sign_in(server)
    order = (await me.create_order())["order"]
    page = await open_page()
    sockets: list[WebSocketRoute] = []
    is_up = True

    async def connect(socket: WebSocketRoute) -> None:
        if not is_up:
            await socket.close(code=1012)
            return
        socket.connect_to_server()
        sockets.append(socket)

    await page.route_web_socket(re.compile("/graphql$"), connect)
    await page.goto(f"/orders/{order['id']}")
    panel = page.get_by_role("region", name="Payments")
    await expect(panel).to_contain_text("Nobody has registered a payment")
    is_up = False
    for socket in sockets:
        await socket.close(code=1012)
    notice = page.get_by_role("status", name="Connection")
    await expect(notice).to_have_text("Connection lost, trying again")
    given = {"orderId": order["id"], "amount": "105.00", "currency": "EUR", "method": "TRANSFER"}
    await me.ask(REGISTER, input=given)
    is_up = True
    await expect(notice).to_have_text("")
    await expect(panel.get_by_role("listitem")).to_have_count(1)
