"""Charts to XState's JSON and back, and what XState documents say that charts do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from interchange_samples import chart, with_transition

from conformance.xstate_charts import Case, cases
from orderwright.statechart import Chart, ChartInvalid, StateNode, load
from orderwright.statechart.definition import Transition
from orderwright.statechart.interchange import Note, read_xstate, write_xstate

CHARTS = sorted(Path(__file__).parents[3].joinpath("charts").glob("*.json"))


def there_and_back(definition: Mapping) -> Mapping:
    written = json.dumps(write_xstate(load(definition)).config)
    read = read_xstate(written)
    assert read.notes == ()
    return read.definition


def read_transition(body: object) -> object:
    read = read_xstate(with_transition(body))
    assert read.notes == ()
    return read.definition["states"]["A"]["on"]["GO"]


def noted(config: object) -> list[Note]:
    return list(read_xstate(json.dumps(config)).notes)


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("file", CHARTS, ids=lambda file: file.name)
def test_a_shipped_chart_comes_back_as_it_was_to_the_order_of_its_keys(file: Path):
    shipped = load(file.read_text())
    written = write_xstate(shipped)
    assert written.notes == ()
    read = read_xstate(json.dumps(written.config))
    assert read.notes == ()
    assert json.dumps(read.definition) == json.dumps(json.loads(shipped.definition))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases)
def test_a_random_chart_comes_back_with_the_same_nodes(case: Case):
    before, after = load(case.definition), load(there_and_back(case.definition))
    assert shown(before) == shown(after)
    assert (before.context, before.hash) == (after.context, after.hash)


def shown(chart: Chart) -> list[str]:
    """The nodes in words: a transition equals itself alone."""
    return [repr(sensible(chart, node)) for node in chart.nodes]


def sensible(chart: Chart, node: StateNode) -> StateNode:
    """The node without each `reenter` that changes nothing, which is the one thing that does not come back."""
    return replace(
        node,
        transitions={
            event: tuple(_sensible(chart, one) for one in listed)
            for event, listed in node.transitions.items()
        },
        always=tuple(_sensible(chart, one) for one in node.always),
    )


def _sensible(chart: Chart, transition: Transition) -> Transition:
    source = transition.source
    inside = all(chart.descends(target, source) for target in transition.targets)
    counts = transition.reenter and inside and chart.nodes[source].kind == "compound"
    return replace(transition, reenter=bool(counts and transition.targets))


names = st.sampled_from(["open", "x.y", "a b", "=> b", "done.state.c", "after.5.c.A", "ORDER"])
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-9, 9),
        st.just("words"),
        st.sampled_from(["context.n", "event.a.b", "now"]).map(lambda path: {"from": path}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("xyz"), inner, max_size=2)
    ),
    max_leaves=4,
)
objects = st.fixed_dictionaries({"x": values}, optional={"type": values, "id": values})
data = st.one_of(objects, st.just({"from": "context.all"}))
said = st.fixed_dictionaries({"type": names}, optional={"data": data})
group = st.just({"combinator": "and", "rules": [{"field": "facts.n", "operator": "is_null"}]})
guards = st.recursive(
    st.one_of(
        names,
        st.fixed_dictionaries({"type": names}, optional={"params": objects}),
        st.sampled_from(["#bee", "#c.C.D", "#c", "c.A"]).map(lambda node: {"in": node}),
        group.map(lambda one: {"when": one}),
    ),
    lambda inner: st.one_of(
        inner.map(lambda one: {"not": one}),
        st.lists(inner, min_size=1, max_size=3).map(lambda members: {"and": members}),
        st.lists(inner, min_size=1, max_size=3).map(lambda members: {"or": members}),
    ),
    max_leaves=4,
)
actions = st.one_of(
    names,
    st.fixed_dictionaries({"type": names}, optional={"params": objects}),
    objects.map(lambda assigned: {"assign": assigned}),
    said.map(lambda event: {"raise": event}),
    said.map(lambda event: {"emit": event}),
    st.builds(lambda event, more: {"send": {**event, **more}}, said, st.fixed_dictionaries(
        {"delay": st.one_of(st.integers(0, 9), st.just("soon"))}, optional={"id": st.just("later")}
    )),
    st.fixed_dictionaries({"ledger": names}, optional={"data": data}).map(lambda row: {"post": row}),
    names.map(lambda name: {"cancel": name}),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(guard=guards)
def test_any_guard_comes_back_as_it_was(guard: object):
    made = with_transition({"target": "B", "guard": guard})
    back = there_and_back(made)["states"]["A"]["on"]["GO"]
    assert shown(load({**made, "states": back_in(made, back)})) == shown(load(made))


def back_in(made: dict, transition: object) -> dict:
    return {**made["states"], "A": {"on": {"GO": transition}}}


@settings(max_examples=200, deadline=None)
@given(listed=st.one_of(actions, st.lists(actions, max_size=3)))
def test_any_action_comes_back_as_it_was(listed: object):
    made = with_transition({"target": "B", "actions": listed}, entry=listed)
    back = there_and_back(made)
    assert back["states"]["A"]["on"]["GO"]["actions"] == listed
    assert back["entry"] == listed


def test_every_part_of_a_node_comes_back_as_it_was():
    made = chart(
        version=3,
        context={"n": 1},
        description="words",
        meta={"label": "Chart"},
        events={"GO": {"label": "Go", "facts": ["n"]}, "done.invoke.w": {"by": "system"}},
        output={"from": "event.output"},
        on={"done.*": ".A", "*": [{"actions": "x"}], "error.invoke.w": {"target": [".B"]}},
    )
    made["states"]["A"] = {
        "tags": "busy",
        "meta": {"x": 1},
        "description": "waits",
        "exit": ["a", {"type": "b"}],
        "always": [{"target": "B", "guard": "g", "description": "d", "meta": {"y": [1]}}],
        "after": {"10": "B", "soon": {"target": "#bee", "actions": []}},
        "invoke": [
            {
                "id": "w",
                "src": "work",
                "input": {"a": {"from": "context.n"}},
                "onDone": "B",
                "onError": [{"target": "C", "guard": {"in": "#c.A"}}, "#bee"],
            },
            {"src": "other"},
        ],
        "onDone": "B",
    }
    made["states"]["C"]["states"]["h"] = {"type": "history", "history": "deep", "target": ["E"]}
    made["states"]["C"]["initial"] = {"target": "E", "actions": [{"raise": {"type": "X"}}]}
    made["states"]["F"] = {"type": "final", "output": {"n": {"from": "context.n"}}}
    assert json.dumps(there_and_back(made)) == json.dumps(made)


def test_what_xstate_cannot_do_is_noted_and_comes_back_all_the_same():
    made = chart(initial={"target": ["#c.C.E"]})
    made["states"]["C"]["states"]["h"]["target"] = {"target": ["E"], "actions": ["a"]}
    made["states"]["C"]["states"]["i"] = {"type": "history", "target": {"target": "E"}}
    made["states"]["B"] = {"initial": "#c.B.x", "states": {"x": {}}}
    written = write_xstate(load(made))
    assert [(note.path, note.level) for note in written.notes] == [
        ("initial", "loss"),
        ("states.B.initial", "loss"),
        ("states.C.states.h.target", "loss"),
        ("states.C.states.i.target", "loss"),
    ]
    assert read_xstate(written.config).definition == made


def test_a_dot_in_an_id_and_a_backslash_in_a_key_are_escaped_for_xstate():
    made = {
        "id": "o.w",
        "initial": "a\\b",
        "states": {
            "a\\b": {"on": {"X": "y", "Z": "#v.1.z", "W": "#o.w.a\\b"}},
            "y": {"id": "v.1", "initial": "z", "states": {"z": {"always": {
                "target": "#v.1", "guard": {"in": "o.w.a\\b"}
            }}}},
        },
    }  # fmt: skip
    written = write_xstate(load(made)).config
    assert written["states"]["a\\b"]["on"]["Z"] == "#v\\.1.z"
    assert written["states"]["a\\b"]["on"]["W"] == {"target": "#o\\.w.a\\\\b", "reenter": True}
    back = there_and_back(made)
    assert written["initial"] == "a\\b"
    assert shown(load(back)) == shown(load(made))


# --- spelling -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("xstate.after.1000.c.A", "after.1000.c.A"),
        ("xstate.done.state.c.C", "done.state.c.C"),
        ("xstate.done.actor.work", "done.invoke.work"),
        ("xstate.error.actor.0.c.A", "error.invoke.0.c.A"),
        ("xstate.done.actor.*", "done.invoke.*"),
        ("xstate.done.*", "done.*"),
        ("xstate.error.*", "error.*"),
        ("order.*", "order.*"),
        ("*", "*"),
    ],
)
def test_an_event_type_is_spelled_both_ways(theirs: str, ours: str):
    read = read_xstate(chart(on={theirs: ".B"}))
    assert (list(read.definition["on"]), read.notes) == ([ours], ())
    assert list(write_xstate(load(read.definition)).config["on"]) == [theirs]


@pytest.mark.parametrize(
    ("guard", "ours"),
    [
        ({"type": "g", "params": {"n": 1}}, {"type": "g", "params": {"n": 1}}),
        ({"type": "xstate.and", "params": {"guards": ["a", "b"]}}, {"and": ["a", "b"]}),
        ({"type": "xstate.or", "guards": ["a", {"type": "b"}]}, {"or": ["a", {"type": "b"}]}),
        ({"type": "xstate.not", "guards": ["a"]}, {"not": "a"}),
        ({"type": "xstate.not", "params": {"guard": "a"}}, {"not": "a"}),
        ({"type": "xstate.stateIn", "params": {"stateValue": "#bee"}}, {"in": "#bee"}),
        ({"type": "xstate.stateIn", "stateValue": "#c.B"}, {"in": "#bee"}),
        ({"type": "xstate.stateIn", "params": {"stateValue": "C.D"}}, {"in": "#c.C.D"}),
    ],
)
def test_a_guard_of_xstate_is_read(guard: object, ours: object):
    assert read_transition({"target": "B", "guard": guard}) == {"target": "B", "guard": ours}


@pytest.mark.parametrize(
    ("action", "ours"),
    [
        ("mail", "mail"),
        ({"type": "xstate.assign", "params": {"assignment": {"n": 1}}}, {"assign": {"n": 1}}),
        ({"type": "xstate.assign", "assignment": {"n": 1}}, {"assign": {"n": 1}}),
        ({"type": "@xstate.assign", "context": {"n": 1}}, {"assign": {"n": 1}}),
        (
            {"type": "xstate.raise", "params": {"event": {"type": "X", "n": 1}}},
            {"raise": {"type": "X", "data": {"n": 1}}},
        ),
        ({"type": "@xstate.raise", "event": {"type": "X"}}, {"raise": {"type": "X"}}),
        (
            {"type": "xstate.raise", "event": {"type": "X"}, "delay": 5, "id": "x"},
            {"send": {"type": "X", "delay": 5, "id": "x"}},
        ),
        ({"type": "xstate.cancel", "params": {"sendId": "x"}}, {"cancel": "x"}),
        (
            {"type": "xstate.cancel", "id": "xstate.after.5.c.A"},
            {"cancel": "after.5.c.A"},
        ),
        ({"type": "xstate.emit", "event": {"type": "X"}}, {"emit": {"type": "X"}}),
    ],
)
def test_an_action_of_xstate_is_read(action: object, ours: object):
    assert read_transition({"target": "B", "actions": [action]})["actions"] == [ours]


@pytest.mark.parametrize(
    ("source", "body", "ours"),
    [
        ("A", {"target": "B", "reenter": True}, {"target": "B", "reenter": True}),
        ("A", {"target": "A", "actions": "x"}, {"actions": "x"}),
        ("A", {"target": "A", "reenter": True}, {"target": "A"}),
        ("A", "#c.A", {}),
        ("C", {"target": "C"}, {"target": ".D"}),
        ("C", {"target": ".E"}, {"target": ".E"}),
        ("C", {"target": ".E", "reenter": True}, {"target": ".E", "reenter": True}),
        ("C", {"target": "C.h"}, {"target": "C.h"}),
        ("C", {"target": "#c", "reenter": True}, {"target": "#c"}),
    ],
)
def test_a_target_that_means_something_else_there_is_translated(
    source: str, body: object, ours: object
):
    made = chart()
    made["states"][source]["on"] = {"GO": body}
    read = read_xstate(made)
    assert (read.definition["states"][source]["on"]["GO"], read.notes) == (ours, ())


@pytest.mark.parametrize(
    ("source", "target", "reenter"),
    [("A", "A", True), ("C", "C", True), ("C", ".E", False), ("A", "#c", True), ("A", "B", False)],
)
def test_a_transition_that_leaves_its_source_says_so_to_xstate(
    source: str, target: str, reenter: bool
):
    made = chart()
    made["states"][source]["on"] = {"GO": {"target": target}}
    written = write_xstate(load(made)).config["states"][source]["on"]["GO"]
    assert written.get("reenter", False) is reenter


def test_what_xstate_enters_again_without_leaving_it_is_a_loss():
    regions = {"r": {"on": {"GO": "s"}}, "s": {}}
    made = chart()
    made["states"]["A"]["on"] = {"ALL": "#c"}
    made["states"]["P"] = {
        "type": "parallel",
        "states": regions,
        "on": {"OWN": "P", "IN": ".r", "OUT": "A"},
    }
    assert {(note.path, note.code) for note in noted(made)} == {
        ("states.A.on.ALL", "loss"),
        ("states.P.on.OWN", "loss"),
        ("states.P.on.IN", "loss"),
        ("states.P.states.r.on.GO", "loss"),
    }


def test_a_machine_without_an_id_has_the_id_that_xstate_gives_it():
    made = {"initial": "a", "states": {"a": {"on": {"X": "#(machine).b"}}, "b": {}}}
    read = read_xstate(made)
    assert read.notes == ()
    assert load(read.definition).nodes[2].id == "(machine).b"


def test_what_a_chart_has_no_room_for_is_told_as_a_loss():
    made = with_transition("B", types={}, schemas={"context": {}}, version="1.2.3")
    made["states"]["A"]["invoke"] = {"src": "w", "systemId": "s", "onSnapshot": {}}
    made["states"]["C"]["initial"] = {"target": "D", "description": "first"}
    made["entry"] = {"type": "xstate.raise", "event": {"type": "X"}, "delay": 5}
    notes = noted(made)
    assert {note.level for note in notes} == {"loss"}
    assert {note.path for note in notes} == {
        "types",
        "schemas.context",
        "version",
        "states.A.invoke.systemId",
        "states.A.invoke.onSnapshot",
        "states.C.initial.description",
        "entry",
    }
    read = read_xstate(made)
    assert read.mistakes == ()
    assert load(read.definition).version == 1


def test_a_schema_of_an_event_is_the_schema_of_its_data():
    schema = {"type": "object", "properties": {}}
    read = read_xstate(chart(schemas={"events": {"GO": schema}}))
    assert load(read.definition).events["GO"].data == schema


def test_what_loading_would_report_is_left_to_loading():
    read = read_xstate(chart(initial={"actions": "a"}))
    assert read.notes == ()
    with pytest.raises(ChartInvalid, match="a target is"):
        load(read.definition)


def test_a_version_that_is_a_number_stays():
    assert read_xstate(chart(version=2)).definition["version"] == 2


def test_true_is_xstates_word_for_a_shallow_history():
    made = chart()
    made["states"]["C"]["states"]["h"] = {"type": "history", "history": True}
    made["states"]["A"]["history"] = False
    read = read_xstate(made)
    assert read.definition["states"]["C"]["states"]["h"]["history"] == "shallow"
    assert load(read.definition)


@pytest.mark.parametrize(
    "guard",
    [
        {"when": {"combinator": "and", "rules": [{"field": "facts.n", "operator": "is_null"}]}},
        {"not": {"in": "#bee"}},
        {"or": ["g", {"type": "h", "params": {"n": 1}}]},
    ],
)
def test_a_guard_that_xstate_has_no_word_for_comes_back_as_it_was(guard: object):
    made = with_transition({"target": "B", "guard": guard})
    assert there_and_back(made)["states"]["A"]["on"]["GO"] == {"target": "B", "guard": guard}


@pytest.mark.parametrize(
    "action",
    [
        {"post": {"ledger": "l", "data": {"n": 1}}},
        {"raise": {"type": "R", "data": {"type": "is taken there"}}},
        {"emit": {"type": "R", "data": {"from": "event"}}},
        {"send": {"type": "R", "data": {"n": 1}, "delay": 5, "id": "later"}},
        {"assign": {"n": {"from": "event.n"}}},
        {"cancel": "later"},
    ],
)
def test_an_action_that_xstate_spells_otherwise_comes_back_as_it_was(action: object):
    assert there_and_back(with_transition({"target": "B"}, entry=action))["entry"] == action
