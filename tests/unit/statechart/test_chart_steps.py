from __future__ import annotations

import pytest
from driving import NOW, Drive, log, logged, logging

from orderwright.statechart import (
    Cancel,
    Emit,
    Event,
    Invoke,
    Outcome,
    Post,
    Schedule,
    StopInvoke,
)
from orderwright.statechart.configuration import descriptors

# --- order ----------------------------------------------------------------------------------------

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


def test_a_transition_to_an_own_descendant_is_internal():
    assert Drive(NESTED).news("DOWN") == ["-x", "go", "+y"]


def test_a_transition_to_an_own_descendant_that_reenters_is_external():
    assert Drive(NESTED).news("AGAIN") == ["-x", "-a", "go", "+a", "+y"]


def test_a_self_target_is_external():
    assert Drive(NESTED).news("SELF") == ["-x", "-a", "go", "+a", "a-initial", "+x"]


def test_a_transition_without_a_target_exits_nothing():
    assert Drive(NESTED).news("STAY") == ["go"]
    assert Drive(NESTED).news("STAY_REENTER") == ["go"]
    assert Drive(NESTED).news("ROOT") == ["root"]


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


def test_one_assign_reads_all_before_it_writes():
    swap = {"assign": {"a": {"from": "context.b"}, "b": {"from": "context.a"}}}
    drive = Drive({"id": "c", "context": {"a": 1, "b": 2}, "on": {"E": {"actions": swap}}}).send(
        "E"
    )
    assert drive.snapshot.context == {"a": 2, "b": 1}


def test_values_read_event_context_facts_and_now_deep_inside():
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


def test_context_given_to_start_is_merged_shallowly_over_that_of_the_chart():
    drive = Drive({"id": "c", "context": {"a": {"x": 1}, "b": 2}}, context={"a": {"y": 3}})
    assert drive.snapshot.context == {"a": {"y": 3}, "b": 2}


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


# --- parallel regions -----------------------------------------------------------------------------


def region(name: str, **on: object) -> dict:
    states = {"1": logged(f"{name}1", on=on), "2": logged(f"{name}2")}
    return logged(name, initial="1", states=states)


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


def test_regions_each_take_their_own_transition_in_one_microstep():
    regions = {
        "r": region("r", E={"target": "2", "actions": log("r-go")}),
        "s": region("s", E={"target": "2", "actions": log("s-go")}),
    }
    drive = Drive({"id": "c", "type": "parallel", "states": regions})
    assert drive.news("E") == ["-s1", "-r1", "r-go", "s-go", "+r2", "+s2"]
    assert len(drive.step.trace) == 1
    assert drive.value == {"r": "2", "s": "2"}


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


def test_a_transition_of_a_common_ancestor_is_taken_once_for_all_regions():
    definition = {
        "id": "c",
        "type": "parallel",
        "on": {"E": {"actions": log("once")}},
        "states": {"r": region("r"), "s": region("s")},
    }
    assert Drive(definition).news("E") == ["once"]


def test_several_targets_enter_their_regions_and_the_others_by_default():
    regions = {name: region(name) for name in "rst"}
    states = {
        "a": {"on": {"E": {"target": ["#c.p.r.2", "#c.p.t.2"]}}},
        "p": logged("p", type="parallel", states=regions),
    }
    drive = Drive({"id": "c", "initial": "a", "states": states})
    assert drive.news("E") == ["+p", "+r", "+r2", "+s", "+s1", "+t", "+t2"]


def test_initial_may_name_a_deep_target_and_several():
    regions = {"r": region("r"), "s": region("s")}
    states = {"p": {"type": "parallel", "states": regions}}
    drive = Drive(
        {
            "id": "c",
            "initial": {"target": ["#c.p.r.2", "#c.p.s.2"], "actions": log("init")},
            "states": states,
        }
    )
    assert drive.value == {"p": {"r": "2", "s": "2"}}
    assert drive.log == ["init", "+r", "+r2", "+s", "+s2"]


def test_a_transition_of_a_parallel_node_to_its_own_region_leaves_and_enters_it():
    p = logged("p", type="parallel", states={"r": region("r"), "s": region("s")}, on={"E": ".r.2"})
    drive = Drive({"id": "c", "initial": "p", "states": {"p": p}})
    assert drive.news("E") == ["-s1", "-s", "-r1", "-r", "-p", "+p", "+r", "+r2", "+s", "+s1"]


@pytest.mark.parametrize("target", ["#c.s", "#c.s.2", "#c.r"])
def test_a_transition_between_regions_of_a_parallel_root_leaves_and_enters_all_regions(
    target: str,
):
    regions = {"r": region("r", E=target), "s": region("s"), "t": region("t")}
    drive = Drive({"id": "c", **logged("c"), "type": "parallel", "states": regions})
    news = drive.news("E")
    assert news[:6] == ["-t1", "-t", "-s1", "-s", "-r1", "-r"]
    assert drive.value == {"r": "1", "s": "2" if target.endswith("2") else "1", "t": "1"}
    assert "-c" not in news


