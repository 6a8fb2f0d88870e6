"""What the interfaces rule on refusals: a test for each sentence, named after it, and each code."""

from __future__ import annotations

from asyncio import CancelledError

import pytest
from driving import NOW, Drive, log, logging

from orderwright.statechart import (
    Behaviour,
    Emit,
    Event,
    Outcome,
    Scope,
    StartRefused,
    Verdict,
    explain,
    load,
    send,
    start,
)


class Panic(BaseException):
    """What a library in Rust raises when it panics."""


def _fails(_: object) -> bool:
    raise RuntimeError("broken")


GUARDS = {
    "yes": lambda _: True,
    "no": lambda _: False,
    "unknown": lambda _: None,
    "fails": _fails,
    "odd": lambda _: 1,
    "reasoned": lambda _: Verdict(False, "too.much", "5 is too much", {"n": 5}, ("MANAGER",)),
    "lacking": lambda _: Verdict(None, "x.unknown", "x is not known", {"missing": ["facts.x"]}),
}
ACTIONS = {
    "fails": _fails,
    "odd": lambda _: "odd",
    "writes": lambda s: s.context.update(n=1),
    "assigns_none": lambda _: Outcome(assign=None),
    "raises_text": lambda _: Outcome(raised=["E"]),
    "raises_none": lambda _: Outcome(raised=None),
    "effects_text": lambda _: Outcome(effects=["E"]),
    "raises_number": lambda _: Outcome(raised=[Event(5)]),
    "raises_without_data": lambda _: Outcome(raised=[Event("E", None)]),
}
DELAYS = {"fails": _fails, "odd": lambda _: 1.5, "bool": lambda _: True}
BEHAVIOUR = logging(guards=GUARDS, actions=ACTIONS, delays=DELAYS)


def drive(transition: object, **root: object) -> Drive:
    """A chart whose E has done something before it meets the transition's trouble."""
    first = {"target": "b", "actions": [log("done"), {"emit": {"type": "done"}}]}
    states = {"a": {"on": {"FIRST": first, "E": transition}}, "b": {}, "z": {"type": "final"}}
    return Drive({"id": "c", "initial": "a", "states": states, **root}, BEHAVIOUR)


def guarded(guard: object, **known: object) -> Drive:
    made = drive({"guard": guard, "target": "b"})
    made.facts = known
    return made


def assert_whole(made: Drive, code: str, event: str = "E", **data: object) -> None:
    before = made.snapshot
    shape = before.to_json()
    made.send(event, **data)
    assert made.refused.code == code
    assert made.step.snapshot is before
    assert before.to_json() == shape
    assert (made.step.effects, made.step.changed) == ((), False)


# --- a refusal is whole ---------------------------------------------------------------------------

ACT = [log("done"), {"emit": {"type": "done"}}]  # what has happened before the trouble


@pytest.mark.parametrize(
    ("transition", "code"),
    [
        ({"guard": "no"}, "blocked"),
        ({"guard": "unknown"}, "guard_unknown"),
        ({"guard": "fails"}, "guard_error"),
        ({"guard": "odd"}, "guard_error"),
        ({"guard": "nobody"}, "guard_error"),
        ({"guard": {"type": "yes", "params": {"x": {"from": "facts.x"}}}}, "guard_unknown"),
        ({"actions": [*ACT, "fails"]}, "action_error"),
        ({"actions": [*ACT, "odd"]}, "action_error"),
        ({"actions": [*ACT, "nobody"]}, "action_error"),
        ({"actions": [*ACT, "writes"]}, "action_error"),
        ({"actions": [*ACT, "assigns_none"]}, "action_error"),
        ({"actions": [*ACT, "raises_text"]}, "action_error"),
        ({"actions": [*ACT, "raises_none"]}, "action_error"),
        ({"actions": [*ACT, "effects_text"]}, "action_error"),
        ({"actions": [*ACT, "raises_number"]}, "action_error"),
        ({"actions": [*ACT, "raises_without_data"]}, "action_error"),
        ({"actions": [*ACT, {"assign": {"x": {"from": "event.x"}}}]}, "action_error"),
        ({"actions": [*ACT, {"emit": {"type": "x", "data": {"from": "now"}}}]}, "action_error"),
        ({"actions": [*ACT, {"type": "log", "params": {"from": "now"}}]}, "action_error"),
        (
            {"actions": [*ACT, {"type": "log", "params": {"name": {"from": "facts.x"}}}]},
            "action_error",
        ),
        ({"actions": [*ACT, {"send": {"type": "x", "delay": "fails"}}]}, "action_error"),
        ({"actions": [*ACT, {"send": {"type": "x", "delay": "odd"}}]}, "action_error"),
        ({"actions": [*ACT, {"send": {"type": "x", "delay": "bool"}}]}, "action_error"),
        ({"actions": [*ACT, {"send": {"type": "x", "delay": "nobody"}}]}, "action_error"),
    ],
)
def test_any_failure_refuses_the_external_event_with_the_same_snapshot_and_no_effects(
    transition: dict, code: str
):
    assert_whole(drive({"target": "b", **transition}), code)


