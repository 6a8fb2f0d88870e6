"""One long story of goods over HTTP: from a quotation with five lines to the last package, with everything between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from acceptance.harness import Client, Server, SignIn, until
from orderwright import Orderwright
from orderwright.app import records
from orderwright.app.goods.stock_records import Location, add_locations
from orderwright.app.settings import Settings

PRICES = {"LAMP": "10.00", "BULB": "5.00", "DESK": "100.00", "CHAIR": "25.00", "RUG": "40.00"}
PIECES = {"LAMP": 2, "BULB": 3, "DESK": 1, "CHAIR": 4, "RUG": 1}
SHIP = {"carrier": "DHL", "tracking": "T1"}
ORDER = """
query ($id: ID!) { order(id: $id) { workflowState status captured { amount } due { amount }
  fulfilments { id workflowState location carrier tracking deliveryAttempts
    lines { sku quantity short returned reserved { location quantity } } } } }
"""
WORK = """
query ($filter: FulfilmentFilter) { fulfilments(filter: $filter) { totalCount
  stateCounts { state count } edges { node { id order { number } } } } }
"""
RETURNS = """
query ($order: ID) { returns(filter: {orderId: $order}) { totalCount edges { node {
  number workflowState reason worth { amount } lines { sku quantity condition } } } } }
"""
STOCK = (
    "query ($sku: ID) { stock(sku: $sku) { edges { node { location onHand available short } } } }"
)
RECEIVE = """
mutation ($sku: ID!, $location: ID!, $quantity: Int!) {
  receiveStock(sku: $sku, location: $location, quantity: $quantity, reference: "van") { __typename } }
"""
QUOTE = """
mutation ($input: QuotationInput!) { createQuotation(input: $input) { ... on QuotationCreated { quotation { id } } } }
"""
ORDER_OF = "query ($id: ID!) { quotation(id: $id) { orderId } }"
REGISTER = """
mutation ($input: PaymentInput!) { registerConsumerPayment(input: $input) {
  ... on PaymentApplied { payment { id } } } }
"""
CONFIRM = "mutation ($id: ID!) { confirmPayment(paymentId: $id) { __typename } }"
PAYMENTS = """
query ($order: ID) { payments(orderId: $order) { edges { node {
  remaining { amount } refunds { amount { amount } lines { lineNo amount { amount } } } } } } }
