"""What differs between two versions of a chart, told in words."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from orderwright.statechart import load
from orderwright.statechart.revision import changes

ONE: dict[str, Any] = {
    "id": "m",
    "version": 1,
    "initial": "a",
    "context": {"n": 0},
    "events": {"GO": {"label": "Go"}},
    "states": {
        "a": {
            "entry": ["hello"],
            "on": {"GO": {"target": "b", "guard": "may", "actions": ["one", "two"]}},
            "after": {"1000": "b"},
        },
        "b": {"always": [{"target": "a", "guard": "may"}]},
    },
}


def found(edit: Any) -> list[tuple[str, str, str]]:
    two = copy.deepcopy(ONE) | {"version": 2}
    edit(two)
    return [one[:3] for one in changes(load(ONE), load(two))]


def edited(*path: str, to: Any) -> Any:
    def edit(chart: Any) -> None:
        *above, last = path
        for key in above:
            chart = chart[key]
        if to is None:
            del chart[last]
        else:
            chart[last] = to

    return edit


GO = ("states", "a", "on", "GO")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda _: None, []),
        (edited("states", "c", to={}), [("states.m.c", "added", "state")]),
        (edited("context", "n", to=1), [("context.n", "changed", "context")]),
        (edited("initial", to="b"), [("states.m.initial", "changed", "initial")]),
        (edited("events", "BACK", to={"label": "x"}), [("events.BACK", "added", "event")]),
        (edited("events", "GO", to=None), [("events.GO", "removed", "event")]),
        (edited("events", "GO", "by", to="system"), [("events.GO.by", "added", "event's by")]),
        (edited(*GO, to=None), [("states.m.a.on.GO", "removed", "transition")]),
        (edited(*GO, "guard", to="must"), [("states.m.a.on.GO.guard", "changed", "guard")]),
        (edited(*GO, "guard", to=None), [("states.m.a.on.GO.guard", "removed", "guard")]),
        (edited(*GO, "target", to="a"), [("states.m.a.on.GO.target", "changed", "target")]),
        (edited(*GO, "actions", to=["one"]), [("states.m.a.on.GO.actions", "removed", "action")]),
        (
            edited(*GO, "actions", to=["two", "one"]),
            [("states.m.a.on.GO.actions", "changed", "action")],
        ),
        (edited("states", "a", "entry", to="hello"), []),
        (
            edited("states", "a", "entry", to=["hello", {"raise": {"type": "GO"}}]),
            [("states.m.a.entry", "added", "entry action")],
        ),
        (
            edited("states", "a", "after", to={"2000": "b"}),
            [
                ("states.m.a.after.1000", "removed", "transition"),
                ("states.m.a.after.2000", "added", "transition"),
            ],
        ),
        (
            edited("states", "b", "always", to=[{"target": "a", "guard": "may"}, "a"]),
            [("states.m.b.always[1]", "added", "transition")],
        ),
        (edited("states", "b", "tags", to=["x"]), [("states.m.b.tags", "added", "tags")]),
    ],
)
def test_each_difference_is_told_with_its_place(edit: Any, expected: list[tuple[str, str, str]]):
    assert found(edit) == expected


def test_a_difference_is_told_in_words():
    two = copy.deepcopy(ONE) | {"version": 2}
    two["states"]["a"]["on"]["GO"]["guard"] = "must"
    [change] = changes(load(ONE), load(two))
    assert change.message == 'the guard was "may" and is "must"'


def test_what_is_long_is_shortened():
    two = copy.deepcopy(ONE) | {"version": 2}
    two["context"]["n"] = "x" * 500
    [change] = changes(load(ONE), load(two))
    assert len(change.message) < 200
