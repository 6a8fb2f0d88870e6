"""Where XState and we differ, each with the smallest chart that shows it; `docs/conformance.md` lists them by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """A chart, what happens to it, and what either logs in the last step; "loop" is our refusal to start."""

    name: str
    definition: dict
    events: tuple[str, ...]
    ours: list[str] | str
    theirs: list[str]


def log(name: str) -> dict:
    return {"type": "log", "params": {"name": name}}


def logged(name: str, **node: object) -> dict:
    return {"entry": log(f"+{name}"), "exit": log(f"-{name}"), **node}


def chart(states: dict, initial: str | None = None, **root: object) -> dict:
    kind = {"type": "parallel"} if initial is None else {"initial": initial}
    return {"id": "c", "context": {"n": 0}, **kind, **root, "states": states}


def _once(name: str) -> dict:
    """Eventless, when the count is one."""
    at_one = [
        {"not": {"type": "below", "params": {"limit": 1}}},
        {"type": "below", "params": {"limit": 2}},
    ]
    return {"guard": {"and": at_one}, "actions": [log(name), "count"]}


DIFFERENCES = [
    Difference(
        "A transition between regions",
        chart(
            {"P": logged("P", type="parallel", states={"r": logged("r"), "s": logged("s", on={"X": "r"})})},
            "P",
        ),
        ("X",),
        ["-s", "-r", "-P", "+P", "+r", "+s"],
        ["-s", "-r", "+r", "+s"],
    ),
    Difference(
        "An event that one region answers",
        chart({"r": {"on": {"X": {"actions": log("r")}}}, "s": {}}, on={"X": {"actions": log("c")}}),
        ("X",),
        ["r", "c"],
        ["r"],
    ),
    Difference(
        "Eventless transitions of several regions",
        chart(
            {
                "r": {"initial": "a", "states": {"a": {"on": {"X": "b"}}, "b": {"always": _once("r")}}},
                "s": {"initial": "a", "states": {"a": {"always": _once("s")}}},
            },
            on={"Y": {"actions": "count"}},
        ),
        ("X", "Y"),
        ["r", "s"],
        ["s", "r"],
    ),
    Difference(
        "Initial actions of a region that is entered for another",
        chart(
            {
                "A": {"on": {"X": "#c.P.r"}},
                "P": {
                    "type": "parallel",
                    "states": {
                        "r": {},
                        "s": {"initial": {"target": "a", "actions": log("!s")}, "states": {"a": {}}},
                    },
                },
            },
            "A",
        ),
        ("X",),
        ["!s"],
        [],
    ),
    Difference(
        "Initial actions of what a history restores",
        chart(
            {
                "A": {"on": {"X": "C.h"}},
                "C": {
                    "initial": "D",
                    "on": {"Y": "A"},
                    "states": {
                        "h": {"type": "history"},
                        "D": {"initial": {"target": "a", "actions": log("!D")}, "states": {"a": {}}},
                    },
                },
            },
            "C",
        ),
        ("Y", "X"),
        ["!D"],
        [],
    ),
    Difference(
        "A history of the node that one is in",
        chart(
            {
                "A": {"on": {"X": "C"}},
                "C": {
                    "initial": "D",
                    "on": {"Y": "A"},
                    "states": {"h": {"type": "history"}, "D": logged("D", on={"Z": "h"})},
                },
            },
            "C",
        ),
        ("Y", "X", "Z"),
        ["-D", "+D"],
        ["+D"],
    ),
    Difference(
        "An eventless transition that changes nothing",
        chart({"A": {"always": {"actions": log("A")}}}, "A"),
        (),
        "loop",
        ["A"],
    ),
    Difference(
        "Keys that are numbers",
        chart({"b": logged("b"), "1": logged("1")}),
        (),
        ["+b", "+1"],
        ["+1", "+b"],
    ),
    Difference(
        "`onDone` beside `on` for the same event",
        chart(
            {
                "C": {
                    "initial": "D",
                    "states": {"D": {"type": "final"}},
                    "onDone": {"actions": log("onDone")},
                    "on": {"done.state.c.C": {"actions": log("on")}},
                }
            },
            "C",
        ),
        (),
        ["on"],
        ["onDone"],
    ),
]  # fmt: skip
