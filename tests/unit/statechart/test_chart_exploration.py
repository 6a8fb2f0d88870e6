"""What an exploration finds is all that can happen, by the shortest way, and no more than it says."""

from __future__ import annotations

from itertools import product

import pytest
from drawing import BEHAVIOUR, EVENTS, GUARDS, charts, happenings
from driving import NOW
from hypothesis import HealthCheck, given, settings

from orderwright.statechart import (
    Behaviour,
    Chart,
    Event,
    Outcome,
    Snapshot,
    StartRefused,
    load,
    send,
    start,
)
from orderwright.statechart.explore import Exploration, Move, explore

DOOR = load(
    {
        "id": "door",
        "initial": "CLOSED",
        "states": {
            "CLOSED": {
                "on": {
                    "OPEN": {"target": "OPENED", "guard": {"and": ["is_free", {"not": "is_locked"}]}},
                    "LOCK": "LOCKED",
                }
            },
            "OPENED": {"on": {"CLOSE": "CLOSED"}},
            "LOCKED": {"on": {"BREAK": {"target": "BROKEN", "guard": "is_strong"}}},
            "BROKEN": {"type": "final"},
            "LOST": {"on": {"FIND": "CLOSED"}},
        },
    }
)  # fmt: skip


def words(moves: tuple[Move, ...]) -> list[str]:
    return [str(move) for move in moves]


def leaves(found: Exploration) -> set[str]:
    return {found.chart.leaves(place.configuration) for place in found.places}


def explored(definition: dict, **options: object) -> Exploration:
    return explore(load(definition), **options)


# --- free guards ----------------------------------------------------------------------------------


def test_places_come_nearest_first_with_the_answers_that_lead_there():
    found = explore(DOOR)
    assert [DOOR.leaves(place.configuration) for place in found.places] == [
        "CLOSED",
        "OPENED",
        "LOCKED",
        "BROKEN",
    ]
    assert words(found.path(found.places[1])) == ["start", "OPEN [is_free, not is_locked]"]
    assert words(found.path(found.places[3])) == ["start", "LOCK", "BREAK [is_strong]"]
    assert found.complete


def test_a_property_that_holds_everywhere_is_proven():
    found = explore(DOOR)
    assert found.never(lambda place: place.is_in("door.LOST")).holds is True
    assert found.always(lambda place: place.is_in("door")).holds is True


def test_a_property_that_does_not_hold_comes_with_the_shortest_counter_example():
    answer = explore(DOOR).never(lambda place: place.is_in("door.BROKEN"))
    assert answer.holds is False
    assert words(answer.path) == ["start", "LOCK", "BREAK [is_strong]"]
    assert answer.place is not None
    assert answer.place.snapshot.status == "done"
    assert explore(DOOR).always(lambda place: not place.is_in("door.BROKEN")) == answer


def test_what_was_not_seen_within_the_limit_is_not_proven():
    found = explore(DOOR, limit=2)
    assert (len(found.places), found.complete) == (2, False)
    assert found.never(lambda place: place.is_in("door.BROKEN")).holds is None
    assert found.never(lambda place: place.is_in("door.CLOSED")).holds is False
    assert explore(DOOR, limit=4).complete
    assert not explore(DOOR, limit=-1).complete


def test_sequences_cover_every_transition_that_can_be_taken():
    coverage = explore(DOOR).coverage()
    assert [words(sequence) for sequence in coverage.sequences] == [
        ["start", "LOCK", "BREAK [is_strong]"],
        ["start", "OPEN [is_free, not is_locked]", "CLOSE"],
    ]
    assert coverage.uncovered == ("states.LOST.on.FIND",)
    assert coverage.covered == {
        "states.CLOSED.on.OPEN",
        "states.CLOSED.on.LOCK",
        "states.OPENED.on.CLOSE",
        "states.LOCKED.on.BREAK",
    }
    assert coverage.sequences[1][1].to_json() == {
        "event": "OPEN",
        "guards": [
            {"guard": "is_free", "transition": "states.CLOSED.on.OPEN", "holds": True},
            {"guard": "is_locked", "transition": "states.CLOSED.on.OPEN", "holds": False},
        ],
    }


