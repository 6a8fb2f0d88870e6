"""Say why an event is refused: an undecided guard, or nothing that takes it."""

from __future__ import annotations

from collections.abc import Iterable

from orderwright.statechart.behaviour import Reason
from orderwright.statechart.definition import Transition
from orderwright.statechart.guard import reasons
from orderwright.statechart.scope import Moment, Stop
from orderwright.statechart.selection import Configuration, candidates
from orderwright.statechart.snapshot import Event


def undecided(transition: Transition, moment: Moment) -> Stop:
    """Return the refusal for a guard that is unknown, with what is missing."""
    why = reasons(transition.guard, moment) if transition.guard else ()
    missing = list(dict.fromkeys(name for reason in why for name in _missing(reason)))
    what = f": {', '.join(missing)} not known" if missing else ""
    return Stop(
        "guard_unknown",
        f"the guard of {transition.path} cannot be decided{what}",
        {"transition": transition.path, "missing": missing},
        why,
    )


def untaken(event: Event, at: Configuration, moment: Moment) -> Stop:
    """Return the refusal for an event that enables nothing, with every failing guard of what it might take."""
    groups = candidates(moment.chart, at, event.type)
    tried = {t.path: t for group in groups for t in group}
    if not tried:
        return _unhandled(event, at, moment)
    why = _distinct(
        reason for t in tried.values() if t.guard for reason in reasons(t.guard, moment)
    )
    message = "; ".join(reason.message for reason in why) or f"{event.type} is blocked"
    return Stop("blocked", message, {"event": event.type}, why)


def _unhandled(event: Event, at: Configuration, moment: Moment) -> Stop:
    where = [moment.chart.nodes[index].label for index in at.atomics]
    message = f"{event.type} has no meaning in {', '.join(where)}"
    return Stop("unhandled", message, {"event": event.type, "states": where})


def _missing(reason: Reason) -> list[str]:
    listed = reason.values.get("missing", [])
    return [str(name) for name in listed] if isinstance(listed, list) else []


def _distinct(why: Iterable[Reason]) -> tuple[Reason, ...]:
    kept: list[Reason] = []
    for reason in why:
        if reason not in kept:
            kept.append(reason)
    return tuple(kept)
