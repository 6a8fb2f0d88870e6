"""What the interfaces rule on semantics: a test for each sentence, named after it."""

from __future__ import annotations

import json

import pytest
from definitions import problems, two
from driving import Drive, log, logged, logging, region

from orderwright.statechart import (
    ChartInvalid,
    load,
)
from orderwright.statechart.configuration import descriptors

# --- the W3C SCXML algorithm ----------------------------------------------------------------------


NESTED = {
    "id": "c",
    **logged("c", initial="a"),
    "on": {"ROOT": {"actions": log("root")}},
    "states": {
        "a": logged(
            "a",
            initial={"target": "x", "actions": log("a-initial")},
            states={
                "x": logged("x", on={"OUT": {"target": "#c.b.z", "actions": log("go")}}),
                "y": logged("y"),
            },
            on={
                "DOWN": {"target": ".y", "actions": log("go")},
                "AGAIN": {"target": ".y", "actions": log("go"), "reenter": True},
                "SELF": {"target": "a", "actions": log("go")},
                "STAY": {"actions": log("go")},
                "STAY_REENTER": {"actions": log("go"), "reenter": True},
            },
        ),
        "b": logged("b", initial="w", states={"w": logged("w"), "z": logged("z")}),
    },
}


def test_start_enters_from_the_outside_in_and_runs_initial_actions_after_the_entry():
    assert Drive(NESTED).log == ["+c", "+a", "a-initial", "+x"]


def test_a_transition_exits_from_the_inside_out_acts_and_enters_from_the_outside_in():
    assert Drive(NESTED).news("OUT") == ["-x", "-a", "go", "+b", "+z"]


def test_the_inner_node_answers_before_the_outer_one():
    definition = {
        "id": "c",
        "initial": "a",
        "on": {"E": {"actions": log("outer")}, "F": {"actions": log("outer")}},
        "states": {"a": {"on": {"E": {"actions": log("inner")}}}},
    }
    assert Drive(definition).news("E") == ["inner"]
    assert Drive(definition).news("F") == ["outer"]


def test_a_guard_that_fails_inside_lets_the_outer_node_answer():
    definition = {
        "id": "c",
        "initial": "a",
        "on": {"E": {"actions": log("outer")}},
        "states": {"a": {"on": {"E": {"guard": "never", "actions": log("inner")}}}},
    }
    assert Drive(definition, logging(guards={"never": lambda _: False})).news("E") == ["outer"]


def _conflict(first: object, second: object) -> Drive:
    regions = {"r": region("r", E=first), "s": region("s", E=second)}
    states = {"p": {"type": "parallel", "states": regions}, "q": {}, "z": {}}
    return Drive({"id": "c", "initial": "p", "states": states})


def test_of_two_conflicting_transitions_of_regions_the_earlier_in_document_order_wins():
    assert _conflict("#c.q", "#c.z").send("E").value == "q"
    assert _conflict("2", "#c.z").send("E").value == {"p": {"r": "2", "s": "1"}}
    assert _conflict("#c.q", "2").send("E").value == "q"


def test_of_two_conflicting_transitions_the_one_from_the_inner_source_wins():
    inner = {"initial": "1", "states": {"1": {"on": {"E": "2"}}, "2": {}}}
    other = {"initial": "1", "states": {"1": {}}}
    p = {"type": "parallel", "on": {"E": "q"}, "states": {"other": other, "inner": inner}}
    drive = Drive({"id": "c", "initial": "p", "states": {"p": p, "q": {}}}).send("E")
    assert drive.value == {"p": {"other": "1", "inner": "2"}}


def test_a_transition_without_a_target_conflicts_with_nothing():
    drive = _conflict({"actions": log("stay")}, "#c.z")
    drive.send("E")
    assert drive.value == "z"
    assert "stay" in drive.log


def test_regions_are_entered_in_document_order_and_exited_in_reverse():
    states = {
        "p": logged(
            "p", type="parallel", states={"r": region("r"), "s": region("s")}, on={"E": "q"}
        ),
        "q": logged("q"),
    }
    drive = Drive({"id": "c", "initial": "p", "states": states})
    assert drive.log == ["+p", "+r", "+r1", "+s", "+s1"]
    assert drive.news("E") == ["-s1", "-s", "-r1", "-r", "-p", "+q"]


