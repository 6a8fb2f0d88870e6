from __future__ import annotations

import json
from decimal import Decimal

import pytest
from policies import (
    CATALOGUE,
    CONFIGS,
    TRIGGERS,
    action,
    condition,
    eur,
    every,
    graph,
    ladder,
    mistakes,
    problems,
    read,
    rule,
    simple,
    trigger,
)

from orderwright.app.policies.trigger_types import trigger_types
from orderwright.condition import FactField
from orderwright.money import Money
from orderwright.policy import PolicyInvalid, Threshold, load
from orderwright.policy.problem import Problems

BIG = rule("amount", ">", eur("10000.00"))


def test_a_policy_is_read_with_its_defaults():
    policy = read(simple(BIG, description="for tests"))
    assert policy.name == "A policy"
    assert (policy.trigger, policy.priority) == ("ORDER_CREATED", 0)
    assert (policy.on_unknown, policy.on_error) == ("hold", "hold")
    assert [node.id for node in policy.conditions] == ["c"]
    assert [(node.id, node.action) for node in policy.actions] == [("a", "FREEZE_ORDER")]


def test_a_policy_that_cannot_restrict_is_flagged_by_default_and_not_held():
    policy = read(simple(BIG, does="AUTO_APPROVE"))
    assert (policy.on_unknown, policy.on_error) == ("flag", "flag")
    policy = read(simple(BIG, does="AUTO_APPROVE", on_unknown="hold"))
    assert (policy.on_unknown, policy.on_error) == ("hold", "flag")


def test_a_policy_comes_back_as_it_went_out():
    policy = read(simple(BIG, priority=7, layout={"c": {"x": 1}}))
    again = read(json.dumps(policy.to_json()))
    assert again == policy
    assert again.to_json() == policy.to_json()


def test_a_role_that_there_is_not_is_a_mistake_where_it_is_known_which_there_are():
    asks = action("a", "REQUIRE_APPROVAL", role="COMPLAINCE")
    tells = action("b", "SEND_NOTIFICATION", to={"role": "FINANCE"})
    looks = action("d", "FLAG_FOR_REVIEW", role="SUPPORT")
    drawn = graph([trigger(), asks, tells, looks], "t a", "t b", "t d")
    assert problems(drawn) == ()
    with pytest.raises(PolicyInvalid) as invalid:
        load(drawn, roles=("COMPLIANCE", "SUPPORT"))
    assert [(one.path, one.code) for one in invalid.value.problems] == [
        ("graph.nodes[1].config.role", "value"),
        ("graph.nodes[2].config.to.role", "value"),
    ]
    assert "COMPLIANCE" in invalid.value.problems[0].message
    told = action("b", "SEND_NOTIFICATION", to={"address": "a@b.example"})
    load(graph([trigger(), told], "t b"), roles=())


def test_layout_and_spacing_do_not_change_the_fingerprint_and_meaning_does():
    policy = read(simple(BIG))
    moved = read(json.dumps(simple(BIG, layout={"c": {"x": 5}}), indent=4))
    assert moved.fingerprint == policy.fingerprint
    assert read(simple(BIG, priority=1)).fingerprint != policy.fingerprint


def test_numbers_in_text_stay_exact():
    text = json.dumps(simple(rule("user.orders", ">", 0.1))).replace(
        "0.1", "0.10000000000000000001"
    )
    [[held]] = [node.group.rules for node in read(text).conditions]
    assert held.value == Decimal("0.10000000000000000001")


def test_all_mistakes_are_told_at_once_with_their_places():
    document = graph(
        [
            trigger(),
            condition("c", rule("amuont", ">", 1), rule("user.country", "in", "KP, IR")),
            action("a", "FREEZE_ORDER", release_after="soon", extra=1),
        ],
        "t c",
        "c true a",
        schema=2,
        priority=True,
        colour="red",
        on_error="ignore",
    )
    assert set(mistakes(document)) == {
        ("colour", "unknown_key"),
        ("schema", "schema"),
        ("priority", "value"),
        ("on_error", "value"),
        ("graph.nodes[1].group.rules[0].field", "field"),
        ("graph.nodes[1].group.rules[1].value", "value"),
        ("graph.nodes[2].config.extra", "unknown_key"),
        ("graph.nodes[2].config.release_after", "value"),
    }