def test_a_guard_answers_the_same_within_a_macrostep_until_the_context_changes():
    halves = {
        "initial": "a",
        "states": {
            "a": {"on": {"GO": {"target": "b", "guard": "g"}}},
            "b": {"always": {"target": "c", "guard": {"not": "g"}}},
            "c": {"type": "final"},
        },
    }
    assert leaves(explored(halves, steady=True)) == {"a", "b"}
    changing = {**halves["states"]["a"]["on"]["GO"], "actions": {"assign": {"n": 1}}}
    halves["states"]["a"]["on"]["GO"] = changing
    assert leaves(explored(halves, steady=True)) == {"a", "b", "c"}


def test_a_guard_may_ask_which_states_are_active_unless_it_is_said_not_to():
    chart = {
        "initial": "a",
        "states": {
            "a": {"on": {"GO": {"target": "b", "guard": "g"}}},
            "b": {"always": {"target": "c", "guard": {"not": "g"}}},
            "c": {"type": "final"},
        },
    }
    assert leaves(explored(chart)) == {"a", "b", "c"}
    condition = {
        "combinator": "and",
        "rules": [{"field": "context.n", "operator": "==", "value": 1}],
    }
    chart["states"]["a"]["on"]["GO"]["guard"] = {"when": condition}
    chart["states"]["b"]["always"]["guard"] = {"not": {"when": condition}}
    assert leaves(explored(chart)) == {"a", "b"}  # a condition cannot see them


def test_an_internal_event_is_asked_anew():
    chart = {
        "initial": "a",
        "states": {
            "a": {
                "on": {
                    "GO": {"guard": "g", "actions": {"raise": {"type": "NEXT"}}},
                    "NEXT": {"target": "b", "guard": {"not": "g"}},
                }
            },
            "b": {"type": "final"},
        },
    }
    found = explored(chart, events=["GO"], steady=True)
    assert words(found.path(found.places[1])) == ["start", "GO [g, not g]"]


def test_timers_and_work_are_offered_where_they_run_and_delayed_events_where_they_are_declared():
    chart = {
        "initial": "a",
        "events": {"LATE": {}},
        "states": {
            "a": {
                "after": {"10": "b"},
                "entry": ["note", {"send": {"type": "LATE", "delay": "soon"}}],
                "on": {"after.5.chart.b": "d"},
            },
            "b": {
                "after": {"5": "c"},
                "invoke": {"id": "work", "src": "w", "onDone": "c", "onError": "a"},
            },
            "c": {"on": {"LATE": "e"}},
            "d": {"type": "final"},
            "e": {"type": "final"},
        },
    }
    found = explored(chart)
    assert leaves(found) == {"a", "b", "c", "e"}
    assert {move.event.type for *_, move in map(found.path, found.places) if move.event} == {
        "after.10.chart.a",
        "after.5.chart.b",
        "LATE",
    }
    assert found.coverage().uncovered == ("states.a.on.after.5.chart.b",)


def test_guards_on_states_are_asked_for_real():
    chart = {
        "type": "parallel",
        "states": {
            "one": {"initial": "x", "states": {"x": {"on": {"X": "y"}}, "y": {}}},
            "two": {
                "initial": "x",
                "states": {
                    "x": {"on": {"GO": {"target": "y", "guard": {"in": "#chart.one.y"}}}},
                    "y": {},
                },
            },
        },
    }
    assert leaves(explored(chart)) == {"x x", "y x", "y y"}


def test_wildcards_stand_for_an_event_of_their_stem_and_one_that_nobody_names():
    chart = {
        "initial": "a",
        "states": {
            "a": {"on": {"pay.*": "b", "*": "c"}},
            "b": {"type": "final"},
            "c": {"type": "final"},
        },
    }
    found = explored(chart)
    assert [words(found.path(place))[-1] for place in found.places] == ["start", "pay", "any"]


