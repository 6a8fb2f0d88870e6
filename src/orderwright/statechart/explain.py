"""Say for every event whether it would be taken now, and if not, every reason and who can lift it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from orderwright.json_text import Json
from orderwright.statechart.behaviour import Behaviour, Reason, Refused
from orderwright.statechart.chart import Chart
from orderwright.statechart.configuration import groups, restore
from orderwright.statechart.definition import Transition
from orderwright.statechart.guard import possible, reasons
from orderwright.statechart.moment import Moment, Probe
from orderwright.statechart.plan import Groups
from orderwright.statechart.snapshot import Event, Snapshot
from orderwright.statechart.step import send

ALWAYS: Final = "always"
"""The key under which guarded eventless transitions are explained."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A guarded eventless transition of an active state: where it would lead and what stands in its way."""

    path: str
    targets: tuple[str, ...]
    meta: Json
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether an event would be taken.

    `depends` means that the event's data decide. `waiting` is filled for the key `always` alone, which is `allowed`
    when the next event that is taken will also take one of its transitions.
    """

    status: Literal["allowed", "blocked", "depends"]
    reasons: tuple[Reason, ...] = ()
    waiting: tuple[Waiting, ...] = ()


def explain(
    chart: Chart,
    behaviour: Behaviour,
    snapshot: Snapshot,
    *,
    events: Iterable[Event] | None = None,
    facts: Mapping[str, Json] | None = None,
    now: datetime,
) -> dict[str, Explanation]:
    """Explain what can happen next.

    Args:
        chart: the chart.
        behaviour: its implementations.
        snapshot: where the instance stands.
        events: the very events to explain, in agreement with `send`; by default every declared event, with
            data that nobody has entered yet.
        facts: what the world knows.
        now: the time, aware.

    Returns:
        An explanation for each event type, and one under `always` for guarded eventless transitions.
    """
    tried = list(events) if events is not None else [Event(name, Probe()) for name in chart.events]
    found = {}
    for event in tried:
        step = send(chart, behaviour, snapshot, event, facts=facts, now=now)
        if _is_open(chart, behaviour, snapshot, event, step.refused, facts or {}, now):
            found[event.type] = Explanation("depends")
        else:
            found[event.type] = _explanation(step.refused)
    waiting = _waiting(chart, behaviour, snapshot, facts or {}, now)
    if waiting:
        ready = any(not one.reasons for one in waiting)
        why = tuple(reason for one in waiting for reason in one.reasons)
        found[ALWAYS] = Explanation("allowed" if ready else "blocked", why, waiting)
    return found


def _is_open(  # noqa: PLR0913 (what a step is made of)
    chart: Chart,
    behaviour: Behaviour,
    snapshot: Snapshot,
    event: Event,
    refused: Refused | None,
    facts: Mapping[str, Json],
    now: datetime,
) -> bool:
    """Tell whether data that nobody has entered yet decide."""
    if not isinstance(event.data, Probe) or event.data.touched == 0:
        return False
    if refused is None or refused.code in ("guard_error", "action_error"):
        return True
    if refused.code != "guard_unknown":
        return False
    if not _lacks_facts(refused):
        return True
    at = restore(chart, snapshot.configuration)
    moment = Moment(chart, behaviour, at, snapshot.context, snapshot.history, facts, event, now)
    tried = groups(chart, at.atomics, event.type) if at is not None else ()
    return _may_pass(tried, str(refused.values["transition"]), moment)


def _may_pass(tried: Groups, path: str, moment: Moment) -> bool:
    """Tell whether data may take an event past the guard at `path`, for which facts are missing."""
    for group in tried:
        for number, transition in enumerate(group):
            if transition.path == path and transition.guard is not None:
                answers = possible(transition.guard, moment)
                return True in answers or (False in answers and number + 1 < len(group))
    return True  # a guard of a later step, which looked at data too or came after one that did


def _explanation(refused: Refused | None) -> Explanation:
    if refused is None:
        return Explanation("allowed")
    own = Reason(refused.code, refused.message, refused.values)
    return Explanation("blocked", refused.reasons or (own,))


def _lacks_facts(refused: Refused) -> bool:
    missing = refused.values.get("missing", [])
    names = missing if isinstance(missing, list) else [missing]
    return any(str(name).startswith("facts.") for name in names)


def _waiting(
    chart: Chart,
    behaviour: Behaviour,
    snapshot: Snapshot,
    facts: Mapping[str, Json],
    now: datetime,
) -> tuple[Waiting, ...]:
    at = restore(chart, snapshot.configuration) if snapshot.hash == chart.hash else None
    if at is None or snapshot.status == "done":
        return ()
    moment = Moment(chart, behaviour, at, snapshot.context, snapshot.history, facts, None, now)
    found: dict[str, Waiting] = {}
    for group in at.always:
        for transition in group:
            if transition.guard is not None:
                found[transition.path] = _stands(chart, transition, moment)
    return tuple(found.values())


def _stands(chart: Chart, transition: Transition, moment: Moment) -> Waiting:
    targets = tuple(chart.nodes[index].id for index in transition.targets)
    why = reasons(transition.guard, moment) if transition.guard else ()
    return Waiting(transition.path, targets, transition.meta, why)
