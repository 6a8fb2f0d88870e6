from __future__ import annotations

import json
from collections import OrderedDict
from types import MappingProxyType

import pytest
from driving import Drive

from orderwright.statechart import Snapshot

PARALLEL = {
    "id": "c",
    "initial": "a",
    "states": {
        "a": {"on": {"E": "p"}},
        "p": {
            "type": "parallel",
            "states": {
                "r": {"initial": "x", "states": {"x": {"initial": "y", "states": {"y": {}}}}},
                "s": {"initial": "z", "states": {"z": {}}},
                "t": {},
            },
        },
    },
}


def test_the_value_has_the_shape_of_xstate():
    drive = Drive(PARALLEL)
    assert drive.value == "a"
    assert drive.send("E").value == {"p": {"r": {"x": "y"}, "s": "z", "t": {}}}


def test_the_configuration_is_every_active_node_in_document_order():
    configuration = Drive(PARALLEL).send("E").snapshot.configuration
    assert configuration == (
        "c",
        "c.p",
        "c.p.r",
        "c.p.r.x",
        "c.p.r.x.y",
        "c.p.s",
        "c.p.s.z",
        "c.p.t",
    )


def test_a_chart_of_one_node_has_an_empty_value():
    assert Drive({"id": "c"}).value == {}


def test_a_snapshot_names_chart_version_and_structure():
    drive = Drive({**PARALLEL, "version": 3})
    found = drive.snapshot
    assert (found.chart_id, found.version, found.hash) == ("c", 3, drive.chart.hash)


GOOD = Drive(PARALLEL, context={"x": [1, {"y": None}]}).send("E").snapshot.to_json()


def test_a_snapshot_survives_json_unchanged():
    text = json.dumps(GOOD)
    assert Snapshot.from_json(json.loads(text)).to_json() == GOOD
    assert json.dumps(Snapshot.from_json(json.loads(text)).to_json()) == text


@pytest.mark.parametrize("key", ["chart", "version", "hash", "configuration", "context", "status"])
def test_a_document_without_a_key_is_refused_by_its_name(key: str):
    broken = {name: value for name, value in GOOD.items() if name != key}
    with pytest.raises(ValueError, match=f"snapshot.{key}"):
        Snapshot.from_json(broken)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", "1"),
        ("version", True),
        ("configuration", "c"),
        ("configuration", [["c"]]),
        ("history", {"h": "c"}),
        ("history", {"h": [1]}),
        ("status", "paused"),
        ("context", []),
    ],
)
def test_a_document_with_a_wrong_value_is_refused_by_its_name(key: str, value: object):
    with pytest.raises(ValueError, match=f"snapshot.{key}"):
        Snapshot.from_json({**GOOD, key: value})


# --- text -----------------------------------------------------------------------------------------

STANDS = Drive(PARALLEL, context={"x": [1, {"y": None}]}).send("E").snapshot


@pytest.mark.parametrize(
    "snapshot",
    [
        STANDS,
        STANDS._replace(history={"c.h": ("c.a", "c.p")}),
        STANDS._replace(status="done", output={"n": 1}),
        STANDS._replace(history={"c.h": ()}, status="done", output=[None]),
        STANDS._replace(context=MappingProxyType({"x": 1})),
    ],
    ids=["plain", "with history", "with output", "with both", "with another mapping as context"],
)
def test_a_snapshot_survives_its_text_and_the_text_is_that_of_its_json(snapshot: Snapshot):
    text = snapshot.to_text()
    assert json.loads(text) == snapshot.to_json()
    assert Snapshot.from_text(text) == snapshot
    assert Snapshot.from_text(text).to_text() == text


def test_a_region_may_be_called_context():
    states = {"a": {"initial": "x", "states": {"x": {}}}, "context": {}, "z": {}}
    snapshot = Drive({"id": "c", "type": "parallel", "states": states}).snapshot
    for _ in ("not met yet", "met"):
        assert Snapshot.from_text(snapshot.to_text()) == snapshot


def test_a_document_may_be_read_into_any_kind_of_dict():
    found = Snapshot.from_json(json.loads(json.dumps(GOOD), object_pairs_hook=OrderedDict))
    assert found.to_json() == GOOD


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1], [True]),
        ([1], [1.0]),
        ([1], [1, 2]),
        ({"a": "x", "b": "y"}, {"b": "y", "a": "x"}),
        ({"a": {"b": ["c", 1]}}, {"a": {"b": ["c", 1.0]}}),
        ("x", None),
    ],
)
def test_values_that_only_python_calls_equal_keep_their_own_text(one: object, other: object):
    made = [Snapshot.from_json({**GOOD, "value": value}) for value in (one, other, one)]
    assert [json.dumps(each.value) for each in made] == [json.dumps(v) for v in (one, other, one)]
    assert [json.loads(each.to_text()) for each in made] == [each.to_json() for each in made]
    assert [each.to_text() for each in made] == [
        Snapshot.from_text(each.to_text()).to_text() for each in made
    ]


def test_what_becomes_of_the_json_does_not_reach_the_snapshot():
    source = {**GOOD, "value": {"p": ["x"]}}
    snapshot = Snapshot.from_json(source)
    for document in (source, snapshot.to_json()):
        document["value"]["p"].append("y")  # type: ignore[index]
    assert snapshot.value == {"p": ["x"]}
    assert Snapshot.from_json({**GOOD, "value": {"p": ["x"]}}).value == {"p": ["x"]}
