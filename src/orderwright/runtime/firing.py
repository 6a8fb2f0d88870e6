"""Firing timers: claimed, applied and gone in one transaction, so that each fires once.

    claim    instances with something due are locked, and the next timer of each is read         timers.claim_due
    aim      each step is computed; a timer whose step cannot be falls out here, alone           shot.aim
    store    the rows are deleted and all steps written, in one savepoint                        _store
    apart    if that fails, each once more in a savepoint of its own, to find who is at fault    _store_apart
    settle   what failed is postponed and tried again later; the others do not wait for it       _settle

A timer whose event is refused is gone as well: it came too late. One whose chart is foreign to this host is left as it
is to a host that knows the chart; if there is none, the watch tells that it is overdue.

Events that declare facts, and steps that change balances, are fired one by one, each in a transaction of its own: they
lock balances, which must not be held while others are waited for. A balance that somebody holds is not waited for
for long: the timer is left as it is and tried again in a while, and the others fire (`held_up`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import asyncpg
import structlog

from orderwright.runtime import incident, timers
from orderwright.runtime.failure import pause_after, sentence
from orderwright.runtime.held_up import Held, HeldUp
from orderwright.runtime.incident import Sighting
from orderwright.runtime.interruption import fault_of, is_end
from orderwright.runtime.observation import Applied, Fired, Refusal, told_on_commit
from orderwright.runtime.registry import BehaviourMissing
from orderwright.runtime.shot import Shot, aim, command_of, work_of
from orderwright.runtime.transition import Prepared
from orderwright.runtime.waiting_room import share
from orderwright.runtime.write import store
from orderwright.statechart import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.incident import Kind
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.timers import DueTimer

_PATIENCE_MS: Final = 500
"""How long a timer waits for a balance, and so that of all others; the more of a pass have met a lock, the shorter the
next waits."""

_logger = structlog.get_logger(__name__)


class _NotStored(Exception):
    """A step of the batch was not applied."""


class _Failed(Exception):
    """The event was refused because something is not in order."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """A pass over the timers: up to when they are due, what time it is, and which have met a lock."""

    engine: Engine
    connection: Connection
    until: datetime
    now: datetime
    held: HeldUp[DueTimer]


async def fire_due(
    engine: Engine, *, until: datetime | None = None, held: HeldUp[DueTimer] | None = None
) -> int:
    """Fire a batch of the timers that are due at `until` (by default now), at most one of each instance.

    Args:
        engine: whose timers they are.
        until: what counts as due.
        held: those that have met a lock in earlier calls, and will have met one in this.

    Returns:
        How many were dealt with; 0 when there are none, or others have them in hand, or hold what they need.
    """
    return await _fire(engine, until, HeldUp() if held is None else held, alone=False)


async def fire_next(engine: Engine, *, until: datetime | None = None) -> bool:
    """Fire the earliest timer that is due at `until` (by default now) and meets no lock; False when there is none."""
    held: HeldUp[DueTimer] = HeldUp()
    return await held.get_past(lambda: _fire(engine, until, held, alone=True))


async def _fire(
    engine: Engine, until: datetime | None, held: HeldUp[DueTimer], *, alone: bool
) -> int:
    now = engine.clock.now()
    async with engine.pool.acquire() as connection:
        run = _Pass(engine=engine, connection=connection, until=until or now, now=now, held=held)
        shots = await _volley(run, alone=alone)
        for shot in shots:
            _tell(run, shot)
            if isinstance(shot.outcome, Prepared):
                engine.wakeup.announce(shot.timer.root_id)
        with_facts = [Held(shot.timer) for shot in shots if shot.outcome is None]
        dealt = await _fire_apart(run, with_facts)
        if not alone:
            dealt += await _fire_apart(run, held.take())
    return len(shots) - len(with_facts) + dealt


async def _volley(run: _Pass, *, alone: bool) -> list[Shot]:
    """Claim a batch, fire what needs no facts, and return every timer with what came of it."""
    connection = run.connection
    async with connection.transaction():
        due = await _claim(run, alone=alone)
        shots = [await aim(run.engine, connection, timer) for timer in due]
        shots = await _store_together(connection, shots)
        for shot in shots:
            await _settle(run, shot)
    return shots


async def _claim(run: _Pass, *, alone: bool) -> list[DueTimer]:
    """Claim what this host can fire; a version that turns out to be foreign is met once, and left out from then on."""
    registry = run.engine.registry
    while True:
        due = await timers.claim_due(
            run.connection,
            until=run.until,
            now=run.now,
            foreign=registry.foreign,
            held=[timer.instance_id for timer in run.held.all()],
            alone=alone,
        )
        ours = [timer for timer in due if not await _is_foreign(run, timer)]
        if ours or not due:
            return ours


async def _is_foreign(run: _Pass, timer: DueTimer) -> bool:
    return await run.engine.registry.is_foreign(
        run.connection, timer.chart_id, timer.chart_version
    )


async def _store_together(connection: Connection, shots: list[Shot]) -> list[Shot]:
    try:
        async with connection.transaction():
            await _store(connection, shots)
    except Exception as error:
        if connection.is_closed():
            raise
        _logger.warning("timer_batch_failed", timers=len(shots), exc_info=error)
        return [await _store_apart(connection, shot) for shot in shots]
    return shots


async def _store_apart(connection: Connection, shot: Shot) -> Shot:
    try:
        async with connection.transaction():
            await _store(connection, [shot])
    except Exception as error:
        if connection.is_closed():
            raise
        return Shot(shot.timer, error)
    return shot


async def _store(connection: Connection, shots: Sequence[Shot]) -> None:
    spent = [shot.timer for shot in shots if shot.is_spent]
    steps = [shot.outcome for shot in shots if isinstance(shot.outcome, Prepared)]
    if spent:
        await timers.take_away(connection, spent)
    if steps:
        outcomes = set(await store(connection, steps))
        if outcomes != {"applied"}:
            raise _NotStored(", ".join(sorted(map(str, outcomes))))


async def _fire_apart(run: _Pass, due: Sequence[Held[DueTimer]]) -> int:
    """Fire timers one by one, and return how many were dealt with; who meets a lock is left for a while."""
    dealt = locks = 0
    for one in due:
        try:
            dealt += await _fire_with_facts(run, one.work, share(_PATIENCE_MS, locks + 1))
        except asyncpg.LockNotAvailableError:
            run.held.hold(one)
            locks += 1
    return dealt


async def _fire_with_facts(run: _Pass, timer: DueTimer, patience_ms: int) -> bool:
    """Fire a timer in a transaction of its own; False when somebody else did or has the instance in hand.

    Who lost a deadlock did nothing, and is tried again with the next batch. An instance that has moved meanwhile to a
    version that is foreign here is left to others.

    Raises:
        LockNotAvailableError: somebody holds a lock for longer than the patience; nothing was done.
    """
    try:
        result = await _apply_with_facts(run, timer, patience_ms)
    except asyncpg.LockNotAvailableError:
        raise
    except (asyncpg.DeadlockDetectedError, BehaviourMissing):
        return False
    except BaseException as error:
        if run.connection.is_closed() or is_end(error):
            raise
        fault = fault_of(error, f"the step of {timer.event_type}")
        outcome = fault.refused if isinstance(fault, _Failed) else fault
        _tell_delay(run, Shot(timer, outcome))
        await _settle(run, Shot(timer, outcome))
        return True
    if result is None:
        return False
    if result.refused is None:
        run.engine.wakeup.announce(result.root_id)
    _tell_delay(run, Shot(timer, result.refused))
    return True


async def _apply_with_facts(run: _Pass, timer: DueTimer, patience_ms: int) -> Result | None:
    connection, instance_id = run.connection, timer.instance_id
    async with told_on_commit(connection):
        due = await timers.claim_next(
            connection, instance_id, until=run.until, now=run.now, patience_ms=patience_ms
        )
        if due is None or due.key != timer.key:
            return None
        await timers.take_away(connection, [due])
        result = await run.engine.fire(connection, command_of(due))
        if result.refused is not None and Shot(due, result.refused).failure:
            raise _Failed(result.refused)
        await _settle(run, Shot(due, result.refused))
        return result


def _tell(run: _Pass, shot: Shot) -> None:
    """Tell what came of a timer whose step was computed here."""
    if isinstance(shot.outcome, Prepared):
        run.engine.observer.tell(Applied(shot.outcome))
    elif isinstance(shot.outcome, Refused):
        chart_id = shot.timer.chart_id
        run.engine.observer.tell(Refusal(command_of(shot.timer), chart_id, shot.outcome))
    if shot.outcome is not None:
        _tell_delay(run, shot)


def _tell_delay(run: _Pass, shot: Shot) -> None:
    """Tell how late a timer was."""
    outcome: Literal["fired", "refused", "failed"] = "refused" if shot.is_late else "fired"
    if shot.failure:
        outcome = "failed"
    late = max((run.now - shot.timer.due_at).total_seconds(), 0.0)
    chart_id = shot.timer.chart_id
    run.engine.observer.tell(Fired(chart_id, outcome, late))


async def _settle(run: _Pass, shot: Shot) -> None:
    """Record what did not come about, and postpone what failed."""
    if isinstance(shot.outcome, Prepared | None):
        return
    with work_of(shot.timer):
        await _record(run, shot)


async def _record(run: _Pass, shot: Shot) -> None:
    timer, failure = shot.timer, shot.failure
    if failure is not None:
        error = shot.outcome if isinstance(shot.outcome, Exception) else None
        _logger.error("timer_failed", error=failure, exc_info=error)
        retry_at = run.now + pause_after(timer.attempts)
        await timers.postpone(run.connection, timer, failure, retry_at=retry_at)
        await _write_down(run, "timer_failed", timer, "timer_failed", failure)
    elif isinstance(shot.outcome, Refused):
        code, message = shot.outcome.code, shot.outcome.message
        _logger.info("timer_refused", code=code)
        await _write_down(run, "timer_refused", timer, code, message)


async def _write_down(run: _Pass, kind: Kind, timer: DueTimer, code: str, cause: str) -> None:
    """Record an incident with what has become of the timer: a timer that is gone is never seen again."""
    sighting = Sighting(
        kind=kind,
        subject=f"{timer.instance_id}/{timer.timer_id}",
        code=code,
        cause=sentence(cause),
        details={
            "instance_id": timer.instance_id,
            "timer_id": timer.timer_id,
            "due_at": timer.due_at.isoformat(),
            "event": timer.event_type,
        },
        seen_at=run.now,
    )
    await incident.record(run.connection, [sighting])