@pytest.mark.parametrize(
    ("asked", "place", "code"),
    [
        (rule("user.country", "in", "KP, IR"), "value", "value"),
        (rule("user.country", "not_in", "KP"), "value", "value"),
        (rule("amount", ">", 10000), "value", "value_type"),
        (rule("amount", "between", [eur("1.00")]), "value", "value"),
        (rule("amount", "contains", "1"), "operator", "operator_type"),
        (rule("amount", ">", {"fact": "user.orders"}), "value.fact", "value_type"),
        (rule("amount", "is", eur("1.00")), "operator", "operator"),
        (rule("user.country", "in", {"list": "contries"}), "value.list", "list"),
        (rule("user.country", "in", {"list": "sums"}), "value.list", "value_type"),
        (rule("user.email", "matches", "(a"), "value", "pattern"),
        (rule("user.email", "matches", "(?=a)"), "value", "pattern"),
        (rule("user.email", "matches", r"(a)\1"), "value", "pattern"),
        (rule("user.email", "matches", "\ud800"), "value", "pattern"),
        (rule("user.email", "matches", "a" * 501), "value", "pattern"),
        (rule("amount", ">", {"money": "1.001", "currency": "EUR"}), "value.money", "money"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused(asked: dict, place: str, code: str):
    assert mistakes(simple(asked)) == [(f"graph.nodes[1].group.rules[0].{place}", code)]


@pytest.mark.parametrize(
    ("nodes", "edges", "found"),
    [
        pytest.param(
            [trigger(), condition("c", BIG), condition("d", BIG), action("a")],
            ["t c", "c true d", "d true c", "d false a"],
            [("graph.edges", "cycle")],
            id="circle",
        ),
        pytest.param(
            [trigger(), action("a"), condition("c", BIG), action("b")],
            ["t a", "c true b"],
            [("graph.nodes[2]", "unreachable"), ("graph.nodes[3]", "unreachable")],
            id="unreachable",
        ),
        pytest.param(
            [trigger(), action("a"), condition("c", BIG)],
            ["t a", "t c"],
            [("graph.nodes[2]", "dead_end")],
            id="dead end",
        ),
        pytest.param(
            [trigger(), trigger("u"), action("a")],
            ["t a", "u a"],
            [("graph.nodes", "trigger")],
            id="two triggers",
        ),
        pytest.param([action("a")], [], [("graph.nodes", "trigger")], id="no trigger"),
        pytest.param(
            [trigger()],
            [],
            [("graph.nodes", "no_action"), ("graph.nodes[0]", "dead_end")],
            id="no action",
        ),
        pytest.param(
            [trigger(), condition("c", BIG), action("a")],
            ["t c", "c a"],
            [("graph.edges[1].exit", "exit")],
            id="no exit",
        ),
        pytest.param(
            [trigger(), action("a")],
            ["t true a"],
            [("graph.edges[0].exit", "exit")],
            id="an exit of a trigger",
        ),
        pytest.param(
            [trigger(), action("a")],
            ["t a", "a t"],
            [("graph.edges[1].to", "trigger"), ("graph.edges", "cycle")],
            id="back to the trigger",
        ),
        pytest.param(
            [trigger(), action("a")],
            ["t a", "t a"],
            [("graph.edges[1]", "duplicate")],
            id="an edge twice",
        ),
        pytest.param(
            [trigger(), action("a")],
            ["t a", "t b"],
            [("graph.edges[1].to", "value")],
            id="into the void",
        ),
        pytest.param(
            [trigger(), action("a"), action("a")],
            ["t a"],
            [("graph.nodes[2].id", "duplicate")],
            id="an id twice",
        ),
    ],
)
def test_a_graph_that_has_no_meaning_is_refused(
    nodes: list[dict], edges: list[str], found: list[tuple[str, str]]
):
    assert mistakes(graph(nodes, *edges)) == found


def test_the_mistake_of_a_circle_names_the_nodes_in_it_and_no_others():
    nodes = [trigger(), *(condition(name, BIG) for name in "cde"), action("a")]
    [found] = problems(graph(nodes, "t c", "c true d", "d true e", "e true d", "e false a"))
    assert found.message.endswith(": d, e")


def test_a_node_that_cannot_be_read_is_told_and_the_graph_is_then_not_judged():
    nodes = [trigger(), {"id": "c", "type": "question"}, 7, {"type": "action"}, {}]
    assert mistakes(graph(nodes, "t c")) == [
        ("graph.nodes[1].type", "value"),
        ("graph.nodes[2]", "type"),
        ("graph.nodes[3].id", "type"),
        ("graph.nodes[4].type", "value"),
        ("graph.nodes[4].id", "type"),
    ]


def test_an_edge_that_cannot_be_read_is_told():
    document = graph([trigger(), action("a")], "t a")
    document["graph"]["edges"] += [7, {"from": "t", "to": "a", "exit": "maybe", "label": ""}]
    assert mistakes(document) == [
        ("graph.edges[1]", "type"),
        ("graph.edges[2].label", "unknown_key"),
        ("graph.edges[2].exit", "value"),
    ]


@pytest.mark.parametrize(
    ("what", "config", "place", "code"),
    [
        ("FREEZE_ORDER", {"reason": ""}, "reason", "type"),
        ("FREEZE_ORDER", {"reason": "a" * 2001}, "reason", "limit"),
        ("FREEZE_ORDER", {"reason": 5}, "reason", "type"),
        ("FREEZE_ORDER", {"reason": "{{nobody}}"}, "reason", "template"),
        ("FREEZE_ORDER", {"reason": "{{#if amount}}"}, "reason", "template"),
        ("REJECT_TRANSACTION", {"final": "yes"}, "final", "value"),
        ("REQUEST_DOCUMENT", {"due_days": 0}, "due_days", "value"),
        ("REQUEST_DOCUMENT", {"types": []}, "types", "value"),
        ("REQUEST_DOCUMENT", {"types": [""]}, "types[0]", "type"),
        ("REQUEST_DOCUMENT", {"types": ["a"] * 21}, "types", "limit"),
        ("REQUIRE_APPROVAL", {"on_deny": "shrug"}, "on_deny", "value"),
        ("SEND_NOTIFICATION", {"to": "me"}, "to", "type"),
        ("SEND_NOTIFICATION", {"to": {"user": "u", "role": "r"}}, "to", "value"),
        ("SEND_NOTIFICATION", {"to": {"friend": "u"}}, "to.friend", "unknown_key"),
        ("SEND_NOTIFICATION", {"to": {"user": 5}}, "to.user", "type"),
        ("SEND_NOTIFICATION", {"channels": ["PIGEON"]}, "channels[0]", "value"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(what: str, config: dict, place: str, code: str):
    document = graph([trigger(), action("a", what, **config)], "t a")
    assert mistakes(document) == [(f"graph.nodes[1].config.{place}", code)]


def test_a_config_that_fits_is_kept_as_it_was_written():
    config = {"reason": "{{userId}} looks odd", "release_after": "24h"}
    final = {"category": "fraud", "reason": "no", "final": True}
    nodes = [
        trigger(),
        action("a", "FREEZE_ORDER", **config),
        action("b", "REJECT_TRANSACTION", **final),
    ]
    policy = read(graph(nodes, "t a", "t b"))
    assert [node.config for node in policy.actions] == [config, final]


@pytest.mark.parametrize("what", sorted(CONFIGS))
def test_an_action_without_what_it_needs_is_refused(what: str):
    node = {"id": "a", "type": "action", "action": what}
    assert {code for _, code in mistakes(graph([trigger(), node], "t a"))} == {"missing"}
    assert mistakes(graph([trigger(), action("a", what)], "t a")) == []


def test_an_action_that_there_is_not_is_refused_with_the_nearest():
    node = {"id": "a", "type": "action", "action": "FREEZE_ORDERS"}
    [found] = problems(graph([trigger(), node], "t a"))
    assert (found.path, found.code) == ("graph.nodes[1].action", "value")
    assert "did you mean 'FREEZE_ORDER'?" in found.message


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("ORDER_CREATE", "trigger"),
        (7, "trigger"),
        ("AMOUNT_THRESHOLD", "trigger"),
    ],
)
def test_a_trigger_that_there_is_not_is_refused(source: object, place: str):
    assert [path for path, _ in mistakes(simple(BIG, trigger=source))] == [place]


DAILY = {
    "type": "AMOUNT_THRESHOLD",
    "aggregate": "sum",
    "of": "ORDER_CREATED",
    "key": "user",
    "window": "24h",
    "threshold": eur("50000.00"),
}


def test_a_threshold_is_a_trigger_with_the_facts_of_thresholds():
    policy = read(simple(rule("total", ">", eur("1.00")), trigger=DAILY))
    assert policy.trigger == Threshold(
        aggregate="sum",
        of="ORDER_CREATED",
        key="user",
        window="24h",
        threshold=Money(5_000_000, "EUR"),
    )
    assert read(policy.to_json()) == policy
    counted = {**DAILY, "aggregate": "count", "threshold": 5}
    assert read(simple(rule("total", "is_null"), trigger=counted)).trigger.threshold == 5


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"type": "LINE"}, "trigger.type"),
        ({"aggregate": "mean", "threshold": 5}, "trigger.aggregate"),
        ({"of": "AMOUNT_THRESHOLD"}, "trigger.of"),
        ({"of": ""}, "trigger.of"),
        ({"key": "shoe"}, "trigger.key"),
        ({"window": "2h"}, "trigger.window"),
        ({"threshold": 5}, "trigger.threshold"),
        ({"threshold": {"money": "5.001", "currency": "EUR"}}, "trigger.threshold"),
        ({"threshold": eur("0.00")}, "trigger.threshold"),
        ({"aggregate": "count"}, "trigger.threshold"),
        ({"more": 1}, "trigger.more"),
    ],
)
def test_a_threshold_that_has_no_meaning_is_refused(changed: dict, place: str):
    found = mistakes(simple(rule("total", "is_null"), trigger={**DAILY, **changed}))
    assert place in {path for path, _ in found}
    assert {path for path, _ in found} <= {place, "trigger.threshold"}


