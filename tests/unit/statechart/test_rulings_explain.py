"""What the interfaces rule on explaining: a test for each sentence, named after it, and what follows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
from driving import NOW, Drive, logging

from orderwright.statechart import (
    Behaviour,
    Event,
    Explanation,
    Outcome,
    Verdict,
    explain,
    load,
    start,
)

CHART = {
    "id": "c",
    "initial": "a",
    "context": {"limit": 10},
    "events": {
        name: {"label": name.title()}
        for name in [
            "PLAIN",
            "NEVER",
            "ASKS",
            "WRITES",
            "LACKS",
            "BOTH",
            "NOBODY",
            "PATH",
            "RULE",
            "BROKEN",
        ]
    },
    "states": {
        "a": {
            "on": {
                "PLAIN": "b",
                "NEVER": {"target": "b", "guard": "never"},
                "ASKS": {"target": "b", "guard": "asks"},
                "WRITES": {"target": "b", "actions": "writes"},
                "PATH": {"actions": {"assign": {"x": {"from": "event.x"}}}},
                "RULE": {
                    "guard": {
                        "when": {
                            "combinator": "and",
                            "rules": [
                                {
                                    "field": "event.x",
                                    "operator": "<",
                                    "value": {"fact": "context.limit"},
                                }
                            ],
                        }
                    }
                },
                "LACKS": {"target": "b", "guard": {"and": ["asks", "lacks"]}},
                "BOTH": {"target": "b", "guard": {"and": ["asks", "never"]}},
                "BROKEN": {"target": "b", "guard": "broken"},
            },
        },
        "b": {},
    },
}


def _lacks(scope) -> Verdict:  # noqa: ANN001 (a guard of the test)
    known = scope.facts.get("x")
    return Verdict(known, "x.unknown", "x is not known", {"missing": ["facts.x"]}, ("ADMIN",))


BEHAVIOUR = logging(
    guards={
        "never": lambda _: Verdict(False, "never", "never", {"n": 1}, ("ADMIN",)),
        "asks": lambda scope: scope.data["x"] < scope.context["limit"],
        "lacks": _lacks,
        "broken": lambda _: 1 // 0 > 0,
    },
    actions={"writes": lambda scope: Outcome({"x": scope.data["x"]})},
)


def explained(
    facts: Mapping | None = None, events: list[Event] | None = None
) -> dict[str, Explanation]:
    drive = Drive(CHART, BEHAVIOUR)
    return explain(drive.chart, BEHAVIOUR, drive.snapshot, events=events, facts=facts, now=NOW)


def test_every_declared_event_is_explained():
    assert set(explained()) == set(CHART["events"])


def test_by_default_explain_tries_each_declared_event_with_empty_data_and_says_depends_where_data_decides():
    found = explained()
    statuses = {name: one.status for name, one in found.items()}
    assert statuses == {
        "PLAIN": "allowed",
        "NEVER": "blocked",
        "ASKS": "depends",
        "WRITES": "depends",
        "PATH": "depends",
        "RULE": "depends",
        "LACKS": "blocked",
        "BOTH": "blocked",
        "NOBODY": "blocked",
        "BROKEN": "blocked",
    }


def test_a_blocked_event_lists_what_no_data_could_lift_and_nothing_that_data_decide():
    (reason,) = explained()["BOTH"].reasons
    assert (reason.code, reason.values, reason.unblockers) == ("never", {"n": 1}, ("ADMIN",))
    assert [reason.code for reason in explained()["LACKS"].reasons] == ["x.unknown"]
    assert [reason.code for reason in explained()["NOBODY"].reasons] == ["unhandled"]
    assert [reason.code for reason in explained()["BROKEN"].reasons] == ["guard_error"]


def test_a_known_fact_turns_blocked_into_depends():
    assert explained({"x": True})["LACKS"].status == "depends"


def test_data_that_may_make_a_missing_fact_needless_decide():
    for guard, status in ((["lacks", "asks"], "depends"), (["asks", "lacks"], "depends")):
        definition = {"id": "c", "events": {"E": {}}, "on": {"E": {"guard": {"or": guard}}}}
        drive = Drive(definition, BEHAVIOUR)
        assert explain(drive.chart, BEHAVIOUR, drive.snapshot, now=NOW)["E"].status == status
    definition["on"]["E"] = [{"guard": {"and": ["asks", "lacks"]}}, {}]
    drive = Drive(definition, BEHAVIOUR)
    assert explain(drive.chart, BEHAVIOUR, drive.snapshot, now=NOW)["E"].status == "depends"


def test_explain_with_given_events_agrees_with_send_exactly():
    tried = [Event(name, data) for name in CHART["events"] for data in ({}, {"x": 5}, {"x": 50})]
    for facts in (None, {"x": True}, {"x": False}):
        for event in tried:
            drive = Drive(CHART, BEHAVIOUR, facts=facts)
            refused = drive.send(event.type, **event.data).step.refused
            found = explained(facts, [event])[event.type]
            assert found.status == ("allowed" if refused is None else "blocked")
            if refused is not None and refused.reasons:
                assert found.reasons == refused.reasons
            elif refused is not None:
                assert [(r.code, r.message) for r in found.reasons] == [
                    (refused.code, refused.message)
                ]


def test_explaining_changes_nothing():
    drive = Drive(CHART, BEHAVIOUR)
    before = drive.snapshot.to_json()
    explain(drive.chart, BEHAVIOUR, drive.snapshot, now=NOW)
    assert drive.snapshot.to_json() == before


# --- always ---------------------------------------------------------------------------------------

WAITING = {
    "id": "c",
    "initial": "a",
    "context": {"paid": 0},
    "on": {"PAY": {"actions": {"assign": {"paid": {"from": "event.n"}}}}, "POKE": {}},
    "states": {
        "a": {
            "always": [
                {"target": "b", "guard": "paid", "meta": {"label": "Clears"}},
                {"target": "z", "guard": {"and": ["paid", "never"]}},
            ]
        },
        "b": {},
        "z": {"type": "final"},
    },
}
GUARDS = {
    "paid": lambda s: Verdict(
        s.context["paid"] >= s.facts.get("due", 10), "outstanding", "", {"paid": s.context["paid"]}
    ),
    "never": lambda _: False,
}


def test_guarded_eventless_transitions_of_active_states_are_explained_under_always():
    drive = Drive(WAITING, logging(guards=GUARDS))
    found = explain(drive.chart, drive.behaviour, drive.snapshot, now=NOW)["always"]
    assert found.status == "blocked"
    clears, ends = found.waiting
    assert (clears.targets, clears.meta) == (("c.b",), {"label": "Clears"})
    assert [reason.values for reason in clears.reasons] == [{"paid": 0}]
    assert [reason.code for reason in ends.reasons] == ["outstanding", "never"]


def test_always_is_allowed_when_the_next_event_would_take_it():
    drive = Drive(WAITING, logging(guards=GUARDS))
    found = explain(drive.chart, drive.behaviour, drive.snapshot, facts={"due": 0}, now=NOW)[
        "always"
    ]
    assert found.status == "allowed"
    drive.facts = {"due": 0}
    assert drive.send("POKE").value == "b"


def test_a_state_without_guarded_eventless_transitions_has_nothing_under_always():
    drive = Drive(WAITING, logging(guards=GUARDS)).send("PAY", n=10)
    assert explain(drive.chart, drive.behaviour, drive.snapshot, now=NOW) == {}


def test_when_done_every_event_is_blocked_as_done():
    drive = Drive({"id": "c", "type": "final", "events": {"E": {}}})
    (found,) = explain(drive.chart, drive.behaviour, drive.snapshot, now=NOW).values()
    assert (found.status, found.reasons[0].code) == ("blocked", "done")


# --- data that nobody has entered yet -------------------------------------------------------------


def default(definition: dict, behaviour: Behaviour = BEHAVIOUR) -> Explanation:
    """What explain says of E by default."""
    drive = Drive({"id": "c", "events": {"E": {}}, **definition}, behaviour)
    return explain(drive.chart, behaviour, drive.snapshot, now=NOW)["E"]


@pytest.mark.parametrize(
    "asks",
    [
        lambda scope: len(scope.data) > 0,
        lambda scope: "x" in list(scope.data),
        lambda scope: bool(scope.data),
        lambda scope: "x" in scope.data,
        lambda scope: list(scope.data.keys()) == ["x"],
        lambda scope: list(scope.data.values()) == [1],
        lambda scope: dict(scope.data.items()) == {"x": 1},
        lambda scope: scope.data.get("x", 1) == 2,
    ],
)
def test_whoever_looks_at_the_data_lets_data_decide(asks: Callable):
    behaviour = logging(guards={"asks": asks})
    assert default({"on": {"E": {"guard": "asks"}}}, behaviour).status == "depends"


def test_what_a_missing_fact_and_data_decide_together_depends():
    guard = {"and": [{"not": "asks"}, "lacks"]}
    assert default({"on": {"E": [{"guard": guard}, {}]}}).status == "depends"
    assert default({"on": {"E": [{"guard": "never"}, {"guard": guard}, {}]}}).status == "depends"


def test_the_guard_that_lacks_a_fact_is_looked_for_in_every_region():
    lacking = {"on": {"E": {"guard": {"and": ["asks", "lacks"]}}}}
    regions = {"r": {"on": {"E": {}}}, "s": lacking}
    assert default({"type": "parallel", "states": regions}).status == "blocked"


def test_data_that_keep_an_eventless_guard_from_lacking_a_fact_decide():
    states = {"a": {"on": {"E": "b"}}, "b": {"always": {"guard": {"and": ["asks", "lacks"]}}}}
    definition = {"initial": "a", "context": {"limit": 10}, "states": states}
    assert default(definition).status == "depends"
    drive = Drive({"id": "c", **definition}, BEHAVIOUR)
    assert drive.send("E", x=5).refused.code == "guard_unknown"
    assert drive.send("E", x=50).value == "b"


def test_only_guards_that_fail_are_reasons():
    guard = {"and": [{"or": ["yes"]}, {"in": "#c"}, {"not": "no"}, "yes", "no"]}
    behaviour = logging(guards={"yes": lambda _: True, "no": lambda _: False})
    reasons = default({"on": {"E": {"guard": guard}}}, behaviour).reasons
    assert [reason.code for reason in reasons] == ["no"]


def test_an_eventless_transition_without_a_guard_waits_for_nothing():
    states = {"a": {}, "b": {}}
    before = Drive({"id": "c", "initial": "a", "states": states}).snapshot
    states["a"]["always"] = [{"guard": "never", "target": "b"}, {"target": "b"}]
    chart = load({"id": "c", "initial": "a", "states": states})  # of the same structure
    found = explain(chart, BEHAVIOUR, before, now=NOW)["always"]
    assert [waiting.path for waiting in found.waiting] == ["states.a.always[0]"]


def test_an_action_may_write_data_that_nobody_has_entered_yet_as_json():
    written = []
    definition = {
        "id": "c",
        "initial": "a",
        "events": {"E": {}},
        "states": {"a": {"on": {"E": {"target": "b", "actions": "note"}}}, "b": {}},
    }
    chart = load(definition)
    behaviour = Behaviour(actions={"note": lambda scope: written.append(json.dumps(scope.data))})
    snapshot = start(chart, behaviour, now=NOW).snapshot
    assert explain(chart, behaviour, snapshot, now=NOW)["E"].status == "allowed"
    assert written == ["{}"]
