"""The core can be imported alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import orderwright
from orderwright import statechart

SOURCE = Path(orderwright.__file__).parents[1]
LISTED = """
import json, sys
sys.path.insert(0, sys.argv[1])
__import__(sys.argv[2])
print(json.dumps(sorted(sys.modules)))
"""
BELOW = {"orderwright", "orderwright.errors", "orderwright.json_text", "orderwright.money"}
IO = {"asyncio", "logging", "random", "socket", "sqlite3", "ssl", "subprocess", "threading"}


def imported(name: str) -> set[str]:
    """The modules of a fresh interpreter, without anything that was installed, that imports a module of ours."""
    command = [sys.executable, "-I", "-S", "-c", LISTED, str(SOURCE), name]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


@pytest.mark.parametrize(
    "name",
    ["", ".checks", ".diagram", ".explore", ".interchange", ".migration", ".revision"],
)
def test_importing_the_core_pulls_in_the_standard_library_and_its_own_floors_alone(name: str):
    modules = imported(f"orderwright.statechart{name}")
    others = {one for one in modules if one.split(".")[0] not in sys.stdlib_module_names}
    ours = {one for one in others if one.split(".")[0] == "orderwright"}
    assert others - ours == {"__main__"}
    floors = ("orderwright.condition", "orderwright.statechart")
    assert all(one in BELOW or one.startswith(floors) for one in ours)


def test_the_core_brings_no_io_with_it():
    assert imported("orderwright.statechart").isdisjoint(IO)


def test_the_surface_is_sorted_and_complete():
    assert statechart.__all__ == sorted(statechart.__all__)
    assert all(hasattr(statechart, name) for name in statechart.__all__)
