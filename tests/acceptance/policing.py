"""Policies as people put them in force: what is written, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from acceptance.harness import Client, until

POLICY_RESULT = """__typename
  ... on PolicyChanged { replayed policy {
    id name workflowState latestVersion inForce { version mode publishedBy { id } approvedBy { id } }
    pending { kind version mayDecide requestedBy { name } } } }
  ... on Refusal { code message reasons { code message values unblockers } }"""
CREATE = (
    f"mutation ($document: JSON!) {{ createPolicy(document: $document) {{ {POLICY_RESULT} }} }}"
)
SAY = f"mutation ($id: ID!, $reason: String!) {{ %s(id: $id, reason: $reason) {{ {POLICY_RESULT} }} }}"


STATE = "query ($id: ID!) { policy(id: $id) { workflowState } }"


async def put_in_force(author: Client, second: Client, document: Mapping[str, Any]) -> str:
    """Have one person write and ask, and a second consent, as soon as the question has reached them."""
    policy_id = str(taken(await author.ask(CREATE, document=document))["id"])
    taken(await say(author, "publishPolicy", policy_id))

    async def consented() -> bool:
        [answer] = (await say(second, "publishPolicy", policy_id)).values()
        assert answer.get("code") in (None, "policy.consent_under_way"), answer
        return bool(answer["__typename"] == "PolicyChanged")

    async def active() -> bool:
        return bool((await author.ask(STATE, id=policy_id))["policy"]["workflowState"] == "ACTIVE")

    await until(consented)
    await until(active)
    return policy_id


async def say(api: Client, mutation: str, policy_id: str) -> Any:
    return await api.ask(SAY % mutation, id=policy_id, reason="fraud is up")


def taken(answer: Any) -> Any:
    [result] = answer.values()
    assert result["__typename"] == "PolicyChanged", result
    return result["policy"]


def policy(
    trigger: str, rules: Sequence[Any], name: str, does: str, **config: Any
) -> dict[str, Any]:
    """Write a policy that does something where all rules hold."""
    group = {"combinator": "and", "rules": [*rules]}
    return {
        "schema": 1,
        "name": name,
        "trigger": trigger,
        "graph": {
            "nodes": [
                {"id": "t", "type": "trigger"},
                {"id": "c", "type": "condition", "group": group},
                {"id": "a", "type": "action", "action": does, "config": config},
            ],
            "edges": [{"from": "t", "to": "c"}, {"from": "c", "exit": "true", "to": "a"}],
        },
    }


def is_(field: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": "==", "value": value}


def euro(text: str) -> dict[str, str]:
    return {"money": text, "currency": "EUR"}
