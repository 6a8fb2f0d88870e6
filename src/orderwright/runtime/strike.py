"""A slot strikes: what its schedule asks for is done, and the slot settled, in one transaction.

What somebody else holds is not waited for for long: the slot is left as it is and tried again in a while, and those
of other schedules strike (`held_up`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import structlog

from orderwright.runtime import slots
from orderwright.runtime.failure import IN_THE_WAY, pause_after, words
from orderwright.runtime.held_up import Held, HeldUp
from orderwright.runtime.interruption import fault_of, is_end
from orderwright.runtime.observation import told_on_commit
from orderwright.runtime.pool import check_deferred
from orderwright.runtime.slots import Claim, FailedSlot, Slot
from orderwright.runtime.waiting_room import share

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

SlotAction: TypeAlias = "Callable[[Connection, Slot], Awaitable[str | None]]"
"""Does the work of a slot, or a part of it, on the connection that it is given; raises if it cannot.

The connection waits for no lock for long; an action lets the error of that pass.

It returns None when the slot is done. Work that is too much for one transaction returns a mark instead: that is stored
with what was done, and the action is called again, with the mark in the slot.
"""
SlotActions: TypeAlias = Mapping[str, SlotAction]
"""Actions by name."""

_PATIENCE_MS: Final = 500
"""How long a slot waits for a lock; the more schedules have met one, the shorter."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """A turn over the slots: up to when they are due, and the schedules that have met a lock."""

    engine: Engine
    actions: SlotActions
    until: datetime
    now: datetime
    held: HeldUp[str]


async def strike_due(engine: Engine, actions: SlotActions, held: HeldUp[str]) -> int:
    """Do the work, or the next part of it, of the earliest slot that is due, and of one whose schedule was held.

    Args:
        engine: whose slots they are.
        actions: what can be done at a slot; others are left alone.
        held: the schedules that have met a lock in earlier calls, and will have met one in this.

    Returns:
        How many were dealt with; 0 when there are none, or others have them in hand, or hold what they need.
    """
    turn = _turn(engine, actions, None, held)
    dealt = int(await _deal_with_one(turn))
    for again in held.take(1):
        dealt += await _deal_with_one(turn, again)
    return dealt


async def strike_next(
    engine: Engine, actions: SlotActions, *, until: datetime | None = None
) -> bool:
    """Do the work, or the next part of it, of the earliest slot that is due at `until`, by default now.

    One that meets a lock is passed over; False when there is no other, or others have it in hand. One that fails, or
    whose schedule cannot be read, is kept and tried again later; later slots of its schedule wait for it as far as
    the schedule does not skip it.
    """
    turn = _turn(engine, actions, until, HeldUp())
    return await turn.held.get_past(lambda: _deal_with_one(turn))


def _turn(
    engine: Engine, actions: SlotActions, until: datetime | None, held: HeldUp[str]
) -> _Turn:
    now = engine.clock.now()
    return _Turn(engine=engine, actions=actions, until=until or now, now=now, held=held)


async def _deal_with_one(turn: _Turn, again: Held[str] | None = None) -> bool:
    """Deal with the slot of a schedule that was held, or the earliest of those that are not; False if none was.

    If it meets a lock all is undone, and its schedule left alone for a while: nothing is wrong with it.
    """
    held = turn.held
    claim = Claim(
        actions=turn.actions.keys(),
        until=turn.until,
        now=turn.now,
        held=held.all(),
        only=again and again.work,
        patience_ms=share(_PATIENCE_MS, len(held) + 1),
    )
    async with turn.engine.pool.acquire() as connection:
        slot = None
        try:
            async with told_on_commit(connection):
                slot = await slots.claim_slot(connection, claim)
                if slot is not None:
                    await _deal_with(turn, connection, slot)
        except IN_THE_WAY:
            if slot is None:
                raise
            held.hold(again or Held(slot.name))
            return False
    return slot is not None


async def _deal_with(turn: _Turn, connection: Connection, slot: Slot | FailedSlot) -> None:
    if isinstance(slot, FailedSlot):
        await _put_off(turn.engine, connection, slot)
        return
    chosen = await slots.choose(connection, slot, at=turn.until)
    if chosen is not None:
        await _strike(turn.engine, connection, chosen, turn.actions[chosen.schedule.action])


async def _strike(engine: Engine, connection: Connection, slot: Slot, action: SlotAction) -> None:
    try:
        async with told_on_commit(connection):
            mark = await action(connection, slot)
            await check_deferred(connection)
    except IN_THE_WAY:
        raise
    except BaseException as error:
        if connection.is_closed() or is_end(error):
            raise
        fault = fault_of(error, f"the action {slot.schedule.action!r}")
        failed = FailedSlot(slot.name, slot.slot_at, slot.attempts, fault)
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
