"""Write policies briefly."""

from __future__ import annotations

from collections.abc import Iterable

from orderwright.condition import FactField, NamedList
from orderwright.money import Money
from orderwright.policy import Deployment, Policy, PolicyInvalid, Problem, TriggerType, load

FACTS = {
    "amount": FactField(type="money", label="Amount"),
    "limit": FactField(type="money"),
    "userId": FactField(type="text"),
    "user.country": FactField(type="text", label="Country"),
    "user.email": FactField(type="text", sensitive=True),
    "user.domain": FactField(type="text", case="lower"),
    "user.orders": FactField(type="number"),
    "tags": FactField(type="list", items="text"),
    "verified": FactField(type="boolean"),
}
TRIGGERS = {
    "ORDER_CREATED": TriggerType(name="ORDER_CREATED", facts=FACTS, is_counted=True),
    "AMOUNT_THRESHOLD": TriggerType(
        name="AMOUNT_THRESHOLD", facts={"total": FactField(type="money")}
    ),
}
CATALOGUE = {"countries": "text", "sums": "money"}
LISTS = {"countries": NamedList.of("countries", ["KP", "IR"])}

CONFIGS = {
    "FREEZE_ORDER": {"reason": "looked at"},
    "REJECT_TRANSACTION": {"category": "fraud", "reason": "looked at"},
    "REQUEST_DOCUMENT": {"types": ["passport"], "due_days": 7},
    "REQUIRE_APPROVAL": {"role": "COMPLIANCE"},
    "SEND_NOTIFICATION": {"to": {"role": "COMPLIANCE"}, "template": "look at {{userId}}"},
    "FLAG_FOR_REVIEW": {"type": "amount"},
    "AUTO_APPROVE": {"reason": "small"},
    "ESCALATE_TO_COMPLIANCE": {"reason": "looked at"},
}


def rule(field: str, operator: str, value: object = None) -> dict:
    unary = operator in ("is_null", "is_not_null")
    return {"field": field, "operator": operator, **({} if unary else {"value": value})}


def every(*rules: dict) -> dict:
    return {"combinator": "and", "rules": list(rules)}


def some(*rules: dict) -> dict:
    return {"combinator": "or", "rules": list(rules)}


def eur(amount: str) -> dict:
    return {"money": amount, "currency": "EUR"}


def trigger(name: str = "t") -> dict:
    return {"id": name, "type": "trigger"}


def condition(name: str, *rules: dict) -> dict:
    group = rules[0] if len(rules) == 1 and "rules" in rules[0] else every(*rules)
    return {"id": name, "type": "condition", "group": group}


def action(name: str, what: str = "FREEZE_ORDER", **config: object) -> dict:
    return {"id": name, "type": "action", "action": what, "config": {**CONFIGS[what], **config}}


def edge(text: str) -> dict:
    """`t c` leads from t to c, `c true a` and `c false a` out of a condition."""
    start, *answer, end = text.split()
    return {"from": start, "to": end, **({"exit": answer[0]} if answer else {})}


def graph(nodes: Iterable[dict], *edges: str, **keys: object) -> dict:
    drawn = {"nodes": list(nodes), "edges": [edge(one) for one in edges]}
    document = {"schema": 1, "name": "A policy", "trigger": "ORDER_CREATED", "graph": drawn}
    return {**document, **keys}


def simple(*rules: dict, does: str = "FREEZE_ORDER", **keys: object) -> dict:
    """One condition, and an action where it holds."""
    return graph([trigger(), condition("c", *rules), action("a", does)], "t c", "c true a", **keys)


def ladder(rungs: int) -> dict:
    """A graph in which the number of ways doubles with each rung."""
    nodes, edges, before = [trigger()], [], ["t"]
    for i in range(rungs):
        sides = [f"l{i}", f"r{i}"]
        nodes += [condition(f"c{i}", rule("user.orders", ">", i))]
        nodes += [condition(side, rule("user.orders", ">", i)) for side in sides]
        for one in before:
            exits = [""] if one == "t" else ["true", "false"]
            edges += [f"{one} {answer} c{i}" for answer in exits]
        edges += [f"c{i} true l{i}", f"c{i} false r{i}"]
        before = sides
    edges += [f"{one} true a" for one in before]
    return graph([*nodes, action("a")], *edges)


def read(document: dict | str) -> Policy:
    return load(document, triggers=TRIGGERS, catalogue=CATALOGUE)


def mistakes(document: object) -> list[tuple[str, str]]:
    return [(path, code) for path, code, _ in problems(document)]


def problems(document: object) -> tuple[Problem, ...]:
    try:
        read(document)  # type: ignore[arg-type]
    except PolicyInvalid as invalid:
        return invalid.problems
    return ()


def deployed(document: dict, name: str = "p", **keys: object) -> Deployment:
    return Deployment(id=name, version=1, policy=read(document), **keys)  # type: ignore[arg-type]


def money(amount: str, currency: str = "EUR") -> Money:
    return Money.parse(amount, currency)