@pytest.mark.parametrize(
    ("b", "code"),
    [
        ({"always": {"guard": "fails", "target": "a"}}, "guard_error"),
        ({"always": {"guard": "unknown", "target": "a"}}, "guard_unknown"),
        ({"always": {"target": "a", "actions": "fails"}}, "action_error"),
        ({"always": {"target": "b"}}, "loop"),
        ({"always": {"actions": log("x")}}, "loop"),
        ({"entry": {"raise": {"type": "R"}}, "on": {"R": "b"}}, "loop"),
        ({"entry": {"raise": {"type": "R"}}, "on": {"R": {"actions": "fails"}}}, "action_error"),
        ({"entry": {"raise": {"type": "R"}}, "on": {"R": {"guard": "unknown"}}}, "guard_unknown"),
        ({"entry": "fails"}, "action_error"),
        ({"after": {"nobody": "a"}}, "action_error"),
        ({"invoke": {"src": "x", "input": {"from": "facts.x"}}}, "action_error"),
        ({"type": "final", "output": {"from": "facts.x"}}, "action_error"),
        ({"type": "final", "exit": "fails"}, "action_error"),
    ],
)
def test_any_failure_in_eventless_and_raised_steps_refuses_the_external_event_too(
    b: dict, code: str
):
    states = {"a": {"on": {"E": {"target": "b", "actions": ACT}}}, "b": b}
    assert_whole(Drive({"id": "c", "initial": "a", "states": states}, BEHAVIOUR), code)


def test_an_always_circle_of_two_states_is_a_loop():
    states = {"a": {"on": {"E": "b"}}, "b": {"always": "d"}, "d": {"always": "b"}}
    assert_whole(Drive({"id": "c", "initial": "a", "states": states}), "loop")


def test_a_long_but_finite_run_is_no_loop():
    count = {
        "when": {
            "combinator": "and",
            "rules": [{"field": "context.n", "operator": "<", "value": 900}],
        }
    }
    always = {"guard": count, "actions": "up"}
    up = {"up": lambda s: Outcome({"n": s.context["n"] + 1})}
    made = Drive({"id": "c", "context": {"n": 0}, "always": always}, logging(actions=up))
    assert made.snapshot.context == {"n": 900}


def test_one_failing_region_refuses_the_event_for_all():
    ok = {"initial": "1", "states": {"1": {"on": {"E": "2"}}, "2": {}}}
    bad = {
        "initial": "1",
        "states": {"1": {"on": {"E": {"target": "2", "actions": "fails"}}}, "2": {}},
    }
    made = Drive({"id": "c", "type": "parallel", "states": {"ok": ok, "bad": bad}}, BEHAVIOUR)
    assert_whole(made, "action_error")


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


# --- each code ------------------------------------------------------------------------------------


def test_an_event_that_no_active_state_knows_is_unhandled():
    made = drive({}).send("NOBODY")
    assert (made.refused.code, made.refused.values["states"]) == ("unhandled", ["a"])


def test_blocked_lists_every_failing_guard_with_numbers_and_who_can_lift_it():
    guard = {"and": ["yes", "reasoned", "no", {"or": ["no", {"not": "yes"}]}]}
    refused = guarded(guard).send("E").refused
    assert [reason.code for reason in refused.reasons] == ["too.much", "no", "not.yes"]
    first = refused.reasons[0]
    assert (first.message, first.values, first.unblockers) == (
        "5 is too much",
        {"n": 5},
        ("MANAGER",),
    )


