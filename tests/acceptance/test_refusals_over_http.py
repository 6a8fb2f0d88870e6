"""What is wrong is answered with a stable code, and no row changes."""

from __future__ import annotations

import json

import httpx
import pytest

from acceptance.harness import LOG, PASSWORD, SEND_SALE, Rows, Server, SignIn


@pytest.fixture(scope="module")
def server(shared_server: Server) -> Server:
    """One for all: what they ask for changes nothing."""
    return shared_server


@pytest.fixture
def database_url(server: Server) -> str:
    return server.database_url


async def test_wrong_events_are_refused_with_codes_and_reasons(
    server: Server, sign_in: SignIn, rows: Rows
) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    before = await rows()
    wrong = {
        ("NO_SUCH_EVENT", None): "event_unknown",
        ("SALE_EXPIRED", None): "event_reserved",
        ("done.state.sale", None): "event_reserved",
        ("RELEASE", None): "unhandled",
        ("FREEZE", None): "event_data",
        ("SET_PAYMENT_METHOD", "BARTER"): "event_data",
    }
    for (event, method), code in wrong.items():
        answer = await me.sale(order_id, event, {"method": method} if method else {})
        assert answer["code"] == code, answer
        assert answer["message"]
        assert answer["reasons"]
    assert await rows() == before


async def test_amounts_are_exact_or_refused(server: Server, sign_in: SignIn, rows: Rows) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    before = await rows()
    for amount in ("1.001", 1.001, "-5.00", "0.00", "NaN", "ten", True, None, "1e40"):
        answer = await me.sale(order_id, "PAYMENT_CAPTURED", {"amount": amount, "paymentId": "p"})
        assert answer["__typename"] == "Refusal", amount
        assert "amount" in answer["message"], answer
    assert await rows() == before


async def test_an_unknown_order_is_not_found_and_no_row_changes(
    server: Server, sign_in: SignIn, rows: Rows
) -> None:
    me = await sign_in(server)
    before = await rows()
    answer = await me.sale("no-such-order", "FREEZE", {"reason": "x"})
    assert answer["code"] == "order.not_found"
    assert (await me.ask('query { order(id: "nope") { id } }'))["order"] is None
    assert await rows() == before


