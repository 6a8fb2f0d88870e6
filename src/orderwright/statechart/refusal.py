"""Say why an event is refused: an undecided guard, or nothing that takes it."""

from __future__ import annotations

from collections.abc import Iterable

from orderwright.statechart.behaviour import Reason
from orderwright.statechart.definition import Transition
from orderwright.statechart.guard import reasons
from orderwright.statechart.moment import Moment, Stop
from orderwright.statechart.plan import Configuration, Groups


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


def untaken(moment: Moment, at: Configuration, groups: Groups) -> Stop:
    """Return the refusal for an event that enables nothing, with every failing guard of what it might take."""
    event = moment.event.type if moment.event else ""
    if not groups:
        where = [moment.chart.nodes[index].label for index in at.atomics]
        message = f"{event} has no meaning in {', '.join(where)}"
        return Stop("unhandled", message, {"event": event, "states": where})
    tried = {t.path: t for group in groups for t in group}
    why = _distinct(
        reason for t in tried.values() if t.guard for reason in reasons(t.guard, moment)
    )
    message = "; ".join(reason.message for reason in why) or f"{event} is blocked"
    return Stop("blocked", message, {"event": event}, why)


def _missing(reason: Reason) -> list[str]:
    listed = reason.values.get("missing", [])
    return [str(name) for name in listed] if isinstance(listed, list) else []


def _distinct(why: Iterable[Reason]) -> tuple[Reason, ...]:
    kept: list[Reason] = []
    for reason in why:
        if reason not in kept:
            kept.append(reason)
    return tuple(kept)
