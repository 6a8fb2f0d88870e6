"""The two pure functions that move an instance: `start` and `send`."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import NamedTuple

from orderwright.errors import RefusedError
from orderwright.json_text import Json
from orderwright.statechart.behaviour import Behaviour, Refused
from orderwright.statechart.chart import Chart
from orderwright.statechart.configuration import (
    differences,
    distortions,
    is_restorable,
    restore,
)
from orderwright.statechart.effect import Effect
from orderwright.statechart.execution import react, run
from orderwright.statechart.moment import Moment, Stop
from orderwright.statechart.program import beginning, reaction
from orderwright.statechart.snapshot import NO_HISTORY, Event, Snapshot
from orderwright.statechart.trace import Microstep, Trace


class Step(NamedTuple):
    """What came of a start or an event.

    Attributes:
        snapshot: the new snapshot; the same object as before when refused.
        effects: what the caller must now perform, in order; empty when refused.
        trace: the microsteps, when asked for; those up to the failure when refused.
        changed: whether the snapshot differs or there are effects.
        refused: why nothing happened, or None.
    """

    snapshot: Snapshot
    effects: tuple[Effect, ...] = ()
    trace: tuple[Microstep, ...] = ()
    changed: bool = False
    refused: Refused | None = None


_made = tuple.__new__
"""Makes a named tuple without a Python call: half of the time of a step that does nothing on its way."""


class StartRefused(RefusedError):
    """A chart could not be started; `refused` says why, `trace` what came before it, when asked for."""

    code = "chart.start_refused"

    def __init__(self, refused: Refused, trace: tuple[Microstep, ...] = ()) -> None:
        super().__init__(f"{refused.code}: {refused.message}", values=refused.values)
        self.refused = refused
        self.trace = trace


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
    own = deepcopy(
        dict(chart.context)
    )  # shared by all instances, and what is nested in it could be written to
    given = {**own, **(context or {})}
    moment = Moment(chart, behaviour, None, given, NO_HISTORY, facts, None, now)
    if trace:
        moment.trace = Trace()
    try:
        run(moment, beginning(chart))
    except Stop as stop:
        raise StartRefused(stop.refused, _traced(moment)) from stop
    return _step(moment, None)


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
    at = chart.configurations.get(snapshot.configuration)
    if at is None or snapshot.hash != chart.hash:
        at = restore(chart, snapshot.configuration) if snapshot.hash == chart.hash else None
        if at is None:
            return Step(snapshot, refused=_mismatch(chart, snapshot))
    if snapshot.history and not is_restorable(chart, snapshot.history):
        return Step(snapshot, refused=_mismatch(chart, snapshot))
    if snapshot.status == "done":
        message = f"{chart.id} has ended; {event.type} comes too late"
        return Step(snapshot, refused=Refused("done", message, {"event": event.type}))
    answer = at.reactions.get(event.type) or reaction(chart, at, event.type)
    sure, context, history = answer.plan, snapshot.context, snapshot.history
    if trace or history:
        sure = None  # somebody wants to see how; what was recorded decides where to
    elif sure is not None and sure.still:
        tail = (context, history, "active", None)
        after = _made(Snapshot, sure.after.head + tail)
        return _made(Step, (after, (), (), after != snapshot, None))
    moment = Moment(chart, behaviour, at, context, history, facts, event, now)
    if trace:
        moment.trace = Trace()
    try:
        if sure is not None:
            run(moment, sure)
        else:
            react(moment, at, answer.groups)
    except Stop as stop:
        return Step(snapshot, (), _traced(moment), refused=stop.refused)
    return _step(moment, snapshot)


def _step(moment: Moment, before: Snapshot | None) -> Step:
    assert moment.at is not None  # a macrostep ends in a configuration
    ended = moment.ended
    status, output = ("active", None) if ended is None else ("done", ended.output)
    tail = (moment.held, moment.history, status, output)
    after = _made(Snapshot, moment.at.head + tail)
    effects = tuple(moment.effects) if moment.effects else ()
    trace = _traced(moment) if moment.trace is not None else ()
    return _made(Step, (after, effects, trace, bool(effects) or after != before, None))


def _traced(moment: Moment) -> tuple[Microstep, ...]:
    return moment.trace.told(moment.event) if moment.trace is not None else ()


def _mismatch(chart: Chart, snapshot: Snapshot) -> Refused:
    """Return the refusal of a snapshot that was made by another structure, with every difference that shows."""
    found = f"{snapshot.chart_id} v{snapshot.version} ({snapshot.hash})"
    wanted = f"{chart.id} v{chart.version} ({chart.hash})"
    listed: list[Json] = [
        {"part": part, "snapshot": theirs, "chart": ours}
        for part, theirs, ours in (
            ("chart", snapshot.chart_id, chart.id),
            ("version", snapshot.version, chart.version),
            ("hash", snapshot.hash, chart.hash),
        )
        if theirs != ours
    ]
    wrong = [
        *(("configuration", *one) for one in differences(chart, snapshot.configuration)),
        *(("history", *one) for one in distortions(chart, snapshot.history)),
    ]
    listed += [{"part": part, "state": state, "message": what} for part, state, what in wrong]
    why = "".join(f"; {state}: {what}" for _, state, what in wrong)
    return Refused(
        "snapshot_mismatch",
        f"the snapshot belongs to {found}, not to {wanted}{why}",
        {"snapshot": found, "chart": wanted, "differences": listed},
    )
