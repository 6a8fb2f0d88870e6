"""Firing a timer: claimed, applied and gone in one transaction, so that it fires once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.runtime import timers
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.failure import pause_after, words

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.incident import Kind
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.timers import DueTimer

TIMER: Final = Actor("timer", "system")
"""Who acts when a timer fires."""

_logger = structlog.get_logger(__name__)


async def fire_next(engine: Engine, *, until: datetime | None = None) -> bool:
    """Fire the earliest timer that is due at `until` (by default now); False when there is none.

    A timer whose event is refused is gone as well: it came too late. One that fails, because a fact
    cannot be loaded for instance, is kept and tried again later; the others do not wait for it.
    """
    now = engine.clock.now()
    async with engine.pool.acquire() as connection:
        fired = await _fire(engine, connection, until=until or now, now=now)
    if fired is None:
        return False
    if fired.result is not None and fired.result.refused is None:
        engine.wakeup.announce(fired.result.root_id)
    return True


@dataclass(frozen=True, slots=True)
class _Fired:
    result: Result | None


async def _fire(
    engine: Engine, connection: Connection, *, until: datetime, now: datetime
) -> _Fired | None:
    timer = None
    try:
        async with connection.transaction():
            timer = await timers.claim_due(connection, until=until, now=now)
            if timer is None:
                return None
            result = await engine.fire(connection, _command(timer))
    except Exception as error:
        if timer is None or connection.is_closed():
            raise
        await _postpone(connection, timer, error, now)
        _raise_alarm(engine, "timer_failed", timer, "timer_failed", words(error))
        return _Fired(None)
    if result.refused is not None:
        refused = result.refused
        _logger.info("timer_refused", **_names(timer), code=refused.code)
        _raise_alarm(engine, "timer_refused", timer, refused.code, refused.message)
    return _Fired(result)


def _raise_alarm(engine: Engine, kind: Kind, timer: DueTimer, code: str, cause: str) -> None:
    details = {**_names(timer), "due_at": timer.due_at.isoformat(), "event": timer.event.type}
    subject = f"{timer.instance_id}/{timer.timer_id}"
    engine.alarm.raise_for(kind, subject, code, cause, details)


def _command(timer: DueTimer) -> Send:
    cause = Cause(
        actor=TIMER,
        correlation_id=timer.correlation_id,
        causation_id=f"{timer.instance_id}/{timer.instance_version}",
        occurred_at=max(timer.due_at, timer.last_occurred_at),
        origin=timer.origin,
    )
    return Send(instance_id=timer.instance_id, event=timer.event, cause=cause)


async def _postpone(
    connection: Connection, timer: DueTimer, error: Exception, now: datetime
) -> None:
    _logger.error("timer_failed", **_names(timer), exc_info=error)
    retry_at = now + pause_after(timer.attempts)
    await timers.postpone(connection, timer, words(error), retry_at=retry_at)


def _names(timer: DueTimer) -> dict[str, str]:
    return {"instance_id": timer.instance_id, "timer_id": timer.timer_id}
