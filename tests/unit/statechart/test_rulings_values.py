"""What the interfaces rule on guards, actions and values: a test for each sentence, named after it."""

from __future__ import annotations

import pytest
from definitions import problems, two
from driving import NOW, Drive, logging

from orderwright.statechart import (
    Cancel,
    Emit,
    Event,
    Outcome,
    Post,
    Schedule,
)

# --- guards and actions ---------------------------------------------------------------------------


def rule(field: str, value: object) -> dict:
    return {"field": field, "operator": "==", "value": value}


@pytest.mark.parametrize(
    "guard",
    [
        "yes",
        {"type": "is", "params": {"x": {"from": "event.x"}}},
        {"and": ["yes", {"not": "no"}]},
        {"or": ["no", "yes"]},
        {"not": "no"},
        {"in": "#c.a"},
        {"when": {"combinator": "and", "rules": [rule("event.x", 1), rule("context.y", 2)]}},
        {"when": {"combinator": "and", "rules": [rule("facts.z", 3)]}},
    ],
)
def test_a_guard_is_a_name_a_type_with_params_and_or_not_in_or_when(guard: object):
    guards = {
        "yes": lambda _: True,
        "no": lambda _: False,
        "is": lambda scope: scope.params["x"] == 1,
    }
    definition = {**two(on={"E": {"guard": guard, "target": "b"}}), "context": {"y": 2}}
    drive = Drive(definition, logging(guards=guards), facts={"z": 3})
    assert drive.send("E", x=1).value == "b"
    held = two(on={"E": {"guard": {"not": guard}, "target": "b"}})
    drive = Drive({**held, "context": {"y": 2}}, logging(guards=guards), facts={"z": 3})
    assert drive.send("E", x=1).refused.code == "blocked"


def test_an_action_is_a_name_a_type_with_params_or_assign_raise_emit_post_send_or_cancel():
    actions = [
        "plain",
        {"type": "log", "params": {"name": "given"}},
        {"assign": {"n": 1}},
        {"raise": {"type": "R", "data": {"r": 2}}},
        {"emit": {"type": "e", "data": {"k": 3}}},
        {"post": {"ledger": "l", "data": {"k": 4}}},
        {"send": {"type": "X", "data": {"k": 5}, "delay": 6, "id": "x"}},
        {"cancel": "x"},
    ]
    on = {"E": {"actions": actions}, "R": {"actions": {"assign": {"r": {"from": "event.r"}}}}}
    plain = {"plain": lambda _: Outcome({"plain": True})}
    drive = Drive({"id": "c", "on": on}, logging(actions=plain)).send("E")
    assert drive.snapshot.context == {"plain": True, "log": ["given"], "n": 1, "r": 2}
    assert drive.step.effects == (
        Emit("e", {"k": 3}),
        Post("l", {"k": 4}),
        Schedule(Event("X", {"k": 5}), 6, "x"),
        Cancel("x"),
    )


def test_send_has_a_type_data_a_delay_in_milliseconds_or_by_name_and_an_id_which_defaults_to_the_type():
    sends = [
        {"send": {"type": "X", "delay": 10, "data": {"n": {"from": "event.n"}}}},
        {"send": {"type": "X", "delay": "soon", "id": "mine"}},
        {"send": {"type": "Y"}},
        {"send": {"type": "Y", "delay": -5}},
        {"send": {"type": "Z", "delay": "never"}},
    ]
    delays = {"soon": lambda _: 3, "never": lambda _: None}
    drive = Drive({"id": "c", "on": {"E": {"actions": sends}}}, logging(delays=delays)).send(
        "E", n=1
    )
    assert drive.step.effects == (
        Schedule(Event("X", {"n": 1}), 10, "X"),
        Schedule(Event("X"), 3, "mine"),
        Schedule(Event("Y"), 0, "Y"),
        Schedule(Event("Y"), 0, "Y"),
    )


