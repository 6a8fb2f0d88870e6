from __future__ import annotations

import json

import pytest
from definitions import message, problems, two

from orderwright.statechart import load

# --- documents ------------------------------------------------------------------------------------


def test_a_chart_is_read_from_text_or_from_an_object_alike():
    definition = two(on={"E": "b"})
    assert repr(load(definition).nodes) == repr(load(json.dumps(definition)).nodes)


def test_version_defaults_to_one_and_context_and_events_to_nothing():
    chart = load({"id": "c"})
    assert (chart.version, dict(chart.context), dict(chart.events)) == (1, {}, {})


@pytest.mark.parametrize("version", [0, -1, "1", 1.5, True, None])
def test_a_version_is_a_whole_number_from_one(version: object):
    assert problems({"id": "c", "version": version}) == [("version", "type")]


@pytest.mark.parametrize("text", ["", "{", "{'id': 'c'}", "nonsense"])
def test_text_that_is_no_json_is_refused_with_its_place(text: str):
    assert problems(text) == [("", "json")]
    assert "line 1" in message(text)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(constant: str):
    assert problems(f'{{"id":"c","context":{{"x":{constant}}}}}') == [("", "json")]


def test_an_object_that_is_not_json_ready_is_refused():
    assert problems({"id": "c", "context": {"x": object()}}) == [("", "json")]


@pytest.mark.parametrize("source", ["[]", '"c"', "1", "null", "true"])
def test_a_chart_is_an_object(source: str):
    assert problems(source) == [("", "type")]


def test_every_mistake_is_told_at_once():
    found = problems({"id": "c", "version": 0, "context": [], "events": 5})
    assert found == [("context", "type"), ("events", "type"), ("version", "type")]


# --- keys -----------------------------------------------------------------------------------------


# --- targets --------------------------------------------------------------------------------------


def test_an_id_belongs_to_one_node():
    definition = {"id": "c", "initial": "a", "states": {"a": {"id": "x"}, "b": {"id": "x"}}}
    assert problems(definition) == [("states.b.id", "duplicate_id")]


# --- nodes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "path", "code"),
    [
        ({"id": ""}, "id", "type"),
        ({"id": "c", "type": "choice"}, "type", "type"),
        ({"id": "c", "type": "atomic", "initial": "a", "states": {"a": {}}}, "type", "type"),
        ({"id": "c", "type": "compound"}, "type", "type"),
        ({"id": "c", "type": "parallel"}, "type", "type"),
        ({"id": "c", "states": {"a": {}}}, "initial", "initial"),
        ({"id": "c", "initial": "x", "states": {"a": {}}}, "initial", "target"),
        ({"id": "c", "initial": "a"}, "initial", "initial"),
        (
            {"id": "c", "type": "parallel", "initial": "a", "states": {"a": {}}},
            "initial",
            "initial",
        ),
        ({"id": "c", "initial": {"target": []}, "states": {"a": {}}}, "initial", "initial"),
        ({"id": "c", "initial": "#c", "states": {"a": {}}}, "initial", "initial"),
        ({"id": "c", "states": []}, "states", "type"),
        ({"id": "c", "initial": "a", "states": {"a": None}}, "states.a", "type"),
        ({"id": "c", "initial": "a.b", "states": {"a.b": {}}}, "states.a.b", "key"),
        ({"id": "c", "initial": "a", "states": {"a": {}, "#b": {}}}, "states.#b", "key"),
        ({"id": "c", "type": "history"}, "type", "history"),
        (two(type="history", on={}), "states.a.on", "history"),
        (two(type="history", history="wide"), "states.a.history", "history"),
        (two(history="deep", type="atomic"), "states.a.history", "history"),
        (two(target="b"), "states.a.target", "history"),
        (two(type="final", on={"E": "b"}), "states.a.on", "final"),
        (two(type="final", always="b"), "states.a.always", "final"),
        (two(type="final", states={"x": {}}), "states.a.states", "final"),
        (
            {"id": "c", "type": "parallel", "states": {"a": {"type": "final"}}},
            "states.a.type",
            "final",
        ),
        ({"id": "c", "initial": "h", "states": {"h": {"type": "history"}}}, "states", "history"),
        (
            {"id": "c", "type": "parallel", "states": {"h": {"type": "history"}}},
            "states",
            "history",
        ),
        (two(meta=[]), "states.a.meta", "type"),
        (two(tags=[1]), "states.a.tags", "type"),
        (two(on=[]), "states.a.on", "type"),
        (two(on={"E": None}), "states.a.on.E", "type"),
        (two(on={"E": {"reenter": "yes"}}), "states.a.on.E.reenter", "type"),
        (two(on={"E": {"guard": None}}), "states.a.on.E.guard", "guard"),
        (two(on={"E": {"guard": {}}}), "states.a.on.E.guard", "guard"),
        (two(on={"E": {"guard": {"and": []}}}), "states.a.on.E.guard.and", "guard"),
        (two(on={"E": {"guard": {"not": ["x"]}}}), "states.a.on.E.guard.not", "guard"),
        (two(on={"E": {"guard": {"in": "#nope"}}}), "states.a.on.E.guard", "target"),
        (two(on={"E": {"guard": {"type": ""}}}), "states.a.on.E.guard.type", "type"),
        (
            two(on={"E": {"guard": {"type": "x", "params": []}}}),
            "states.a.on.E.guard.params",
            "type",
        ),
        (two(entry={}), "states.a.entry", "action"),
        (two(entry=5), "states.a.entry", "action"),
        (two(entry=[None]), "states.a.entry[0]", "action"),
        (two(entry={"assign": 5}), "states.a.entry.assign", "type"),
        (two(entry={"assign": {"x": {"from": "foo.x"}}}), "states.a.entry.assign.x.from", "path"),
        (two(entry={"assign": {"x": {"from": "now.x"}}}), "states.a.entry.assign.x.from", "path"),
        (
            two(entry={"assign": {"x": {"from": "context..x"}}}),
            "states.a.entry.assign.x.from",
            "path",
        ),
        (two(entry={"assign": {"x": [{"from": 5}]}}), "states.a.entry.assign.x[0].from", "type"),
        (two(entry={"raise": {"data": {}}}), "states.a.entry.raise.type", "type"),
        (two(entry={"emit": {"type": "x", "data": []}}), "states.a.entry.emit.data", "type"),
        (two(entry={"post": {"data": {}}}), "states.a.entry.post.ledger", "type"),
        (two(entry={"send": {"type": "x", "delay": 1.5}}), "states.a.entry.send.delay", "delay"),
        (two(entry={"cancel": ""}), "states.a.entry.cancel", "type"),
        (two(after=[]), "states.a.after", "type"),
        (two(description=None), "states.a.description", "type"),
        (two(on={"E": {"description": 1}}), "states.a.on.E.description", "type"),
        ({"id": "c", "events": {"E": {"label": None}}}, "events.E.label", "type"),
        ({"id": "c", "initial": "*", "states": {"*": {}}}, "states.*", "key"),
        (two(invoke={}), "states.a.invoke.src", "type"),
        ({"id": "c", "events": {"E": {"by": "robot"}}}, "events.E.by", "type"),
        ({"id": "c", "events": {"E": {"facts": "credit"}}}, "events.E.facts", "type"),
        ({"id": "c", "events": {"E": {"data": True}}}, "events.E.data", "type"),
    ],
)
def test_a_definition_without_meaning_is_an_error_with_its_path(
    definition: dict, path: str, code: str
):
    assert (path, code) in problems(definition)


