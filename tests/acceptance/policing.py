"""Policies as people put them in force: what is written, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from acceptance.harness import Client

POLICY_RESULT = """__typename
  ... on PolicyChanged { replayed policy {
    id name workflowState latestVersion inForce { version mode publishedBy { id } approvedBy { id } }
    pending { kind version mayDecide requestedBy { name } } } }
  ... on Refusal { code message reasons { code message values unblockers } }"""
CREATE = (
    f"mutation ($document: JSON!) {{ createPolicy(document: $document) {{ {POLICY_RESULT} }} }}"
)
SAY = f"mutation ($id: ID!, $reason: String!) {{ %s(id: $id, reason: $reason) {{ {POLICY_RESULT} }} }}"


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
