"""The work of a warehouse by command, each as somebody with a login."""

from __future__ import annotations

from typing import Any

from test_cli_operations import command

from orderwright import Event, Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.settings import Settings

LINES = [{"sku": "ANVIL", "quantity": 2, "unitPrice": "200.00"}]
TERMS = NewTerms(customer_id="bob", channel="CONSUMER", currency="EUR", lines=LINES)
PAID = {"amount": "400.00", "paymentId": "p/1"}


async def cleared(url: str) -> str:
    async with Orderwright.connect(url, settings=Settings()) as app:
        admin = Asked(by=await app.people.named("admin"))
        order_id = (await app.orders.create_order(TERMS, admin)).instance_id
        for event in (
            Event("SET_PAYMENT_METHOD", {"method": "CARD"}),
            Event("PAYMENT_CAPTURED", PAID),
        ):
            result = await app.orders.send_sale_event(order_id, event, admin)
            assert result.refused is None
        await app.worker.drain()
        return order_id


async def followed(url: str) -> None:
    """Let all follow that follows."""
    async with Orderwright.connect(url, settings=Settings()) as app:
        await app.worker.drain()


async def test_a_fulfilment_is_found_packed_and_shipped_by_people_who_may(furnished_url: str):
    order = await cleared(furnished_url)

    async def fulfilment(*words: str, by: str = "admin") -> tuple[int, Any]:
        return await command(furnished_url, "fulfilment", *words, "--as", by, "--json")

    status, listed = await fulfilment("list", "--work", "PICK", "--order", order)
    [own] = listed["fulfilments"]
    assert (status, own["state"], own["lines"]) == (
        0,
        "PICK_PACK",
        [{"lineNo": 1, "sku": "ANVIL", "quantity": 2}],
    )
    status, told = await fulfilment("send", own["id"], "FULFILMENT_STARTED", by="bob")
    assert (status, told["error"]["code"]) == (1, "access.denied")
    status, told = await fulfilment("send", own["id"], "PACKAGE_DELIVERED")
    assert (status, told["error"]["code"]) == (1, "fulfilment.refused")
    status, told = await fulfilment("send", own["id"], "FULFILMENT_STARTED")
    assert (status, told["fulfilment"]["state"]) == (0, "READY_FOR_SHIPMENT")
    status, shown = await command(furnished_url, "fulfilment", "show", own["id"], "--as", "bob")
    assert (status, "1  2 x ANVIL  2 at main" in shown) == (0, True)
    parcel = '{"carrier": "DHL", "tracking": "JD01"}'
    status, told = await fulfilment("send", own["id"], "PACKAGE_SHIPPED", "--data", parcel)
    assert (status, told["fulfilment"]["state"]) == (0, "SHIPPED")
    asked = '{"reason": "rusty"}'
    await fulfilment("send", own["id"], "RETURN_REQUESTED", "--data", asked)
    await followed(furnished_url)
    of_other = ("--data", '{"condition": "DAMAGED"}', "--return", "RE-000002")
    status, told = await fulfilment("send", own["id"], "RETURN_RECEIVED", *of_other)
    assert (status, told["error"]["values"]["reasons"]) == (1, ["return.not_here"])
    of_it = (*of_other[:-1], "RE-000001")
    status, told = await fulfilment("send", own["id"], "RETURN_RECEIVED", *of_it)
    assert (status, told["fulfilment"]["state"]) == (0, "RETURN_RECEIVED")
    await followed(furnished_url)
    status, listed = await command(furnished_url, "return", "list", "--as", "bob", "--json")
    assert (status, listed["total"]) == (0, 1)
    [back] = listed["returns"]
    assert (back["number"], back["state"], back["worth"]) == ("RE-000001", "RECEIVED", None)
    assert [line["condition"] for line in back["lines"]] == ["DAMAGED"]
    status, shown = await command(furnished_url, "return", "show", "RE-000001", "--as", "admin")
    assert (status, "1  2 x ANVIL  DAMAGED" in shown, "rusty" in shown) == (0, True, True)
    status, shown = await fulfilment("show", own["id"], by="bob")
    assert (status, any("JD01" in line for line in shown["log"])) == (0, True)
    assert (await fulfilment("show", "nobody"))[1]["error"]["code"] == "fulfilment.not_found"
    wrong = ("--data", "DHL", "--as", "admin")
    status, told = await command(
        furnished_url, "fulfilment", "send", own["id"], "PACKAGE_DELIVERED", *wrong
    )
    assert (status, "'DHL' is no JSON object" in told) == (2, True)