def test_blocked_lists_the_guards_of_every_transition_that_was_tried():
    refused = drive([{"guard": "no"}, {"guard": "reasoned"}]).send("E").refused
    assert [reason.code for reason in refused.reasons] == ["no", "too.much"]


def test_done_comes_before_everything_else():
    made = drive("z").send("E").send("E")
    assert made.refused.code == "done"


def test_errors_name_the_implementation_and_what_it_said():
    refused = drive({"actions": "fails"}).send("E").refused
    assert refused.message == "action 'fails' failed: RuntimeError: broken"
    refused = drive({"guard": "fails"}).send("E").refused
    assert refused.values == {"guard": "fails", "error": "RuntimeError: broken"}


@pytest.mark.parametrize(
    ("transition", "code"),
    [
        ({"guard": "ends"}, "guard_error"),
        ({"actions": [*ACT, "ends"]}, "action_error"),
        ({"actions": [*ACT, {"type": "ends", "params": {"x": 1}}]}, "action_error"),
        ({"actions": [*ACT, {"send": {"type": "x", "delay": "ends"}}]}, "action_error"),
    ],
)
def test_what_is_no_exception_is_a_failure_too_unless_the_process_is_to_end(
    transition: dict, code: str
):
    def ending(raised: BaseException) -> Drive:
        def ends(_: object) -> bool:
            raise raised

        made = drive({"target": "b", **transition})
        made.behaviour = Behaviour(
            guards={"ends": ends},
            actions=BEHAVIOUR.actions | {"ends": ends},
            delays={"ends": ends},
        )
        return made

    for raised in (CancelledError(), Panic("broken")):
        made = ending(raised)
        assert_whole(made, code)
        assert type(raised).__name__ in made.send("E").refused.message
    for exits in (KeyboardInterrupt, SystemExit):
        with pytest.raises(exits):
            ending(exits()).send("E")


@pytest.mark.parametrize(
    "configuration", [("c",), ("c", "c.nope"), ("c.a",), ("c", "c.a", "c.b"), ()]
)
def test_a_configuration_that_the_chart_does_not_have_is_a_snapshot_mismatch(configuration: tuple):
    made = drive({})
    broken = made.snapshot._replace(configuration=configuration)
    step = send(made.chart, made.behaviour, broken, Event("E"), now=NOW)
    assert step.refused is not None
    assert step.refused.code == "snapshot_mismatch"
    assert step.snapshot is broken


@pytest.mark.parametrize(
    "history",
    [
        {"c.a.h": ("c.nope",)},
        {"c.a.h": ("c.b",)},
        {"c.a.h": ()},
        {"c.a.h": ("c.a.x", "c.a.y")},
        {"c.a.h": ("c.a.h",)},
        {"c.a.h": ("c.a",)},
        {"c.a.h": ("c.a.y.z",)},
        {"c.a.deep": ("c.a.y",)},
        {"c.a.deep": ("c.a.x", "c.a.y.z")},
        {"c.a": ("c.a.x",)},
        {"nope": ("c.a",)},
    ],
    ids=str,
)
def test_a_history_that_the_chart_cannot_have_is_a_snapshot_mismatch(history: dict):
    y = {"initial": "z", "states": {"z": {}}}
    deep = {"type": "history", "history": "deep"}
    inner = {"x": {}, "y": y, "h": {"type": "history"}, "deep": deep}
    a = {"initial": "x", "states": inner, "on": {"E": "b"}}
    made = Drive({"id": "c", "initial": "a", "states": {"a": a, "b": {"on": {"E": "a.h"}}}})
    made.send("E")
    broken = made.snapshot._replace(history=history)
    for snapshot in (broken, broken):  # the second time from memory
        step = send(made.chart, made.behaviour, snapshot, Event("E"), now=NOW)
        assert step.refused is not None
        assert step.refused.code == "snapshot_mismatch"
        assert {one["part"] for one in step.refused.values["differences"]} == {"history"}
        assert step.snapshot is broken
    fits = made.snapshot._replace(history={"c.a.h": ("c.a.y",), "c.a.deep": ("c.a.y.z",)})
    step = send(made.chart, made.behaviour, fits, Event("E"), now=NOW)
    assert step.snapshot.value == {"a": {"y": "z"}}


def test_a_snapshot_of_another_structure_is_a_snapshot_mismatch():
    made = drive({})
    other = load({"id": "c", "initial": "a", "states": {"a": {}, "b": {}}})
    step = send(other, Behaviour(), made.snapshot, Event("E"), now=NOW)
    assert step.refused is not None
    assert step.refused.code == "snapshot_mismatch"


