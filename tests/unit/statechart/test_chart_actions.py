"""What actions bring about and what they see."""

from __future__ import annotations

from driving import Drive, log, logged, logging

from orderwright.statechart import (
    Cancel,
    Emit,
    Event,
    Outcome,
    Post,
)


def test_a_transition_without_a_target_exits_nothing():
    on = {"STAY": {"actions": log("go")}, "AGAIN": {"actions": log("go"), "reenter": True}}
    states = {"a": logged("a", initial="x", states={"x": logged("x")}, on=on)}
    root = {"ROOT": {"actions": log("root")}}
    drive = Drive({"id": "c", **logged("c"), "initial": "a", "states": states, "on": root})
    assert drive.news("STAY") == ["go"]
    assert drive.news("AGAIN") == ["go"]
    assert drive.news("ROOT") == ["root"]


def test_effects_come_in_the_order_of_the_actions():
    actions = [
        {"post": {"ledger": "l", "data": {"n": 1}}},
        {"emit": {"type": "e"}},
        {"cancel": "t"},
        "more",
    ]
    more = {"more": lambda _: Outcome(effects=[Emit("m"), Post("l")])}
    drive = Drive({"id": "c", "on": {"E": {"actions": actions}}}, logging(actions=more)).send("E")
    assert drive.step.effects == (
        Post("l", {"n": 1}),
        Emit("e"),
        Cancel("t"),
        Emit("m"),
        Post("l"),
    )


def test_params_of_an_action_may_hold_paths():
    seen = []
    action = {"type": "note", "params": {"x": {"from": "event.x"}, "y": "fixed"}}
    note = {"note": lambda scope: seen.append(dict(scope.params))}
    Drive({"id": "c", "on": {"E": {"actions": action}}}, logging(actions=note)).send("E", x=1)
    assert seen == [{"x": 1, "y": "fixed"}]


def test_an_action_may_raise_events_with_data():
    raising = {"go": lambda _: Outcome(raised=[Event("R", {"n": 4})])}
    definition = {
        "id": "c",
        "on": {"E": {"actions": "go"}, "R": {"actions": {"assign": {"n": {"from": "event.n"}}}}},
    }
    assert Drive(definition, logging(actions=raising)).send("E").snapshot.context == {"n": 4}


def test_eventless_steps_see_the_last_event_and_start_sees_none():
    seen = []

    def look(scope):  # noqa: ANN001, ANN202 (a guard of the test)
        seen.append(scope.event.type if scope.event else None)
        return len(seen) == 2

    states = {"a": {"always": {"guard": "look", "target": "b"}}, "b": {}}
    drive = Drive(
        {"id": "c", "initial": "a", "states": states, "on": {"E": {}}},
        logging(guards={"look": look}),
    )
    assert drive.send("E").value == "b"
    assert seen == [None, "E"]


def test_in_state_of_an_unknown_node_is_an_error_of_the_guard():
    drive = Drive(
        {"id": "c", "on": {"E": {"guard": "g"}}},
        logging(guards={"g": lambda s: s.in_state("nope")}),
    )
    assert drive.send("E").refused.code == "guard_error"


def test_the_trace_tells_the_microsteps_with_guards_only_when_asked():
    definition = {
        "id": "c",
        "initial": "a",
        "states": {"a": {"on": {"E": [{"guard": "no", "target": "a"}, "b"]}}, "b": {}},
    }
    drive = Drive(definition, logging(guards={"no": lambda _: False})).send("E")
    (step,) = drive.step.trace
    assert (step.event, step.exited, step.entered) == ("E", ("c.a",), ("c.b",))
    assert step.transitions == ("states.a.on.E[1]",)
    ((path, judgement),) = step.guards
    assert (path, judgement.guard, judgement.held) == ("states.a.on.E[0]", "no", False)


def test_an_action_with_parameters_that_fails_is_named_in_the_refusal():
    action = {"type": "fails", "params": {"x": 1}}
    failing = logging(actions={"fails": lambda scope: scope.params["y"]})
    refused = Drive({"id": "c", "on": {"E": {"actions": action}}}, failing).send("E").refused
    assert refused.code == "action_error"
    assert refused.values == {"action": "fails", "place": "on.E", "error": "KeyError: 'y'"}


def test_a_guard_with_parameters_may_ask_which_states_are_active():
    guard = {"type": "is_in", "params": {"state": "c.b"}}
    states = {"a": {"on": {"E": {"guard": {"not": guard}, "target": "b"}}}}
    states["b"] = {"on": {"E": {"guard": guard, "target": "a"}}}
    guards = {"is_in": lambda scope: scope.in_state(scope.params["state"])}
    drive = Drive({"id": "c", "initial": "a", "states": states}, logging(guards=guards))
    assert drive.send("E").value == "b"
    assert drive.send("E").value == "a"


def test_a_transition_to_the_root_leaves_and_enters_everything():
    states = {"a": logged("a", on={"GO": "b"}), "b": logged("b")}
    on = {"RESET": "#c", "AGAIN": {"target": ".b", "reenter": True}}
    drive = Drive({"id": "c", **logged("c"), "initial": "a", "states": states, "on": on})
    drive.send("GO")
    assert drive.news("RESET") == ["-b", "-c", "+c", "+a"]
    assert drive.news("AGAIN") == ["-a", "-c", "+c", "+b"]
