"""Credit through GraphQL and the command line: who sees it, who sets it, and what a sale makes of it."""

from __future__ import annotations

import json
from typing import Any

from acceptance.calling import call
from acceptance.harness import Client, Server, SignIn, until

_SNAPSHOT = """currency tier limit { amount currency } customLimit { amount } tierCap { amount }
  earnedLimit { amount } completedSales { amount } exposure { amount } available { amount } utilisation"""
SNAPSHOT = f"query ($id: ID!) {{ creditSnapshot(customerId: $id) {{ {_SNAPSHOT} }} }}"
CHECK = """
query ($id: ID!) { saleCreditCheck(orderId: $id) {
  customerId currency tier limit { amount } exposure { amount } held { amount } uncovered { amount }
  overage { amount } approved { amount } isWithinCredit } }
"""
LEDGER = """
query ($id: ID!, $first: Int! = 50, $after: String) {
  exposureEntries(customerId: $id, currency: "EUR", first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { orderId orderNumber kind amount { amount currency } recordedAt } } } }
"""
SET = f"""
mutation ($tier: CreditTier!, $limit: String, $currency: String! = "EUR", $id: ID! = "bob", $key: String) {{
  setCreditProfile(customerId: $id, currency: $currency, tier: $tier, customLimit: $limit, idempotencyKey: $key) {{
    __typename
    ... on CreditProfileSet {{ replayed snapshots {{ {_SNAPSHOT} }} }}
    ... on Refusal {{ code message reasons {{ code values }} }} }} }}
"""
REFRESH = """
mutation ($key: String) { refreshCreditSnapshot(customerId: "bob", idempotencyKey: $key) {
  __typename ... on CreditRefreshed { sales snapshots { currency } } ... on Refusal { code } } }
"""
ORDER = """
mutation ($input: OrderInput!) { createOrder(input: $input) {
  ... on OrderCreated { order { id number } } ... on Refusal { code } } }
"""


async def place(api: Client, price: str) -> Any:
    """Place an order of bob's on invoice, and wait until it is decided; it is answered with id and number."""
    lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": price}]
    given = {"customerId": "bob", "currency": "EUR", "lines": lines}
    order = (await api.ask(ORDER, input=given))["createOrder"]["order"]
    await api.sale(order["id"], "SET_PAYMENT_METHOD", {"method": "INVOICE"})
    await api.decided(order["id"])
    return order


async def profile(api: Client, tier: str, limit: str | None, **more: Any) -> Any:
    return (await api.ask(SET, tier=tier, limit=limit, **more))["setCreditProfile"]


async def stands(api: Client, order: Any) -> str:
    return (await api.order(order["id"]))["workflowState"]


async def test_an_order_over_the_limit_clears_when_a_manager_raises_it(
    server: Server, sign_in: SignIn
):
    api = await sign_in(server)
    first, second = await place(api, "400.00"), await place(api, "150.50")
    assert await stands(api, second) == "OVERRIDE_REVIEW"
    check = (await api.ask(CHECK, id=second["id"]))["saleCreditCheck"]
    assert check == {
        "customerId": "bob",
        "currency": "EUR",
        "tier": "BRONZE",
        "limit": {"amount": "500.00"},
        "exposure": {"amount": "400.00"},
        "held": {"amount": "0.00"},
        "uncovered": {"amount": "150.50"},
        "overage": {"amount": "50.50"},
        "approved": {"amount": "0.00"},
        "isWithinCredit": False,
    }
    done = await profile(api, "SILVER", "1000.00", key="raise")
    assert (done["__typename"], done["replayed"]) == ("CreditProfileSet", False)

    async def is_cleared() -> bool:
        return await stands(api, second) == "CLEARED_FOR_FULFILMENT"

    await until(is_cleared)
    [snapshot] = (await api.ask(SNAPSHOT, id="bob"))["creditSnapshot"]
    assert snapshot == {
        "currency": "EUR",
        "tier": "SILVER",
        "limit": {"amount": "1000.00", "currency": "EUR"},
        "customLimit": {"amount": "1000.00"},
        "tierCap": {"amount": "5000000.00"},
        "earnedLimit": {"amount": "0.00"},
        "completedSales": {"amount": "0.00"},
        "exposure": {"amount": "550.50"},
        "available": {"amount": "449.50"},
        "utilisation": 55,
    }
    again = await profile(api, "SILVER", "1000.00", key="raise")
    assert again["replayed"] is True

    await api.sale(first["id"], "CANCEL_REQUESTED", {"reason": "no"})
    seen, after = [], None
    for _ in range(2):
        page = (await api.ask(LEDGER, id="bob", first=2, after=after))["exposureEntries"]
        seen += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert page["totalCount"] == 3
    assert [(one["orderNumber"], one["kind"], one["amount"]["amount"]) for one in seen] == [
        (first["number"], "RELEASE", "-400.00"),
        (second["number"], "HOLD", "150.50"),
        (first["number"], "HOLD", "400.00"),
    ]
    refreshed = (await api.ask(REFRESH, key="again"))["refreshCreditSnapshot"]
    assert (refreshed["sales"], refreshed["snapshots"]) == (1, [{"currency": "EUR"}])


async def test_what_is_wrong_or_not_allowed_is_refused_and_uses_up_no_key(
    server: Server, sign_in: SignIn
):
    api, clerk, bob = [await sign_in(server, one) for one in ("admin", "clerk", "bob")]
    for limit, currency in (("-1.00", "EUR"), ("1.001", "EUR"), ("1.00", "ABC"), ("much", "EUR")):
        refused = await profile(api, "GOLD", limit, currency=currency, key="k")
        assert (refused["__typename"], refused["code"]) == ("Refusal", "input.invalid")
    assert (await profile(api, "GOLD", "1.00", key="k"))["replayed"] is False
    assert (await profile(api, "GOLD", None, id="nobody"))["code"] == "customer.not_found"
    assert (await profile(clerk, "GOLD", "1.00"))["code"] == "access.denied"
    assert (await profile(bob, "GOLD", "1.00"))["code"] == "access.denied"
    assert (await clerk.ask(REFRESH))["refreshCreditSnapshot"]["code"] == "access.denied"
    [own] = (await bob.ask(SNAPSHOT, id="bob"))["creditSnapshot"]
    assert own["limit"]["amount"] == "1.00"
    assert (await bob.ask(SNAPSHOT, id="ada"))["creditSnapshot"] is None
    assert (await bob.ask(LEDGER, id="ada"))["exposureEntries"] is None
    order = (await api.create_order())["order"]
    assert (await bob.ask(CHECK, id=order["id"]))["saleCreditCheck"] is None


async def test_credit_is_shown_and_set_from_the_command_line(server: Server):
    status, said = await cli(
        server, "set", "bob", "--currency", "EUR", "--tier", "GOLD", "--limit", "7.5"
    )
    assert (status, said.split()[:4]) == (0, ["EUR", "GOLD", "limit", "7.50"])
    status, said = await cli(server, "show", "bob", "--json")
    assert (status, json.loads(said)["credit"][0]["limit"]) == (0, "7.50")
    status, said = await cli(server, "show", "nobody")
    assert (status, "customer.not_found" in said) == (1, True)
    status, _ = await cli(server, "set", "bob", "--currency", "EUR", "--tier", "IRON")
    assert status == 2


async def cli(server: Server, *words: str) -> tuple[int, str]:
    status, out, err = await call(server.database_url, "credit", *words)
    return status, out + err
