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
        ("c.a", "c.b", "after.10.c.a", None, "after"),
        ("c.b", "c.a", "done.state.c.b", None, "done"),
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