def test_a_wildcard_stands_for_an_event_that_nothing_narrower_answers_to():
    on = {"pay": "b", "pay.*": "c", "pay.any": "d", "any": "e", "*": "f"}
    ends = {key: {"type": "final"} for key in "bcdef"}
    found = explored({"initial": "a", "states": {"a": {"on": on}, **ends}})
    assert leaves(found) == {"a", "b", "c", "d", "e", "f"}
    assert found.coverage().uncovered == ()


def test_an_event_that_a_chart_sends_itself_comes_although_it_is_not_declared():
    send = {"send": {"type": "LATE", "delay": 5}}
    states = {"a": {"on": {"GO": {"actions": send}, "LATE": "b"}}, "b": {"type": "final"}}
    chart = {"initial": "a", "events": {"GO": {}}, "states": states}
    assert leaves(explored(chart)) == {"a", "b"}


def test_history_makes_places_of_one_configuration_different():
    chart = {
        "initial": "p",
        "states": {
            "p": {
                "initial": "a",
                "on": {"OUT": "out"},
                "states": {"a": {"on": {"NEXT": "b"}}, "b": {}, "h": {"type": "history"}},
            },
            "out": {"on": {"BACK": "p.h"}},
        },
    }
    found = explored(chart)
    assert len(found.configurations) == 3
    assert [
        dict(place.snapshot.history) for place in found.places if place.is_in("chart.out")
    ] == [
        {"chart.p.h": ("chart.p.a",)},
        {"chart.p.h": ("chart.p.b",)},
    ]
    assert found.coverage().uncovered == ()


def test_a_transition_on_a_way_that_joins_a_known_one_is_covered_too():
    chart = {
        "initial": "a",
        "states": {
            "a": {"on": {"X": "b", "Y": {"target": "b", "actions": "note"}}},
            "b": {"always": [{"target": "c", "guard": "g"}, {"target": "a"}]},
            "c": {"always": [{"target": "a", "guard": "h"}]},
        },
    }
    assert explored(chart).coverage().uncovered == ()


def test_an_event_that_is_refused_from_outside_is_dropped_when_it_is_raised():
    on = {
        "A": {"guard": {"and": ["g", {"not": "g"}]}},
        "B": {"actions": {"raise": {"type": "A"}}},
    }
    found = explored({"initial": "a", "states": {"a": {"on": on}}})
    assert set(found.taken) == {"states.a.on.B"}


def test_an_event_that_never_comes_to_rest_is_a_failure():
    chart = {
        "initial": "a",
        "states": {"a": {"on": {"GO": "b"}}, "b": {"always": "c"}, "c": {"always": "b"}},
    }
    found = explored(chart)
    (failure,) = found.failures
    assert (failure.origin, str(failure.move), failure.refused.code) == (0, "GO", "loop")
    assert leaves(found) == {"a"}


def test_a_chart_that_cannot_start_has_no_places():
    found = explored({"initial": "a", "states": {"a": {"always": "a"}}})
    assert found.places == ()
    assert found.failures[0].origin is None
    assert found.coverage().sequences == ()


def test_guards_that_turn_in_a_circle_come_to_an_end():
    chart = {
        "initial": "a",
        "states": {
            "a": {"always": {"target": "b", "guard": "g", "actions": "count"}},
            "b": {"always": {"target": "a", "guard": "h", "actions": "count"}},
        },
    }
    found = explored(chart)
    assert leaves(found) == {"a", "b"}
    assert found.coverage().uncovered == ()


def test_each_guard_within_a_guard_is_a_choice_of_its_own():
    guard = {"or": [{"and": ["g", "h", "i"]}, "k"]}
    states = {"a": {"on": {"GO": {"target": "b", "guard": guard}}}, "b": {}}
    found = explored({"initial": "a", "states": states})
    assert words(found.path(found.places[1])) in (
        ["start", "GO [not g, k]"],
        ["start", "GO [g, h, i]"],
    )
    assert found.complete


