"""Stock through GraphQL and the command line: received, adjusted, reserved by orders, shown with its movements."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from acceptance.calling import call
from acceptance.harness import Client, Server, SignIn, furnish, until

_STOCK = "sku name location locationName onHand available reserved short"
_RESULT = f"""__typename
  ... on StockChanged {{ replayed stock {{ {_STOCK} }} }}
  ... on Refusal {{ code message reasons {{ code values }} }}"""
RECEIVE = f"""
mutation ($sku: ID! = "ANVIL", $location: ID! = "main", $quantity: Int!, $reference: String! = "DN-7",
          $key: String) {{
  receiveStock(sku: $sku, location: $location, quantity: $quantity, reference: $reference,
               idempotencyKey: $key) {{ {_RESULT} }} }}
"""
ADJUST = f"""
mutation ($change: Int!, $reason: String! = "counted") {{
  adjustStock(sku: "ANVIL", location: "main", change: $change, reason: $reason) {{ {_RESULT} }} }}
"""
STOCK = f"""
query ($search: String, $first: Int! = 50, $after: String) {{
  stock(search: $search, first: $first, after: $after) {{
    totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {_STOCK} }} }} }} }}
"""
MOVEMENTS = """
query ($first: Int! = 50, $after: String) {
  stockMovements(sku: "ANVIL", location: "main", first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { kind of quantity reference orderId orderNumber recordedAt } } } }
