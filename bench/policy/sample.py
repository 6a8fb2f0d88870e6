"""Policies and events for them, in three shapes.

narrow     each policy is about one user: an event meets one of them
5 %        each policy is about one of twenty countries: an event meets the twentieth part
open       no policy asks for a single value: an index cannot help, and an event meets the twentieth part
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orderwright.condition import FactField, Json
from orderwright.money import Money
from orderwright.policy import Deployment, PolicySet, load, logic_data, to_json_logic

SHAPES: Final = ("narrow", "5 %", "open")
TRIGGER: Final = "ORDER_CREATED"
EVENTS: Final = 16
_PARTS: Final = 20

FACTS: Final = {
    "userId": FactField(type="text"),
    "user.country": FactField(type="text"),
    "user.orders": FactField(type="number"),
    "amount": FactField(type="money"),
}


def _rules(shape: str, number: int, count: int) -> list[Json]:
    """Return three rules; what an event must hold besides the first of them, every event of the sample holds."""
    rest: list[Json] = [
        {"field": "user.orders", "operator": "<", "value": 1000 + number},
        {"field": "amount", "operator": ">", "value": {"money": "10.00", "currency": "EUR"}},
    ]
    if shape == "narrow":
        return [{"field": "userId", "operator": "==", "value": f"u{number}"}, *rest]
    if shape == "5 %":
        country = f"C{number % _PARTS}"
        return [{"field": "user.country", "operator": "==", "value": country}, *rest]
    least = max(1, count // _PARTS)
    line = "1.00" if number < least else f"{5000 + number}.00"
    first = {"money": line, "currency": "EUR"}
    return [{"field": "amount", "operator": ">", "value": first}, *rest]


def document(shape: str, number: int, count: int) -> dict[str, Json]:
    """Return the policy of a number."""
    group = {"combinator": "and", "rules": _rules(shape, number, count)}
    return {
        "schema": 1,
        "name": f"Policy {number}",
        "trigger": TRIGGER,
        "priority": number % 100,
        "graph": {
            "nodes": [
                {"id": "t", "type": "trigger"},
                {"id": "c", "type": "condition", "group": group},
                {"id": "a", "type": "action", "action": "FREEZE_ORDER", "config": {"reason": "x"}},
            ],
            "edges": [{"from": "t", "to": "c"}, {"from": "c", "exit": "true", "to": "a"}],
        },
    }


def deployment(shape: str, number: int, count: int) -> Deployment:
    """Return the policy of a number as it is in force."""
    policy = load(document(shape, number, count))
    return Deployment(id=f"p{number:05}", version=1, policy=policy)


def events(count: int) -> list[dict[str, Json]]:
    """Return the facts of some events."""
    return [
        {
            "userId": f"u{number * 7 % count}",
            "user": {"country": f"C{number % min(count, _PARTS)}", "orders": number},
            "amount": Money(500_000 - number, "EUR"),
        }
        for number in range(EVENTS)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Policies and events, for us and for engines of JSON Logic."""

    policies: PolicySet
    facts: list[dict[str, Json]]
    rules: list[Json]
    data: list[dict[str, Json]]

    @classmethod
    def of(cls, shape: str, count: int) -> Sample:
        """Make so many policies of a shape."""
        deployments = [deployment(shape, number, count) for number in range(count)]
        facts = events(count)
        return cls(
            policies=PolicySet(deployments),
            facts=facts,
            rules=[to_json_logic(one.policy, FACTS)["a"] for one in deployments],
            data=[logic_data(one, FACTS) for one in facts],
        )
