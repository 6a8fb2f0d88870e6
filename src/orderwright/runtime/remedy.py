"""What the house itself can do about an incident: try again at once what failed.

The incident stays open. The watch closes it when the trouble has passed; if it comes again, it counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from orderwright.errors import RefusedError
from orderwright.runtime import incident as incidents, parking, slots, timers
from orderwright.runtime.once import is_replay

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.command import Cause
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.incident import Incident
    from orderwright.runtime.pool import Connection

_SCHEDULE: Final = "schedule/"

_logger = structlog.get_logger(__name__)


class NoRemedy(RefusedError):
    """Nothing can be tried again here: it is for a person to mend, or nothing fails any more."""

    code = "incident.no_remedy"


def has_remedy(incident: Incident) -> bool:
    """Tell whether `remedy` can do something for incidents of this kind while they are open."""
    if incident.status != "open":
        return False
    return incident.kind in ("timer_failed", "slot_failed") or incident.code == "dead_letters"


async def remedy(engine: Engine, incident_id: str, cause: Cause) -> Incident:
    """Have what failed tried again at once: a timer, a slot, or all dead letters of a consumer; who and why is logged.

    Raises:
        IncidentNotFound: none has this id.
        NoRemedy: it is resolved or for a person to mend, or there is nothing left that failed.
        IdempotencyMismatch: the idempotency key was used for another request.
    """
    now = engine.clock.now()
    async with engine.pool.acquire() as connection, connection.transaction():
        found = await incidents.find(connection, incident_id)
        request = ("incident.retry", incident_id)
        if await is_replay(connection, cause.idempotency_key, request, at=now):
            return found
        if not has_remedy(found) or not await _try_again(connection, found, now):
            raise NoRemedy(
                f"nothing can be tried again by itself: {found.retry}",
                values={"incident": incident_id, "kind": found.kind},
            )
    engine.wakeup.announce(found.instance_id or found.subject)
    _logger.info(
        "incident_retried", incident=incident_id, actor=cause.actor.id, reason=cause.reason
    )
    return found


async def _try_again(connection: Connection, found: Incident, now: datetime) -> bool:
    if found.kind == "timer_failed":
        instance_id, timer_id = str(found.details["instance_id"]), str(found.details["timer_id"])
        return await timers.hasten(connection, instance_id, timer_id, at=now)
    if found.kind == "slot_failed":
        return await slots.hasten(connection, found.subject.removeprefix(_SCHEDULE), at=now)
    return bool(await parking.retry(connection, found.subject, at=now))