@pytest.mark.parametrize(
    "rule",
    [
        {"field": "credit.limit", "operator": ">", "value": 1},
        {"field": "facts.x", "operator": ">", "value": {"fact": "credit.limit"}},
        {"field": "now", "operator": ">", "value": 1},
    ],
)
def test_a_condition_reads_only_context_event_and_facts(rule: dict):
    guard = {"when": {"combinator": "and", "rules": [{"combinator": "or", "rules": [rule]}]}}
    assert problems(two(on={"E": {"guard": guard}})) == [("states.a.on.E.guard.when", "field")]


def test_there_is_no_matches_in_charts():
    guard = {
        "when": {
            "combinator": "and",
            "rules": [{"field": "facts.x", "operator": "matches", "value": "."}],
        }
    }
    path = "states.a.on.E.guard.when.rules[0].operator"
    assert problems(two(on={"E": {"guard": guard}})) == [(path, "operator")]


# --- values ---------------------------------------------------------------------------------------


def test_an_object_with_the_single_key_from_is_a_path_to_event_context_facts_or_now():
    value = {
        "list": [{"from": "event.x.y"}, {"from": "facts.f.0"}],
        "t": {"from": "now"},
        "k": "constant",
    }
    drive = Drive(
        {"id": "c", "on": {"E": {"actions": {"assign": {"v": value}}}}}, facts={"f": ["first"]}
    )
    drive.send("E", x={"y": 7})
    assert drive.snapshot.context == {
        "v": {"list": [7, "first"], "t": NOW.isoformat(), "k": "constant"}
    }


@pytest.mark.parametrize(
    "value", [{"from": "x", "to": "y"}, {"From": "event.n"}, ["from", "event.n"]]
)
def test_any_other_object_is_the_value_that_it_is(value: object):
    definition = {"id": "c", "on": {"E": {"actions": {"assign": {"v": value}}}}}
    assert Drive(definition).send("E").snapshot.context == {"v": value}


@pytest.mark.parametrize("path", ["event.x", "context.x.y", "facts.x", "event.n.m", "context.l.9"])
def test_a_missing_path_is_an_action_error(path: str):
    assign = {"assign": {"v": {"from": path}}}
    definition = {"id": "c", "context": {"l": [1]}, "on": {"E": {"actions": assign}}}
    refused = Drive(definition).send("E", n=1).refused
    assert (refused.code, refused.values["missing"]) == ("action_error", path)


def test_arithmetic_is_a_named_action():
    written = {"+": [{"from": "context.n"}, 1]}  # no more than the data that it is
    add = {"add": lambda scope: Outcome({"n": scope.context["n"] + 1})}
    actions = ["add", {"assign": {"written": written}}]
    definition = {"id": "c", "context": {"n": 1}, "on": {"E": {"actions": actions}}}
    drive = Drive(definition, logging(actions=add)).send("E")
    assert drive.snapshot.context == {"n": 2, "written": {"+": [2, 1]}}


def test_one_assign_reads_all_before_it_writes():
    swap = {"assign": {"a": {"from": "context.b"}, "b": {"from": "context.a"}}}
    drive = Drive({"id": "c", "context": {"a": 1, "b": 2}, "on": {"E": {"actions": swap}}}).send(
        "E"
    )
    assert drive.snapshot.context == {"a": 2, "b": 1}


def test_actions_in_one_list_run_in_order_and_each_sees_the_context_that_the_one_before_left():
    definition = {
        "id": "c",
        "context": {"n": 1},
        "on": {
            "E": {
                "actions": [
                    {"assign": {"n": 2, "m": {"from": "context.n"}}},
                    "double",
                    {"emit": {"type": "n", "data": {"n": {"from": "context.n"}}}},
                ]
            }
        },
    }
    double = {"double": lambda scope: Outcome({"n": scope.context["n"] * 2})}
    drive = Drive(definition, logging(actions=double)).send("E")
    assert drive.snapshot.context == {"n": 4, "m": 1}
    assert drive.step.effects == (Emit("n", {"n": 4}),)
