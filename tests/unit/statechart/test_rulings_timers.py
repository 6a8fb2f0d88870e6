"""What the interfaces rule on timers and invocations: a test for each sentence, named after it."""

from __future__ import annotations

from datetime import datetime, timedelta

from driving import NOW, Drive, log, logging

from orderwright.statechart import (
    Behaviour,
    Cancel,
    Emit,
    Event,
    Invoke,
    Schedule,
    Scope,
    StopInvoke,
    load,
    send,
    start,
)

# --- timers ---------------------------------------------------------------------------------------


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


def test_entry_of_a_node_with_after_emits_schedule_with_the_type_of_the_timer_event_as_id():
    drive = Drive(TIMED, logging(delays={"soon": lambda _: 5}))
    assert drive.step.effects == (
        Schedule(Event("after.1000.c.a"), 1000, "after.1000.c.a"),
        Schedule(Event("after.soon.c.a"), 5, "after.soon.c.a"),
    )


def test_exit_emits_cancel():
    drive = Drive(TIMED, logging(delays={"soon": lambda _: 5}))
    assert drive.send("after.1000.c.a").value == "b"
    assert drive.step.effects == (Cancel("after.1000.c.a"), Cancel("after.soon.c.a"))


def test_the_same_id_replaces():
    running: dict[str, int] = {}

    def perform(drive: Drive) -> None:
        """What a host does: a schedule with the id of another takes its place."""
        for effect in drive.step.effects:
            if isinstance(effect, Schedule):
                running[effect.id] = effect.delay_ms
            elif isinstance(effect, Cancel):
                running.pop(effect.id, None)

    later = {"send": {"type": "X", "delay": "ms", "id": "t"}}
    definition = {"id": "c", "on": {"E": {"actions": later}, "STOP": {"actions": {"cancel": "t"}}}}
    drive = Drive(definition, logging(delays={"ms": lambda scope: scope.data["ms"]}))
    perform(drive.send("E", ms=5))
    perform(drive.send("E", ms=7))
    assert running == {"t": 7}
    perform(drive.send("STOP"))
    assert running == {}


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


def test_a_deadline_that_must_survive_re_entry_is_computed_from_a_time_in_the_context():
    def remaining(scope: Scope) -> int:
        until = datetime.fromisoformat(str(scope.context["until"]))
        return int((until - scope.now).total_seconds() * 1000)

    a = {"after": {"remaining": "late"}, "on": {"AGAIN": "a"}}
    chart = load({"id": "c", "initial": "a", "states": {"a": a, "late": {}}})
    behaviour = Behaviour(delays={"remaining": remaining})
    until = NOW + timedelta(seconds=60)
    step = start(chart, behaviour, context={"until": until.isoformat()}, now=NOW)
    assert [effect.delay_ms for effect in step.effects] == [60_000]
    later = NOW + timedelta(seconds=45)
    step = send(chart, behaviour, step.snapshot, Event("AGAIN"), now=later)
    cancelled, scheduled = step.effects
    assert cancelled == Cancel("after.remaining.c.a")
    assert scheduled.delay_ms == 15_000


# --- invocations ----------------------------------------------------------------------------------


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