@pytest.mark.parametrize(
    ("changed", "place", "right"),
    [
        ({"of": "payout.sent"}, "trigger.of", "PAYOUT_REQUESTED"),
        ({"of": "payin.received", "key": "country"}, "trigger.of", "PAYIN_RECEIVED"),
        ({"of": "KYC_SUBMITTED"}, "trigger.aggregate", "count them, or add up ORDER_CREATED"),
        ({"of": "USER_REGISTERED"}, "trigger.aggregate", "PAYOUT_REQUESTED"),
        ({"of": "WALLET_ADDED", "key": "wallet"}, "trigger.aggregate", "PAYIN_RECEIVED"),
        ({"of": "ORDER_CREATED", "key": "wallet"}, "trigger.key", "country, user"),
    ],
)
def test_a_threshold_that_could_never_be_crossed_is_refused(changed: dict, place: str, right: str):
    source = simple(rule("total", "is_null"), trigger={**DAILY, **changed})
    with pytest.raises(PolicyInvalid) as refused:
        load(source, triggers=trigger_types({}))
    [problem] = refused.value.problems
    assert problem.path == place
    assert right in problem.message


@pytest.mark.parametrize(
    ("of", "key"), [("PAYOUT_REQUESTED", "wallet"), ("PAYIN_RECEIVED", "country")]
)
def test_a_threshold_of_events_that_are_counted_is_read(of: str, key: str):
    source = simple(rule("total", "is_null"), trigger={**DAILY, "of": of, "key": key})
    assert load(source, triggers=trigger_types({})).trigger.of == of


