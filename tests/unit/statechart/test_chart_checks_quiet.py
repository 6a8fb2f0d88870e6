"""What the checks leave alone: a false alarm is a defect."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from findings import LABELLED, found, paying, reads, regions, two, when

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
    "an eventless step into several regions at once": {
        "initial": "a",
        "states": {
            "a": {"always": "w"},
            "w": {
                "initial": {"target": ["#p.x", "#p.y"]},
                "on": {"GO": "a"},
                "states": {
                    "p": regions(
                        {"initial": "x", "states": {"x": {"id": "p.x"}}},
                        {"initial": "y", "states": {"y": {"id": "p.y"}}},
                    )
                },
            },
        },
    },
    "a history whose parent is left from deep inside": {
        "initial": "a",
        "states": {
            "a": {
                "initial": "b",
                "states": {
                    "b": {"initial": "c", "states": {"c": {"on": {"OUT": "#chart.out"}}}},
                    "h": {"type": "history"},
                },
            },
            "out": {"on": {"BACK": "a.h"}},
        },
    },
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
    "an invocation under the id of a state before": {
        "initial": "a",
        "states": {
            "a": {"invoke": {"id": "call", "src": "ring", "onDone": "b"}},
            "b": {"invoke": {"id": "call", "src": "ring"}, "on": {"X": "a"}},
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("definition", FINE.values(), ids=FINE)
def test_the_checks_leave_alone(definition: Mapping):
    assert found(definition) == []
