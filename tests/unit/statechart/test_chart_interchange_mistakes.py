"""What XState documents say that charts do not: old spellings, functions, and plain mistakes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from interchange_samples import chart, with_transition

from orderwright.statechart import ChartInvalid, load
from orderwright.statechart.interchange import Note, read_xstate, spelling

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "xstate.md"


def noted(config: object) -> list[Note]:
    return list(read_xstate(json.dumps(config)).notes)


def transition(body: object) -> dict:
    return with_transition(body)


def node(**keys: object) -> dict:
    made = chart()
    made["states"]["A"] = keys
    return made


GO, NODE = "states.A.on.GO", "states.A"
OLD = [
    (transition({"target": "B", "cond": "g"}), f"{GO}.cond", "guard"),
    (transition({"target": "B", "in": "#bee"}), f"{GO}.in", "xstate.stateIn"),
    (transition({"target": "B", "internal": False}), f"{GO}.internal", "reenter"),
    (transition([{"target": "B", "delay": 5}]), f"{GO}[0].delay", "after"),
    (transition({"event": "X"}), f"{GO}.event", "on"),
    (node(always=[{"target": "B", "cond": "g"}]), f"{NODE}.always[0].cond", "guard"),
    (node(after=[{"delay": 5, "target": "B"}]), f"{NODE}.after", "by delay"),
    (node(after={"5": {"target": "B", "cond": "g"}}), f"{NODE}.after.5.cond", "guard"),
    (node(onEntry="a"), f"{NODE}.onEntry", "entry"),
    (node(onExit="a"), f"{NODE}.onExit", "exit"),
    (node(activities=["beep"]), f"{NODE}.activities", "invoke"),
    (node(type="final", data={"n": 1}), f"{NODE}.data", "output"),
    (node(parallel=True), f"{NODE}.parallel", '`type: "parallel"`'),
    (node(strict=True), f"{NODE}.strict", "refused"),
    (node(on={"": "B"}), f"{NODE}.on.", "always"),
    (node(on={"done.state.c.C": "B"}), f"{NODE}.on.done.state.c.C", "xstate.done.state.c.C"),
    (node(on={"done.invoke.w": "B"}), f"{NODE}.on.done.invoke.w", "xstate.done.actor.w"),
    (node(on={"error.platform.w": "B"}), f"{NODE}.on.error.platform.w", "xstate.error.actor.w"),
    (
        node(on={"xstate.after(5)#c.A": "B"}),
        f"{NODE}.on.xstate.after(5)#c.A",
        "xstate.after.5.c.A",
    ),
    (node(invoke={"src": "w", "data": {}}), f"{NODE}.invoke.data", "input"),
    (node(invoke=[{"src": "w", "autoForward": True}]), f"{NODE}.invoke[0].autoForward", "send"),
    (node(entry={"type": "xstate.send", "event": "X"}), f"{NODE}.entry", "xstate.raise"),
    (node(entry=["xstate.choose"]), f"{NODE}.entry[0]", "guarded transitions"),
    (node(entry={"type": "xstate.raise", "event": "X"}), f"{NODE}.entry.event", '"type": "X"'),
    (node(exit={"type": "xstate.start"}), f"{NODE}.exit", "invoke"),
    (transition({"guard": {"type": "xstate.guard", "name": "g"}}), f"{GO}.guard", '"type": "g"'),
    (chart(services={}), "services", "invoke"),
    (chart(delimiter="/"), "delimiter", "dots"),
    (chart(predictableActionArguments=True), "predictableActionArguments", "always"),
    (chart(schema={}), "schema", "schemas"),
    (chart(tsTypes={}), "tsTypes", "leave it out"),
]


@pytest.mark.parametrize(("config", "path", "fix"), OLD, ids=[path for _, path, _ in OLD])
def test_a_spelling_of_version_4_is_reported_with_its_place_and_fix(
    config: dict, path: str, fix: str
):
    [note] = noted(config)
    assert (note.path, note.code, note.level) == (path, "v4", "mistake")
    assert "XState v4" in note.message
    assert fix in note.message


FUNCTION = "({ context }) => context.n > 1"
NAMELESS = [
    (transition({"guard": FUNCTION}), f"{GO}.guard"),
    (transition({"guard": None}), f"{GO}.guard"),
    (transition({"guard": {"type": "xstate.and"}}), f"{GO}.guard"),
    (transition({"guard": {"type": "xstate.or", "guards": [{}]}}), f"{GO}.guard.guards[0]"),
    (transition({"guard": {"type": "g", "params": {"n": FUNCTION}}}), f"{GO}.guard.params.n"),
    (transition({"actions": [None]}), f"{GO}.actions[0]"),
    (transition({"actions": {"type": "xstate.assign"}}), f"{GO}.actions"),
    (transition({"actions": "xstate.assign"}), f"{GO}.actions"),
    (node(entry=FUNCTION), f"{NODE}.entry"),
    (node(entry={"type": "(anonymous)"}), f"{NODE}.entry"),
    (node(entry={"type": "xstate.raise"}), f"{NODE}.entry.event"),
    (node(entry={"type": "xstate.cancel"}), f"{NODE}.entry.sendId"),
    (
        node(entry={"type": "xstate.assign", "params": {"assignment": {"n": [FUNCTION]}}}),
        f"{NODE}.entry.params.assignment.n[0]",
    ),
    (node(type="final", output=FUNCTION), f"{NODE}.output"),
    (node(invoke={"src": "w", "input": FUNCTION}), f"{NODE}.invoke.input"),
    (node(invoke={}), f"{NODE}.invoke.src"),
]


@pytest.mark.parametrize(("config", "path"), NAMELESS, ids=[path for _, path in NAMELESS])
def test_what_is_a_function_there_is_reported_as_needing_a_name(config: dict, path: str):
    [note] = noted(config)
    assert (note.path, note.code, note.level) == (path, "function", "mistake")
    assert "name" in note.message or "id of" in note.message or "lists its" in note.message


OTHERS = [
    (chart(colour="red"), "colour", "unknown_key"),
    (transition({"guards": "g"}), f"{GO}.guards", "unknown_key"),
    (transition({"actions": {"type": "a", "param": {}}}), f"{GO}.actions.param", "unknown_key"),
    (transition({"guard": {"type": "g", "param": {}}}), f"{GO}.guard.param", "unknown_key"),
    (
        transition({"actions": {"type": "xstate.assign", "params": {"assignment": {}, "x": 1}}}),
        f"{GO}.actions.params.x",
        "unknown_key",
    ),
    (
        transition({"actions": {"type": "xstate.emit", "event": {"type": "E"}, "x": 1}}),
        f"{GO}.actions.x",
        "unknown_key",
    ),
    (
        transition({"actions": {"type": "xstate.cancel", "params": {"sendId": "t"}, "x": 1}}),
        f"{GO}.actions.x",
        "unknown_key",
    ),
    (
        transition({"guard": {"type": "xstate.not", "guard": "g", "x": 1}}),
        f"{GO}.guard.x",
        "unknown_key",
    ),
    (transition("nowhere"), GO, "target"),
    (transition({"target": ["B", 7]}), f"{GO}.target", "target"),
    (chart(on={"X": "A"}), "on.X", "target"),
    (node(on={"xstate.init": "B"}), f"{NODE}.on.xstate.init", "unsupported"),
    (node(entry={"type": "xstate.sendTo"}), f"{NODE}.entry", "unsupported"),
    (transition({"guard": {"type": "xstate.other"}}), f"{GO}.guard", "unsupported"),
    (
        transition({"guard": {"type": "xstate.stateIn", "stateValue": {"C": "D"}}}),
        f"{GO}.guard.stateValue",
        "target",
    ),
    (
        transition({"guard": {"type": "xstate.stateIn", "params": {"stateValue": "#x"}}}),
        f"{GO}.guard.params.stateValue",
        "target",
    ),
    (node(context={}), f"{NODE}.context", "key"),
    ({**chart(), "states": {"A": {}, "x.y": {}}}, "states.x.y", "key"),
    (node(on=[]), f"{NODE}.on", "type"),
    (node(on={"X": 5}), f"{NODE}.on.X", "type"),
    (node(states=[]), f"{NODE}.states", "type"),
    ({**chart(), "states": {"A": {}, "B": "final"}}, "states.B", "type"),
]


@pytest.mark.parametrize(("config", "path", "code"), OTHERS, ids=[path for _, path, _ in OTHERS])
def test_another_mistake_is_reported_with_its_place(config: dict, path: str, code: str):
    [note] = noted(config)
    assert (note.path, note.code, note.level) == (path, code, "mistake")


def test_the_id_of_what_is_raised_at_once_is_a_loss():
    raised = {"type": "xstate.raise", "event": {"type": "E"}, "id": "t"}
    [note] = noted(transition({"actions": raised}))
    assert (note.path, note.level) == (f"{GO}.actions.id", "loss")


def test_all_mistakes_are_reported_at_once_and_left_out():
    made = node(onEntry="a", on={"GO": {"target": "B", "cond": "g"}, "": "B"}, entry=[None, "b"])
    read = read_xstate(made)
    assert len(read.mistakes) == 4
    assert read.definition["states"]["A"] == {"on": {"GO": {"target": "B"}}, "entry": ["b"]}


@pytest.mark.parametrize("text", ["{", "[1]", "null"])
def test_what_is_no_object_is_no_machine(text: str):
    with pytest.raises(ChartInvalid):
        read_xstate(text)


known = spelling.ROOT_KEYS | spelling.TRANSITION_KEYS | spelling.INVOKE_KEYS
inner_keys = "cond params event delay guards sendId assignment events a.b onEntry data".split()
words = st.sampled_from([*sorted(known), *inner_keys])
said = st.sampled_from(
    ["", "A", ".A", "#c", "#", "a.b", "\\", "*", "xstate.after.1.c", "parallel", "history", "final", "=>"]
    + [f"xstate.{name}" for name in "assign raise cancel emit and or not stateIn guard send".split()]
    + ["orderwright.when", "orderwright.post", "() => 1"]
)  # fmt: skip
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 9), said),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(words, said), inner, max_size=4)
    ),
    max_leaves=12,
)
parts = st.dictionaries(words, anything, max_size=3)


@settings(max_examples=300, deadline=None)
@given(states=st.dictionaries(st.sampled_from("ABC"), parts, max_size=3), root=parts)
def test_whatever_stands_in_a_document_is_read_or_noted(states: dict, root: dict):
    document = {"id": "c", "initial": "A", "states": {"A": {}, **states}, **root}
    before = json.dumps(document)
    read = read_xstate(document)
    assert json.dumps(document) == before
    with contextlib.suppress(ChartInvalid):  # what only loading finds
        load(read.definition)


def test_the_page_on_xstate_names_every_old_spelling():
    old = spelling.OLD_NODE | spelling.OLD_TRANSITION | spelling.OLD_INVOKE | spelling.OLD_ACTIONS
    section = PAGE.read_text().split("## Spellings of XState v4")[1]
    assert [name for name in old if f"`{name}`" not in section] == []
