"""What may be kept as JSON: nested within a fixed depth, with keys that are text."""

from __future__ import annotations

import json
from collections import OrderedDict
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import FormatChecker

from orderwright.errors import InputInvalid, shown
from orderwright.json_text import DEEPEST, Unfit, canonical, keep, require_fit
from orderwright.runtime.admission import Admission
from orderwright.runtime.command import Actor, Cause, Create, Send
from orderwright.runtime.job_queue import payload_text
from orderwright.runtime.schedule import Schedule
from orderwright.statechart import Event, load

if TYPE_CHECKING:
    from collections.abc import Callable

CAUSE = Cause(actor=Actor("ann"))
OPEN_CHART = load(
    {
        "id": "open",
        "initial": "A",
        "events": {
            "ANY": {"label": "Any"},
            "OBJECT": {"label": "Object", "data": {"type": "object"}},
        },
        "states": {"A": {"on": {"ANY": {}, "OBJECT": {}}}},
    }
)


class Word(StrEnum):
    YES = "yes"


def tree(levels: int, *, within: Callable[[object], object] = lambda inner: {"a": inner}) -> Any:
    """An object with one field, so many levels deep in all."""
    value: object = 1
    for _ in range(levels - 1):
        value = within(value)
    return {"tree": value}


def in_list(inner: object) -> list[object]:
    return [inner]


def myself() -> dict[str, object]:
    value: dict[str, object] = {}
    value["tree"] = value
    return value


# --- what is kept ---------------------------------------------------------------------------------


@pytest.mark.parametrize("within", [lambda inner: {"a": inner}, in_list, lambda inner: (1, inner)])
def test_what_nests_as_deep_as_the_limit_is_kept_and_one_level_more_is_not(
    within: Callable[[object], object],
):
    deepest = tree(DEEPEST, within=within)
    assert json.loads(keep(deepest)) == json.loads(json.dumps(deepest))
    with pytest.raises(Unfit, match=f"^tree: expected at most {DEEPEST} levels") as caught:
        keep(tree(DEEPEST + 1, within=within))
    assert (caught.value.place, caught.value.field("data")) == ("tree", "data.tree")


@pytest.mark.parametrize("levels", [200, 979, 5_000, 200_000])
def test_however_deep_it_is_the_refusal_is_the_same(levels: int):
    with pytest.raises(Unfit, match=f"^tree: expected at most {DEEPEST} levels"):
        keep(tree(levels))
    with pytest.raises(Unfit, match=f"^tree: expected at most {DEEPEST} levels"):
        keep({"flat": 1, **myself()})


@pytest.mark.parametrize("levels", [0, 1, 2, 3])
def test_levels_are_objects_and_lists_that_stand_within_each_other(levels: int):
    value: object = 1
    for _ in range(levels):
        value = {"a": value, "b": [] if levels > 1 and value == 1 else 2}
    depth = levels + (levels > 1)
    assert keep(value, depth)
    if depth:
        with pytest.raises(Unfit):
            keep(value, depth - 1)


def test_brackets_in_texts_and_many_side_by_side_are_no_levels():
    value = {"text": "[{" * 500, "many": [{"n": [n]} for n in range(500)]}
    assert json.loads(keep(value)) == value


def test_kinds_of_objects_lists_and_texts_are_kept_as_they_are_written():
    value = OrderedDict([(Word.YES, Word.YES), ("list", (OrderedDict(a=1), []))])
    assert keep(value) == '{"yes":"yes","list":[{"a":1},[]]}'


@pytest.mark.parametrize(
    ("value", "place", "kind"),
    [
        ({1: "a"}, "", "int"),
        ({"a": 1, 2: "b"}, "", "int"),
        ({None: "a"}, "", "NoneType"),
        ({True: "a"}, "", "bool"),
        ({1.5: "a"}, "", "float"),
        ({("a", 1): "a"}, "", "tuple"),
        ({"by": {1: "a"}}, "by", "int"),
        ({"lines": [{"n": 1}, {"of": {1: "a"}}]}, "lines[1].of", "int"),
        ([{1: "a"}], "[0]", "int"),
        ({"x" * 300: {1: "a"}}, "x" * 60 + "...", "int"),
    ],
)
def test_keys_that_are_not_text_are_refused_with_their_place(value: Any, place: str, kind: str):
    with pytest.raises(Unfit, match=f"expected keys that are text, not {kind}$") as caught:
        keep(value)
    assert caught.value.place == place
    with pytest.raises(Unfit):
        require_fit(value)


def test_what_is_not_json_is_refused_as_before():
    with pytest.raises(TypeError, match=r"^Decimal is not JSON"):
        keep({"a": [Decimal(1)]})
    with pytest.raises(ValueError, match="not JSON compliant"):
        keep({"a": float("nan")})


def test_hashing_what_nests_without_end_is_a_value_error():
    with pytest.raises(ValueError, match="nested too deeply"):
        canonical(tree(5_000))


# --- what is shown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (tree(5_000), "{'tree': {'a': {'a': {'a': {'a': {'a': {...}}}}}}}"),
        ({1: "a", "b": 2}, "{1: 'a', 'b': 2}"),
        ("half \ud800", "'half \\ud800'"),
        (10**5_000, "<int>"),
        ({"n": 10**5_000}, "<dict>"),
    ],
    ids=["deep", "mixed keys", "half a pair", "endless number", "endless number within"],
)
def test_any_value_can_be_shown(value: object, words: str):
    assert shown(value) == words