def test_the_internal_queue_comes_before_external_events_and_eventless_transitions_before_it():
    definition = {
        "id": "c",
        "initial": "a",
        "states": {
            "a": {
                "on": {
                    "E": {
                        "target": "b",
                        "actions": [{"raise": {"type": "R1"}}, {"raise": {"type": "R2"}}],
                    }
                }
            },
            "b": {"always": {"target": "d", "actions": log("always")}},
            "d": {"on": {"R1": {"actions": log("R1")}, "R2": {"actions": log("R2")}}},
        },
    }
    drive = Drive(definition)
    assert drive.news("E") == ["always", "R1", "R2"]
    assert [step.event for step in drive.step.trace] == ["E", "E", "R1", "R2"]


def test_eventless_transitions_run_to_stability_with_a_bound():
    circle = {"a": {"on": {"E": "b"}}, "b": {"always": "d"}, "d": {"always": "b"}}
    refused = Drive({"id": "c", "initial": "a", "states": circle}).send("E").refused
    assert (refused.code, refused.message) == ("loop", "no end after 1000 microsteps")
    line = {f"s{i}": {"always": f"s{i + 1}"} for i in range(900)}
    states = {"a": {"on": {"E": "s0"}}, **line, "s900": {}}
    assert Drive({"id": "c", "initial": "a", "states": states}).send("E").value == "s900"


# --- internal and external ------------------------------------------------------------------------


def test_a_transition_from_a_compound_state_to_its_own_descendant_is_internal():
    assert Drive(NESTED).news("DOWN") == ["-x", "go", "+y"]


def test_a_transition_to_an_own_descendant_is_external_when_reenter_is_true():
    assert Drive(NESTED).news("AGAIN") == ["-x", "-a", "go", "+a", "+y"]


def test_a_self_target_is_external():
    assert Drive(NESTED).news("SELF") == ["-x", "-a", "go", "+a", "a-initial", "+x"]


# --- descriptors ----------------------------------------------------------------------------------


def test_the_exact_descriptor_comes_first_then_the_longest_prefix_then_the_star():
    assert descriptors("a.b.c") == ["a.b.c", "a.b.c.*", "a.b.*", "a.*", "*"]


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        ("a.b.c", "exact"),
        ("a.b.x", "a.b.*"),
        ("a.b", "a.b.*"),
        ("a.x", "a.*"),
        ("a", "a.*"),
        ("ab", "*"),
        ("z", "*"),
    ],
)
def test_descriptors_answer_per_node_exact_then_the_longest_prefix_then_the_star(
    event: str, answer: str
):
    on = {"*": "*", "a.*": "a.*", "a.b.*": "a.b.*", "a.b.c": "exact"}
    definition = {"id": "c", "on": {key: {"actions": log(name)} for key, name in on.items()}}
    assert Drive(definition).news(event) == [answer]


def test_an_inner_star_comes_before_an_outer_exact_descriptor():
    definition = {
        "id": "c",
        "initial": "a",
        "on": {"E": {"actions": log("outer")}},
        "states": {"a": {"on": {"*": {"actions": log("inner")}}}},
    }
    assert Drive(definition).news("E") == ["inner"]


def test_lists_are_tried_in_order():
    listed = [
        {"guard": "no", "actions": log("1")},
        {"guard": "yes", "actions": log("2")},
        {"actions": log("3")},
    ]
    guards = {"no": lambda _: False, "yes": lambda _: True}
    assert Drive({"id": "c", "on": {"E": listed}}, logging(guards=guards)).news("E") == ["2"]


def test_if_no_guard_passes_the_next_descriptor_answers():
    no = {"guard": "no", "actions": log("no")}
    definition = {
        "id": "c",
        "on": {"*": {"actions": log("*")}, "a.*": [no, no], "a.b": [no, {"guard": "no"}]},
    }
    assert Drive(definition, logging(guards={"no": lambda _: False})).news("a.b") == ["*"]


@pytest.mark.parametrize(
    "descriptor", ["", ".", ".*", "a.", ".a", "a..b", "a*", "*.a", "a.*.b", "**", "a.**"]
)
def test_a_star_elsewhere_and_empty_descriptors_are_errors(descriptor: str):
    assert problems(two(on={descriptor: "b"})) == [(f"states.a.on.{descriptor}", "descriptor")]


@pytest.mark.parametrize(
    "descriptor", ["*", "a", "a.b", "a.*", "a.b.*", "done.state.c.a", "after.10.c"]
)
def test_a_descriptor_is_a_type_a_prefix_with_a_star_or_a_star(descriptor: str):
    assert descriptor in load(two(on={descriptor: "b"})).nodes[1].transitions


# --- order ----------------------------------------------------------------------------------------


def test_order_is_the_document_order_of_the_json_text():
    chart = load('{"id":"c","initial":"z","states":{"z":{},"a":{},"m":{}}}')
    assert [node.key for node in chart.nodes] == ["c", "z", "a", "m"]