def test_a_host_that_tells_of_wallets_may_count_by_them():
    told = trigger_types({"ORDER_CREATED": {"walletAddress": FactField(type="text")}})
    source = simple(rule("total", "is_null"), trigger={**DAILY, "key": "wallet"})
    assert load(source, triggers=told).trigger.key == "wallet"


def test_a_trigger_without_facts_has_no_fields():
    bare = {"PING": TRIGGERS["ORDER_CREATED"].__class__(name="PING")}
    with pytest.raises(PolicyInvalid) as refused:
        load(simple(BIG, trigger="PING"), triggers=bare)
    assert [problem.code for problem in refused.value.problems] == ["field"]


def test_without_triggers_and_lists_names_and_types_are_not_checked():
    policy = load(simple(rule("anything", "in", {"list": "any"}), trigger="ANY"))
    assert policy.trigger == "ANY"
    load(simple(BIG, trigger={**DAILY, "of": "ANY"}))
    load(graph([trigger(), action("a", "FREEZE_ORDER", reason="{{anything}}")], "t a"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "json"),
        ('{"priority": NaN}', "json"),
        ('{"schema": 1, "schema": 1}', "duplicate_key"),
        ("[" * 100_000, "depth"),
        (" " * 1_000_001, "limit"),
    ],
)
def test_a_text_that_is_no_document_is_refused(text: str, code: str):
    assert mistakes(text) == [("", code)]


def test_what_is_no_object_is_refused():
    assert ("", "type") in mistakes([])
    assert ("graph", "type") in mistakes({**simple(BIG), "graph": None})
    assert ("graph.nodes", "type") in mistakes({**simple(BIG), "graph": {"nodes": {}}})
    assert ("description", "type") in mistakes(simple(BIG, description=5))
    assert ("layout", "type") in mistakes(simple(BIG, layout=()))
    assert ("name", "limit") in mistakes(simple(BIG, name="a" * 201))


def test_a_policy_has_bounds():
    many = graph([trigger(), *(action(f"a{i}") for i in range(200))], "t a0")
    assert ("graph.nodes", "limit") in mistakes(many)
    wide = simple(every(*[BIG] * 501))
    assert mistakes(wide) == [("graph.nodes", "limit")]
    assert mistakes(simple(every(*[BIG] * 500))) == []


def test_a_ladder_of_diamonds_is_read_at_once():
    assert len(read(ladder(18)).conditions) == 54


def test_the_catalogue_of_lists_is_asked():
    assert mistakes(simple(rule("user.country", "in", {"list": "countries"}))) == []
    assert "countries" in CATALOGUE


def test_a_word_has_no_hint_where_there_is_nothing_to_choose():
    found = Problems()
    assert found.choice("a", "x", "the word", ()) == ""
    assert found.found[0].message == "the word 'a' is unknown; there are none"
    assert found.choice(7, "x", "the word", ("b",)) == ""
