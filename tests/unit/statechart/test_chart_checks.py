"""What the checks find, each at its place."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from findings import LABELLED, found, paying, reads, regions, two, when

from orderwright.app import shipped
from orderwright.domain.orders import BEHAVIOURS
from orderwright.statechart import Behaviour, Chart, load
from orderwright.statechart.checks import check

STRUCTURE = {
    "a state that nothing leads to": (
        {"initial": "a", "states": {"a": {"on": {"X": {}}}, "b": {"on": {"X": "a"}}}},
        [("states.b", "state.unreachable")],
    ),
    "of a tree that nothing leads to, its top": (
        {
            "initial": "a",
            "states": {
                "a": {"on": {"X": {}}},
                "b": {"initial": "c", "states": {"c": {"type": "final"}}},
            },
        },
        [("states.b", "state.unreachable")],
    ),
    "a history that nothing targets": (
        two(initial="x", states={"x": {}, "h": {"type": "history"}}),
        [("states.a.states.h", "state.unreachable")],
    ),
    "a state without a way out": (
        {"initial": "a", "states": {"a": {"on": {"X": "b"}}, "b": {}}},
        [("states.b", "state.dead_end")],
    ),
    "regions in which nothing happens": (
        regions({"initial": "x", "states": {"x": {}}}, {}),
        [("states.one.states.x", "state.dead_end"), ("states.other", "state.dead_end")],
    ),
    "a history whose parent is never left": (
        {
            "initial": "a",
            "on": {"X": ".h"},
            "states": {"a": {}, "b": {"on": {"Y": "a"}}, "h": {"type": "history", "target": "b"}},
        },
        [("states.h", "history.idle")],
    ),
    "a history inside of what only moves within itself": (
        {
            "initial": "p",
            "states": {
                "p": {
                    "initial": "a",
                    "on": {"X": ".h"},
                    "states": {
                        "a": {"on": {"Y": "b"}},
                        "b": {},
                        "h": {"type": "history"},
                    },
                }
            },
        },
        [("states.p.states.h", "history.idle")],
    ),
    "the end of a node without a final state": (
        two(initial="x", states={"x": {}}, onDone="b"),
        [("states.a.onDone", "done.never")],
    ),
    "the end of regions of which one cannot end": (
        {
            "initial": "p",
            "states": {
                "p": {
                    **regions({"initial": "f", "states": {"f": {"type": "final"}}}, {}),
                    "onDone": "z",
                },
                "z": {"type": "final"},
            },
        },
        [("states.p.onDone", "done.never")],
    ),
    "a guard on a state that excludes its own": (
        two(on={"GO": {"target": "b", "guard": {"or": [{"not": {"in": "#chart.b"}}, "g"]}}}),
        [("states.a.on.GO.guard.or[0].not.in", "guard.never")],
    ),
    "a guard on a state that nothing leads to": (
        {
            "initial": "a",
            "on": {"X": {"guard": {"in": "#chart.b"}}},
            "states": {"a": {}, "b": {}},
        },
        [("on.X.guard.in", "guard.never"), ("states.b", "state.unreachable")],
    ),
    "a guard on a history": (
        {
            "initial": "a",
            "on": {"X": {"guard": {"in": "#p.h"}}, "Y": "#p.h"},
            "states": {
                "a": {},
                "p": {
                    "id": "p",
                    "initial": "x",
                    "on": {"Z": "a"},
                    "states": {"x": {}, "h": {"id": "p.h", "type": "history"}},
                },
            },
        },
        [("on.X.guard.in", "guard.never")],
    ),
}

SHADOW = {
    "after one without a guard": (
        two(on={"GO": ["b", {"target": "b", "guard": "g"}, "b"]}),
        [
            ("states.a.on.GO[1]", "transition.shadowed"),
            ("states.a.on.GO[2]", "transition.shadowed"),
        ],
    ),
    "after one with the same guard": (
        two(on={"GO": [{"target": "b", "guard": "g"}, {"guard": {"type": "g"}}]}),
        [("states.a.on.GO[1]", "transition.shadowed")],
    ),
    "after one whose guard asks for less": (
        two(
            on={
                "GO": [
                    {"target": "b", "guard": {"or": ["g", "h"]}},
                    {"guard": {"and": ["x", "g"]}},
                ]
            }
        ),
        [("states.a.on.GO[1]", "transition.shadowed")],
    ),
    "each of an `or` being in an earlier guard": (
        two(
            on={
                "GO": [{"target": "b", "guard": {"or": ["g", "h"]}}, {"guard": {"or": ["h", "g"]}}]
            }
        ),
        [("states.a.on.GO[1]", "transition.shadowed")],
    ),
    "both of an `and` being in a later guard": (
        two(
            on={
                "GO": [
                    {"target": "b", "guard": {"and": ["g", "h"]}},
                    {"guard": {"and": ["h", "g"]}},
                ]
            }
        ),
        [("states.a.on.GO[1]", "transition.shadowed")],
    ),
    "eventless ones too": (
        two(always=[{"target": "b"}, {"target": "b", "guard": "g"}]),
        [("states.a.always[1]", "transition.shadowed")],
    ),
    "by every state below": (
        {
            "initial": "a",
            "on": {"GO": ".a", "X.y": {"guard": "g"}},
            "states": {
                "a": {"on": {"GO": "b", "X.*": {}}},
                "b": {
                    "initial": "c",
                    "on": {"*": {}},
                    "states": {"c": {}, "h": {"type": "history"}},
                },
            },
        },
        [
            ("on.GO", "transition.shadowed"),
            ("on.X.y", "transition.shadowed"),
            ("states.b.states.h", "state.unreachable"),
        ],
    ),
}

LOOPS = {
    "two states that lead to each other": (
        {
            "initial": "s",
            "states": {
                "s": {"on": {"X": "a"}},
                "a": {"always": "b"},
                "b": {"initial": "x", "always": {"target": "a"}, "states": {"x": {}}},
            },
        },
        [("states.a.always", "always.loop")],
    ),
    "a state that leads to itself": (two(always="a"), [("states.a.always", "always.loop")]),
    "one that only acts": (
        two(always={"actions": "note"}),
        [("states.a.always", "always.loop")],
    ),
}

EVENTS = {
    "one without a label": (
        paying({}, label=""),
        [("events.PAY", "event.label")],
    ),
    "one without a schema": (
        {"events": {"PAY": {"label": "Pay"}}, "on": {"PAY": {}}},
        [("events.PAY", "event.schema")],
    ),
    "one that nobody takes": (
        {"events": {"PAY": LABELLED}},
        [("events.PAY", "event.unused")],
    ),
    "one that is not declared": (
        {"events": {"PAY": LABELLED}, "on": {"PAY": {}, "PAID": [{"guard": "g"}], "x.*": {}}},
        [("on.PAID", "event.undeclared"), ("on.x.*", "event.undeclared")],
    ),
    "one that is raised for nobody": (
        two(entry=[{"raise": {"type": "PING"}}]),
        [("states.a.entry[0].raise.type", "raise.unhandled")],
    ),
    "one that is sent for nobody": (
        two(exit={"send": {"type": "PING", "delay": 5}}),
        [("states.a.exit.send.type", "send.unhandled")],
    ),
}

CALL = {"id": "call", "src": "ring"}
INVOKING = {
    "two regions that invoke under one id": (
        regions({"invoke": CALL, "on": {"X": {}}}, {"invoke": [CALL], "on": {"X": {}}}),
        [("states.other.invoke[0].id", "invoke.clash")],
    ),
    "a state that invokes under an id of one around it": (
        two(invoke=CALL, initial="x", states={"x": {"invoke": {**CALL, "src": "write"}}}),
        [("states.a.states.x.invoke.id", "invoke.clash")],
    ),
    "a state that invokes twice under one id": (
        two(invoke=[CALL, {"src": "write"}, CALL]),
        [("states.a.invoke[2].id", "invoke.clash")],
    ),
    "an id that another state has by default": (
        two(id="c", initial="x", invoke={"src": "ring"}, states={"x": {"invoke": {"id": "0.c", "src": "ring"}}}),
        [("states.a.states.x.invoke.id", "invoke.clash")],
    ),
}  # fmt: skip

PATHS = {
    "data that the schema has not": (
        paying(reads("event.some")),
        [("on.PAY.actions.emit.data.x[0].from", "path.event")],
    ),
    "data that an object in the schema has not": (
        paying(reads("event.sum.major")),
        [("on.PAY.actions.emit.data.x[0].from", "path.event")],
    ),
    "data in a condition": (
        paying({"guard": when("event.some")}),
        [("on.PAY.guard.when.rules[0].field", "path.event")],
    ),
    "data in a parameter": (
        paying({"guard": {"type": "g", "params": {"p": {"from": "event.some"}}}}),
        [("on.PAY.guard.params.p.from", "path.event")],
    ),
    "data of a timer": (
        two(after={"10": {"target": "b", **reads("event.x")}}),
        [("states.a.after.10.actions.emit.data.x[0].from", "path.event")],
    ),
    "context that is not there": (
        paying(reads("context.duo")),
        [("on.PAY.actions.emit.data.x[0].from", "path.context")],
    ),
    "context that a condition compares with": (
        paying({"guard": when("context.due", {"fact": "context.limit"})}),
        [("on.PAY.guard.when.rules[0].value.fact", "path.context")],
    ),
    "context in an output": (
        {**two(), "context": {"n": 1}, "output": {"all": {"from": "context.m"}}},
        [("output.all.from", "path.context")],
    ),
    "a fact that the event does not declare": (
        paying({"guard": when("facts.stock.free")}),
        [("on.PAY.guard.when.rules[0].field", "path.fact")],
    ),
}

WRONG = {**STRUCTURE, **SHADOW, **LOOPS, **EVENTS, **INVOKING, **PATHS}


@pytest.mark.parametrize(("definition", "expected"), WRONG.values(), ids=WRONG)
def test_the_checks_find(definition: Mapping, expected: list[tuple[str, str]]):
    assert found(definition) == expected


# --- implementations ------------------------------------------------------------------------------

NAMED = two(
    entry=["note", {"send": {"type": "GO", "delay": "soon"}}],
    after={"later": {"target": "b", "actions": {"type": "notes"}}, "10": "b"},
    always={"target": "b", "guard": {"and": ["is_paid", {"not": {"type": "is_payd"}}]}},
    exit={"send": {"type": "GO", "delay": "100"}},
)


def test_names_without_an_implementation_are_found_with_the_nearest():
    behaviour = Behaviour(guards={"is_paid": lambda _: True, "unused": lambda _: True})
    problems = check(load(NAMED), behaviour)
    assert [(one.path, one.code) for one in problems] == [
        ("states.a.entry[0]", "action.missing"),
        ("states.a.entry[1].send.delay", "delay.missing"),
        ("states.a.after.later", "delay.missing"),
        ("states.a.after.later.actions.type", "action.missing"),
        ("states.a.always.guard.and[1].not.type", "guard.missing"),
    ]
    assert problems[-1].message == "no guard 'is_payd' in the behaviour; did you mean 'is_paid'?"


def test_names_are_not_asked_for_without_a_behaviour():
    assert found(NAMED) == []


def test_what_is_implemented_beyond_the_chart_is_no_finding():
    anything = Behaviour(
        guards={"is_paid": lambda _: True, "is_payd": lambda _: True, "other": lambda _: True},
        actions={"note": lambda _: None, "notes": lambda _: None},
        delays={"soon": lambda _: 1, "later": lambda _: 1},
    )
    assert found(NAMED, anything) == []


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_the_shipped_charts_are_clean(name: str, shipped_charts: Mapping[str, Chart]):
    assert check(shipped_charts[name], BEHAVIOURS[name]) == ()


@pytest.fixture
def shipped_charts() -> Mapping[str, Chart]:
    folder = shipped.folder("charts")
    return {name: load((folder / f"{name}.v1.json").read_text()) for name in BEHAVIOURS}


def test_findings_stand_in_the_order_of_the_definition_and_say_what_would_be_right():
    problems = check(load({"initial": "a", "states": {"a": {"on": {"X": ["b", "b"]}}, "b": {}}}))
    assert [one.path for one in problems] == ["states.a.on.X[1]", "states.b"]
    assert problems[1].message.endswith('say `"type": "final"`, or give it a transition')


def test_a_clash_of_invocations_names_both_places_and_the_cure():
    region = {"invoke": CALL, "on": {"X": {}}}
    [problem] = check(load(regions(region, region)))
    assert problem.message == (
        "'call' is also the id of states.one.invoke, and both may be active together; give one of them another `id`"
    )
