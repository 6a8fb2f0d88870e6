"""Events that a chart sends itself and nobody takes: internal ones are dropped in silence, timers run for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from orderwright.statechart.checks.declaration import descriptors, sent
from orderwright.statechart.checks.source import Source, matches
from orderwright.statechart.problem import Problem


def messages(source: Source) -> Iterator[Problem]:
    """Yield what is raised or sent and not taken anywhere."""
    used = descriptors(source.chart)
    for path, kind, event in sent(source):
        if not any(matches(descriptor, event) for descriptor in used):
            message = f"no state takes {event}, so it is dropped; give a state a transition on it, or leave this out"
            yield Problem(path, f"{kind}.unhandled", message)