def test_internal_events_that_wait_are_told_apart_and_taken_in_order():
    raised = [{"raise": {"type": "FIRST"}}, {"raise": {"type": "SECOND"}}]
    chart = {
        "initial": "a",
        "states": {
            "a": {"on": {"ONE": {"target": "b", "actions": raised[0]}, "TWO": {"target": "b", "actions": raised}}},
            "b": {"always": {"target": "c", "guard": "g"}, "on": {"FIRST": "d"}},
            "c": {"on": {"FIRST": "e", "SECOND": "f"}},
            "d": {"on": {"SECOND": {"target": "h", "guard": "g"}}},
            "e": {"on": {"SECOND": "i"}},
            "f": {},
            "h": {},
            "i": {},
        },
    }  # fmt: skip
    found = explored(chart, events=["ONE", "TWO"])
    assert leaves(found) == {"a", "d", "e", "h", "i"}
    assert found.coverage().uncovered == ("states.c.on.SECOND",)


def test_done_events_that_wait_are_those_that_the_chart_will_see():
    def ending(event: str) -> dict:
        return {"initial": "a", "states": {"a": {"on": {event: "z"}}, "z": {"type": "final"}}}

    last = {**ending("S"), "onDone": {"guard": "g", "actions": {"raise": {"type": "AFTER"}}}}
    p = {"type": "parallel", "states": {"r": ending("R"), "s": last}}
    p["onDone"] = {"target": "q", "guard": "h"}
    p["on"] = {"AFTER": {"target": "x", "guard": "i"}}
    states = {"p": p, "q": {"on": {"AFTER": "y"}}, "x": {}, "y": {}}
    found = explored({"initial": "p", "states": states})
    assert leaves(found) == {"a a", "z a", "a z", "z z", "q", "x", "y"}
    assert found.coverage().uncovered == ()


def test_an_event_that_raises_itself_without_end_is_followed_only_so_far():
    again = {"raise": {"type": "AGAIN"}}
    chart = {
        "on": {
            "GO": {"actions": again},
            "AGAIN": {"guard": "g", "actions": [again, "count", again]},
        }
    }
    found = explored(chart, events=["GO"])
    assert not found.complete
    assert found.never(lambda place: place.is_in("nowhere")).holds is None


# --- given guards ---------------------------------------------------------------------------------

TILL = load(
    {
        "id": "till",
        "context": {"sum": 0, "turns": 0},
        "events": {"PAY": {}, "CLEAR": {}},
        "initial": "OPEN",
        "states": {
            "OPEN": {
                "on": {
                    "PAY": {"guard": "fits", "actions": "add"},
                    "CLEAR": {"target": "CLEARED", "guard": "is_paid"},
                }
            },
            "CLEARED": {"on": {"REOPEN": "OPEN"}},
        },
    }
)
TILLER = Behaviour(
    guards={
        "fits": lambda scope: scope.context["sum"] + scope.data["amount"] <= 3,
        "is_paid": lambda scope: scope.context["sum"] >= scope.facts["due"],
    },
    actions={
        "add": lambda scope: Outcome(
            {
                "sum": scope.context["sum"] + scope.data["amount"],
                "turns": scope.context["turns"] + 1,
            }
        )
    },
)
PAYMENTS = [Event("PAY", {"amount": 1}), Event("PAY", {"amount": 2}), "CLEAR", "REOPEN"]


def paid(**options: object) -> Exploration:
    return explore(
        TILL, behaviour=TILLER, guards="given", events=PAYMENTS, facts=[{"due": 3}], **options
    )


def test_given_guards_explore_what_a_behaviour_does():
    found = paid()
    assert found.complete
    assert found.never(lambda one: one.is_in("till.CLEARED") and one.context["sum"] < 3).holds
    answer = found.never(lambda one: one.is_in("till.CLEARED"))
    assert [move.to_json() for move in answer.path] == [
        {"event": None, "facts": {"due": 3}},
        {"event": "PAY", "data": {"amount": 1}, "facts": {"due": 3}},
        {"event": "PAY", "data": {"amount": 2}, "facts": {"due": 3}},
        {"event": "CLEAR", "facts": {"due": 3}},
    ]


