from __future__ import annotations

from driving import log

from orderwright.statechart import load
from orderwright.statechart.diagram import graph, mermaid

CHART = load(
    {
        "id": "c",
        "initial": "a",
        "events": {"GO": {"label": "Go on"}},
        "states": {
            "a": {
                "meta": {"label": "First", "tone": "good", "description": "The first."},
                "after": {"10": "b"},
                "on": {
                    "GO": {"target": "b", "guard": {"and": ["is_paid", {"not": {"in": "#c.b"}}]}},
                    "STAY": {"actions": log("x")},
                },
            },
            "b": {"initial": "x", "states": {"x": {"type": "final"}}, "onDone": "a"},
        },
    }
)


def test_the_graph_has_every_node_with_its_words():
    first = graph(CHART).nodes[1]
    assert (first.id, first.label, first.tone, first.description) == (
        "c.a",
        "First",
        "good",
        "The first.",
    )
    assert (first.parent, first.initial) == ("c", True)
    assert [node.id for node in graph(CHART).nodes] == ["c", "c.a", "c.b", "c.b.x"]


def test_the_graph_has_an_edge_for_every_transition_with_a_target():
    edges = [
        (edge.source, edge.target, edge.label, edge.guard, edge.kind)
        for edge in graph(CHART).edges
    ]
    assert edges == [
        ("c.a", "c.b", "Go on", "is paid and not in c.b", "event"),
        ("c.a", "c.b", "after 10 ms", None, "after"),
        ("c.b", "c.a", "done", None, "done"),
    ]


def test_edges_have_distinct_ids():
    ids = [edge.id for edge in graph(CHART).edges]
    assert len(set(ids)) == len(ids)


def test_mermaid_text_nests_states_and_draws_edges():
    lines = mermaid(CHART).splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert '    state "First" as c_a' in lines
    assert "    state c_b {" in lines
    assert "    c_a --> c_b: Go on [is paid and not in c.b]" in lines


def test_mermaid_draws_final_states_history_regions_and_the_root_that_has_transitions():
    chart = load(
        {
            "id": "c",
            "type": "parallel",
            "on": {"RESET": "#c.one.h"},
            "states": {
                "one": {
                    "initial": "x",
                    "states": {
                        "x": {"on": {"GO": "y"}},
                        "y": {"type": "final"},
                        "h": {"type": "history"},
                        "d": {"type": "history", "history": "deep", "meta": {"label": "Back"}},
                    },
                },
                "two": {},
            },
        }
    )
    assert mermaid(chart).splitlines() == [
        "stateDiagram-v2",
        '    state "c" as c',
        "    state c {",
        '        state "one" as c_one',
        "        state c_one {",
        '            state "x" as c_one_x',
        '            state "y" as c_one_y',
        "            c_one_y --> [*]",
        '            state "H" as c_one_h',
        '            state "H* Back" as c_one_d',
        "            [*] --> c_one_x",
        "        }",
        "        --",
        '        state "two" as c_two',
        "    }",
        "    c --> c_one_h: RESET",
        "    c_one_x --> c_one_y: GO",
    ]


def test_what_mermaid_would_misread_is_written_otherwise():
    chart = load(
        {
            "id": "end",
            "initial": "a-b",
            "events": {"GO": {"label": '50% ; {go}: "now"\n<b>'}},
            "states": {
                "a-b": {"always": {"target": "a_b", "guard": "is_ready"}, "on": {"GO": "a_b"}},
                "a_b": {"meta": {"label": 'The "end" #1'}, "always": "ü"},
                "ü": {"id": "state"},
            },
        }
    )
    assert mermaid(chart).splitlines()[1:] == [
        '    state "a#45;b" as end_a_b',
        '    state "The #34;end#34; #35;1" as end_a_b_2',
        '    state "ü" as state_',
        "    [*] --> end_a_b",
        "    end_a_b --> end_a_b_2: 50#37; #59; #123;go#125;#58; #34;now#34; #60;b#62;",
        "    end_a_b --> end_a_b_2: [is ready]",
        "    end_a_b_2 --> state_",
    ]


def test_a_chart_of_one_state_is_drawn():
    assert mermaid(load({"id": "one"})).splitlines() == [
        "stateDiagram-v2",
        '    state "one" as one',
    ]


def test_conditions_and_nested_guards_are_told_in_words():
    rules = [
        {"field": "context.n", "operator": ">", "value": 1},
        {"field": "event.x", "operator": "is_null"},
        {"combinator": "or", "not": True, "rules": [
            {"field": "facts.a", "operator": "==", "value": {"fact": "context.b"}},
        ]},
    ]  # fmt: skip
    guard = {
        "and": [
            {"or": ["one", {"and": ["two", "three"]}]},
            {"not": {"or": ["four", "five"]}},
            {"when": {"combinator": "and", "rules": rules}},
        ]
    }
    chart = load(
        {"on": {"GO": {"target": ".a", "guard": guard}}, "initial": "a", "states": {"a": {}}}
    )
    assert graph(chart).edges[0].guard == (
        "(one or (two and three)) and not (four or five)"
        " and (context.n > 1 and event.x is null and not (facts.a == context.b))"
    )
    assert edge_words({"after": {"return_window": "b"}}) == [("after return window", "after")]
    work = {"invoke": {"id": "w", "src": "s", "onDone": "b", "onError": "b"}}
    assert edge_words(work) == [("done.invoke.w", "done"), ("error.invoke.w", "done")]


def edge_words(node: dict) -> list[tuple[str, str]]:
    chart = load({"initial": "a", "states": {"a": node, "b": {}}})
    return [(edge.label, edge.kind) for edge in graph(chart).edges]
