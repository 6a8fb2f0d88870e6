from __future__ import annotations

import json

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
