"""What charts and snapshots remember: it saves time and space, and changes nothing."""

from __future__ import annotations

from itertools import product

import pytest
from driving import Drive, logged, region

from orderwright.statechart import Snapshot

KEYS = "rstu"
REGIONS = {key: region(key, **{key: "2"}) for key in KEYS}
REGIONS["h"] = {"type": "history", "history": "deep"}
MANY = {
    "initial": "p",
    "states": {
        "p": {"type": "parallel", "states": REGIONS, "on": {"LEAVE": "out", "any.*": {}}},
        "out": logged("out", on={"BACK": "p.h"}),
    },
}


def visited(name: str) -> list[tuple]:
    """What comes of every way through the regions, out and back again, and of many event types."""
    drive = Drive({**MANY, "id": name})
    first = drive.step
    found = []
    for ways in product([True, False], repeat=len(KEYS)):
        drive.step = first
        for key, way in zip(KEYS, ways, strict=True):
            drive = drive.send(key) if way else drive.send(f"any.{key}.{len(found)}")
        there = Snapshot.from_text(drive.snapshot.to_text())
        back = drive.send("LEAVE").send("BACK").step
        found.append((there, back.snapshot, back.trace))
    return found


@pytest.mark.parametrize("module", ["configuration", "program", "head"])
def test_a_memory_that_is_full_is_emptied_and_nothing_else_happens(
    module: str, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as small:
        small.setattr(f"orderwright.statechart.{module}._REMEMBERED", 3)
        hindered = visited(f"many-{module}")
    assert hindered == visited(f"many-{module}")
