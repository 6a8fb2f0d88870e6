"""Move a snapshot from one version of its chart to another: pure, like a step.

A mapping says what becomes of states, context and timers. What it does not mention stays as it is, where the new
version still has it. Nothing is guessed: a snapshot that does not fit the new version afterwards is not moved, and
every reason is told. No entry or exit actions run, and no eventless transitions: the instance does not go anywhere,
it is described in other words.
"""

from __future__ import annotations

from orderwright.statechart.migration.mapping import MappingInvalid, VersionMapping, read_mapping
from orderwright.statechart.migration.passage import Moved, Passage
from orderwright.statechart.migration.timer import Pending

__all__ = ["MappingInvalid", "Moved", "Passage", "Pending", "VersionMapping", "read_mapping"]
