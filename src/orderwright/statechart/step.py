"""The two pure functions that move an instance: `start` and `send`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from orderwright.errors import RefusedError
from orderwright.json_text import Json
from orderwright.statechart.behaviour import Behaviour, Refused
from orderwright.statechart.definition import Chart
from orderwright.statechart.effect import Effect
from orderwright.statechart.execution import Execution, Microstep
from orderwright.statechart.scope import Moment, Stop
from orderwright.statechart.selection import restore
from orderwright.statechart.snapshot import Event, Snapshot


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a start or an event.

    Attributes:
        snapshot: the new snapshot; the same object as before when refused.
        effects: what the caller must now perform, in order; empty when refused.
        trace: the microsteps, when asked for.
        changed: whether the snapshot differs or there are effects.
        refused: why nothing happened, or None.
    """

    snapshot: Snapshot
    effects: tuple[Effect, ...] = ()
    trace: tuple[Microstep, ...] = ()
    changed: bool = False
    refused: Refused | None = None


class StartRefused(RefusedError):
    """A chart could not be started; `refused` says why."""

    code = "chart.start_refused"

    def __init__(self, refused: Refused) -> None:
        super().__init__(f"{refused.code}: {refused.message}", values=refused.values)
        self.refused = refused


def start(
    chart: Chart,
    behaviour: Behaviour,
    *,
    context: Mapping[str, Json] | None = None,
    facts: Mapping[str, Json] | None = None,
    now: datetime,
    trace: bool = False,
) -> Step:
    """Enter a chart and run it to stability.

    Args:
        chart: the loaded chart.
        behaviour: implementations of the names that the chart uses.
        context: merged shallowly over the chart's own.
        facts: what the world knows at this moment.
        now: the time of the start, aware.
        trace: whether to return the microsteps.

    Raises:
        StartRefused: a guard, an action or a loop stopped it.
    """
    given = {**chart.context, **(context or {})}
    moment = Moment(chart, behaviour, context=given, facts=facts or {}, event=None, now=now)
    execution = Execution(moment, None, {}, trace=trace)
    try:
        execution.start()
    except Stop as stop:
        raise StartRefused(stop.refused) from stop
    return _step(chart, execution, None)


def send(  # noqa: PLR0913 (the facade)
    chart: Chart,
    behaviour: Behaviour,
    snapshot: Snapshot,
    event: Event,
    *,
    facts: Mapping[str, Json] | None = None,
    now: datetime,
    trace: bool = False,
) -> Step:
    """Process one external event to stability; a failure anywhere refuses it whole.

    Source: https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation
    """
    at = restore(chart, snapshot.configuration) if snapshot.hash == chart.hash else None
    if at is None:
        return Step(snapshot, refused=_mismatch(chart, snapshot))
    if snapshot.status == "done":
        message = f"{chart.id} has ended; {event.type} comes too late"
        return Step(snapshot, refused=Refused("done", message, {"event": event.type}))
    moment = Moment(
        chart, behaviour, context=snapshot.context, facts=facts or {}, event=event, now=now
    )
    execution = Execution(moment, at, snapshot.history, trace=trace)
    try:
        execution.react(event)
    except Stop as stop:
        return Step(snapshot, refused=stop.refused)
    return _step(chart, execution, snapshot)


def _mismatch(chart: Chart, snapshot: Snapshot) -> Refused:
    unknown = [node for node in snapshot.configuration if node not in chart.ids]
    found = f"{snapshot.chart_id} v{snapshot.version} ({snapshot.hash})"
    wanted = f"{chart.id} v{chart.version} ({chart.hash})"
    return Refused(
        "snapshot_mismatch",
        f"the snapshot belongs to {found}, not to {wanted}",
        {"snapshot": found, "chart": wanted, "unknown_states": unknown},
    )


def _step(chart: Chart, execution: Execution, before: Snapshot | None) -> Step:
    at = execution.configuration
    snapshot = Snapshot(
        chart_id=chart.id,
        version=chart.version,
        hash=chart.hash,
        configuration=at.ids,
        value=at.value,
        context=execution.moment.context,
        history=execution.history,
        status="done" if execution.done else "active",
        output=execution.output,
    )
    effects = tuple(execution.effects)
    moved = before is None or before.configuration != at.ids  # mostly so, and cheaper to tell
    changed = moved or bool(effects) or snapshot != before
    return Step(snapshot, effects, tuple(execution.trace or ()), changed)
