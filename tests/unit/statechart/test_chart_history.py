from __future__ import annotations

import json

import pytest
from driving import Drive, log, logged

from orderwright.statechart import Snapshot


def house(history: dict) -> dict:
    """Rooms within floors; LEAVE goes out and BACK comes back by history."""
    return {
        "id": "c",
        "initial": "in",
        "states": {
            "in": {
                "initial": {"target": "low", "actions": log("initial")},
                "entry": log("+in"),
                "on": {"LEAVE": "out"},
                "states": {
                    "low": {
                        "initial": "a",
                        "states": {"a": {"on": {"NEXT": "b"}}, "b": {"on": {"UP": "#c.in.high"}}},
                    },
                    "high": {"initial": "d", "states": {"d": {"on": {"NEXT": "e"}}, "e": {}}},
                    "h": history,
                },
            },
            "out": {"on": {"BACK": "in.h"}, "initial": "x", "states": {"x": {}}},
        },
    }


SHALLOW = {"type": "history"}
DEEP = {"type": "history", "history": "deep"}


def test_shallow_history_restores_the_child_and_enters_it_by_default():
    drive = Drive(house(SHALLOW))
    for event in ("NEXT", "UP", "NEXT", "LEAVE"):
        drive.send(event)
    assert drive.snapshot.history == {"c.in.h": ("c.in.high",)}
    assert drive.send("BACK").value == {"in": {"high": "d"}}


def test_deep_history_restores_the_leaves():
    drive = Drive(house(DEEP))
    for event in ("NEXT", "UP", "NEXT", "LEAVE"):
        drive.send(event)
    assert drive.snapshot.history == {"c.in.h": ("c.in.high.e",)}
    assert drive.send("BACK").value == {"in": {"high": "e"}}


def test_history_is_recorded_at_every_exit_and_the_last_one_counts():
    drive = Drive(house(DEEP))
    for event in ("LEAVE", "BACK", "NEXT", "LEAVE", "BACK"):
        drive.send(event)
    assert drive.value == {"in": {"low": "b"}}


def fresh(history: dict) -> Drive:
    """The house entered from outside, where nothing was ever recorded."""
    definition = house(history)
    definition["initial"] = "out"
    return Drive(definition)


@pytest.mark.parametrize("kind", [SHALLOW, DEEP])
def test_a_history_default_is_entered_when_nothing_is_recorded(kind: dict):
    assert fresh({**kind, "target": "high"}).send("BACK").value == {"in": {"high": "d"}}
    assert fresh({**kind, "target": "#c.in.high.e"}).send("BACK").value == {"in": {"high": "e"}}


def test_a_recorded_history_runs_the_entry_of_its_parent_and_no_initial_action():
    drive = Drive(house(DEEP)).send("LEAVE")
    assert drive.news("BACK") == ["+in"]


def test_the_history_of_a_parallel_node_restores_every_region():
    def region() -> dict:
        return {"initial": "1", "states": {"1": {}, "2": {}}}

    regions = {"r": region(), "s": region(), "h": DEEP}
    regions["r"]["states"]["1"]["on"] = {"R": "2"}
    regions["s"]["states"]["1"]["on"] = {"S": "2"}
    p = {"type": "parallel", "states": regions, "on": {"LEAVE": "out"}}
    states = {"p": p, "out": {"on": {"BACK": "p.h"}}}
    drive = Drive({"id": "c", "initial": "p", "states": states}).send("S").send("LEAVE")
    assert drive.snapshot.history == {"c.p.h": ("c.p.r.1", "c.p.s.2")}
    assert drive.send("BACK").value == {"p": {"r": "1", "s": "2"}}
    fresh = Drive({"id": "c", "initial": "out", "states": states})
    assert fresh.send("BACK").value == {"p": {"r": "1", "s": "1"}}


def test_history_survives_json():
    drive = Drive(house(DEEP)).send("NEXT").send("LEAVE")
    again = Snapshot.from_json(json.loads(json.dumps(drive.snapshot.to_json())))
    assert again == drive.snapshot
    assert again.history == {"c.in.h": ("c.in.low.b",)}


def test_an_initial_may_name_a_history_with_a_default():
    states = {"a": {"on": {"GO": "b"}}, "b": {}, "h": {"type": "history", "target": "a"}}
    outer = {"o": {"initial": "h", "states": states, "on": {"OUT": "x"}}, "x": {"on": {"IN": "o"}}}
    drive = Drive({"id": "c", "initial": "o", "states": outer})
    assert drive.value == {"o": "a"}
    assert drive.send("GO").send("OUT").send("IN").value == {"o": "b"}


def test_a_default_over_two_histories_is_followed():
    states = {
        "a": {},
        "b": {
            "initial": "x",
            "states": {"x": {}, "y": {}, "h": {"type": "history", "target": "y"}},
        },
        "h": {"type": "history", "target": "b.h"},
    }
    outer = {"o": {"initial": "a", "states": states}, "x": {"on": {"IN": "o.h"}}}
    assert Drive({"id": "c", "initial": "x", "states": outer}).send("IN").value == {
        "o": {"b": "y"}
    }


def test_what_was_never_left_is_not_entered_by_a_history_above_the_source():
    """`a` targets a history that restores a state within `a`: only what is inside `a` is left and entered."""
    a = logged(
        "a", initial="b", states={"b": logged("b"), "c": logged("c")}, on={"BACK": "#c.m.h"}
    )
    a["states"]["b"]["on"] = {"NEXT": "c"}
    m = {"initial": "a", "states": {"a": a, "h": DEEP}, "on": {"LEAVE": "out"}}
    drive = Drive({"id": "c", "initial": "m", "states": {"m": m, "out": {"on": {"IN": "m"}}}})
    drive.send("NEXT").send("LEAVE").send("IN")
    assert drive.value == {"m": {"a": "b"}}
    assert drive.news("BACK") == ["-b", "+c"]
    assert drive.value == {"m": {"a": "c"}}
