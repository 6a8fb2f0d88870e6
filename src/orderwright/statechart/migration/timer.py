"""What becomes of the timers of an instance that moves to another version.

- A timer that the mapping names gets the event that is named there, and keeps its time; null cancels it.
- A timer of a delayed transition follows its state. Where the state has the same delay it keeps its time. Where
  the only delay of the state has become another number of milliseconds, it is counted from the state's entry.
- A delayed transition that the state did not have begins to count now.
- Any other timer keeps event and time, if the new version takes that event in some state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from orderwright.statechart.action import perform
from orderwright.statechart.behaviour import Behaviour, Reason
from orderwright.statechart.chart import Chart
from orderwright.statechart.configuration import descriptors
from orderwright.statechart.definition import After, SendLater, StateNode, Template
from orderwright.statechart.effect import Cancel, Effect, Schedule
from orderwright.statechart.migration.mapping import VersionMapping
from orderwright.statechart.moment import Moment, Stop
from orderwright.statechart.plan import Configuration
from orderwright.statechart.snapshot import NO_HISTORY, Event, Snapshot

_NO_DATA: Final = Template({}, constant=True)
_DELAYED: Final = "after."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A timer that has not fired yet."""

    id: str
    event: Event
    due_at: datetime


class Timers:
    """The timers of one instance on its way."""

    def __init__(  # noqa: PLR0913 (all that decides on a timer)
        self,
        chart: Chart,
        behaviour: Behaviour,
        mapping: VersionMapping,
        *,
        at: Configuration,
        partners: Mapping[int, Sequence[StateNode]],
        pending: Sequence[Pending],
        now: datetime,
    ) -> None:
        self._chart = chart
        self._behaviour = behaviour
        self._mapping = mapping
        self._at = at
        self._partners = partners
        self._waiting = {timer.id: timer for timer in pending}
        self._now = now
        self._set: dict[str, Schedule] = {}
        self._gone: list[str] = []
        self.reasons: list[Reason] = []

    def move(self, snapshot: Snapshot) -> tuple[Effect, ...]:
        """Return what changes; `reasons` tells afterwards what stands in the way."""
        self._follow_mapping()
        for index in self._at.order:
            for after in self._chart.nodes[index].after:
                self._follow_state(index, after, snapshot)
        for timer in self._waiting.values():
            self._takes(timer, timer.event.type)
        cancelled = [Cancel(name) for name in self._gone if name not in self._set]
        return (*cancelled, *self._set.values())

    def _follow_mapping(self) -> None:
        for name, new in self._mapping.timers.items():
            timer = self._waiting.pop(name, None)
            if timer is None:
                continue
            self._gone.append(name)
            if new is not None and self._takes(timer, new):
                own = new if timer.id == timer.event.type else timer.id
                self._schedule(Event(new, timer.event.data), timer.due_at, own)

    def _follow_state(self, index: int, after: After, snapshot: Snapshot) -> None:
        """Carry over the timer of a delayed transition, or begin to count where there was none."""
        if after.event in self._set:
            return
        earlier = [(node, old) for node in self._partners.get(index, ()) for old in node.after]
        same = [old for _, old in earlier if old.delay == after.delay]
        only = [old for node, old in earlier if _is_only_number(node, old)]
        if same:
            self._carry(same[0].event, after.event)
        elif only and _is_only_number(self._chart.nodes[index], after):
            later = _milliseconds(after) - _milliseconds(only[0])
            self._carry(only[0].event, after.event, later=later)
        elif after.event not in self._waiting:
            self._begin(index, after, snapshot)

    def _carry(self, old: str, new: str, *, later: int = 0) -> None:
        """Give a timer the name of its new delay, due so many milliseconds later, which may be beyond any calendar."""
        timer = self._waiting.pop(old, None)
        if timer is not None and old != new:
            self._gone.append(old)
            self._schedule(Event(new, timer.event.data), timer.due_at, new, later=later)

    def _begin(self, index: int, after: After, snapshot: Snapshot) -> None:
        moment = Moment(
            self._chart,
            self._behaviour,
            self._at,
            snapshot.context,
            NO_HISTORY,
            None,
            None,
            self._now,
        )
        action = SendLater(after.event, _NO_DATA, after.delay, after.event)
        try:
            perform(moment, ((self._at.active, self._chart.nodes[index].id, None, action),))
        except Stop as stop:
            refused = stop.refused
            self.reasons.append(Reason("timer_underivable", refused.message, dict(refused.values)))
        self._set.update({one.id: one for one in moment.effects if isinstance(one, Schedule)})

    def _takes(self, timer: Pending, event: str) -> bool:
        """Tell whether the new version takes an event; note it as a reason if not."""
        if _is_taken(self._chart, self._at, event):
            return True
        message = (
            f"the timer {timer.id} will send {event}, which version {self._chart.version} does not take;"
            ' name under "timers" what becomes of it'
        )
        values = {"timer": timer.id, "event": event, "due_at": timer.due_at.isoformat()}
        self.reasons.append(Reason("timer_unknown", message, values))
        return False

    def _schedule(self, event: Event, due_at: datetime, name: str, *, later: int = 0) -> None:
        if name in self._set or name in self._waiting:
            message = f"two timers would have the id {name}"
            self.reasons.append(Reason("timer_clash", message, {"timer": name}))
            return
        # Whole milliseconds, rounded up: a timer never fires earlier than it would have.
        delay = later - (self._now - due_at) // timedelta(milliseconds=1)
        self._set[name] = Schedule(event, delay, name)


def _is_taken(chart: Chart, at: Configuration, event: str) -> bool:
    """Tell whether the chart takes an event; that of a delayed transition only where its state is active."""
    indexes = at.order if event.startswith(_DELAYED) else range(len(chart.nodes))
    wanted = descriptors(event)
    return any(one in chart.nodes[index].transitions for index in indexes for one in wanted)


def _is_only_number(node: StateNode, after: After) -> bool:
    return isinstance(after.delay, int) and len(node.after) == 1


def _milliseconds(after: After) -> int:
    return after.delay if isinstance(after.delay, int) else 0
