"""What comes of one due timer: its step, computed but not stored, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

from orderwright.runtime.alarm import FAULTS
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.failure import words
from orderwright.runtime.glance import Seen
from orderwright.runtime.interruption import fault_of, is_end
from orderwright.runtime.transition import Prepared, Transition
from orderwright.runtime.work import Work
from orderwright.runtime.write import prepare
from orderwright.statechart import Refused, send

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.timers import DueTimer

TIMER: Final = Actor("timer", "system")
"""Who acts when a timer fires."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A timer and what comes of it.

    Attributes:
        outcome: a step to be stored; a refusal; an error; or None: its event declares facts, or its step changes
            balances, which are locked in a transaction of their own.
    """

    timer: DueTimer
    outcome: Prepared | Refused | Exception | None

    @property
    def is_late(self) -> bool:
        """Tell whether the chart has no use for the event any more."""
        return isinstance(self.outcome, Refused) and self.outcome.code not in FAULTS

    @property
    def is_spent(self) -> bool:
        """Tell whether the timer's row goes: it fires, or comes too late."""
        return self.is_late or isinstance(self.outcome, Prepared)

    @property
    def failure(self) -> str | None:
        """Tell why the timer has to be tried again, if it has.

        A refusal because a guard or an action failed, or a fact is unknown, is no answer of the chart.
        """
        match self.outcome:
            case Exception():
                return words(self.outcome)
            case Refused() if not self.is_late:
                return f"{self.outcome.code}: {self.outcome.message}"
            case _:
                return None


async def aim(engine: Engine, connection: Connection, timer: DueTimer) -> Shot:
    """Compute the step of a claimed timer; whatever goes wrong is this timer's alone, and is kept with it."""
    try:
        with work_of(timer):
            return Shot(timer, await _step(engine, connection, timer))
    except BaseException as error:
        if connection.is_closed() or is_end(error):
            raise
        return Shot(timer, fault_of(error, f"the step of {timer.event_type}"))


def work_of(timer: DueTimer) -> Work:
    """Return what lines are logged with that are about a timer."""
    return Work(
        correlation_id=timer.correlation_id,
        causation_id=_causation_id(timer),
        root_id=timer.root_id,
        instance_id=timer.instance_id,
        chart=timer.chart_id,
        event=timer.event_type,
        timer_id=timer.timer_id,
    )


def command_of(timer: DueTimer) -> Send:
    """Return what a timer sends: caused by the row that set it, at the time that it was due.

    Raises:
        ValueError: the event's data cannot be read.
    """
    cause = Cause(
        actor=TIMER,
        correlation_id=timer.correlation_id,
        causation_id=_causation_id(timer),
        occurred_at=_moment(timer),
        origin=timer.origin,
    )
    return Send(instance_id=timer.instance_id, event=timer.event(), cause=cause)


async def _step(
    engine: Engine, connection: Connection, timer: DueTimer
) -> Prepared | Refused | None:
    instance, command = timer.instance(), command_of(timer)
    lifecycle = await engine.registry.get(connection, instance.chart_id, instance.chart_version)
    at, chart, seen = _moment(timer), lifecycle.chart, Seen({})
    step = send(chart, lifecycle.behaviour, instance.snapshot, command.event, facts=seen, now=at)
    if seen.missed and lifecycle.facts_of(command.event):
        return None
    if step.refused:
        return step.refused
    transition = Transition(
        command=command,
        chart=chart,
        before=instance,
        step=step,
        facts={},
        occurred_at=at,
        recorded_at=engine.clock.now(),
        kinds=engine.kinds,
        ledgers=engine.ledgers,
    )
    prepared = prepare(transition)
    return None if prepared.has_bookings else prepared


def _causation_id(timer: DueTimer) -> str:
    return f"{timer.instance_id}/{timer.instance_version}"


def _moment(timer: DueTimer) -> datetime:
    return max(timer.due_at, timer.last_occurred_at).astimezone(UTC)