def test_definitions_are_kept_as_the_text_that_was_given():
    text = ' {"id": "c"} '
    assert load(text).definition == text
    assert json.loads(load(two()).definition) == two()


# --- events of the chart itself -------------------------------------------------------------------


def test_done_events_are_done_state_id_with_the_output_as_data():
    work = {
        "initial": "on",
        "states": {
            "on": {"on": {"E": "off"}},
            "off": {"type": "final", "output": {"n": {"from": "event.n"}}},
        },
        "onDone": {"target": "after", "actions": {"assign": {"got": {"from": "event.output.n"}}}},
    }
    drive = Drive({"id": "c", "initial": "work", "states": {"work": work, "after": {}}}).send(
        "E", n=3
    )
    assert (drive.value, drive.snapshot.context) == ("after", {"got": 3})
    assert [step.event for step in drive.step.trace] == ["E", "done.state.c.work"]


def test_invoke_events_are_done_invoke_id_and_error_invoke_id():
    got = {"target": "d", "actions": {"assign": {"got": {"from": "event.output"}}}}
    b = {"invoke": {"id": "job", "src": "work", "onDone": got, "onError": "f"}}
    definition = {"id": "c", "initial": "b", "states": {"b": b, "d": {}, "f": {}}}
    done = Drive(definition).send("done.invoke.job", output=9)
    assert (done.value, done.snapshot.context["got"]) == ("d", 9)
    assert Drive(definition).send("error.invoke.job").value == "f"


def test_timer_events_are_after_delay_node_id():
    states = {"a": {"after": {"10": "b", "soon": "d"}}, "b": {"id": "bee"}, "d": {}}
    delays = logging(delays={"soon": lambda _: 5})
    for event, value in (("after.10.c.a", "b"), ("after.soon.c.a", "d")):
        drive = Drive({"id": "c", "initial": "a", "states": states}, delays)
        assert event in [effect.event.type for effect in drive.step.effects]
        assert drive.send(event).value == value


# --- what actions see, history, ends --------------------------------------------------------------


def test_during_actions_in_state_sees_the_configuration_of_that_moment():
    seen = []

    def look(scope):  # noqa: ANN001, ANN202 (an action of the test)
        seen.append("".join(key for key in "abc" if scope.in_state(f"m.{key}")))

    states = {
        "a": {"exit": "look", "on": {"E": {"target": "b", "actions": "look"}}},
        "b": {"entry": "look"},
        "c": {},
    }
    Drive({"id": "m", "initial": "a", "states": states}, logging(actions={"look": look})).send("E")
    assert seen == ["a", "", "b"]


@pytest.mark.parametrize("depth", ["shallow", "deep"])
def test_a_missing_history_default_means_the_initial_of_the_parent(depth: str):
    inner = {"a": {}, "b": {"initial": "x", "states": {"x": {}, "y": {}}}}
    inner["h"] = {"type": "history", "history": depth}
    states = {"out": {"on": {"BACK": "in.h"}}, "in": {"initial": "b", "states": inner}}
    drive = Drive({"id": "c", "initial": "out", "states": states})
    assert drive.send("BACK").value == {"in": {"b": "x"}}


def test_a_final_child_of_a_parallel_is_an_error():
    with pytest.raises(ChartInvalid) as invalid:
        load({"id": "c", "type": "parallel", "states": {"a": {}, "z": {"type": "final"}}})
    ((path, code, message),) = invalid.value.problems
    assert (path, code) == ("states.z.type", "final")
    assert "parallel" in message


def test_a_parallel_root_is_done_when_all_regions_are():
    def ending(event: str) -> dict:
        return {"initial": "1", "states": {"1": {"on": {event: "2"}}, "2": {"type": "final"}}}

    inner = {"type": "parallel", "states": {"r": ending("E")}}
    for first, last in (("E", "F"), ("F", "E")):
        drive = Drive({"id": "c", "type": "parallel", "states": {"p": inner, "q": ending("F")}})
        assert drive.send(first).snapshot.status == "active"
        assert drive.send(last).snapshot.status == "done"


def test_when_done_the_remaining_exit_actions_run_and_the_configuration_stays():
    states = {"a": logged("a", on={"E": "z"}), "z": logged("z", type="final", output=5)}
    drive = Drive({"id": "c", **logged("c"), "initial": "a", "states": states})
    assert drive.news("E") == ["-a", "+z", "-z", "-c"]
    assert drive.snapshot.configuration == ("c", "c.z")
    assert (drive.value, drive.snapshot.status, drive.snapshot.output) == ("z", "done", 5)