def test_showing_is_short():
    assert len(shown({"text": "x" * 10_000, "list": list(range(10_000))})) < 1_000
    assert shown(myself()).startswith("{'tree': {'tree'")


def test_a_refusal_of_any_value_can_be_made():
    assert InputInvalid("field", tree(5_000), "less").values["value"] == shown(tree(5_000))
    assert InputInvalid("field", [1, 2], "less").values["value"] == "[1, 2]"


# --- the doors ------------------------------------------------------------------------------------


def _context(value: dict[str, object]) -> None:
    Create(chart_id="c", instance_id="i", root_id="i", cause=CAUSE, context=value)


def _request(value: dict[str, object]) -> None:
    Create(chart_id="c", instance_id="i", root_id="i", cause=CAUSE, request=value)


DOORS = [
    pytest.param(_context, "context", id="context"),
    pytest.param(_request, "request", id="request"),
    pytest.param(payload_text, "payload", id="job payload"),
]
UNFIT = [
    pytest.param(tree(DEEPEST + 1), ".tree", "levels of objects and lists", id="one too deep"),
    pytest.param(tree(979), ".tree", "levels of objects and lists", id="near the interpreter's"),
    pytest.param(tree(50_000), ".tree", "levels of objects and lists", id="without end"),
    pytest.param(myself(), ".tree", "levels of objects and lists", id="itself"),
    pytest.param({"a": 1, 2: 3}, "", "keys that are text", id="mixed keys"),
    pytest.param({"a": {2: 3}}, ".a", "keys that are text", id="numbers for keys"),
    pytest.param({"n": 10**5_000}, "", "JSON (", id="endless number"),
    pytest.param({"n": Decimal(1)}, "", "JSON (Decimal is not JSON)", id="decimal"),
]


@pytest.mark.parametrize(("door", "name"), DOORS)
@pytest.mark.parametrize(("value", "place", "expected"), UNFIT)
def test_a_door_names_the_field_and_what_would_be_right(
    door: Callable[[object], object], name: str, value: Any, place: str, expected: str
):
    with pytest.raises(InputInvalid) as caught:
        door(value)
    assert caught.value.field == name + place
    assert expected in str(caught.value.values["expected"])
    assert len(caught.value.message) < 1_000


@pytest.mark.parametrize("door", [_context, _request, payload_text])
def test_a_door_lets_in_what_nests_as_deep_as_the_limit(door: Callable[[object], object]):
    door(tree(DEEPEST))


@pytest.mark.parametrize("event", ["ANY", "OBJECT"])
@pytest.mark.parametrize(("value", "place", "expected"), UNFIT)
def test_an_event_is_refused_with_the_field_and_what_would_be_right(
    event: str, value: Any, place: str, expected: str
):
    command = Send(instance_id="i", event=Event(event, value), cause=CAUSE)
    refused = Admission(FormatChecker()).refusal(OPEN_CHART, command)
    assert refused is not None
    assert refused.code == "event_data"
    assert refused.values["field"] == (place.removeprefix(".") or "data")
    assert expected in str(refused.values["expected"])
    assert refused.values["value"] is None


@pytest.mark.parametrize("event", ["ANY", "OBJECT"])
@pytest.mark.parametrize("odd", ["a\0b", "\ud800"])
def test_an_event_with_text_that_cannot_be_kept_is_refused_and_told_where_it_stands(
    event: str, odd: str
):
    values: list[tuple[dict[str, Any], str]] = [
        ({"a": odd}, "a"),
        ({"fine": "\\u0000", "b": [1, {"c": odd}]}, "b.1.c"),
        ({"b": {odd: 1}}, "b"),
        ({odd: 1}, "data"),
    ]
    for value, place in values:
        command = Send(instance_id="i", event=Event(event, value), cause=CAUSE)
        refused = Admission(FormatChecker()).refusal(OPEN_CHART, command)
        assert refused is not None
        assert (refused.code, refused.values["field"]) == ("event_data", place)


@pytest.mark.parametrize("event", ["ANY", "OBJECT"])
@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "\x01 \u2028 \x7f"])
def test_an_event_enters_whose_text_only_looks_like_one_with_a_nul(event: str, text: str):
    command = Send(instance_id="i", event=Event(event, {"a": text, text: 1}), cause=CAUSE)
    assert Admission(FormatChecker()).refusal(OPEN_CHART, command) is None


@pytest.mark.parametrize("event", ["ANY", "OBJECT"])
def test_an_event_enters_that_nests_as_deep_as_the_limit(event: str):
    command = Send(instance_id="i", event=Event(event, tree(DEEPEST)), cause=CAUSE)
    assert Admission(FormatChecker()).refusal(OPEN_CHART, command) is None


def test_a_schedule_with_any_payload_can_be_refused():
    with pytest.raises(Exception, match="payload of a schedule: expected JSON") as caught:
        Schedule(name="s", cron="* * * * *", action="a", payload=tree(5_000))
    assert getattr(caught.value, "code", "") == "schedule.invalid"
