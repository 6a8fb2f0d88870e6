"""Callers who are unlucky or mean no good: races, stale sessions, monstrous input, other people's secrets."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets

from acceptance.harness import Client, Server, SignIn, until


@pytest.fixture(scope="module")
def server(shared_server: Server) -> Server:
    """One for all: each test has orders of its own."""
    return shared_server


async def test_an_order_that_was_shipped_a_moment_ago_cannot_be_cancelled(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    for number in range(6):
        order_id, fulfilment_id = await _packed(me)
        package = {"carrier": "DHL", "tracking": str(number)}
        shipped, cancelled = await asyncio.gather(
            me.fulfil(fulfilment_id, "PACKAGE_SHIPPED", package),
            me.sale(order_id, "CANCEL_REQUESTED", {"reason": "changed my mind"}),
        )
        won = [answer["__typename"] for answer in (shipped, cancelled)]
        assert sorted(won) == ["EventApplied", "Refusal"], (shipped, cancelled)
        if cancelled["__typename"] == "Refusal":
            assert [reason["code"] for reason in cancelled["reasons"]] == ["sale.shipped"]
        else:
            told = [reason["code"] for reason in shipped["reasons"]]
            if told != [
                "sale.not_cleared"
            ]:  # the sale has told the fulfilment already: it has ended
                assert told == ["done"]
                assert await _standing(me, order_id) == "CANCELLED"


async def test_what_ended_with_its_cancelled_order_says_that_it_is_done(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    order_id, fulfilment_id = await _packed(me)
    await me.sale(order_id, "CANCEL_REQUESTED", {"reason": "changed my mind"})

    async def told() -> bool:
        return await _standing(me, order_id) == "CANCELLED"

    await until(told)
    late = await me.fulfil(fulfilment_id, "PACKAGE_SHIPPED", {"carrier": "DHL", "tracking": "1"})
    assert [reason["code"] for reason in late["reasons"]] == ["done"]


async def _standing(me: Client, order_id: str) -> str:
    """Return where the only fulfilment of an order stands."""
    [found] = (await me.order(order_id))["fulfilments"]
    return str(found["workflowState"])


async def _packed(me: Client) -> tuple[str, str]:
    order_id = (await me.create_order())["order"]["id"]
    await me.sale(order_id, "PAYMENT_CAPTURED", {"amount": "105.00", "paymentId": "p"})

    async def picked() -> Any:
        found = (await me.order(order_id))["fulfilments"]
        return found[0]["id"] if found and found[0]["workflowState"] == "PICK_PACK" else None

    fulfilment_id = await until(picked)
    await me.fulfil(fulfilment_id, "FULFILMENT_STARTED")
    return order_id, fulfilment_id


async def test_an_edit_beyond_what_an_order_can_hold_is_refused(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    line = {"sku": "ANVIL", "quantity": 1, "unitPrice": "0.01"}
    created = await me.ask(
        """mutation ($input: QuotationInput!) { createQuotation(input: $input) {
             ... on QuotationCreated { quotation { id } } } }""",
        input={"customerId": "bob", "currency": "EUR", "lines": [line]},
    )
    quotation_id = created["createQuotation"]["quotation"]["id"]
    many = await me.quote(quotation_id, "EDIT", {"lines": [line | {"quantity": 3_000_000_000}]})
    assert many["code"] == "event_data"
    strange = await me.quote(quotation_id, "EDIT", {"lines": [line | {"sku": "NOSUCH"}]})
    assert strange["reasons"][0]["values"]["field"] == "lines[0].sku"
    assert (await me.quote(quotation_id, "EDIT", {"lines": [line]}))[
        "__typename"
    ] == "EventApplied"


async def test_captures_beyond_what_can_be_held_are_refused(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    order_id = (await me.create_order())["order"]["id"]
    largest = {"amount": "92233720368547758.07", "paymentId": "a"}
    assert (await me.sale(order_id, "PAYMENT_CAPTURED", largest))["__typename"] == "EventApplied"
    more = await me.sale(order_id, "PAYMENT_CAPTURED", {"amount": "0.01", "paymentId": "b"})
    assert "largest amount" in more["message"]


_LISTS = (
    "orders(%s)",
    "outbox(%s)",
    "deadLetters(%s)",
    "locations(%s)",
    "stock(%s)",
    'stockMovements(sku: "ANVIL", location: "main", %s)',
    'exposureEntries(customerId: "bob", currency: "EUR", %s)',
    'policyList(name: "paged") { entries(%s)',
)


def _cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


async def test_a_cursor_that_no_list_has_given_is_named(server: Server, sign_in: SignIn) -> None:
    me, at = await sign_in(server), "2026-01-01T00:00:00+00:00"
    await me.ask('mutation { createPolicyList(name: "paged") { __typename } }')
    places = (
        base64.urlsafe_b64encode(b"[" * 20_000).decode(),
        _cursor("0001-01-01T00:00:00+23:00", "x"),
        _cursor("9999-12-31T23:59:59-23:00", "x"),
        _cursor("9" * 20, "x"),
        _cursor("9" * 5000, "x"),
        _cursor("\u00b2", "x"),
        _cursor(at, "a\0"),
        _cursor(at, "\ud800"),
        _cursor(at, 5),
        _cursor(at, "x/1"),
        _cursor(at, f"x/{'9' * 20}/1"),
        _cursor(at, f"x/1/{'9' * 20}"),
        _cursor(at, f"{'9' * 20}/1"),
        "\u00e9",
        "",
    )
    for listed in _LISTS:
        for place in places:
            more = "}" if "{" in listed else ""
            chosen = listed % "after: $after"
            query = (
                f"query ($after: String) {{ {chosen} {{ pageInfo {{ hasNextPage }} }} {more} }}"
            )
            answer = await me.raw(query, after=place)
            if "errors" in answer:  # else another list might have given it
                extensions = answer["errors"][0]["extensions"]
                assert extensions["code"] == "input.invalid", (listed, place[:80], answer)
                assert extensions["values"]["field"] == "after", (listed, place[:80], answer)


async def test_a_freeze_beyond_all_calendars_is_named_and_no_incident(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    before = await me.ask("{ incidents { totalCount } }")
    order_id = (await me.create_order())["order"]["id"]
    for length in (10**14, 10**18, 10**30):
        data = {"reason": "x", "releaseAfterMs": length}
        refused = await me.sale(order_id, "FREEZE", data)
        assert refused["code"] == "event_data", refused
        assert refused["reasons"][0]["values"]["field"] == "releaseAfterMs"
    assert await me.ask("{ incidents { totalCount } }") == before
    longest = {"reason": "x", "releaseAfterMs": 99_999 * 24 * 3_600_000}
    assert (await me.sale(order_id, "FREEZE", longest))["__typename"] == "EventApplied"


_ENDS = {
    'makeApiToken(name: "x", scopes: ["lists"], expiresAt: $at)': "expiresAt",
    'addPolicyListEntries(name: "ending", values: ["x"], expiresAt: $at)': "expiresAt",
    'openKycSession(userId: "ending", expiresAt: $at)': "expiresAt",
    'expectPayIn(input: {amount: "1.00", currency: "EUR", method: "CARD", expiresAt: $at})': "expiresAt",
    """createQuotation(input: {customerId: "bob", currency: "EUR", validUntil: $at,
       lines: [{sku: "ANVIL", quantity: 1, unitPrice: "1.00"}]})""": "validUntil",
}


async def test_an_end_that_is_past_or_that_nothing_can_hold_is_named_and_no_incident(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    await me.ask('mutation { createPolicyList(name: "ending") { __typename } }')
    await me.ask("""mutation { registerUser(input: {id: "ending", email: "ending@example.com"}) {
        ... on UserApplied { replayed } } }""")
    ends = (
        "0001-01-01T00:00:00+23:00",
        "1999-01-01T00:00:00Z",
        "2040-01-01T00:00:00",
        "3000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:00",
    )
    for door, field in _ENDS.items():
        for at in ends:
            answer = await me.ask(
                f"""mutation ($at: DateTime!) {{ done: {door} {{
                    ... on Refusal {{ code message reasons {{ values }} }} }} }}""",
                at=at,
            )
            assert answer["done"].get("code") == "input.invalid", (door, at, answer)
            assert answer["done"]["reasons"][0]["values"]["field"] == field
    opened = await me.ask("""mutation { openKycSession(userId: "ending") {
        ... on KycSessionApplied { session { id } } } }""")
    send = """mutation ($id: ID!, $event: String!, $data: JSON) { sent: sendKycEvent(
        kycSessionId: $id, event: $event, data: $data) { ... on Refusal { code reasons { values } } } }"""
    session_id = opened["openKycSession"]["session"]["id"]
    await me.ask(send, id=session_id, event="REJECT", data={"reason": "blurred"})
    for at in ends[3:]:
        resubmit = {"id": session_id, "event": "RESUBMIT", "data": {"expiresAt": at}}
        sent = (await me.ask(send, **resubmit))["sent"]
        assert (sent["code"], sent["reasons"][0]["values"]["field"]) == ("event_data", "expiresAt")
    assert (await me.ask("{ incidents { totalCount } }"))["incidents"]["totalCount"] == 0


@pytest.mark.parametrize(
    "body",
    [
        "null",
        '"text"',
        "7",
        "[" * 5000,
        '{"query": "{ me { id } }", "variables": {"n": ' + "9" * 5000 + "}}",
        '{"query": "{ me { id } }", "variables": {"n": 1e400000}}',
        '{"query": "{ me { id } }", "variables": {"n": NaN}}',
        '{"query": "{ me { id } }", "variables": {"n": [-Infinity]}}',
        '{"query": "{ me { id } }", "variables": {"n": ' + "[" * 900 + "]" * 900 + "}}",
    ],
)
async def test_a_monstrous_body_is_malformed_and_costs_nothing(server: Server, body: str) -> None:
    async with asyncio.timeout(30):
        status, answer = await _post(server, body.encode())
    assert (status, answer["code"]) == (400, "request.malformed")


@pytest.mark.parametrize("number", ["1e99999", "9" * 5000, "[1e-99999]"])
async def test_a_number_in_a_query_that_nothing_can_hold_is_the_querys_fault(
    server: Server, sign_in: SignIn, number: str
) -> None:
    me = await sign_in(server)
    order_id = (await me.create_order())["order"]["id"]
    event = f'event: "FREEZE", data: {{reason: "x", more: {number}}}'
    answer = await me.raw(
        f'mutation {{ sendSaleEvent(orderId: "{order_id}", {event}) {{ __typename }} }}'
    )
    assert answer["errors"][0]["extensions"]["code"] == "graphql.invalid"


async def test_a_body_that_is_too_large_is_turned_away(server: Server) -> None:
    announced = await _post(server, b"", length=2_000_000)
    assert (announced[0], announced[1]["code"]) == (413, "http.too_large")


async def _post(server: Server, body: bytes, *, length: int | None = None) -> tuple[int, Any]:
    """Post by hand: what a client library would refuse to send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = [
        "POST /graphql HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
    ]
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    answer = await reader.read()
    writer.close()
    status, _, content = answer.partition(b"\r\n\r\n")
    document = content[content.index(b"{") : content.rindex(b"}") + 1]
    return int(status.split()[1]), json.loads(document)