# --- done -----------------------------------------------------------------------------------------


def test_a_final_child_raises_done_of_its_parent_with_its_output():
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


def test_done_events_may_be_answered_under_on_too():
    work = {"initial": "end", "states": {"end": {"type": "final"}}}
    definition = {
        "id": "c",
        "initial": "w",
        "states": {"w": work, "x": {}},
        "on": {"done.state.c.w": ".x"},
    }
    assert Drive(definition).value == "x"


def test_a_parallel_node_is_done_when_all_its_regions_are():
    ending = {"initial": "1", "states": {"1": {"on": {"E": "2"}}, "2": {"type": "final"}}}
    later = {"initial": "1", "states": {"1": {"on": {"F": "2"}}, "2": {"type": "final"}}}
    p = {"type": "parallel", "states": {"r": ending, "s": later}, "onDone": "q"}
    drive = Drive({"id": "c", "initial": "p", "states": {"p": p, "q": {}}})
    assert drive.send("E").value == {"p": {"r": "2", "s": "1"}}
    assert drive.send("F").value == "q"


def test_a_parallel_root_is_done_when_all_regions_are_nested_ones_too():
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


def test_the_output_of_the_root_sees_the_output_of_its_final_child():
    states = {"z": {"type": "final", "output": {"n": 1}}}
    definition = {
        "id": "c",
        "initial": "z",
        "states": states,
        "output": {"all": {"from": "event.output"}},
    }
    assert Drive(definition).snapshot.output == {"all": {"n": 1}}


def test_a_chart_may_end_while_it_starts():
    drive = Drive(
        {"id": "c", "initial": "a", "states": {"a": {"always": "z"}, "z": {"type": "final"}}}
    )
    assert drive.snapshot.status == "done"


def test_what_is_still_queued_when_the_chart_ends_is_dropped():
    states = {
        "a": {"on": {"E": {"target": "z", "actions": {"raise": {"type": "R"}}}}},
        "z": {"type": "final"},
    }
    definition = {"id": "c", "initial": "a", "on": {"R": {"actions": log("R")}}, "states": states}
    assert Drive(definition).news("E") == []


# --- queue ----------------------------------------------------------------------------------------


def test_raised_events_come_after_the_eventless_transitions_and_in_order():
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


def test_unhandled_internal_events_are_dropped():
    definition = {"id": "c", "on": {"E": {"actions": {"raise": {"type": "NOBODY"}}}}}
    drive = Drive(definition).send("E")
    assert drive.step.refused is None
    assert drive.step.changed is False


def test_an_internal_event_whose_guard_fails_is_dropped():
    definition = {
        "id": "c",
        "on": {
            "E": {"actions": {"raise": {"type": "R"}}},
            "R": {"guard": "no", "actions": log("R")},
        },
    }
    assert Drive(definition, logging(guards={"no": lambda _: False})).news("E") == []


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
def test_an_event_is_answered_by_the_most_exact_descriptor(event: str, answer: str):
    on = {"*": "*", "a.*": "a.*", "a.b.*": "a.b.*", "a.b.c": "exact"}
    definition = {"id": "c", "on": {key: {"actions": log(name)} for key, name in on.items()}}
    assert Drive(definition).news(event) == [answer]


def test_if_no_guard_passes_the_next_descriptor_answers():
    no = {"guard": "no", "actions": log("no")}
    definition = {
        "id": "c",
        "on": {"*": {"actions": log("*")}, "a.*": [no, no], "a.b": [no, {"guard": "no"}]},
    }
    assert Drive(definition, logging(guards={"no": lambda _: False})).news("a.b") == ["*"]


def test_a_list_is_tried_in_order():
    listed = [
        {"guard": "no", "actions": log("1")},
        {"guard": "yes", "actions": log("2")},
        {"actions": log("3")},
    ]
    guards = {"no": lambda _: False, "yes": lambda _: True}
    assert Drive({"id": "c", "on": {"E": listed}}, logging(guards=guards)).news("E") == ["2"]


def test_an_inner_star_comes_before_an_outer_exact_descriptor():
    definition = {
        "id": "c",
        "initial": "a",
        "on": {"E": {"actions": log("outer")}},
        "states": {"a": {"on": {"*": {"actions": log("inner")}}}},
    }
    assert Drive(definition).news("E") == ["inner"]


# --- timers and invocations -----------------------------------------------------------------------

TIMED = {
    "id": "c",
    "initial": "a",
    "states": {
        "a": {
            "after": {"1000": "b", "soon": {"actions": log("soon")}},
            "on": {"GO": "b", "AGAIN": "a"},
        },
        "b": {},
    },
}


def test_entry_of_a_node_with_after_schedules_the_timer_event_under_its_type():
    drive = Drive(TIMED, logging(delays={"soon": lambda _: 5}))
    assert drive.step.effects == (
        Schedule(Event("after.1000.c.a"), 1000, "after.1000.c.a"),
        Schedule(Event("after.soon.c.a"), 5, "after.soon.c.a"),
    )