@pytest.mark.parametrize(
    "states",
    [
        {"x": {}, "h": {"type": "history", "target": "h"}},
        {
            "x": {},
            "h": {"type": "history", "target": "g"},
            "g": {"type": "history", "target": "h"},
        },
    ],
)
def test_a_history_default_that_leads_back_to_itself_is_an_error(states: dict):
    found = problems({"id": "c", "initial": "x", "states": states})
    assert ("states.h", "history") in found


def test_an_initial_history_without_a_default_is_an_error():
    states = {"x": {}, "h": {"type": "history"}}
    assert problems({"id": "c", "initial": "h", "states": states}) == [("states.h", "history")]


# --- declarations and hash ------------------------------------------------------------------------


def test_the_hash_is_that_of_the_structure_alone():
    plain = load(two())
    assert load(two(on={"E": "b"}, meta={"label": "A"}, entry="x")).hash == plain.hash
    assert load({**two(), "version": 2, "context": {"x": 1}}).hash == plain.hash


@pytest.mark.parametrize(
    "other",
    [
        {"id": "d", "initial": "a", "states": {"a": {}, "b": {}}},
        {"id": "c", "initial": "a", "states": {"b": {}, "a": {}}},
        {"id": "c", "initial": "a", "states": {"a": {}, "b": {"type": "final"}}},
        {"id": "c", "initial": "a", "states": {"a": {}, "b": {"id": "x"}}},
        {"id": "c", "initial": "a", "states": {"a": {}, "b": {}, "d": {}}},
    ],
)
def test_another_structure_has_another_hash(other: dict):
    assert load(other).hash != load(two()).hash


def test_shallow_and_deep_history_differ_in_structure():
    def hashed(kind: str) -> str:
        states = {"a": {}, "h": {"type": "history", "history": kind}}
        return load({"id": "c", "initial": "a", "states": states}).hash

    assert hashed("shallow") != hashed("deep")


@pytest.mark.parametrize(
    "targets",
    [["#c.h", "#c.p.b"], ["#c.p.b", "#c.h"], ["#c.h", "#c.deep"], ["#c.p.h", "#c.h"]],
    ids="/".join,
)
def test_the_history_of_a_parallel_node_stands_for_all_of_its_regions(targets: list[str]):
    p = {"initial": "a", "states": {"a": {}, "b": {}, "h": {"type": "history"}}}
    q = {"on": {"E": {"target": targets}}}
    states = {
        "p": p,
        "q": q,
        "h": {"type": "history"},
        "deep": {"type": "history", "history": "deep"},
    }
    found = problems({"id": "c", "type": "parallel", "states": states})
    assert found == [("states.q.on.E.target", "target")]


def test_histories_of_different_regions_can_be_targets_together():
    region = {"initial": "a", "states": {"a": {}, "b": {}, "h": {"type": "history"}}}
    on = {"E": {"target": ["#c.p.h", "#c.q.h"]}}
    chart = load({"id": "c", "type": "parallel", "states": {"p": region, "q": region}, "on": on})
    assert [chart.nodes[one].id for one in chart.nodes[0].transitions["E"][0].targets] == [
        "c.p.h",
        "c.q.h",
    ]
