from __future__ import annotations

import pytest
from policies import FACTS, TRIGGERS, eur, money

from orderwright.policy import Deployment, PolicyInvalid, from_react_flow, load, run

SEED = {
    "nodes": [
        {
            "id": "1",
            "type": "trigger",
            "position": {"x": 0, "y": 0},
            "data": {"trigger": "ORDER_CREATED", "label": "Order created"},
        },
        {
            "id": "2",
            "type": "condition",
            "position": {"x": 0, "y": 100},
            "selected": True,
            "data": {"field": "amount", "operator": ">", "value": 10000},
        },
        {
            "id": "3",
            "type": "action",
            "data": {"actionType": "FREEZE_ORDER", "config": {"reason": "large"}},
        },
        {
            "id": "4",
            "type": "action",
            "data": {"actionType": "AUTO_APPROVE", "config": {"reason": "small"}},
        },
    ],
    "edges": [
        {"id": "e1", "source": "1", "target": "2", "sourceHandle": None},
        {"id": "e2", "source": "2", "target": "3", "sourceHandle": "true"},
        {"id": "e3", "source": "2", "target": "4", "sourceHandle": "false", "animated": True},
    ],
}


def with_condition(**data: object) -> dict:
    nodes = [{**node} for node in SEED["nodes"]]
    nodes[1] = {**nodes[1], "data": data}
    return {**SEED, "nodes": nodes}


def imported(graph: dict, currency: str | None = "EUR") -> dict:
    return from_react_flow(graph, name="Imported", priority=3, currency=currency, schema=FACTS)


def test_a_graph_of_the_seed_becomes_a_policy_that_decides_as_drawn():
    document = imported(SEED)
    policy = load(document, triggers=TRIGGERS)
    assert (policy.name, policy.trigger, policy.priority) == ("Imported", "ORDER_CREATED", 3)
    assert policy.layout == {"1": {"x": 0, "y": 0}, "2": {"x": 0, "y": 100}}
    deployment = Deployment(id="p", version=1, policy=policy)
    for amount, done in (("10000.01", "FREEZE_ORDER"), ("10000.00", "AUTO_APPROVE")):
        found = run(deployment, {"amount": money(amount)})
        assert [node.action for node in found.actions] == [done]
    assert run(deployment, {}).outcome == "unknown"


@pytest.mark.parametrize("operator", "== != > < >= <=".split())
def test_every_operator_of_the_seed_is_ours(operator: str):
    load(imported(with_condition(field="amount", operator=operator, value=5)), triggers=TRIGGERS)


@pytest.mark.parametrize(
    ("operator", "value"),
    [("in", ["DE"]), ("not_in", ["DE"]), ("contains", "D"), ("matches", "^D")],
)
def test_every_operator_on_text_of_the_seed_is_ours(operator: str, value: object):
    data = {"field": "user.country", "operator": operator, "value": value}
    load(imported(with_condition(**data)), triggers=TRIGGERS)


def test_numbers_that_are_compared_with_money_take_the_currency_that_the_caller_names():
    document = imported(with_condition(field="amount", operator="in", value=[5, 7.5, "x", True]))
    [rule] = document["graph"]["nodes"][1]["group"]["rules"]
    assert rule["value"] == [eur("5"), eur("7.5"), "x", True]
    plain = imported(with_condition(field="user.orders", operator=">", value=5))
    assert plain["graph"]["nodes"][1]["group"]["rules"][0]["value"] == 5


def refused(graph: dict, currency: str | None = "EUR") -> list[tuple[str, str]]:
    with pytest.raises(PolicyInvalid) as invalid:
        load(imported(graph, currency), triggers=TRIGGERS)
    return [(problem.path, problem.code) for problem in invalid.value.problems]


def test_without_a_currency_a_number_is_no_amount():
    assert refused(SEED, None) == [("graph.nodes[1].group.rules[0].value", "value_type")]


def test_a_list_that_is_written_as_a_string_is_a_mistake_and_not_a_search_for_letters():
    data = {"field": "user.country", "operator": "in", "value": "DE, FR"}
    assert refused(with_condition(**data)) == [("graph.nodes[1].group.rules[0].value", "value")]


def test_a_missing_value_or_operator_is_a_mistake():
    place = "graph.nodes[1].group.rules[0]"
    assert refused(with_condition(field="amount", operator=">")) == [
        (f"{place}.value", "value_missing")
    ]
    assert refused(with_condition(field="amount")) == [(f"{place}.operator", "operator")]


def test_a_circle_of_the_seed_is_a_mistake():
    back = {"id": "e4", "source": "3", "target": "2"}
    assert refused({**SEED, "edges": [*SEED["edges"], back]}) == [("graph.edges", "cycle")]


def test_a_node_that_is_nothing_is_a_mistake():
    graph = {**SEED, "nodes": [*SEED["nodes"], {"id": "5"}, {"id": "6", "data": {"label": "?"}}]}
    assert refused(graph) == [("nodes[4].data", "type"), ("nodes[5].data", "type")]
    assert refused({"nodes": 5}) == [("nodes", "type"), ("edges", "type")]


def test_a_graph_without_a_trigger_is_a_mistake():
    assert ("trigger", "type") in refused({**SEED, "nodes": SEED["nodes"][1:]})


def test_an_action_without_config_is_read_as_one_that_lacks_it():
    nodes = [*SEED["nodes"][:3], {"id": "4", "data": {"actionType": "AUTO_APPROVE"}}]
    assert refused({**SEED, "nodes": nodes}) == [("graph.nodes[3].config.reason", "missing")]
