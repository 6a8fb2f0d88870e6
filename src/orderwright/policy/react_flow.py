"""Read the graphs that the seed system stored as React Flow drew them, into the form of our document.

The kind of a node shows in its data: `trigger`; or `field`, `operator` and `value`; or `actionType` and `config`.
Edges are `source`, `target` and, out of a condition, `sourceHandle` "true" or "false". What else a drawing holds
(selection, measures) is left behind, positions become the layout. Nothing is guessed: a list that is written as a
string stays one, and `load` says so, at the same index of the same list. A bare number that is compared with money
takes its currency from the caller, for the graphs do not name one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from orderwright.condition import Json, Schema
from orderwright.policy.model import SCHEMA
from orderwright.policy.problem import Problems

_MOST: Final = 1000


def from_react_flow(
    graph: Mapping[str, Json],
    *,
    name: str,
    priority: int = 0,
    currency: str | None = None,
    schema: Schema | None = None,
) -> dict[str, Json]:
    """Return a document for `load`, with the nodes and edges in the order of the graph.

    Args:
        graph: `nodes` and `edges`.
        name: of the policy.
        priority: of the policy.
        currency: of numbers that are compared with money; without it they stay numbers.
        schema: says which facts are money.

    Raises:
        PolicyInvalid: a node is no trigger, condition or action, or the graph is no graph.
    """
    problems = Problems()
    nodes = _objects(graph.get("nodes"), "nodes", problems)
    edges = _objects(graph.get("edges"), "edges", problems)
    amounts = _amounts(currency, schema)
    found = [_node(node, f"nodes[{i}]", amounts, problems) for i, node in enumerate(nodes)]
    ways = [_edge(edge) for edge in edges]
    problems.check()
    return {
        "schema": SCHEMA,
        "name": name,
        "trigger": next((_data(one)["trigger"] for one in nodes if "trigger" in _data(one)), None),
        "priority": priority,
        "graph": {"nodes": found, "edges": ways},
        "layout": {str(one.get("id")): one["position"] for one in nodes if "position" in one},
    }


Amounts = Mapping[str, str]
"""The fields that are money, each with the currency that its numbers are in."""


def _amounts(currency: str | None, schema: Schema | None) -> Amounts:
    money = [name for name, known in (schema or {}).items() if known.type == "money"]
    return dict.fromkeys(money, currency) if currency else {}


def _objects(source: Json, path: str, problems: Problems) -> Sequence[Mapping[str, Json]]:
    entries = problems.sequence(source, path, f"`{path}`", _MOST)
    return [problems.mapping(entry, f"{path}[{i}]", "an entry") for i, entry in enumerate(entries)]


def _data(node: Mapping[str, Json]) -> Mapping[str, Json]:
    data = node.get("data")
    return data if isinstance(data, Mapping) else {}


def _node(
    node: Mapping[str, Json], path: str, amounts: Amounts, problems: Problems
) -> dict[str, Json]:
    data, name = _data(node), node.get("id")
    if "trigger" in data:
        return {"id": name, "type": "trigger"}
    if "field" in data:
        return {"id": name, "type": "condition", "group": _group(data, amounts)}
    if "actionType" in data:
        config = data.get("config") or {}
        return {"id": name, "type": "action", "action": data["actionType"], "config": config}
    problems.add(f"{path}.data", "type", "a node has `trigger`, `field` or `actionType`")
    return {}


def _group(data: Mapping[str, Json], amounts: Amounts) -> dict[str, Json]:
    field, rule = str(data["field"]), {"field": data["field"], "operator": data.get("operator")}
    if "value" in data:
        rule["value"] = _value(data["value"], amounts.get(field))
    return {"combinator": "and", "rules": [rule]}


def _value(value: Json, currency: str | None) -> Json:
    if currency is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [_value(item, currency) for item in value]
    return {"money": str(value), "currency": currency} if isinstance(value, int | float) else value


def _edge(edge: Mapping[str, Json]) -> dict[str, Json]:
    found = {"from": edge.get("source"), "to": edge.get("target")}
    handle = edge.get("sourceHandle")
    return found if handle is None else {**found, "exit": handle}
