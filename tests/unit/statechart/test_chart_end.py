"""How nodes and charts come to their end."""

from __future__ import annotations

from driving import Drive, log


def test_done_events_may_be_answered_under_on_too():
    work = {"initial": "end", "states": {"end": {"type": "final"}}}
    definition = {
        "id": "c",
        "initial": "w",
        "states": {"w": work, "x": {}},
        "on": {"done.state.c.w": ".x"},
    }
    assert Drive(definition).value == "x"


def test_a_parallel_node_is_done_when_all_its_regions_are():
    ending = {"initial": "1", "states": {"1": {"on": {"E": "2"}}, "2": {"type": "final"}}}
    later = {"initial": "1", "states": {"1": {"on": {"F": "2"}}, "2": {"type": "final"}}}
    p = {"type": "parallel", "states": {"r": ending, "s": later}, "onDone": "q"}
    drive = Drive({"id": "c", "initial": "p", "states": {"p": p, "q": {}}})
    assert drive.send("E").value == {"p": {"r": "2", "s": "1"}}
    assert drive.send("F").value == "q"


def test_the_output_of_the_root_sees_the_output_of_its_final_child():
    states = {"z": {"type": "final", "output": {"n": 1}}}
    definition = {
        "id": "c",
        "initial": "z",
        "states": states,
        "output": {"all": {"from": "event.output"}},
    }
    assert Drive(definition).snapshot.output == {"all": {"n": 1}}


def test_a_chart_may_end_while_it_starts():
    drive = Drive(
        {"id": "c", "initial": "a", "states": {"a": {"always": "z"}, "z": {"type": "final"}}}
    )
    assert drive.snapshot.status == "done"


def test_what_is_still_queued_when_the_chart_ends_is_dropped():
    states = {
        "a": {"on": {"E": {"target": "z", "actions": {"raise": {"type": "R"}}}}},
        "z": {"type": "final"},
    }
    definition = {"id": "c", "initial": "a", "on": {"R": {"actions": log("R")}}, "states": states}
    assert Drive(definition).news("E") == []
