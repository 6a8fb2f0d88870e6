"""Cases through GraphQL, its subscription in another process, and by command."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import websockets

from acceptance.harness import PASSWORD, Client, Server, SignIn, free_port, until
from acceptance.test_cli_operations import command
from orderwright import Orderwright
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings

_CASE = """
  id number type title role priority dueAt isOverdue assigneeId assigneeName subjectType subjectId evidence
  workflowState workflowLabel resolution { word note } comments { text by { name } } colleagues { id }
  belongsTo { orderId number } workflow { allowedEvents { event } transitionLog { eventType actor { name } } }
"""
CASES = f"""
query ($filter: CaseFilter) {{ cases(filter: $filter) {{ totalCount edges {{ node {{ {_CASE} }} }} }} }}
"""
ONE = f"query ($id: ID!) {{ case(id: $id) {{ {_CASE} }} }}"
_ANSWER = f"... on CaseChanged {{ replayed case {{ {_CASE} }} }} ... on Refusal {{ code message reasons {{ code }} }}"


def mutation(name: str, **arguments: str) -> str:
    declared = ", ".join(f"${key}: {kind}" for key, kind in arguments.items())
    given = ", ".join(f"{key}: ${key}" for key in arguments)
    return f"mutation ({declared}, $key: String) {{ outcome: {name}({given}, idempotencyKey: $key) {{ {_ANSWER} }} }}"


OPEN = mutation("openCase", input="CaseInput!")
TAKE = mutation("takeCase", id="ID!")
ASSIGN = mutation("assignCase", id="ID!", assigneeId="ID!")
COMMENT = mutation("commentCase", id="ID!", text="String!")
PRIORITY = mutation("changeCasePriority", id="ID!", priority="CasePriority!")
RESOLVE = mutation("resolveCase", id="ID!", resolution="CaseResolutionWord!", note="String!")
REOPEN = mutation("reopenCase", id="ID!", reason="String!")
SEND = """
mutation ($id: ID!, $event: String!) { sendCaseEvent(caseId: $id, event: $event) {
  ... on EventApplied { workflow { state } } ... on Refusal { code } } }
