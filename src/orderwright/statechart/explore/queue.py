"""Know the queue of internal events from what goes in and what comes up.

Raises go in one by one. A final node that is entered puts in the done event of its parent, which is compound, and
then those of the parallel nodes that are thereby done; which ones, the active states decide.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from orderwright.statechart.chart import Chart
from orderwright.statechart.snapshot import Event


class _Raised(NamedTuple):
    event: Event

    @property
    def key(self) -> Hashable:
        return self.event.type


class _Ended(NamedTuple):
    """Entered with these states active; so many of its done events have come up."""

    final: int
    active: tuple[str, ...]
    seen: int = 0

    @property
    def key(self) -> Hashable:
        return self


class Queue:
    """Internal events that wait, as far as it takes to tell two queues apart."""

    __slots__ = ("_chart", "_entries")

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._entries: list[_Raised | _Ended] = []

    @property
    def waiting(self) -> Hashable:
        """Equal only where the same events wait."""
        return tuple(entry.key for entry in self._entries)

    def put(self, event: Event) -> None:
        """Note a raise."""
        self._entries.append(_Raised(event))

    def end(self, final: int, active: tuple[str, ...]) -> None:
        """Note that a final node was entered."""
        self._entries.append(_Ended(final, active))

    def take(self, event: Event) -> None:
        """Note that an event has come up: those before it in the queue have, too."""
        entries = self._entries
        while entries and not self._is_from(entries[0], event):
            del entries[0]
        if entries and isinstance(entries[0], _Ended):
            entries[0] = entries[0]._replace(seen=entries[0].seen + 1)
        else:
            del entries[:1]

    def _is_from(self, entry: _Raised | _Ended, event: Event) -> bool:
        if isinstance(entry, _Raised):
            return entry.event is event
        name = event.type.removeprefix("done.state.")
        first = self._chart.nodes[entry.final].parent
        if entry.seen == 0 or first is None:
            return first is not None and self._chart.nodes[first].id == name
        around = [self._chart.nodes[index] for index in self._chart.ancestors(entry.final)]
        return any(node.id == name and node.kind == "parallel" for node in around)
