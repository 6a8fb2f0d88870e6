"""Every figure that `/metrics` serves: name, kind, labels, meaning.

Labels take their values from what authors write (charts, event types, consumers, kinds of jobs, routes) and from
fixed lists, never from ids or anything else that callers choose: so the number of series is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SHORT: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LONG: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
_SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)

Metric: TypeAlias = Counter | Gauge | Histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A figure.

    Attributes:
        name: as it is written on the page; a histogram's is followed by `_bucket`, `_sum` and `_count`.
        buckets: upper bounds, of a histogram.
        read: whether it is read when it is asked for, and how a database that does not answer shows: "database"
            figures are left out then.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    read: Literal["", "process", "database"] = ""

    def build(self, registry: CollectorRegistry) -> Metric:
        """Make the figure in a registry."""
        if self.kind == "counter":
            return Counter(self.name, self.help, self.labels, registry=registry)
        if self.kind == "gauge":
            return Gauge(self.name, self.help, self.labels, registry=registry)
        return Histogram(
            self.name, self.help, self.labels, buckets=self.buckets, registry=registry
        )


def _counter(name: str, text: str, *labels: str) -> Family:
    return Family(name=f"orderwright_{name}", kind="counter", help=text, labels=labels)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Family:
    name = f"orderwright_{name}"
    return Family(name=name, kind="histogram", help=text, labels=labels, buckets=buckets)


def _process(name: str, text: str, *labels: str) -> Family:
    name = f"orderwright_{name}"
    return Family(name=name, kind="gauge", help=text, labels=labels, read="process")


def _database(name: str, text: str, *labels: str) -> Family:
    name = f"orderwright_{name}"
    return Family(name=name, kind="gauge", help=text, labels=labels, read="database")


CATALOGUE: Final = (
    _counter(
        "transitions_total",
        "Commands to instances that came to their end. Outcome: applied, refused, replayed, failed; "
        "code: of the refusal or error.",
        "chart",
        "event",
        "outcome",
        "code",
    ),
    _counter(
        "detours_total",
        "Attempts that came to nothing and were made again. Reason: overtaken (a version conflict), "
        "needs_transaction, locked, behind (another command of the instance was put off), crowded, "
        "unsure (decided from a kept row).",
        "reason",
    ),
    _histogram("batch_commands", "Commands that a lane carried to the database together.", _SIZES),
    _counter(
        "events_handled_total",
        "Domain events that a consumer was given. Outcome: handled, failed.",
        "consumer",
        "outcome",
    ),
    _histogram(
        "timer_delay_seconds",
        "How long after its time a timer was dealt with. Outcome: fired, refused (too late for its chart), "
        "failed (it is tried again).",
        _LONG,
        "chart",
        "outcome",
    ),
    _histogram(
        "job_attempt_seconds",
        "How long attempts at jobs took. Outcome: done, failed, refused (the chart could not take the result), "
        "dead (failed for the last time), too_late (another host has it).",
        _LONG,
        "kind",
        "outcome",
    ),
    _counter(
        "jobs_lost_total", "Attempts at jobs whose host was lost; somebody else goes on.", "kind"
    ),
    _histogram(
        "webhook_attempt_seconds",
        "How long attempts at webhook deliveries took. Outcome: delivered, waiting (tried again later), dead.",
        _SHORT,
        "outcome",
    ),
    _histogram(
        "http_request_seconds",
        "How long HTTP requests took.",
        _SHORT,
        "route",
        "method",
        "status",
    ),
    _process("build_info", "Always 1; the labels say what runs.", "version", "python"),
    _process("database_up", "1 if the database answered this scrape in time, else 0."),
    _process(
        "pool_connections",
        "Connections to the database. Pool: lifecycles, reading; state: used, idle.",
        "pool",
        "state",
    ),
    _process("pool_connections_max", "How many connections a pool may hold.", "pool"),
    _database(
        "outbox_lag_events",
        "Domain events that a consumer has not read, counted up to 10,000.",
        "consumer",
    ),
    _database(
        "outbox_lag_seconds",
        "Age of the oldest domain event that a consumer has not read.",
        "consumer",
    ),
    _database(
        "parked_roots", "Roots that a consumer has set aside, the dead ones too.", "consumer"
    ),
    _database("dead_roots", "Roots of which a consumer has given up an event.", "consumer"),
    _database("waiting_events", "Domain events that wait in parked roots.", "consumer"),
    _database(
        "horizon_seconds",
        "For how long the oldest transaction of the cluster has been open: it holds every consumer back.",
    ),
    _database(
        "jobs",
        "Jobs that are not over, counted up to 100,000 a status. Status: waiting, running, dead.",
        "kind",
        "status",
    ),
    _database(
        "job_overdue_seconds",
        "For how long the job that has waited longest could have begun.",
        "kind",
    ),
    _database("timers_overdue", "Timers whose time has come, counted up to 100,000."),
    _database("timer_overdue_seconds", "For how long the oldest of those has been due."),
    _database("incidents_open", "Incidents that somebody must look at.", "kind"),
)