"""


async def tony(server: Server, sign_in: SignIn) -> Client:
    """An accountant."""
    async with Orderwright.connect(server.database_url, settings=Settings()) as app:
        await app.people.enrol("tony", "Tony", PASSWORD, [Role.ACCOUNTANT])
    return await sign_in(server, "tony")


async def cases(client: Client, **wanted: Any) -> list[Any]:
    found = (await client.ask(CASES, filter=wanted))["cases"]
    return [edge["node"] for edge in found["edges"]]


async def outcome(client: Client, query: str, **variables: Any) -> Any:
    return (await client.ask(query, **variables))["outcome"]


async def overpaid(admin: Client) -> Any:
    """The case of an order on which too much was captured."""
    order = (await admin.create_order())["order"]
    await admin.sale(order["id"], "PAYMENT_CAPTURED", {"amount": "106.00", "paymentId": "p"})
    [case] = await until(lambda: cases(admin))
    assert case["belongsTo"] == {"orderId": order["id"], "number": order["number"]}
    return case


async def test_each_role_sees_its_queue_and_only_those_above_say_who_works(
    server: Server, sign_in: SignIn
):
    admin, clerk, bob = [await sign_in(server, who) for who in ("admin", "clerk", "bob")]
    auditor, accountant = await sign_in(server, "auditor"), await tony(server, sign_in)
    case = await overpaid(admin)
    assert (case["type"], case["role"], case["workflowLabel"]) == (
        "OVERCAPTURE",
        "ACCOUNTANT",
        "Open",
    )
    assert case["evidence"]["data"]["excessMinor"] == 100
    assert {one["id"] for one in case["colleagues"]} == {"admin", "tony"}
    [seen] = await cases(accountant)
    assert (seen["id"], seen["colleagues"]) == (case["id"], [])
    assert (await accountant.ask("{ cases { totalCount } }"))["cases"]["totalCount"] == 1

    assert await cases(clerk) == []
    assert (await clerk.ask(ONE, id=case["id"]))["case"] is None
    refused = await outcome(clerk, COMMENT, id=case["id"], text="mine?")
    assert refused["code"] == "case.not_found"
    denied = await bob.raw(CASES)
    assert denied["errors"][0]["extensions"]["code"] == "access.denied"
    assert (await auditor.ask(ONE, id=case["id"]))["case"]["workflow"]["allowedEvents"] == []
    assert (await outcome(auditor, COMMENT, id=case["id"], text="hm"))["code"] == "access.denied"

    mine = {"id": case["id"], "assigneeId": "admin"}
    assert (await outcome(accountant, ASSIGN, **mine))["code"] == "access.denied"
    wrong = await outcome(admin, ASSIGN, id=case["id"], assigneeId="clerk")
    assert wrong["code"] == "input.invalid"
    assert (await outcome(admin, ASSIGN, **mine))["case"]["assigneeId"] == "admin"
    assert [one["id"] for one in await cases(admin, mine=True)] == [case["id"]]


async def test_a_case_is_taken_talked_about_resolved_and_reopened(server: Server, sign_in: SignIn):
    admin, accountant = await sign_in(server), await tony(server, sign_in)
    one = {"id": (await overpaid(admin))["id"]}
    for _ in range(2):
        taken = await outcome(accountant, TAKE, **one, key="take")
        assert taken["case"]["assigneeName"] == "Tony"
    assert taken["replayed"]
    urgent = await outcome(accountant, PRIORITY, **one, priority="URGENT")
    assert urgent["case"]["priority"] == "URGENT"
    assert (await outcome(accountant, COMMENT, **one, text=""))["code"] == "event_data"
    await outcome(accountant, COMMENT, **one, text="asked the bank")
    ended = {"resolution": "SOLVED", "note": "the bank took it back"}
    done = (await outcome(accountant, RESOLVE, **one, **ended))["case"]
    assert (done["workflowState"], done["resolution"]) == (
        "RESOLVED",
        {"word": "SOLVED", "note": "the bank took it back"},
    )
    assert done["comments"] == [{"text": "asked the bank", "by": {"name": "Tony"}}]
    assert await cases(accountant) == []
    assert [case["id"] for case in await cases(accountant, states=["RESOLVED"])] == [one["id"]]
    assert (await outcome(accountant, RESOLVE, **one, **ended))["code"] == "unhandled"
    sent = (await accountant.ask(SEND, **one, event="SLA_BREACHED"))["sendCaseEvent"]
    assert sent["code"] == "event_reserved"
    again = (await outcome(accountant, REOPEN, **one, reason="it came again"))["case"]
    assert (again["workflowState"], again["resolution"]) == ("OPEN", None)


async def test_cases_are_listed_shown_and_resolved_by_command(server: Server, sign_in: SignIn):
    await tony(server, sign_in)
    url, case = server.database_url, await overpaid(await sign_in(server))
    status, told = await command(url, "case", "list", "--as", "tony", "--json")
    assert (status, told["total"], [one["id"] for one in told["cases"]]) == (0, 1, [case["id"]])
    status, said = await command(url, "case", "show", case["id"])
    assert (status, "Created  by Case table" in said, case["number"] in said) == (0, True, True)
    resolve = ("case", "resolve", case["id"], "--resolution", "SOLVED", "--note", "done", "--as")
    status, said = await command(url, *resolve, "clerk")
    assert (status, "case.not_found" in said) == (1, True)
    assert await command(url, *resolve, "tony") == (0, f"{case['number']} is resolved\n")


async def test_a_case_that_is_opened_reaches_clients_of_other_processes(
    server: Server, sign_in: SignIn
):
    other = Server(server.database_url, port=free_port(), with_worker=False)
    await other.start()
    try:
        clerk, elsewhere = await sign_in(server, "clerk"), await sign_in(other)
        order = (await clerk.create_order())["order"]
        cookie = f"orderwright_session={elsewhere.http.cookies['orderwright_session']}"
        address = other.url.replace("http", "ws") + "/graphql"
        async with websockets.connect(
            address,
            subprotocols=["graphql-transport-ws"],
            open_timeout=30,
            additional_headers={"Cookie": cookie},
        ) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": "subscription { casesChanged { orderIds } }"}
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            about = {"subjectId": order["id"], "title": "Check this", "role": "ACCOUNTANT"}
            heard = await _hear(socket, clerk, about)
        assert heard["payload"]["data"] == {"casesChanged": {"orderIds": [order["id"]]}}
    finally:
        await other.stop()
    assert await cases(clerk) == []
    refused = await outcome(clerk, OPEN, input={**about, "role": "BOSS"})
    assert refused["code"] == "input.invalid"


async def _hear(socket: Any, clerk: Client, about: Any) -> Any:
    """Open cases until one is heard: when the subscription begins to listen is not told."""
    async with asyncio.timeout(30):
        while True:
            opened = await outcome(clerk, OPEN, input=about)
            assert opened["case"]["title"] == "Check this"
            try:
                return json.loads(await asyncio.wait_for(socket.recv(), 0.5))
            except TimeoutError:
                continue