def test_keys_of_the_context_that_do_not_matter_are_forgotten():
    assert len(paid().places) > len(paid(forgetting=["turns"]).places)


def test_facts_of_the_last_step_are_part_of_a_place():
    found = explore(
        TILL,
        behaviour=TILLER,
        guards="given",
        events=["CLEAR", "REOPEN"],
        facts=[{"due": 0}, {"due": 1}],
    )
    cleared = [place.facts for place in found.places if place.is_in("till.CLEARED")]
    assert cleared == [{"due": 0}]
    assert found.always(lambda one: not one.is_in("till.CLEARED") or one.facts["due"] == 0).holds


def test_a_chart_may_be_started_with_several_contexts():
    found = paid(contexts=[{}, {"sum": 3}])
    assert [dict(place.move.context) for place in found.places[:2]] == [{}, {"sum": 3}]
    answer = found.never(lambda one: one.is_in("till.CLEARED"))
    assert words(answer.path) == ["start", "CLEAR"]


def test_missing_facts_and_missing_implementations_are_failures():
    found = explore(TILL, behaviour=Behaviour(), guards="given", events=["PAY", "CLEAR"])
    assert {failure.refused.code for failure in found.failures} == {"guard_error"}
    broken = load({"entry": "nowhere"})
    found = explore(broken, behaviour=Behaviour(), guards="given")
    assert [failure.refused.code for failure in found.failures] == ["action_error"]


def test_given_guards_need_a_behaviour():
    with pytest.raises(ValueError, match="given by a behaviour"):
        explore(TILL, guards="given")


# --- random charts --------------------------------------------------------------------------------

slow = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def lived(chart: Chart, sent: list) -> tuple[list[Snapshot], set[str]]:
    """The snapshots of a random run, and the transitions that it took."""
    try:
        steps = [start(chart, BEHAVIOUR, now=NOW, trace=True)]
    except StartRefused:
        return [], set()
    for event, facts in sent:
        before = steps[-1].snapshot
        steps.append(send(chart, BEHAVIOUR, before, event, facts=facts, now=NOW, trace=True))
    kept = [step for step in steps if step.refused is None]
    taken = {path for step in kept for one in step.trace for path in one.transitions}
    return [step.snapshot for step in steps], taken


def where(snapshot: Snapshot) -> tuple:
    return snapshot.configuration, snapshot.status, tuple(sorted(snapshot.history.items()))


@slow
@given(charts(), happenings)
def test_whatever_happens_was_explored(chart: Chart, sent: list):
    found = explore(chart, limit=300)
    if found.complete:
        snapshots, taken = lived(chart, sent)
        assert {where(one) for one in snapshots} <= {
            where(place.snapshot) for place in found.places
        }
        assert taken <= set(found.taken)


@slow
@given(charts())
def test_the_way_to_a_place_leads_there(chart: Chart):
    facts = [
        dict(zip(GUARDS, answers, strict=True)) for answers in product([True, False], repeat=3)
    ]
    events = [Event(name, {"n": n}) for name in EVENTS for n in (0, 1)]
    found = explore(
        chart,
        behaviour=BEHAVIOUR,
        guards="given",
        facts=facts[:3],
        events=events,
        now=NOW,
        limit=25,
    )
    for place in found.places:
        begin, *moves = found.path(place)
        step = start(chart, BEHAVIOUR, facts=begin.facts, now=NOW)
        for move in moves:
            step = send(chart, BEHAVIOUR, step.snapshot, move.event, facts=move.facts, now=NOW)
            assert step.refused is None
        assert step.snapshot == place.snapshot


@slow
@given(charts())
def test_sequences_take_every_transition_that_was_found(chart: Chart):
    found = explore(chart, limit=300)
    coverage = found.coverage()
    asked = {
        choice.transition
        for moves in coverage.sequences
        for one in moves
        for choice in one.choices
    }
    every = coverage.covered | set(coverage.uncovered)
    assert asked <= every
    assert coverage.covered.isdisjoint(coverage.uncovered)
    assert len(coverage.sequences) <= len(coverage.covered)