"""


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[Server]:
    async with (
        Orderwright.connect(database_url, settings=Settings()) as app,
        app.pool.acquire() as connection,
    ):
        goods = [
            records.Product(sku=sku, name=sku.title(), currency="EUR", unit_price_minor=1)
            for sku in PRICES
        ]
        await records.add_products(connection, goods)
        await add_locations(connection, [Location(id="east", name="East", rank=1)])
    running = Server(database_url, settings={"ORDERWRIGHT_RETURN_WINDOW_DAYS": "0"})
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


class Trade:
    """An order and those who work on it."""

    def __init__(self, me: Client, order_id: str) -> None:
        self.me = me
        self.order_id = order_id

    async def order(self) -> Any:
        return (await self.me.ask(ORDER, id=self.order_id))["order"]

    async def becomes(self, status: str, *states: str) -> Any:
        """Wait until the order has a status, and its fulfilments these states, whichever is which."""

        async def look() -> Any:
            order = await self.order()
            found = sorted(one["workflowState"] for one in order["fulfilments"])
            return order if (order["status"], found) == (status, sorted(states)) else None

        return await until(look)

    async def act(self, one: Mapping[str, Any], *events: str, **data: Any) -> None:
        for event in events:
            answer = await self.me.fulfil(one["id"], event, data or None)
            assert answer["__typename"] == "EventApplied", answer

    async def receive(self, **pieces: tuple[str, int]) -> None:
        for sku, (location, quantity) in pieces.items():
            answer = await self.me.ask(RECEIVE, sku=sku, location=location, quantity=quantity)
            assert answer["receiveStock"]["__typename"] == "StockChanged"

    async def stock(self, sku: str) -> list[dict[str, Any]]:
        found = (await self.me.ask(STOCK, sku=sku))["stock"]["edges"]
        return [edge["node"] for edge in found]


async def agreed(me: Client, buyer: Client) -> str:
    """Bring a quotation with five lines to an order."""
    lines = [
        {"sku": sku, "quantity": PIECES[sku], "unitPrice": price} for sku, price in PRICES.items()
    ]
    given = {"customerId": "bob", "currency": "EUR", "lines": lines, "shipping": "5.00"}
    quotation_id = (await me.ask(QUOTE, input=given))["createQuotation"]["quotation"]["id"]
    await me.quote(quotation_id, "SHARE")
    await buyer.quote(quotation_id, "BUYER_APPROVES", {"version": 1})
    await me.quote(quotation_id, "SELLER_APPROVES", {"version": 1})

    async def order_id() -> Any:
        return (await me.ask(ORDER_OF, id=quotation_id))["quotation"]["orderId"]

    return str(await until(order_id))


def at(order: Any, location: str | None) -> Any:
    """The first fulfilment at a location."""
    return next(one for one in order["fulfilments"] if one["location"] == location)


def holds(one: Any) -> dict[str, int]:
    return {line["sku"]: line["quantity"] for line in one["lines"]}


async def begun(trade: Trade, buyer: Client) -> tuple[Any, Any, Any]:
    """Pay the order; return its fulfilments at main and in the east, and the backorder."""

    async def reserved() -> bool:
        return bool((await trade.stock("LAMP"))[0]["available"] == 0)

    await until(reserved)
    paid = {"orderId": trade.order_id, "amount": "280.00", "currency": "EUR", "method": "CARD"}
    registered = (await trade.me.ask(REGISTER, input=paid))["registerConsumerPayment"]
    await trade.me.ask(CONFIRM, id=registered["payment"]["id"])
    order = await trade.becomes("BACKORDERED", "PICK_PACK", "PICK_PACK", "BACKORDERED")
    main, east, rug = at(order, "main"), at(order, "east"), at(order, None)
    assert holds(main) == {"LAMP": 2, "BULB": 3, "CHAIR": 1}
    assert holds(east) == {"DESK": 1, "CHAIR": 3}
    assert (holds(rug), rug["lines"][0]["short"]) == ({"RUG": 1}, 1)
    waiting = {"work": "ALLOCATE", "sku": "RUG", "oldestFirst": True}
    found = (await trade.me.ask(WORK, filter=waiting))["fulfilments"]
    assert [edge["node"]["id"] for edge in found["edges"]] == [rug["id"]]
    at_main = (await buyer.ask(WORK, filter={"work": "PICK", "location": "main"}))["fulfilments"]
    assert at_main["totalCount"] == 1
    return main, east, rug


async def shipped_in_part(trade: Trade, main: Any) -> Any:
    """Ship two lamps and a bulb; return the fulfilment in which the rest goes on."""
    await trade.act(main, "FULFILMENT_STARTED")
    part = [{"lineNo": 1, "quantity": 2}, {"lineNo": 2, "quantity": 1}]
    await trade.act(main, "PACKAGE_SHIPPED", **SHIP, lines=part)
    order = await trade.becomes(
        "PARTLY_SHIPPED", "SHIPPED", "PICK_PACK", "PICK_PACK", "BACKORDERED"
    )
    rest = order["fulfilments"][-1]
    assert (holds(rest), rest["location"]) == ({"BULB": 2, "CHAIR": 1}, "main")
    assert (await trade.stock("LAMP"))[0]["onHand"] == 0
    return rest


async def failed_to_be_delivered(trade: Trade, east: Any) -> None:
    """Let a delivery fail: the goods are back on the shelf, and still reserved."""
    await trade.act(east, "FULFILMENT_STARTED")
    await trade.act(east, "PACKAGE_SHIPPED", **SHIP)
    await trade.act(east, "DELIVERY_FAILED")
    again = at(await trade.order(), "east")
    assert (again["workflowState"], again["deliveryAttempts"]) == ("READY_FOR_SHIPMENT", 1)
    there = {"location": "east", "onHand": 1, "available": 0, "short": 0}
    assert await trade.stock("DESK") == [there]


async def sent_back(trade: Trade, main: Any, buyer: Client) -> None:
    """Let one lamp come back: the customer asks, the warehouse receives, and it is refunded."""
    too_many = {"reason": "more", "lines": [{"lineNo": 1, "quantity": 3}]}
    refused = await buyer.fulfil(main["id"], "RETURN_REQUESTED", too_many)
    assert [why["code"] for why in refused["reasons"]] == ["return.exceeds_shipped"]
    asked = {"reason": "wrong colour", "lines": [{"lineNo": 1, "quantity": 1}]}
    taken = await buyer.fulfil(main["id"], "RETURN_REQUESTED", asked)
    assert taken["__typename"] == "EventApplied"
    await trade.act(main, "RETURN_RECEIVED", condition="SELLABLE")
    assert (await trade.stock("LAMP"))[0]["available"] == 1
    await trade.act(main, "REFUND_ISSUED")


async def made_good(trade: Trade, buyer: Client) -> None:
    """See that the money has gone back to the payment, for that line, and that the customer sees the return."""

    async def settled() -> bool:
        order = await trade.order()
        return bool(order["captured"] == order["due"] == {"amount": "270.00"})

    await until(settled)
    [edge] = (await trade.me.ask(PAYMENTS, order=trade.order_id))["payments"]["edges"]
    ten = {"amount": "10.00"}
    assert edge["node"] == {
        "remaining": {"amount": "270.00"},
        "refunds": [{"amount": ten, "lines": [{"lineNo": 1, "amount": ten}]}],
    }
    [back] = (await buyer.ask(RETURNS, order=trade.order_id))["returns"]["edges"]
    assert back["node"] == {
        "number": "RE-000001",
        "workflowState": "REFUNDED",
        "reason": "wrong colour",
        "worth": ten,
        "lines": [{"sku": "LAMP", "quantity": 1, "condition": "SELLABLE"}],
    }


async def test_five_lines_two_locations_a_backorder_a_part_a_failed_delivery_and_a_return(
    server: Server, sign_in: SignIn
) -> None:
    me, bob = await sign_in(server), await sign_in(server, "bob")
    before = Trade(me, "")
    await before.receive(LAMP=("main", 2), BULB=("main", 3), CHAIR=("main", 1), DESK=("east", 1))
    await before.receive(CHAIR=("east", 3))
    trade = Trade(me, await agreed(me, bob))
    main, east, rug = await begun(trade, bob)
    rest = await shipped_in_part(trade, main)
    await failed_to_be_delivered(trade, east)
    await trade.act(east, "PACKAGE_SHIPPED", **SHIP)
    await trade.act(east, "PACKAGE_DELIVERED")
    await trade.act(rest, "FULFILMENT_STARTED")
    await trade.act(rest, "PACKAGE_SHIPPED", **SHIP)
    await trade.act(rest, "PACKAGE_DELIVERED")
    await trade.receive(RUG=("east", 1))
    await trade.becomes("PARTLY_DELIVERED", "SHIPPED", "COMPLETED", "COMPLETED", "PICK_PACK")
    await trade.act(rug, "FULFILMENT_STARTED")
    await trade.act(rug, "PACKAGE_SHIPPED", **SHIP)
    await trade.act(rug, "PACKAGE_DELIVERED")
    await sent_back(trade, main, bob)
    order = await trade.becomes("COMPLETED", *["COMPLETED"] * 4)
    assert order["workflowState"] == "COMPLETED"
    await made_good(trade, bob)