"""
LOCATIONS = "{ locations { totalCount edges { cursor node { id name rank isOpen } } } }"
PLACED = """__typename
  ... on LocationChanged { location { id name rank isOpen } }
  ... on Refusal { code message reasons { values } }"""


@pytest.fixture
def source(charted: str) -> str:
    """Nothing lies on the shelves."""
    return charted


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[Server]:
    """A server whose shelves are empty."""
    await furnish(database_url, anvils=0)
    running = Server(database_url)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


async def receive(api: Client, quantity: int, **more: Any) -> Any:
    return (await api.ask(RECEIVE, quantity=quantity, **more))["receiveStock"]


async def adjust(api: Client, change: int, **more: Any) -> Any:
    return (await api.ask(ADJUST, change=change, **more))["adjustStock"]


async def stock(api: Client, **wanted: Any) -> list[Any]:
    found = (await api.ask(STOCK, **wanted))["stock"]
    return [edge["node"] for edge in found["edges"]]


async def test_what_is_received_is_reserved_by_an_order_and_given_back_when_it_is_cancelled(
    server: Server, sign_in: SignIn
):
    api = await sign_in(server)
    done = await receive(api, 5, key="first")
    assert done == {
        "__typename": "StockChanged",
        "replayed": False,
        "stock": {
            "sku": "ANVIL",
            "name": "Anvil",
            "location": "main",
            "locationName": "Main warehouse",
            "onHand": 5,
            "available": 5,
            "reserved": 0,
            "short": 0,
        },
    }
    assert (await receive(api, 5, key="first"))["replayed"] is True
    products = (await api.ask("{ products { sku inStock } }"))["products"]
    assert products == [{"sku": "ANVIL", "inStock": True}, {"sku": "GONE", "inStock": False}]
    order = (await api.create_order())["order"]

    async def reserved(pieces: int) -> bool:
        [row] = await stock(api, search="anv")
        return bool((row["available"], row["reserved"]) == (5 - pieces, pieces))

    await until(lambda: reserved(2))
    assert (await adjust(api, -1))["stock"]["onHand"] == 4
    refused = await adjust(api, -3)
    assert (refused["__typename"], refused["code"]) == ("Refusal", "balance_guard")
    await api.sale(order["id"], "CANCEL_REQUESTED", {"reason": "no"})

    await until(lambda: moved(api, 6))
    seen, after = [], None
    for _ in range(2):
        page = (await api.ask(MOVEMENTS, first=3, after=after))["stockMovements"]
        seen += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert page["pageInfo"]["hasNextPage"] is False
    number = order["number"]
    assert [
        (m["kind"], m["of"], m["quantity"], m["orderNumber"] or m["reference"]) for m in seen
    ] == [
        ("RELEASE", "RESERVED", -2, number),
        ("RELEASE", "AVAILABLE", 2, number),
        ("ADJUST", "AVAILABLE", -1, "counted"),
        ("RESERVE", "RESERVED", 2, number),
        ("RESERVE", "AVAILABLE", -2, number),
        ("RECEIVE", "AVAILABLE", 5, "DN-7"),
    ]


async def moved(api: Client, rows: int) -> bool:
    return bool((await api.ask(MOVEMENTS))["stockMovements"]["totalCount"] == rows)


async def test_what_is_wrong_or_not_allowed_is_refused_and_changes_nothing(
    server: Server, sign_in: SignIn
):
    api, clerk, bob = [await sign_in(server, one) for one in ("admin", "clerk", "bob")]
    codes = [
        (await receive(api, 0))["code"],
        (await receive(api, 1, reference=""))["code"],
        (await receive(api, 1, location="moon"))["code"],
        (await receive(api, 1, sku="UNICORN"))["code"],
        (await adjust(api, 0))["code"],
        (await adjust(api, -1))["code"],
        (await receive(clerk, 1))["code"],
        (await receive(bob, 1))["code"],
    ]
    assert codes == [
        "event_data",
        "event_data",
        "location.not_found",
        "product.not_found",
        "blocked",
        "balance_guard",
        "access.denied",
        "access.denied",
    ]
    assert [(row["sku"], row["onHand"]) for row in await stock(api)] == [("ANVIL", 0)]
    assert [(row["sku"], row["onHand"]) for row in await stock(clerk)] == [("ANVIL", 0)]
    assert (await bob.raw(STOCK))["errors"][0]["extensions"]["code"] == "access.denied"


async def test_stock_and_locations_come_in_pages_that_neither_skip_nor_repeat(
    server: Server, sign_in: SignIn
):
    api = await sign_in(server)
    for sku in ("GONE", "ANVIL"):
        await receive(api, 1, sku=sku)
    seen, after = [], None
    for _ in range(2):
        page = (await api.ask(STOCK, first=1, after=after))["stock"]
        seen += [edge["node"]["sku"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert (seen, page["totalCount"]) == (["ANVIL", "GONE"], 2)
    assert page["pageInfo"]["hasNextPage"] is False
    found = (await api.ask(LOCATIONS))["locations"]
    assert [edge["node"] for edge in found["edges"]] == [
        {"id": "main", "name": "Main warehouse", "rank": 0, "isOpen": True}
    ]
    assert found["totalCount"] == 1
    wrong = await api.raw(STOCK, after="nonsense")
    assert wrong["errors"][0]["extensions"]["code"] == "input.invalid"


async def test_a_location_is_added_renamed_closed_and_opened_again_through_every_door(
    server: Server, sign_in: SignIn
):
    api, auditor = await sign_in(server), await sign_in(server, "auditor")

    async def change(asking: Client, command: str) -> Any:
        return (await asking.ask(f"mutation {{ it: {command} {{ {PLACED} }} }}"))["it"]

    added = await change(api, 'addLocation(id: "east", name: "East")')
    assert added["location"] == {"id": "east", "name": "East", "rank": 1, "isOpen": True}
    taken = await change(api, 'addLocation(id: "east", name: "Elsewhere")')
    assert (taken["code"], taken["reasons"][0]["values"]["field"]) == ("input.invalid", "id")
    await receive(api, 2, location="east")
    full = await change(api, 'closeLocation(id: "east")')
    assert (full["code"], full["reasons"][0]["values"]["onHand"]) == ("location.in_use", 2)
    assert "2 pieces lie there (ANVIL)" in full["message"]
    assert (await change(auditor, 'closeLocation(id: "main")'))["code"] == "access.denied"
    await change(api, 'renameLocation(id: "main", name: "Old hall")')
    assert (await change(api, 'closeLocation(id: "main")'))["location"]["isOpen"] is False
    closed = await receive(api, 1)
    assert (closed["code"], closed["reasons"][0]["values"]["field"]) == (
        "location.closed",
        "location",
    )
    status, said = await cli(server, "admin", "list", "--json", command="location")
    found = [
        (one["id"], one["name"], bool(one["closedAt"])) for one in json.loads(said)["locations"]
    ]
    assert (status, found) == (0, [("main", "Old hall", True), ("east", "East", False)])
    status, said = await cli(server, "admin", "close", "east", command="location")
    assert (status, "location.in_use" in said) == (1, True), said
    status, said = await cli(server, "admin", "reopen", "main", command="location")
    assert (status, said.strip()) == (0, "main: Old hall, rank 0"), said
    assert (await receive(api, 1))["stock"]["locationName"] == "Old hall"


async def test_stock_is_received_shown_and_adjusted_from_the_command_line(server: Server):
    words = ("receive", "ANVIL", "main", "--quantity", "4", "--reference", "DN-1", "--key", "k")
    for _ in range(2):
        status, said = await cli(server, "admin", *words)
        assert (status, "on hand 4" in said) == (0, True), said
    status, said = await cli(
        server, "admin", "adjust", "ANVIL", "main", "--change", "-1", "--reason", "broken"
    )
    assert (status, "available 3" in said) == (0, True), said
    status, said = await cli(server, "auditor", "show", "ANVIL", "main", "--json")
    told = json.loads(said)
    assert (status, told["stock"]["onHand"]) == (0, 3)
    assert [(one["kind"], one["quantity"]) for one in told["movements"]] == [
        ("adjust", -1),
        ("receive", 4),
    ]
    status, said = await cli(server, "auditor", "list", "--search", "anv", "--json")
    assert (status, json.loads(said)["total"]) == (0, 1)
    for words, code in (
        (("show", "GONE", "main"), "stock.not_found"),
        (("adjust", "ANVIL", "main", "--change", "-9", "--reason", "r"), "access.denied"),
    ):
        status, said = await cli(server, "auditor", *words)
        assert (status, code in said) == (1, True), said
    status, said = await cli(
        server, "admin", "adjust", "ANVIL", "main", "--change", "-9", "--reason", "r"
    )
    assert (status, "stock.refused" in said, "would be -6" in said) == (1, True, True), said


async def cli(server: Server, login: str, *words: str, command: str = "stock") -> tuple[int, str]:
    status, out, err = await call(server.database_url, command, *words, "--as", login)
    return status, out + err