def test_a_snapshot_of_another_version_with_the_same_structure_goes_on():
    one = {"id": "c", "initial": "a", "states": {"a": {"on": {"E": "b"}}, "b": {}}}
    made = Drive(one)
    step = send(load({**one, "version": 2}), Behaviour(), made.snapshot, Event("E"), now=NOW)
    assert (step.snapshot.value, step.snapshot.version) == ("b", 2)


@pytest.mark.parametrize(
    ("root", "code"),
    [
        ({"entry": "fails"}, "action_error"),
        ({"always": {"guard": "unknown"}}, "guard_unknown"),
        ({"always": {"guard": "fails"}}, "guard_error"),
        ({"always": {"actions": log("x")}}, "loop"),
    ],
)
def test_a_chart_that_fails_on_the_way_in_is_not_started(root: dict, code: str):
    with pytest.raises(StartRefused) as refused:
        start(load({"id": "c", **root}), BEHAVIOUR, now=NOW)
    assert refused.value.refused.code == code


def test_changed_tells_whether_the_snapshot_differs_or_there_are_effects():
    made = drive([{"guard": "no"}, {}])
    assert made.send("E").step.changed is False
    assert made.step.refused is None
    assert drive({"actions": log("x")}).send("E").step.changed is True
    assert drive({"actions": {"emit": {"type": "x"}}}).send("E").step.changed is True
    assert drive({"target": "a"}).send("E").step.changed is False
    assert drive("b").send("E").step.changed is True


# --- three values ---------------------------------------------------------------------------------

N, Y, U = "no", "yes", "unknown"


@pytest.mark.parametrize(
    ("guard", "answer"),
    [
        ({"and": [Y, Y]}, None), ({"and": [Y, N]}, "blocked"), ({"and": [U, N]}, "blocked"),
        ({"and": [N, U]}, "blocked"),
        ({"and": [U, Y]}, "guard_unknown"), ({"and": [Y, U]}, "guard_unknown"),
        ({"or": [N, N]}, "blocked"), ({"or": [U, Y]}, None), ({"or": [Y, U]}, None), ({"or": [U, N]}, "guard_unknown"),
        ({"or": [N, U]}, "guard_unknown"),
        ({"not": Y}, "blocked"), ({"not": N}, None), ({"not": U}, "guard_unknown"),
        ({"not": {"not": U}}, "guard_unknown"),
        ({"not": {"and": [U, N]}}, None), ({"not": {"or": [U, Y]}}, "blocked"),
        ({"and": [N, "fails"]}, "blocked"), ({"or": [Y, "fails"]}, None), ({"and": [Y, "fails"]}, "guard_error"),
    ],
)  # fmt: skip
def test_guards_are_three_valued_and_short_circuit_from_left_to_right(
    guard: dict, answer: str | None
):
    refused = guarded(guard).send("E").step.refused
    assert (refused and refused.code) == answer


def test_an_unknown_guard_refuses_and_does_not_fall_through_to_the_next_transition():
    made = drive([{"guard": "unknown", "target": "b"}, {"target": "b"}])
    assert_whole(made, "guard_unknown")


def test_a_guard_that_holds_hides_an_unknown_one_after_it():
    assert drive([{"guard": "yes", "target": "b"}, {"guard": "unknown"}]).send("E").value == "b"


def rule(field: str, operator: str = ">", value: object = 1) -> dict:
    return {
        "when": {
            "combinator": "and",
            "rules": [{"field": field, "operator": operator, "value": value}],
        }
    }


@pytest.mark.parametrize(
    ("guard", "missing"),
    [
        ("lacking", ["facts.x"]),
        (rule("facts.x"), ["facts.x"]),
        (rule("facts.x.y"), ["facts.x.y"]),
        (rule("event.n"), ["event.n"]),
        (rule("context.n", value={"fact": "facts.limit"}), ["context.n", "facts.limit"]),
        ({"not": rule("facts.x")}, ["facts.x"]),
        ({"not": "lacking"}, ["facts.x"]),
        ({"and": [rule("facts.x"), {"or": [rule("facts.y"), "no"]}]}, ["facts.x", "facts.y"]),
        ({"type": "yes", "params": {"x": {"from": "facts.z"}}}, ["facts.z"]),
        ({"not": {"or": ["no", {"and": ["yes", "lacking"]}, "lacking"]}}, ["facts.x"]),
    ],
)
def test_a_guard_that_is_unknown_as_a_whole_refuses_the_event_naming_the_missing_facts(
    guard: object, missing: list[str]
):
    refused = guarded(guard).send("E").refused
    assert refused.code == "guard_unknown"
    assert refused.values["missing"] == missing
    assert all(name in refused.message for name in missing)


