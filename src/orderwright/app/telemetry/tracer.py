"""Spans of what the runtime tells, each complete when it is told, in the trace of its first cause.

    log row (transition)     parent: the row or the event that caused it
      domain event           parent: the row that emitted it
        consumer, delivery   parent: the event; one of each consumer, and of each attempt
        log row              what a consumer did because of the event
      job attempt            parent: the row that put the job down
      log row                what a timer of the row, or the end of its job, brought about

A refusal has no row: its span has an id of its own and hangs below its cause, if there is one. What an import or a
migration writes is not traced, as it happened elsewhere or long ago.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from orderwright.app.telemetry.lineage import Place, is_row, span_id_of, trace_id_of
from orderwright.json_text import load
from orderwright.runtime.alarm import FAULTS
from orderwright.runtime.command import Command, Create
from orderwright.runtime.failure import words
from orderwright.runtime.journal import CREATED
from orderwright.runtime.observation import (
    Applied,
    Attempted,
    Delivered,
    Failed,
    Handled,
    Note,
    Refusal,
    Replayed,
)
from orderwright.runtime.transition import correlation_of

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor

    from orderwright.app.telemetry.visit import Visit
    from orderwright.clock import Clock
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.ticket import Result

Attributes: TypeAlias = Mapping[str, str | int]
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FINE: Final = Status(StatusCode.UNSET)


class Tracer:
    """Makes spans of notes and hands them to a processor, which must not block."""

    def __init__(self, processor: SpanProcessor, resource: Resource, clock: Clock) -> None:
        self._processor = processor
        self._resource = resource
        self._clock = clock
        self._hearers: Mapping[type, Callable[[Any], None]] = {
            Applied: self._applied,
            Refusal: self._refused,
            Replayed: self._replayed,
            Failed: self._failed,
            Handled: self._handled,
            Attempted: self._attempted,
            Delivered: self._delivered,
        }

    def hear(self, note: Note) -> None:
        """Make the spans of a note, if there are any."""
        hearer = self._hearers.get(type(note))
        if hearer is not None:
            hearer(note)

    def requested(
        self,
        visit: Visit,
        attributes: Attributes,
        followed: Iterable[tuple[Command, Result]],
    ) -> None:
        """Make the span of an HTTP request, linked with the transitions that it asked for."""
        if not visit.is_sampled:
            return
        name = f"{attributes['http.request.method']} {attributes['http.route']}"
        status = attributes.get("http.response.status_code")
        is_fault = isinstance(status, int) and status >= 500  # noqa: PLR2004 (a fault of ours)
        self._end(
            name,
            visit.place,
            (visit.began, self._clock.now()),
            attributes,
            kind=SpanKind.SERVER,
            status=Status(StatusCode.ERROR) if is_fault else _FINE,
            links=[Link(_context(_row(*one))) for one in followed if one[1].refused is None],
        )

    # --- commands ---

    def _applied(self, note: Applied) -> None:
        transition, after = note.step.transition, note.step.after
        cause, before = transition.command.cause, transition.before
        if cause.origin != "live":
            return
        row_id, trace_id = transition.row_id, trace_id_of(transition.correlation_id)
        place = Place(
            trace_id, span_id_of(row_id), _parent(cause.causation_id, cause.correlation_id)
        )
        more: dict[str, str | int] = {
            "orderwright.root_id": after.root_id,
            "orderwright.version": after.version,
            "orderwright.from_state": before.state if before else "",
            "orderwright.to_state": after.state,
            "orderwright.occurred_at": transition.occurred_at.isoformat(),
        }
        attributes = _attributes(transition.command, after.chart_id, "applied", more)
        name = f"{after.chart_id} {attributes['orderwright.event']}"
        self._end(name, place, (transition.recorded_at, self._clock.now()), attributes)
        for number, (emitted, _) in enumerate(note.step.emits, 1):
            event = Place(trace_id, span_id_of(f"{row_id}/{number}"), place.span_id)
            at = transition.recorded_at
            names = {"orderwright.event_id": f"{row_id}/{number}"}
            self._end(emitted, event, (at, at), names, kind=SpanKind.PRODUCER)

    def _refused(self, note: Refusal) -> None:
        code = note.refused.code
        more = {"orderwright.code": code}
        status = Status(StatusCode.ERROR, note.refused.message) if code in FAULTS else _FINE
        self._without_row(note.command, note.chart_id, "refused", more, status)

    def _replayed(self, note: Replayed) -> None:
        self._without_row(note.command, note.chart_id, "replayed", {}, _FINE)

    def _failed(self, note: Failed) -> None:
        status = Status(StatusCode.ERROR, words(note.error))
        self._without_row(note.command, "", "failed", {}, status)

    def _without_row(
        self,
        command: Command,
        chart_id: str,
        outcome: str,
        more: Attributes,
        status: Status,
    ) -> None:
        cause = command.cause
        if cause.origin != "live":
            return
        correlation_id, now = cause.correlation_id, self._clock.now()
        trace_id = trace_id_of(correlation_id) if correlation_id else secrets.randbits(128) or 1
        place = Place(trace_id, _fresh(), _parent(cause.causation_id, correlation_id))
        attributes = _attributes(command, chart_id, outcome, more)
        name = f"{chart_id} {attributes['orderwright.event']}".strip()
        self._end(name, place, (now, now), attributes, status=status)

    # --- what follows ---

    def _handled(self, note: Handled) -> None:
        for event in note.events:
            name = f"{note.consumer}/{event.event_id}"
            self._handled_one(note, event, span_id_of(name), _FINE)
        for event, error in note.failures:
            self._handled_one(note, event, _fresh(), Status(StatusCode.ERROR, words(error)))

    def _handled_one(
        self, note: Handled, event: DomainEvent, span_id: int, status: Status
    ) -> None:
        if event.origin != "live":
            return
        place = Place(trace_id_of(event.correlation_id), span_id, span_id_of(event.event_id))
        attributes = {
            "orderwright.consumer": note.consumer,
            "orderwright.event_id": event.event_id,
            "orderwright.recorded_at": event.recorded_at.isoformat(),
        }
        name, times = f"{note.consumer} {event.name}", (note.began, self._clock.now())
        self._end(name, place, times, attributes, kind=SpanKind.CONSUMER, status=status)

    def _attempted(self, note: Attempted) -> None:
        job, now = note.job, self._clock.now()
        own = job.job_id if note.outcome == "done" else f"{job.job_id}/{job.fence}"
        parent = span_id_of(str(job.causation_id)) if is_row(job.causation_id) else None
        attributes: dict[str, str | int] = {
            "orderwright.job_id": job.job_id,
            "orderwright.job_kind": job.kind,
            "orderwright.root_id": job.root_id,
            "orderwright.attempt": job.attempts,
            "orderwright.outcome": note.outcome,
        }
        self._end(
            f"job {job.kind}",
            Place(trace_id_of(job.correlation_id), span_id_of(own), parent),
            (now - timedelta(seconds=note.seconds or 0), now),
            attributes,
            kind=SpanKind.CONSUMER,
            status=Status(StatusCode.ERROR, note.error) if note.error else _FINE,
        )

    def _delivered(self, note: Delivered) -> None:
        body, now = load(note.body), self._clock.now()
        own = f"{note.subscription_id}/{note.message_id}/{note.attempt}"
        event_id = str(body["eventId"])
        attributes: dict[str, str | int] = {
            "orderwright.event_id": event_id,
            "orderwright.subscription_id": note.subscription_id,
            "orderwright.attempt": note.attempt,
            "orderwright.outcome": note.outcome,
        }
        if note.status is not None:
            attributes["http.response.status_code"] = note.status
        self._end(
            f"webhook {body['type']}",
            Place(trace_id_of(str(body["correlationId"])), span_id_of(own), span_id_of(event_id)),
            (now - timedelta(seconds=note.seconds), now),
            attributes,
            kind=SpanKind.CLIENT,
            status=Status(StatusCode.ERROR, note.error) if note.error else _FINE,
        )

    def _end(  # noqa: PLR0913 (what a span is)
        self,
        name: str,
        place: Place,
        times: tuple[datetime, datetime],
        attributes: Attributes,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        status: Status = _FINE,
        links: Sequence[Link] = (),
    ) -> None:
        parent = None
        if place.parent_id is not None:
            parent = _context(place._replace(span_id=place.parent_id))
        span = ReadableSpan(
            name,
            context=_context(place),
            parent=parent,
            resource=self._resource,
            attributes=attributes,
            kind=kind,
            status=status,
            links=links,
            start_time=_nanoseconds(times[0]),
            end_time=_nanoseconds(max(times)),
        )
        self._processor.on_end(span)


def _attributes(
    command: Command, chart_id: str, outcome: str, more: Attributes
) -> dict[str, str | int]:
    event = CREATED if isinstance(command, Create) else command.event.type
    return {
        "orderwright.chart": chart_id,
        "orderwright.event": event,
        "orderwright.instance_id": command.instance_id,
        "orderwright.outcome": outcome,
        "orderwright.actor_kind": command.cause.actor.kind,
        **more,
    }


def _parent(causation_id: str | None, correlation_id: str | None) -> int | None:
    """Return the parent of what has this cause; what starts a chain of its own has none."""
    if correlation_id is None or not is_row(causation_id):
        return None
    return span_id_of(str(causation_id))


def _row(command: Command, result: Result) -> Place:
    version = result.version
    trace_id = trace_id_of(correlation_of(command, version))
    return Place(trace_id, span_id_of(f"{result.instance_id}/{version}"))


def _context(place: Place) -> SpanContext:
    return SpanContext(place.trace_id, place.span_id, is_remote=False, trace_flags=_SAMPLED)


def _fresh() -> int:
    return secrets.randbits(64) or 1


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1000