def test_exit_cancels_and_the_timer_event_takes_its_transition():
    drive = Drive(TIMED, logging(delays={"soon": lambda _: 5}))
    assert drive.send("after.1000.c.a").value == "b"
    assert drive.step.effects == (Cancel("after.1000.c.a"), Cancel("after.soon.c.a"))


def test_a_timer_event_that_comes_too_late_is_unhandled():
    drive = Drive(TIMED, logging(delays={"soon": lambda _: 5})).send("GO").send("after.1000.c.a")
    assert drive.refused.code == "unhandled"


def test_re_entry_cancels_and_schedules_again():
    drive = Drive(TIMED, logging(delays={"soon": lambda _: 5})).send("AGAIN")
    assert [type(effect) for effect in drive.step.effects] == [Cancel, Cancel, Schedule, Schedule]


def test_a_delay_function_may_return_none_for_no_timer_and_negative_is_zero():
    drive = Drive(TIMED, logging(delays={"soon": lambda _: None}))
    assert [effect.id for effect in drive.step.effects] == ["after.1000.c.a"]
    drive = Drive(TIMED, logging(delays={"soon": lambda _: -7}))
    assert drive.step.effects[1].delay_ms == 0


def test_a_delay_sees_what_the_entry_actions_set():
    a = {"entry": {"assign": {"ms": 42}}, "after": {"later": {}}}
    drive = Drive(
        {"id": "c", "context": {"ms": 1}, "initial": "a", "states": {"a": a}},
        logging(delays={"later": lambda scope: scope.context["ms"]}),
    )
    assert drive.step.effects[0].delay_ms == 42


def test_send_schedules_an_event_under_its_type_or_a_given_id():
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


INVOKING = {
    "id": "c",
    "initial": "a",
    "states": {
        "a": {"on": {"E": "b", "THROUGH": "t"}},
        "b": {
            "invoke": {
                "id": "job",
                "src": "work",
                "input": {"n": {"from": "context.n"}},
                "onDone": {
                    "target": "d",
                    "actions": {"assign": {"got": {"from": "event.output"}}},
                },
                "onError": "f",
            },
            "entry": {"assign": {"n": 2}},
            "on": {"BACK": "a", "AGAIN": "b", "STAY": {"actions": {"emit": {"type": "x"}}}},
        },
        "t": {"invoke": {"src": "passing"}, "always": "b"},
        "d": {},
        "f": {},
    },
    "context": {"n": 1},
}


def test_invoke_effects_come_after_the_macrostep_for_states_still_active():
    drive = Drive(INVOKING).send("THROUGH")
    assert drive.step.effects == (Invoke("job", "work", {"n": 2}),)


def test_leaving_a_state_stops_its_invocation_and_re_entry_starts_it_again():
    drive = Drive(INVOKING).send("E").send("AGAIN")
    assert drive.step.effects == (StopInvoke("job"), Invoke("job", "work", {"n": 2}))
    assert drive.send("BACK").step.effects == (StopInvoke("job"),)


def test_a_transition_that_stays_leaves_the_invocation_running():
    assert Drive(INVOKING).send("E").send("STAY").step.effects == (Emit("x"),)


def test_invoke_events_take_on_done_and_on_error():
    done = Drive(INVOKING).send("E").send("done.invoke.job", output=9)
    assert (done.value, done.snapshot.context["got"]) == ("d", 9)
    assert Drive(INVOKING).send("E").send("error.invoke.job").value == "f"


def test_the_end_of_the_chart_cancels_timers_and_stops_invocations():
    states = {
        "p": {
            "invoke": {"id": "i", "src": "s"},
            "after": {"5": {}},
            "initial": "a",
            "states": {"a": {}},
        },
        "z": {"type": "final"},
    }
    definition = {
        "id": "c",
        "initial": "p",
        "invoke": {"id": "r", "src": "s"},
        "after": {"9": {}},
        "states": states,
        "on": {"E": ".z"},
    }
    effects = Drive(definition).send("E").step.effects
    assert effects == (
        Cancel("after.5.c.p"),
        StopInvoke("i"),
        Cancel("after.9.c"),
        StopInvoke("r"),
    )


# --- what an action sees --------------------------------------------------------------------------


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


def test_in_state_of_an_unknown_node_is_an_error_of_the_guard():
    drive = Drive(
        {"id": "c", "on": {"E": {"guard": "g"}}},
        logging(guards={"g": lambda s: s.in_state("nope")}),
    )
    assert drive.send("E").refused.code == "guard_error"


def test_the_guard_in_asks_for_a_state_of_another_region():
    r = {
        "initial": "1",
        "states": {"1": {"on": {"E": {"guard": {"in": "#s2"}, "target": "2"}}}, "2": {}},
    }
    s = {"initial": "1", "states": {"1": {"on": {"GO": "2"}}, "2": {"id": "s2"}}}
    drive = Drive({"id": "c", "type": "parallel", "states": {"r": r, "s": s}})
    assert drive.send("E").refused.reasons[0].code == "not_in_state"
    assert drive.send("GO").send("E").value == {"r": "2", "s": "2"}


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