def test_an_amount_that_is_missing_is_never_below_the_limit():
    below = rule("facts.amount", "<", 1000)
    assert guarded(below).send("E").refused.code == "guard_unknown"
    assert guarded(below, amount=None).send("E").refused.code == "guard_unknown"
    assert guarded(below, amount="500").send("E").refused.code == "guard_unknown"
    assert guarded(below, amount=1000).send("E").refused.code == "blocked"
    assert guarded(below, amount=999).send("E").value == "b"


def test_a_condition_that_fails_is_a_reason_with_its_numbers():
    (reason,) = guarded(rule("facts.n", "<=", 5), n=7).send("E").refused.reasons
    assert reason.values == {"field": "facts.n", "actual": 7, "operator": "<=", "expected": 5}


def test_a_negated_condition_that_holds_is_a_reason_too():
    guard = rule("facts.n", "==", 7)
    guard["when"]["not"] = True
    assert len(guarded(guard, n=7).send("E").refused.reasons) == 1


def test_a_scope_is_read_only_and_a_write_is_an_error():
    def writes(scope):  # noqa: ANN001, ANN202 (a guard of the test)
        scope.context["n"] = 1

    states = {"a": {"on": {"E": {"guard": "writes"}}}}
    made = Drive(
        {"id": "c", "initial": "a", "states": states}, Behaviour(guards={"writes": writes})
    )
    assert_whole(made, "guard_error")


def test_effects_before_a_refusal_are_not_seen_by_the_next_event():
    made = drive({"actions": [*ACT, "fails"]})
    made.send("E")
    assert made.send("FIRST").step.effects == (Emit("done"),)
    assert made.log == ["done"]


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(1),
        Verdict("yes"),
        Verdict(ok=False, code=5),
        Verdict(ok=False, message=None),
        Verdict(ok=False, values=None),
        Verdict(ok=False, values=[("a", 1)]),
        Verdict(ok=False, unblockers=None),
        Verdict(ok=False, unblockers="MANAGER"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("guard", ["g", {"or": ["g", "g"]}, {"not": "g"}], ids=str)
@pytest.mark.parametrize("trace", [False, True])
def test_a_verdict_that_is_not_what_its_type_says_is_a_guard_error(
    verdict: Verdict, guard: object, trace: bool
):
    chart = load({"id": "c", "on": {"E": {"guard": guard}}})
    behaviour = Behaviour(guards={"g": lambda _: verdict})
    at = start(chart, behaviour, now=NOW).snapshot
    step = send(chart, behaviour, at, Event("E"), now=NOW, trace=trace)
    assert step.refused is not None
    assert step.refused.code == "guard_error"
    assert explain(chart, behaviour, at, events=[Event("E")], now=NOW)["E"].status == "blocked"


def test_what_an_action_writes_into_nested_data_reaches_no_other_instance():
    """A scope is read-only at its top; what a careless action changes below it must not become the chart's."""

    def append(scope: Scope) -> None:
        scope.context["own"].append(1)
        scope.context["set"].append(1)

    entry = [{"assign": {"set": []}}, "append"]
    chart = load({"id": "c", "context": {"own": []}, "entry": entry})
    behaviour = Behaviour(actions={"append": append})
    for _ in range(2):
        context = start(chart, behaviour, now=NOW).snapshot.context
        assert context == {"own": [1], "set": [1]}


def test_transitions_whose_paths_read_the_same_are_not_taken_for_each_other():
    on = {"E": ["b"], "E[0]": "c"}
    drive = Drive({"id": "c", "initial": "a", "states": {"a": {"on": on}, "b": {}, "c": {}}})
    at = drive.snapshot
    for event, value in (("E", "b"), ("E[0]", "c")):
        step = send(drive.chart, drive.behaviour, at, Event(event), now=NOW)
        assert step.snapshot.value == value
