"""Run one macrostep: microsteps to stability. Nothing outside the moment changes."""

from __future__ import annotations

from typing import Final

from orderwright.statechart.action import invoke, perform
from orderwright.statechart.definition import Guard, Transition
from orderwright.statechart.guard import judge
from orderwright.statechart.judgement import judged
from orderwright.statechart.moment import Moment, Stop
from orderwright.statechart.plan import Configuration, Groups, Plan
from orderwright.statechart.program import ending, plan, reaction
from orderwright.statechart.refusal import undecided, untaken
from orderwright.statechart.selection import settle
from orderwright.statechart.trace import Trace

MICROSTEPS: Final = 1_000
"""How many microsteps a macrostep may take before it counts as a loop."""


def react(moment: Moment, at: Configuration, groups: Groups) -> None:
    """Take the transitions that the moment's external event enables, and run to stability.

    Raises:
        Stop: the event is refused.
    """
    enabled = _enabled(moment, at, groups)
    if not enabled:
        raise untaken(moment, at, groups)
    run(moment, plan(moment.chart, at, enabled, moment.history), enabled)


def run(moment: Moment, taken: Plan, transitions: tuple[Transition, ...] = ()) -> None:
    """Carry out a plan and all that follows from it without another external event.

    Raises:
        Stop: a guard, an action or a loop stopped it.
    """
    left = MICROSTEPS
    while left:
        left -= 1
        if taken.program:
            perform(moment, taken.program)
        if taken.recorded:
            moment.history = {**moment.history, **taken.recorded}
        if moment.trace is not None:
            _note(moment, moment.trace, transitions, taken)
        at = moment.at = taken.after
        moment.active = at.active
        if moment.ended is not None:
            perform(moment, ending(moment.chart, at))
            return
        transitions = _next(moment, at) if at.always or moment.queue else ()
        if not transitions:
            if moment.invoking:
                invoke(moment)
            return
        taken = plan(moment.chart, at, transitions, moment.history)
    paths = [transition.path for transition in transitions]
    raise Stop("loop", f"no end after {MICROSTEPS} microsteps", {"transitions": paths})


def _next(moment: Moment, at: Configuration) -> tuple[Transition, ...]:
    """Return what is to be taken without an external event: eventless ones, then those of internal events."""
    while True:
        if at.always:
            enabled = _enabled(moment, at, at.always)
            if enabled:
                return enabled
        if not moment.queue:
            return ()
        event = moment.event = moment.queue.popleft()
        enabled = _enabled(moment, at, reaction(moment.chart, at, event.type).groups)
        if enabled:
            return enabled


def _enabled(moment: Moment, at: Configuration, groups: Groups) -> tuple[Transition, ...]:
    if len(groups) == 1:
        first = _first(moment, groups[0])
        return () if first is None else (first,)
    chosen: list[Transition] = []
    for group in groups:
        first = _first(moment, group)
        if first is not None and first not in chosen:
            chosen.append(first)
    if len(chosen) > 1:
        chosen = settle(moment.chart, at, chosen, moment.history)
    return tuple(chosen)


def _first(moment: Moment, group: tuple[Transition, ...]) -> Transition | None:
    for transition in group:
        if transition.guard is None or _holds(moment, transition.guard, transition):
            return transition
    return None


def _holds(moment: Moment, guard: Guard, transition: Transition) -> bool:
    if moment.trace is None:
        held = judge(guard, moment)
    else:
        judgement = judged(guard, moment)
        moment.trace.judge(transition.path, judgement)
        held = judgement.held
    if held is None:
        raise undecided(transition, moment)
    return held


def _note(
    moment: Moment,
    trace: Trace,
    transitions: tuple[Transition, ...],
    taken: Plan,
) -> None:
    nodes = moment.chart.nodes
    paths = tuple(transition.path for transition in transitions)
    exited = tuple(nodes[index].id for index in taken.exits)
    trace.take(moment.event, paths, exited, tuple(nodes[index].id for index in taken.entries))
