"""What the checks find, and, as much, what they leave alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from drawing import BEHAVIOUR, charts, happenings
from driving import NOW
from hypothesis import HealthCheck, given, settings

from orderwright.app import shipped
from orderwright.domain.orders import BEHAVIOURS
from orderwright.statechart import Behaviour, Chart, StartRefused, Step, load, send, start
from orderwright.statechart.checks import check

CLOSED = {"type": "object", "properties": {"sum": {"type": "object", "properties": {"minor": {}}}}}
LABELLED = {"label": "Pay", "data": CLOSED, "facts": ["credit"]}


def found(definition: Mapping, behaviour: Behaviour | None = None) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in check(load(definition), behaviour)]


def two(**a: object) -> dict:
    """A chart of two states `a` and `b`, with a way back; what is given is added to `a`."""
    return {"initial": "a", "states": {"a": {"on": {"GO": "b"}, **a}, "b": {"on": {"GO": "a"}}}}


def regions(one: dict, other: dict) -> dict:
    return {"type": "parallel", "states": {"one": one, "other": other}}


def when(field: str, value: object = 1, operator: str = "==") -> dict:
    rule = {"field": field, "operator": operator, "value": value}
    return {"when": {"combinator": "and", "rules": [rule]}}


def paying(transition: Mapping, **declared: object) -> dict:
    """A chart with a context that declares PAY, with a transition on it."""
    events = {"PAY": {**LABELLED, **declared}}
    return {"context": {"due": 1}, "events": events, "on": {"PAY": transition}}


def reads(path: str) -> dict:
    return {"actions": {"emit": {"type": "paid", "data": {"x": [{"from": path}]}}}}


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

WRONG = {**STRUCTURE, **SHADOW, **LOOPS, **EVENTS, **PATHS}


@pytest.mark.parametrize(("definition", "expected"), WRONG.values(), ids=WRONG)
def test_the_checks_find(definition: Mapping, expected: list[tuple[str, str]]):
    assert found(definition) == expected


FINE = {
    "a state in a list of targets, behind a history, below an initial": {
        "initial": {"target": ["#p.x", "#p.y"]},
        "states": {
            "p": {
                "id": "p",
                "type": "parallel",
                "on": {"OUT": "out"},
                "states": {
                    "one": {"initial": "z", "states": {"z": {}, "x": {"id": "p.x", "on": {"Z": "z"}}}},
                    "two": {"initial": "y", "states": {"y": {"id": "p.y"}}},
                    "h": {"type": "history", "history": "deep"},
                },
            },
            "out": {"on": {"BACK": "#p.h"}},
        },
    }
    | {"id": "chart"},
    "a state at rest beside a region that moves": {
        "initial": "p",
        "states": {
            "p": regions({"initial": "x", "states": {"x": {}}}, {"on": {"OUT": "#chart.z"}}),
            "z": {"type": "final"},
        },
    },
    "a state whose way out is above it, or a timer, or work that ends": {
        "initial": "a",
        "on": {"B": ".b", "C": ".c"},
        "states": {
            "a": {},
            "b": {"after": {"5": "a"}},
            "c": {"invoke": {"src": "work", "onDone": "a"}},
        },
    },
    "a chart of one state": {"id": "one"},
    "a history of a parallel root that starts anew": {
        **regions({"initial": "x", "states": {"x": {"on": {"X": "y"}}, "y": {}}}, {}),
        "on": {"X": ".h"},
    }
    | {
        "states": {
            "one": {"initial": "x", "states": {"x": {"on": {"Y": "y"}}, "y": {}}},
            "h": {"type": "history"},
        }
    },
    "an end that is raised by hand": two(
        initial="x",
        entry={"raise": {"type": "done.state.chart.a"}},
        states={"x": {}},
        onDone="b",
    ),
    "guards on what may be active too": {
        **regions(
            {"initial": "x", "states": {"x": {"on": {"X": {"guard": {"in": "#y"}}}}}},
            {"initial": "y", "states": {"y": {"id": "y"}}},
        ),
        "on": {"Y": {"guard": {"and": [{"in": "#chart.one"}, {"not": {"in": "y"}}]}}},
    },
    "what stands after a guard, another guard, or under another name": two(
        on={"GO": [{"target": "b", "guard": "g"}, {"target": "b", "guard": {"and": ["h", {"not": "g"}]}}, "b"]},
        always=[{"target": "b", "guard": {"type": "g", "params": {"n": 1}}},
                {"target": "b", "guard": {"type": "g", "params": {"n": 2}}}],
    ),
    "a wildcard before an exact name": {
        "initial": "a",
        "on": {"GO": {}, "GO.on": {}},
        "states": {
            "a": {"on": {"*": {"guard": "g"}, "GO.on": {"guard": "g"}, "GO.*": {"guard": "g"}}},
            "b": {"on": {"GO": "a"}},
        },
    }
    | {"initial": "b"},
    "what only some states below answer first": {
        "initial": "a",
        "on": {"GO": ".b"},
        "states": {"a": {"on": {"GO": {"guard": "g"}}}, "b": {"on": {"GO": {}}}},
    },
    "what states below do not answer when they are done": {
        "initial": "a",
        "on": {"GO": {}},
        "states": {"a": {"on": {"GO": "b"}}, "b": {"type": "final"}},
    },
    "eventless circles that a guard may end": {
        "initial": "a",
        "states": {
            "a": {"always": [{"target": "c", "guard": "g"}, {"target": "b"}]},
            "b": {"always": "a"},
            "c": {"type": "final"},
        },
    },
    "eventless ways that come to rest, in a state, at an end, behind a history": {
        "initial": "a",
        "states": {
            "a": {"always": "b"},
            "b": {
                "initial": "c",
                "always": [{"target": "e", "guard": "g"}],
                "states": {"c": {}, "h": {"type": "history"}},
            },
            "d": {"always": {"target": "#chart.b.h"}},
            "e": {"always": "f", "on": {"X": "d"}},
            "f": {"type": "final"},
        },
    },
    "a region that turns until another one ends it": {
        "initial": "p",
        "states": {
            "p": regions({"always": {"actions": "note"}}, {"always": "#chart.z"}),
            "z": {"type": "final"},
        },
    },
    "an eventless way into regions": {
        "initial": "a",
        "states": {
            "a": {"always": "p"},
            "p": {**regions({"on": {"X": {}}}, {}), "on": {"Y": "a"}},
        },
    },
    "a chart that declares no events": two(),
    "events that the chart makes itself": {
        "events": {"PAY": LABELLED},
        "context": {"n": 0},
        "initial": "a",
        "entry": [{"raise": {"type": "OWN"}}, {"send": {"type": "LATE", "delay": 5}}],
        "on": {"OWN": {}, "LATE": {}, "PAY": {}, "error.*": {}},
        "states": {"a": {"after": {"5": "b"}}, "b": {"type": "final"}},
    },
    "events under a wildcard": {
        "events": {"PAY.card": LABELLED, "PAY": LABELLED},
        "entry": {"raise": {"type": "PAY"}},
        "on": {"PAY.*": {}},
    },
    "data that the schema has": paying(reads("event.sum.minor")),
    "data deeper than the schema goes": paying(reads("event.sum.minor.digits")),
    "data of an event without a schema of its properties": paying(reads("event.x"), data={"type": "object"}),
    "data that a schema leaves open": paying(
        reads("event.x"), data={"properties": {"y": {}}, "additionalProperties": {"type": "string"}}
    ),
    "data that a schema takes from elsewhere": paying(
        reads("event.x"), data={"properties": {"y": {}}, "allOf": [{"properties": {"x": {}}}]}
    ),
    "data that another event under the wildcard has": {
        "events": {"A.x": LABELLED, "A.y": {**LABELLED, "data": {"properties": {"z": {}}}}},
        "on": {"A.*": reads("event.z")},
    },
    "data in an entry, which any event may lead to": paying({}) | {"entry": reads("event.x")["actions"]},
    "data and facts of an eventless transition": paying({})
    | {"initial": "a", "states": {"a": {"always": {"guard": {"or": [when("event.x"), when("facts.x")]}}}}},
    "context that is assigned": paying(
        {"actions": [{"assign": {"paid": 1}}, {"emit": {"type": "e", "data": {"p": {"from": "context.paid"}}}}]}
    ),
    "context of a chart that declares none": {"context": {}, "on": {"PAY": reads("context.x")}},
    "the whole of the data, of the context, and the time": paying(
        {"actions": {"assign": {"a": {"from": "event"}, "b": {"from": "now"}, "c": {"from": "context"}}}}
    ),
    "paths that are asked for null": paying(
        {"guard": {"or": [when("context.x", None, "is_null"), when("event.x", None, "is_not_null")]}}
    ),
    "a fact that the event declares": paying({"guard": when("facts.credit.limit")}),
    "what an action's parameters call `from` among others": paying(
        {"actions": {"type": "n", "params": {"x": {"from": "event.nowhere", "to": 1}}}}
    ),
}  # fmt: skip


@pytest.mark.parametrize("definition", FINE.values(), ids=FINE)
def test_the_checks_leave_alone(definition: Mapping):
    assert found(definition) == []


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


# --- what a run proves ----------------------------------------------------------------------------


def lived(chart: Chart, sent: list) -> list[Step]:
    """Every step of a random run that was not refused."""
    try:
        steps = [start(chart, BEHAVIOUR, now=NOW, trace=True)]
    except StartRefused:
        return []
    for event, facts in sent:
        before = steps[-1].snapshot
        steps.append(send(chart, BEHAVIOUR, before, event, facts=facts, now=NOW, trace=True))
    return [step for step in steps if step.refused is None]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(charts(), happenings)
def test_what_happens_in_a_run_is_never_called_impossible(chart: Chart, sent: list):
    reported = {(one.code, one.path) for one in check(chart)}
    microsteps = [one for step in lived(chart, sent) for one in step.trace]
    for path in {path for one in microsteps for path in one.transitions}:
        assert ("transition.shadowed", path) not in reported
        assert ("done.never", path) not in reported
    for node in {node for one in microsteps for node in one.entered}:
        place = ".".join(f"states.{key}" for key in node.split(".")[1:])
        assert ("state.unreachable", place) not in reported
    assert not microsteps or not any(
        code == "always.loop" and came_to(path, microsteps) for code, path in reported
    )


def came_to(path: str, microsteps: list) -> bool:
    """Whether a step that came to an end passed by an eventless transition that never comes to rest."""
    return any(path in one.transitions for one in microsteps)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(charts(), happenings)
def test_what_a_history_restores_is_never_called_nothing(chart: Chart, sent: list):
    idle = {one.path for one in check(chart) if one.code == "history.idle"}
    for step in lived(chart, sent):
        for node in step.snapshot.history:
            assert ".".join(f"states.{key}" for key in node.split(".")[1:]) not in idle
