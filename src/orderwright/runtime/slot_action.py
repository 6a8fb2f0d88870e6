"""What every host can do at a slot: send an event, or put a job down.

event   {"instance": id, "type": ..., "data": {...}}   the event is sent to the instance
job     {"kind": ..., "payload": ..., "root": id}      a job with the slot as its key; root: the schedule's name
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog

from orderwright.errors import RuntimeFault
from orderwright.runtime.alarm import NO_ANSWER
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.cron import ScheduleInvalid
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.schedule import JOB
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.slots import Slot
    from orderwright.runtime.strike import SlotActions

SCHEDULE: Final = Actor("schedule", "system")
"""Who acts when a slot strikes."""

_logger = structlog.get_logger(__name__)


class SlotFailed(RuntimeFault):
    """The event of a slot was refused, which was no answer of the chart; it is tried again."""

    code = "slot.failed"
    retryable = True


def standard_actions(engine: Engine) -> SlotActions:
    """Return the actions by the names that schedules use."""
    return {"event": partial(_send, engine), JOB: partial(_enqueue, JobQueue(engine))}


async def _send(engine: Engine, connection: Connection, slot: Slot) -> None:
    """Send the event; that the chart has no use for it now is an answer, and no failure."""
    instance_id = _text(slot, "instance")
    event = Event(_text(slot, "type"), _value(slot, "data", {}))
    result = await engine.carry_out(
        Send(
            instance_id=instance_id, event=event, cause=Cause(actor=SCHEDULE, causation_id=slot.id)
        ),
        connection=connection,
    )
    if result.refused is None:
        return
    if result.refused.code in NO_ANSWER:
        raise SlotFailed(f"{event.type} to {instance_id}: {result.refused.message}")
    _logger.info("slot_event_refused", slot=slot.id, code=result.refused.code)


async def _enqueue(jobs: JobQueue, connection: Connection, slot: Slot) -> None:
    await jobs.enqueue(
        _text(slot, "kind"),
        _value(slot, "payload", {}),
        key=slot.id,
        root_id=_value(slot, "root", slot.schedule.name),
        causation_id=slot.id,
        connection=connection,
    )


def _text(slot: Slot, name: str) -> str:
    value = slot.schedule.payload.get(name)
    if not isinstance(value, str):
        schedule = slot.schedule
        message = (
            f"the payload of {schedule.name} names no {name!r}, which {schedule.action!r} needs"
        )
        raise ScheduleInvalid(message, values={"schedule": schedule.name, "field": name})
    return value


def _value(slot: Slot, name: str, default: Any) -> Any:
    return slot.schedule.payload.get(name, default)
