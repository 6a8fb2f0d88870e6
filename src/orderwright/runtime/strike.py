"""A slot strikes: what its schedule asks for is done, and the slot settled, in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import structlog

from orderwright.runtime import slots
from orderwright.runtime.failure import pause_after, words
from orderwright.runtime.interruption import fault_of, is_end
from orderwright.runtime.observation import told_on_commit
from orderwright.runtime.pool import check_deferred
from orderwright.runtime.slots import FailedSlot, Slot

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

SlotAction: TypeAlias = "Callable[[Connection, Slot], Awaitable[str | None]]"
"""Does the work of a slot, or a part of it, on the connection that it is given; raises if it cannot.

It returns None when the slot is done. Work that is too much for one transaction returns a mark instead: that is stored
with what was done, and the action is called again, with the mark in the slot.
"""
SlotActions: TypeAlias = Mapping[str, SlotAction]
"""Actions by name."""

_logger = structlog.get_logger(__name__)


async def strike_next(
    engine: Engine, actions: SlotActions, *, until: datetime | None = None
) -> bool:
    """Do the work, or the next part of it, of the earliest slot that is due at `until`, by default now.

    False when there is none, or others have it in hand. A slot that fails, or whose schedule cannot be read, is kept
    and tried again later; later slots of its schedule wait for it as far as the schedule does not skip it.
    """
    now = engine.clock.now()
    async with engine.pool.acquire() as connection, told_on_commit(connection):
        slot = await slots.claim_slot(connection, actions, until=until or now, now=now)
        if slot is None:
            return False
        if isinstance(slot, FailedSlot):
            await _put_off(engine, connection, slot)
            return True
        chosen = await slots.choose(connection, slot, at=until or now)
        if chosen is not None:
            await _strike(engine, connection, chosen, actions[chosen.schedule.action])
    return True


async def _strike(engine: Engine, connection: Connection, slot: Slot, action: SlotAction) -> None:
    try:
        async with told_on_commit(connection):
            mark = await action(connection, slot)
            await check_deferred(connection)
    except BaseException as error:
        if connection.is_closed() or is_end(error):
            raise
        fault = fault_of(error, f"the action {slot.schedule.action!r}")
        failed = FailedSlot(slot.schedule.name, slot.slot_at, slot.attempts, fault)
        await _put_off(engine, connection, failed)
        return
    if mark is not None:
        await slots.move_on(connection, slot, mark)
        return
    await slots.finish(connection, slot, at=engine.clock.now())
    _logger.info("slot_done", slot=slot.id)


async def _put_off(engine: Engine, connection: Connection, slot: FailedSlot) -> None:
    at, subject = slot.slot_at.isoformat(), f"schedule/{slot.name}"
    _logger.error("slot_failed", slot=f"{subject}/{at}", exc_info=slot.error)
    retry_at = engine.clock.now() + pause_after(slot.attempts)
    await slots.put_off(connection, slot, retry_at=retry_at)
    details = {"schedule": slot.name, "slot_at": at}
    engine.alarm.raise_for("slot_failed", subject, "slot_failed", words(slot.error), details)