@asynccontextmanager
async def _websocket(server: Server, client: Client) -> AsyncIterator[Any]:
    cookie = f"orderwright_session={client.http.cookies['orderwright_session']}"
    address = server.url.replace("http", "ws") + "/graphql"
    async with websockets.connect(
        address,
        subprotocols=["graphql-transport-ws"],
        open_timeout=30,
        additional_headers={"Cookie": cookie},
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        yield socket


async def _subscribe(socket: Any, query: str, **variables: Any) -> str:
    payload = {"query": query, "variables": variables}
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
    return str(await asyncio.wait_for(socket.recv(), 30))


SUBSCRIBE = "subscription ($id: ID!) { workflowChanged(orderId: $id) { orderId } }"


async def test_a_websocket_is_signed_out_with_its_session(server: Server, sign_in: SignIn) -> None:
    me, other = await sign_in(server), await sign_in(server)
    order_id = (await other.create_order())["order"]["id"]
    async with _websocket(server, me) as socket:
        await me.http.delete("/api/v1/session", headers={"cookie": _cookie(me)})
        answer = await _subscribe(socket, SUBSCRIBE, id=order_id)
    assert "access.login_required" in answer


def _cookie(client: Client) -> str:
    return f"orderwright_session={client.http.cookies['orderwright_session']}"


async def test_a_websocket_carries_subscriptions_only(server: Server, sign_in: SignIn) -> None:
    me = await sign_in(server)
    order_id = (await me.create_order())["order"]["id"]
    event = 'event: "FREEZE", data: {reason: "x"}'
    freeze = f'mutation {{ sendSaleEvent(orderId: "{order_id}", {event}) {{ __typename }} }}'
    async with _websocket(server, me) as socket:
        assert '"errors"' in (answer := await _subscribe(socket, freeze)) or '"error"' in answer
    assert (await me.order(order_id))["workflowState"] == "AWAITING_PAYMENT_METHOD"


async def test_the_errors_of_a_subscription_have_codes_and_tell_no_secrets(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    async with _websocket(server, me) as socket:
        unknown = await _subscribe(socket, SUBSCRIBE, id="nowhere")
    assert "order.not_found" in unknown
    async with _websocket(server, me) as socket:
        query = 'subscription { workflowChanged(orderId: "a\\u0000b") { orderId } }'
        answer = await _subscribe(socket, query)
    assert "input.invalid" in answer
    assert "SELECT" not in answer


async def test_a_customer_does_not_read_why_the_house_looks_into_an_order(
    server: Server, sign_in: SignIn
) -> None:
    me, bob = await sign_in(server), await sign_in(server, "bob")
    created = await me.ask(
        """mutation ($input: OrderInput!) { createOrder(input: $input) { ... on OrderCreated { order { id } } } }""",
        input={
            "customerId": "bob",
            "currency": "EUR",
            "lines": [{"sku": "ANVIL", "quantity": 1, "unitPrice": "5.00"}],
        },
    )
    order_id = created["createOrder"]["order"]["id"]
    await me.sale(order_id, "FREEZE", {"reason": "suspected laundering", "policy": "P-7"})
    everything = """query ($id: ID!) { order(id: $id) { workflowContext workflowState }
      saleWorkflow(orderId: $id) { context blockedEvents { event reasons { message values } }
        transitionLog { data reason actor { id name } } } }"""
    seen = json.dumps(await bob.ask(everything, id=order_id))
    assert "FROZEN" in seen
    assert not [word for word in ("laundering", "P-7", "Admin", "admin") if word in seen], seen
    assert "laundering" in json.dumps(await me.ask(everything, id=order_id))
