"""The figures of one application, in a registry of their own, moved by the notes of the runtime.

A note on the hot path costs a look into a dictionary and an addition: what stands behind a set of labels is kept, and
steps that were stored are counted here and handed on when somebody asks.
"""

from __future__ import annotations

import platform
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from orderwright import __version__
from orderwright.app.telemetry.catalogue import CATALOGUE
from orderwright.errors import OrderwrightError
from orderwright.runtime.command import Command, Create
from orderwright.runtime.journal import CREATED
from orderwright.runtime.observation import (
    Applied,
    Attempted,
    Carried,
    Delivered,
    Diverted,
    Failed,
    Fired,
    Handled,
    Note,
    Refusal,
    Replayed,
)

_UNDECLARED: Final = "(undeclared)"
_OPEN: Final = frozenset({"event_unknown", "event_reserved"})
"""Refusals of events whose types nobody has declared: callers choose them."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """What happened in this process.

    Attributes:
        registry: of what moves here and of the process; `database` is for what a scrape reads from the database.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_First(self._hand_on))
        self.database = CollectorRegistry()
        self._metrics = {
            family.name: family.build(
                self.database if family.read == "database" else self.registry
            )
            for family in CATALOGUE
        }
        self._children: dict[tuple[str, ...], Any] = {}
        self._batches: Histogram = self._child("batch_commands")
        self._stored: Tally[tuple[str, str]] = Tally()
        self._hearers: Mapping[type, Callable[[Any], None]] = {
            Applied: self._applied,
            Refusal: self._refused,
            Replayed: self._replayed,
            Failed: self._failed,
            Carried: self._carried,
            Diverted: self._diverted,
            Handled: self._handled,
            Fired: self._fired,
            Attempted: self._attempted,
            Delivered: self._delivered,
        }
        self.gauge("build_info", __version__, platform.python_version()).set(1)

    def hear(self, note: Note) -> None:
        """Move what a note is about."""
        self._hearers[type(note)](note)

    def requested(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an HTTP request; `route` is the pattern that matched."""
        known = method if method in _METHODS else "(other)"
        self._observe("http_request_seconds", seconds, route, known, str(status))

    def gauge(self, name: str, *labels: str) -> Gauge:
        """Return a gauge, to be set."""
        child: Gauge = self._child(name, *labels)
        return child

    def clear(self, name: str) -> None:
        """Forget what a gauge with labels said."""
        self._metrics[f"orderwright_{name}"].clear()
        for key in [key for key in self._children if key[0] == name]:
            del self._children[key]

    # --- notes ---

    def _applied(self, note: Applied) -> None:
        step = note.step
        self._stored[step.after.chart_id, _type_of(step.transition.command)] += 1

    def _hand_on(self) -> None:
        """Count the steps that were stored since the last time."""
        stored, self._stored = self._stored, Tally()
        for (chart, event), count in stored.items():
            self._settled(chart, event, "applied", "", count)

    def _refused(self, note: Refusal) -> None:
        code = note.refused.code
        event = _UNDECLARED if code in _OPEN else _type_of(note.command)
        self._settled(note.chart_id, event, "refused", code)

    def _replayed(self, note: Replayed) -> None:
        self._settled(note.chart_id, _type_of(note.command), "replayed", "")

    def _failed(self, note: Failed) -> None:
        """Count an error: of what was named, neither chart nor event need exist."""
        error = note.error
        code = error.code if isinstance(error, OrderwrightError) else type(error).__name__
        self._settled(_UNDECLARED, _UNDECLARED, "failed", code)

    def _settled(self, chart: str, event: str, outcome: str, code: str, count: int = 1) -> None:
        self._count("transitions_total", count, chart, event, outcome, code)

    def _carried(self, note: Carried) -> None:
        self._batches.observe(note.size)

    def _diverted(self, note: Diverted) -> None:
        self._count("detours_total", 1, note.detour.name.lower())

    def _handled(self, note: Handled) -> None:
        self._count("events_handled_total", len(note.events), note.consumer, "handled")
        self._count("events_handled_total", len(note.failures), note.consumer, "failed")

    def _fired(self, note: Fired) -> None:
        self._observe("timer_delay_seconds", note.late_seconds, note.chart_id, note.outcome)

    def _attempted(self, note: Attempted) -> None:
        if note.seconds is None:
            self._count("jobs_lost_total", 1, note.job.kind)
        else:
            self._observe("job_attempt_seconds", note.seconds, note.job.kind, note.outcome)

    def _delivered(self, note: Delivered) -> None:
        self._observe("webhook_attempt_seconds", note.seconds, note.outcome)

    # --- series ---

    def _count(self, name: str, amount: int, *labels: str) -> None:
        counter: Counter = self._child(name, *labels)
        counter.inc(amount)

    def _observe(self, name: str, amount: float, *labels: str) -> None:
        histogram: Histogram = self._child(name, *labels)
        histogram.observe(amount)

    def _child(self, *key: str) -> Any:
        child = self._children.get(key)
        if child is None:
            metric = self._metrics[f"orderwright_{key[0]}"]
            child = self._children[key] = metric.labels(*key[1:]) if key[1:] else metric
        return child


class _First(Collector):
    """What a registry asks before all that is registered later; it has no figures of its own."""

    def __init__(self, asked: Callable[[], None]) -> None:
        self._asked = asked

    def collect(self) -> Iterable[Metric]:
        """Tell that somebody asks."""
        self._asked()
        return ()


def _type_of(command: Command) -> str:
    return CREATED if isinstance(command, Create) else command.event.type