async def test_a_missing_login_is_told_and_no_row_changes(
    server: Server, sign_in: SignIn, rows: Rows
) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    before = await rows()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as nobody:
        body = {
            "query": SEND_SALE,
            "variables": {"id": order_id, "event": "FREEZE", "data": {"reason": "x"}},
        }
        answer = (await nobody.post("/graphql", json=body)).json()
        assert answer["errors"][0]["extensions"]["code"] == "access.login_required"
        nobody.cookies.set("orderwright_session", "guess")
        stolen = await nobody.post("/graphql", json=body)
        assert stolen.json()["errors"][0]["extensions"]["code"] == "access.login_required"
        who = await nobody.get("/api/v1/session")
        assert (who.status_code, who.json()["code"]) == (401, "access.login_required")
        wrong = await nobody.post("/api/v1/session", json={"login": "admin", "password": "guess"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "access.bad_login")
    assert await rows() == before


async def test_a_wrong_role_is_told_who_may(server: Server, sign_in: SignIn, rows: Rows) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    before = await rows()
    auditor = await sign_in(server, "auditor")
    answer = await auditor.sale(order_id, "FREEZE", {"reason": "x"})
    assert answer["code"] == "access.denied"
    assert "COMPLIANCE" in answer["reasons"][0]["values"]["allowed"]
    assert (await auditor.create_order())["code"] == "access.denied"
    assert await auditor.log(order_id)
    assert await rows() == before


async def test_a_customer_sees_and_touches_only_what_is_theirs(
    server: Server, sign_in: SignIn, rows: Rows
) -> None:
    me, bob = await sign_in(server), await sign_in(server, "bob")
    order_id = (await me.create_order())["order"]["id"]
    before = await rows()
    assert (await bob.ask("{ orders { totalCount } }"))["orders"]["totalCount"] == 0
    assert await bob.order(order_id) is None
    assert (await bob.ask(LOG, id=order_id))["saleWorkflow"] is None
    touched = await bob.sale(order_id, "SET_PAYMENT_METHOD", {"method": "CARD"})
    assert touched["code"] == "order.not_found"
    foreign = await bob.create_order()
    assert foreign["code"] == "access.denied"
    assert await rows() == before


async def test_bad_json_and_bad_queries_are_problems(server: Server, sign_in: SignIn) -> None:
    me = await sign_in(server)
    headers = {"content-type": "application/json"}
    broken = await me.http.post("/graphql", content="{broken", headers=headers)
    assert broken.status_code == 400
    assert broken.headers["content-type"] == "application/problem+json"
    assert broken.json()["code"] == "request.malformed"
    login = await me.http.post("/api/v1/session", content="{broken", headers=headers)
    assert (login.status_code, login.json()["code"]) == (400, "request.malformed")
    missing = await me.http.post("/api/v1/session", json={"login": "admin"})
    assert (missing.status_code, missing.json()["code"]) == (422, "request.invalid")
    assert missing.json()["values"]["field"] == "password"
    unreadable = await me.raw("{ orders ")
    assert unreadable["errors"][0]["extensions"]["code"] == "graphql.invalid"
    assert (await me.http.head("/")).status_code == 200
    unknown = await me.raw("{ nonsense }")
    assert unknown["errors"][0]["extensions"]["code"] == "graphql.invalid"
    deep = "{ __schema { types " + "{ fields { type " * 6 + "{ name }" + " } }" * 6 + " } }"
    refused = await me.raw(deep)
    assert "depth" in refused["errors"][0]["message"]
    nowhere = await me.http.get("/api/v1/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "http.not_found")


async def test_input_is_refused_with_the_field_that_is_wrong(
    server: Server, sign_in: SignIn, rows: Rows
) -> None:
    me = await sign_in(server)
    before = await rows()
    good = {
        "customerId": "ada",
        "currency": "EUR",
        "lines": [{"sku": "ANVIL", "quantity": 1, "unitPrice": "1.00"}],
    }
    line = good["lines"][0]
    wrong = {
        "customerId": good | {"customerId": "eve"},
        "currency": good | {"currency": "EURO"},
        "lines": good | {"lines": []},
        "lines[0].quantity": good | {"lines": [line | {"quantity": 0}]},
        "lines[0].unitPrice": good | {"lines": [line | {"unitPrice": "1.001"}]},
        "lines[0].sku": good | {"lines": [line | {"sku": "NOPE"}]},
        "lines[0]": good | {"lines": [line | {"discount": "2.00"}]},
        "shipping": good | {"shipping": "-1"},
    }
    create = """mutation ($input: OrderInput!) { createOrder(input: $input) {
      ... on Refusal { code reasons { values } } } }"""
    for field, given in wrong.items():
        answer = (await me.ask(create, input=given))["createOrder"]
        assert answer["reasons"][0]["values"]["field"] == field, answer
    assert await rows() == before


async def test_signing_out_ends_the_session(server: Server, sign_in: SignIn) -> None:
    me = await sign_in(server)
    token = me.http.cookies["orderwright_session"]
    assert (await me.http.delete("/api/v1/session")).status_code == 204
    async with httpx.AsyncClient(
        base_url=server.url, timeout=30, cookies={"orderwright_session": token}
    ) as thief:
        assert (await thief.get("/api/v1/session")).status_code == 401
    again = await sign_in(server)
    assert (await again.http.get("/api/v1/session")).json()["roles"] == ["ADMIN"]
    assert PASSWORD not in (await again.http.get("/api/v1/session")).text


async def test_text_that_the_database_cannot_hold_is_bad_input(
    server: Server, sign_in: SignIn, rows: Rows
) -> None:
    me = await sign_in(server)
    before = await rows()
    headers = {"content-type": "application/json"}

    async def post(path: str, body: object) -> httpx.Response:
        return await me.http.post(path, content=json.dumps(body), headers=headers)

    for text in ("a\x00b", "\ud800"):
        for query in (
            "query ($t: ID!) { order(id: $t) { id } }",
            "query ($t: String!) { orders(filter: {search: $t}) { totalCount } }",
            'mutation ($t: ID!) { sendSaleEvent(orderId: $t, event: "FREEZE") { __typename } }',
        ):
            answer = await post("/graphql", {"query": query, "variables": {"t": text}})
            assert (answer.status_code, answer.json()["code"]) == (400, "request.malformed")
        inline = await post("/graphql", {"query": '{ order(id: "a\\u0000b") { id } }'})
        assert inline.json()["errors"][0]["extensions"]["code"] == "input.invalid"
        refused = await post("/api/v1/session", {"login": text, "password": "x"})
        assert (refused.status_code, refused.json()["code"][-8:]) == (422, ".invalid")
    assert await rows() == before


async def test_text_that_no_list_could_be_read_with_is_bad_input_wherever_it_stands(
    server: Server, sign_in: SignIn, rows: Rows
) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    before = await rows()
    event = 'mutation ($id: ID!) { sendSaleEvent(orderId: $id, event: "FREEZE", data: {reason: "a\\u0000b"}) {'
    answer = await me.ask(
        f"{event} ... on Refusal {{ code reasons {{ values }} }} }} }}", id=order_id
    )
    refused = answer["sendSaleEvent"]
    assert (refused["code"], refused["reasons"][0]["values"]["field"]) == ("event_data", "reason")
    case = '{subjectId: $id, title: "a\\u0000b", role: "MANAGER"}'
    opening = f"mutation ($id: ID!) {{ openCase(input: {case}) {{ ... on Refusal {{ code }} }} }}"
    opened = await me.ask(opening, id=order_id)
    assert opened["openCase"] == {"code": "input.invalid"}
    assert await rows() == before
