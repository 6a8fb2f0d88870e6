"""Regions: entered and left together, each with its own transition."""

from __future__ import annotations

import pytest
from driving import Drive, log, logged, region


def test_regions_each_take_their_own_transition_in_one_microstep():
    regions = {
        "r": region("r", E={"target": "2", "actions": log("r-go")}),
        "s": region("s", E={"target": "2", "actions": log("s-go")}),
    }
    drive = Drive({"id": "c", "type": "parallel", "states": regions})
    assert drive.news("E") == ["-s1", "-r1", "r-go", "s-go", "+r2", "+s2"]
    assert len(drive.step.trace) == 1
    assert drive.value == {"r": "2", "s": "2"}


def test_a_transition_of_a_common_ancestor_is_taken_once_for_all_regions():
    definition = {
        "id": "c",
        "type": "parallel",
        "on": {"E": {"actions": log("once")}},
        "states": {"r": region("r"), "s": region("s")},
    }
    assert Drive(definition).news("E") == ["once"]


def test_several_targets_enter_their_regions_and_the_others_by_default():
    regions = {name: region(name) for name in "rst"}
    states = {
        "a": {"on": {"E": {"target": ["#c.p.r.2", "#c.p.t.2"]}}},
        "p": logged("p", type="parallel", states=regions),
    }
    drive = Drive({"id": "c", "initial": "a", "states": states})
    assert drive.news("E") == ["+p", "+r", "+r2", "+s", "+s1", "+t", "+t2"]


def test_a_transition_of_a_parallel_node_to_its_own_region_leaves_and_enters_it():
    p = logged("p", type="parallel", states={"r": region("r"), "s": region("s")}, on={"E": ".r.2"})
    drive = Drive({"id": "c", "initial": "p", "states": {"p": p}})
    assert drive.news("E") == ["-s1", "-s", "-r1", "-r", "-p", "+p", "+r", "+r2", "+s", "+s1"]


def test_the_state_in_a_word_names_the_leaf_of_each_region():
    regions = {"r": region("r", E="#c.r.2"), "s": region("s")}
    drive = Drive({"id": "c", "type": "parallel", "states": regions})
    told = [drive.chart.leaves(drive.snapshot.configuration)]
    drive.send("E")
    told.append(drive.chart.leaves(drive.snapshot.configuration))
    assert told == ["1 1", "2 1"]
    assert drive.chart.leaves(("c", "c.r", "c.r.1", "c.s", "c.s.2")) == "1 2"  # met by nobody yet


@pytest.mark.parametrize("target", ["#c.s", "#c.s.2", "#c.r"])
def test_a_transition_between_regions_of_a_parallel_root_leaves_and_enters_all_regions(
    target: str,
):
    regions = {"r": region("r", E=target), "s": region("s"), "t": region("t")}
    drive = Drive({"id": "c", **logged("c"), "type": "parallel", "states": regions})
    news = drive.news("E")
    assert news[:6] == ["-t1", "-t", "-s1", "-s", "-r1", "-r"]
    assert drive.value == {"r": "1", "s": "2" if target.endswith("2") else "1", "t": "1"}
    assert "-c" not in news


def test_the_guard_in_asks_for_a_state_of_another_region():
    r = {
        "initial": "1",
        "states": {"1": {"on": {"E": {"guard": {"in": "#s2"}, "target": "2"}}}, "2": {}},
    }
    s = {"initial": "1", "states": {"1": {"on": {"GO": "2"}}, "2": {"id": "s2"}}}
    drive = Drive({"id": "c", "type": "parallel", "states": {"r": r, "s": s}})
    assert drive.send("E").refused.reasons[0].code == "not_in_state"
    assert drive.send("GO").send("E").value == {"r": "2", "s": "2"}
