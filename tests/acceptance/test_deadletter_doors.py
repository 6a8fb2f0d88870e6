"""What failed for the last time is looked at, mended and retried, by the command line and over GraphQL."""

from __future__ import annotations

import json
from typing import Any

from acceptance.calling import call
from acceptance.harness import Server, SignIn
from orderwright import Orderwright
from orderwright.app.settings import Settings
from orderwright.errors import InputInvalid
from orderwright.runtime.job import JobKind, JobRun

LIST = """
query ($name: String, $first: Int! = 50, $after: String) {
  deadLetters(name: $name, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { id source name key payload rootId status attempts error history { what detail } } }
  }
}
"""
RETRY = """
mutation ($id: ID!, $payload: JSON, $key: String) {
  retryDeadLetter(id: $id, payload: $payload, reason: "typo", idempotencyKey: $key) {
    __typename
    ... on DeadLetterRetried {
      replayed
      deadLetter { id status payload history { what actorId detail payload } }
    }
    ... on Refusal { code message }
  }
}
"""


class Post:
    """A handler that knows no Bob."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, object]] = []

    async def send(self, run: JobRun) -> object:
        if run.payload == {"to": "bob"}:
            raise InputInvalid("to", "bob", "somebody")
        self.sent.append((run.key, run.payload))
        return None


async def work(url: str, post: Post, *keys: str) -> None:
    """Put jobs down and run what is due."""
    kinds = [JobKind(name="post", handle=post.send)]
    async with Orderwright.connect(url, settings=Settings(), kinds=kinds) as app:
        for key in keys:
            await app.jobs.enqueue("post", {"to": "bob"}, key=key, root_id="r1")
        await app.worker.drain()


async def command(url: str, *words: str) -> tuple[int, Any]:
    status, out, _ = await call(url, "deadletter", *words)
    return status, json.loads(out) if "--json" in words else out


async def test_dead_letters_are_listed_mended_and_retried_by_command(database_url: str):
    post = Post()
    assert await command(database_url, "list") == (0, "no dead letters\n")
    await work(database_url, post, *[f"k{n}" for n in range(5)])
    status, told = await command(database_url, "list", "--limit", "2", "--json")
    assert (status, told["total"], len(told["dead_letters"])) == (0, 5, 2)
    first = told["dead_letters"][0]
    assert (first["name"], first["payload"], first["history"][0]["what"]) == (
        "post",
        {"to": "bob"},
        "failed",
    )
    status, said = await command(database_url, "list", "--name", "post")
    assert (status, first["id"] in said, "InputInvalid" in said, "5 of 5" in said) == (
        0,
        True,
        True,
        True,
    )
    mended = ("--payload", '{"to": "ann"}', "--reason", "typo", "--json")
    status, told = await command(database_url, "retry", first["id"], *mended)
    assert (status, told) == (0, {"retried": [first["id"]], "refused": []})
    status, told = await command(database_url, "retry", first["id"], "nothing", "--json")
    assert status == 1
    codes = [one["code"] for one in told["refused"]]
    assert codes == ["dead_letter.not_dead", "dead_letter.not_found"]
    await work(database_url, post)
    assert post.sent == [(first["key"], {"to": "ann"})]
    status, told = await command(database_url, "retry", "--all", "--json")
    assert (status, len(told["retried"])) == (0, 4)


async def test_a_retry_that_does_not_say_of_what_is_wrong_usage(database_url: str):
    for words in ([], ["a", "--all"], ["a", "b", "--payload", "1"]):
        assert (await command(database_url, "retry", *words))[0] == 2
    for payload in ("{", "[" * 5_000, "[" * 101 + "]" * 101):
        assert (await command(database_url, "retry", "a", "--payload", payload))[0] == 1


async def test_dead_letters_are_listed_mended_and_retried_over_graphql(
    server: Server, sign_in: SignIn
):
    post = Post()
    await work(server.database_url, post, "k1", "k2", "k3")
    admin = await sign_in(server)
    page = (await admin.ask(LIST, first=2))["deadLetters"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    rest = await admin.ask(LIST, first=2, after=page["pageInfo"]["endCursor"])
    nodes = [edge["node"] for edge in page["edges"] + rest["deadLetters"]["edges"]]
    assert sorted(node["key"] for node in nodes) == ["k1", "k2", "k3"]
    one = nodes[0]
    assert (one["source"], one["name"], one["payload"], one["attempts"]) == (
        "JOB",
        "post",
        {"to": "bob"},
        1,
    )
    assert one["error"] == one["history"][0]["detail"]

    payload = {"to": "ann", "weight": 1.5, "n": 2}
    done = (await admin.ask(RETRY, id=one["id"], payload=payload, key="once"))["retryDeadLetter"]
    assert (done["__typename"], done["replayed"]) == ("DeadLetterRetried", False)
    assert (done["deadLetter"]["status"], done["deadLetter"]["payload"]) == ("waiting", payload)
    assert done["deadLetter"]["history"][-1]["detail"] == "typo"
    again = (await admin.ask(RETRY, id=one["id"], payload=payload, key="once"))["retryDeadLetter"]
    assert again["replayed"]
    refused = (await admin.ask(RETRY, id=one["id"]))["retryDeadLetter"]
    assert refused["code"] == "dead_letter.not_dead"
    assert (await admin.ask(LIST, name="post"))["deadLetters"]["totalCount"] == 2
    await work(server.database_url, post)
    assert post.sent == [(one["key"], payload)]


async def test_who_may_not_see_dead_letters_does_not_retry_them(server: Server, sign_in: SignIn):
    post = Post()
    await work(server.database_url, post, "k1")
    clerk = await sign_in(server, "clerk")
    answer = await clerk.raw(LIST)
    assert answer["errors"][0]["extensions"]["code"] == "access.denied"
    assert (await clerk.ask(RETRY, id="k1"))["retryDeadLetter"]["code"] == "access.denied"
