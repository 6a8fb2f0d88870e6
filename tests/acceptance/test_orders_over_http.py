"""An order's way through the product, as programs see it: HTTP and GraphQL, nothing else."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from acceptance.harness import CREATE_ORDER, Client, Server, SignIn, until


@pytest.fixture(scope="module")
def server(shared_server: Server) -> Server:
    """One for all: each test has orders and keys of its own."""
    return shared_server


async def test_an_order_runs_from_placement_to_shipment(server: Server, sign_in: SignIn) -> None:
    me = await sign_in(server)
    order = (await me.create_order())["order"]
    assert order["workflowState"] == "AWAITING_PAYMENT_METHOD"
    assert order["grandTotal"] == {"amount": "105.00", "currency": "EUR"}
    await me.decided(order["id"])

    await me.sale(order["id"], "SET_PAYMENT_METHOD", {"method": "CARD"})
    part = await me.sale(order["id"], "PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": "p1"})
    assert part["workflow"]["state"] == "PAYMENT_PENDING_CONFIRMATION"
    rest = await me.sale(order["id"], "PAYMENT_CAPTURED", {"amount": 5.0, "paymentId": "p2"})
    assert rest["workflow"]["state"] == "CLEARED_FOR_FULFILMENT"

    fulfilment = await until(lambda: _fulfilment(me, order["id"], "PICK_PACK"))
    assert fulfilment["lines"] == [{"sku": "ANVIL", "quantity": 2}]
    await me.fulfil(fulfilment["id"], "FULFILMENT_STARTED")
    shipped = await me.fulfil(
        fulfilment["id"], "PACKAGE_SHIPPED", {"carrier": "DHL", "tracking": "JD01"}
    )
    assert shipped["workflow"]["state"] == "SHIPPED"

    async def heard() -> bool:
        return (await me.log(order["id"]))[-1]["eventType"] == "FULFILMENT_SHIPPED"

    await until(heard)
    last = (await me.log(order["id"]))[-1]
    assert last["actor"] == {"id": "phases", "kind": "system", "name": "Phase change"}
    assert last["causationId"].startswith(fulfilment["id"])


async def _fulfilment(me: Client, order_id: str, state: str) -> object:
    found = (await me.order(order_id))["fulfilments"]
    return found[0] if found and found[0]["workflowState"] == state else None


async def test_a_quotation_that_both_sides_approve_becomes_one_order(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    created = await me.ask(
        """mutation ($input: QuotationInput!) { createQuotation(input: $input) {
             ... on QuotationCreated { quotation { id number total { amount } version } } } }""",
        input={
            "customerId": "bob",
            "currency": "EUR",
            "lines": [{"sku": "ANVIL", "quantity": 3, "unitPrice": "10.01", "discount": "0.03"}],
        },
    )
    quotation = created["createQuotation"]["quotation"]
    assert quotation["total"] == {"amount": "30.00"}
    await me.quote(quotation["id"], "SHARE")
    buyer = await sign_in(server, "bob")
    stolen = await buyer.quote(quotation["id"], "SELLER_APPROVES", {"version": 1})
    assert stolen["code"] == "access.denied"
    stale = await buyer.quote(quotation["id"], "BUYER_APPROVES", {"version": 7})
    assert [reason["code"] for reason in stale["reasons"]] == ["quotation.version_stale"]
    await buyer.quote(quotation["id"], "BUYER_APPROVES", {"version": 1})
    done = await me.quote(quotation["id"], "SELLER_APPROVES", {"version": 1})
    assert done["workflow"]["state"] == "MUTUALLY_APPROVED"

    async def order_id() -> object:
        answer = await me.ask(
            "query ($id: ID!) { quotation(id: $id) { orderId } }", id=quotation["id"]
        )
        return answer["quotation"]["orderId"]

    order = await me.order(await until(order_id))
    assert order["workflowState"] == "AWAITING_PAYMENT_METHOD"
    assert order["due"] == {"amount": "30.00"}
    assert order["quotation"]["id"] == quotation["id"]
    first = (await me.log(order["id"]))[0]
    assert first["causationId"].startswith(quotation["id"])


async def test_an_order_of_what_is_out_of_stock_is_backordered(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    created = await me.ask(
        """mutation ($input: OrderInput!) { createOrder(input: $input) { ... on OrderCreated { order { id } } } }""",
        input={
            "customerId": "ada",
            "currency": "EUR",
            "lines": [{"sku": "GONE", "quantity": 1, "unitPrice": "1.00"}],
        },
    )
    order_id = created["createOrder"]["order"]["id"]
    await me.sale(order_id, "PAYMENT_CAPTURED", {"amount": "1.00", "paymentId": "p"})
    assert await until(lambda: _fulfilment(me, order_id, "BACKORDERED"))


async def test_credit_terms_clear_within_the_limit_and_wait_above_it(
    server: Server, sign_in: SignIn
) -> None:
    me, bob = await sign_in(server), await sign_in(server, "bob")

    async def on_invoice(price: str, currency: str = "EUR") -> dict[str, object]:
        created = await me.ask(
            """mutation ($input: OrderInput!) { createOrder(input: $input) {
                 ... on OrderCreated { order { id } } } }""",
            input={
                "customerId": "bob",
                "currency": currency,
                "lines": [{"sku": "ANVIL", "quantity": 1, "unitPrice": price}],
            },
        )
        order_id = await me.decided(created["createOrder"]["order"]["id"])
        return await bob.sale(order_id, "SET_PAYMENT_METHOD", {"method": "INVOICE"}) | {
            "id": order_id
        }

    within = await on_invoice("400.00")
    assert within["workflow"]["state"] == "CLEARED_FOR_FULFILMENT"
    above = await on_invoice("100.01")
    assert above["workflow"]["state"] == "OVERRIDE_REVIEW"
    why = await me.ask(
        "query ($id: ID!) { saleWorkflow(orderId: $id) { waitingFor { code values unblockers } } }",
        id=above["id"],
    )
    reasons = {reason["code"]: reason for reason in why["saleWorkflow"]["waitingFor"]}
    assert reasons["credit.exceeded"]["values"]["overage"] == "0.01"
    assert reasons["credit.exceeded"]["values"]["exposure"] == "400.00"
    assert "MANAGER" in reasons["credit.exceeded"]["unblockers"]
    await me.sale(above["id"], "CANCEL_REQUESTED", {"reason": "else it would take its turn"})
    await me.sale(within["id"], "PAYMENT_CAPTURED", {"amount": "400.00", "paymentId": "late"})
    again = await on_invoice("500.00")
    assert again["workflow"]["state"] == "CLEARED_FOR_FULFILMENT"
    foreign = await on_invoice("1.00", "NGN")
    assert foreign["workflow"]["state"] == "OVERRIDE_REVIEW"


async def test_a_customer_whose_order_is_frozen_is_not_told_why(
    server: Server, sign_in: SignIn
) -> None:
    me, bob = await sign_in(server), await sign_in(server, "bob")
    created = await me.ask(
        """mutation ($input: OrderInput!) { createOrder(input: $input) {
             ... on OrderCreated { order { id } } } }""",
        input={
            "customerId": "bob",
            "currency": "EUR",
            "lines": [{"sku": "ANVIL", "quantity": 1, "unitPrice": "1.00"}],
        },
    )
    order_id = await me.decided(created["createOrder"]["order"]["id"])
    await me.sale(order_id, "FREEZE", {"reason": "suspected stolen card"})
    answers = {
        who: await who.sale(order_id, "SET_PAYMENT_METHOD", {"method": "CARD"})
        for who in (me, bob)
    }
    assert "stolen" in str(answers[me])
    assert (answers[bob]["code"], "stolen" in str(answers[bob])) == (answers[me]["code"], False)
    assert "looked into" in answers[bob]["message"]
    await me.sale(order_id, "REJECT", {"reason": "proved"})


async def test_twenty_identical_calls_under_one_key_make_one_transition(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    capture = {"amount": "105.00", "paymentId": "p1"}
    answers = await asyncio.gather(
        *(me.sale(order_id, "PAYMENT_CAPTURED", capture, key="once") for _ in range(20))
    )
    assert [answer["replayed"] for answer in answers].count(False) == 1
    told = [{k: v for k, v in answer.items() if k != "replayed"} for answer in answers]
    assert all(answer == told[0] for answer in told)
    log = await me.log(order_id)
    assert [row["eventType"] for row in log] == ["create", "DECISION_RECORDED", "PAYMENT_CAPTURED"]


async def test_twenty_different_calls_leave_a_straight_line_of_versions(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    methods = itertools.cycle(["CARD", "BANK", "CASH", "TRANSFER", "WALLET"])
    answers = await asyncio.gather(
        *(
            me.sale(order_id, "SET_PAYMENT_METHOD", {"method": next(methods)}, key=f"k{n}")
            for n in range(20)
        )
    )
    applied = [answer for answer in answers if answer["__typename"] == "EventApplied"]
    refused = [answer for answer in answers if answer["__typename"] == "Refusal"]
    assert all(answer["code"] and answer["message"] for answer in refused)
    log = await me.log(order_id)
    assert [row["version"] for row in log] == list(range(1, len(applied) + 3))
    assert [b["fromState"] for b in log[1:]] == [a["toState"] for a in log[:-1]]
    assert sorted(answer["version"] for answer in applied) == [row["version"] for row in log[2:]]


async def test_the_same_key_creates_one_order_and_another_payload_is_refused(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    before = (await me.ask("{ orders { totalCount } }"))["orders"]["totalCount"]
    answers = await asyncio.gather(*(me.create_order(key="order-1") for _ in range(8)))
    assert len({answer["order"]["id"] for answer in answers}) == 1
    assert [answer["replayed"] for answer in answers].count(False) == 1
    body = {
        "query": CREATE_ORDER,
        "variables": {
            "input": {
                "customerId": "ada",
                "currency": "EUR",
                "lines": [{"sku": "ANVIL", "quantity": 3, "unitPrice": "1.00"}],
            },
            "key": "order-1",
        },
    }
    other = await me.http.post("/graphql", json=body)
    assert other.status_code == 409
    assert other.json()["data"]["createOrder"]["code"] == "idempotency.mismatch"
    orders = await me.ask("{ orders { totalCount } }")
    assert orders["orders"]["totalCount"] == before + 1


async def test_a_refusal_does_not_use_up_the_key(server: Server, sign_in: SignIn) -> None:
    me = await sign_in(server)
    order_id = (await me.create_order())["order"]["id"]
    refused = await me.sale(order_id, "RELEASE", {}, key="release")
    assert refused["code"] == "unhandled"
    await me.sale(order_id, "FREEZE", {"reason": "check"})
    released = await me.sale(order_id, "RELEASE", {}, key="release")
    assert released["__typename"] == "EventApplied"


async def test_the_idempotency_key_may_come_in_the_header(server: Server, sign_in: SignIn) -> None:
    me = await sign_in(server)
    me.http.headers["Idempotency-Key"] = "in-the-header"
    first, again = await me.create_order(), await me.create_order()
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["order"]["id"] == again["order"]["id"]
    two = """mutation ($id: ID!) { a: sendSaleEvent(orderId: $id, event: "INITIATE_PAYMENT") { __typename }
                                   b: sendSaleEvent(orderId: $id, event: "INITIATE_PAYMENT") { __typename } }"""
    answer = await me.raw(two, id=first["order"]["id"])
    assert answer["errors"][0]["extensions"]["code"] == "input.invalid"
    log = await me.log(await me.decided(first["order"]["id"]))
    assert [row["eventType"] for row in log] == ["create", "DECISION_RECORDED"]


async def test_the_header_is_for_one_mutation_also_where_they_stand_in_a_fragment(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    me.http.headers["Idempotency-Key"] = "in-the-header-of-two"
    send = 'sendSaleEvent(orderId: $id, event: "INITIATE_PAYMENT") { __typename }'
    for both in (f"a: {send} ... {{ b: {send} }}", f"... on Mutation {{ a: {send} b: {send} }}"):
        inline = await me.raw(f"mutation ($id: ID!) {{ {both} }}", id=order_id)
        assert inline["errors"][0]["extensions"]["code"] == "input.invalid", both
    named = (
        f"mutation ($id: ID!) {{ ...Both }} fragment Both on Mutation {{ a: {send} b: {send} }}"
    )
    answer = await me.raw(named, id=order_id)
    assert answer["errors"][0]["extensions"]["code"] == "input.invalid"
    assert [row["eventType"] for row in await me.log(order_id)] == ["create", "DECISION_RECORDED"]
    one = f"mutation ($id: ID!) {{ ...One }} fragment One on Mutation {{ {send} }}"
    assert "errors" not in await me.raw(one, id=order_id)


@pytest.mark.parametrize("key", ["", "k" * 256, "\u00e4\\u0000"])
async def test_a_key_that_can_be_none_is_named(server: Server, sign_in: SignIn, key: str) -> None:
    me = await sign_in(server)
    answer = await me.raw(
        f"""mutation {{ createPolicyList(name: "never-made", idempotencyKey: "{key}") {{ __typename }} }}"""
    )
    extensions = answer["errors"][0]["extensions"]
    assert extensions["code"] == "input.invalid"
    assert extensions["values"]["field"] == "idempotencyKey"
    assert await me.ask('{ policyList(name: "never-made") { name } }') == {"policyList": None}


async def test_a_header_without_a_key_is_none_either(server: Server, sign_in: SignIn) -> None:
    me = await sign_in(server)
    me.http.headers["Idempotency-Key"] = ""
    answer = await me.raw('mutation { createPolicyList(name: "never-made") { __typename } }')
    assert answer["errors"][0]["extensions"]["values"]["field"] == "idempotencyKey"


async def test_everybody_has_their_own_keys(server: Server, sign_in: SignIn) -> None:
    me, clerk = await sign_in(server), await sign_in(server, "clerk")
    mine, theirs = await me.create_order(key="k"), await clerk.create_order(key="k", price="7.00")
    assert mine["order"]["id"] != theirs["order"]["id"]
