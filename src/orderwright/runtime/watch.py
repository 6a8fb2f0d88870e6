"""The watch: it looks for trouble that nobody runs into, and closes what has passed.

Every minute: consumers that are far behind or wait for somebody with a dead letter, instances whose timer should
have fired long ago, and whether the timers and slots that failed still do. Once a day: the anchor of the day before,
then today's. Of several workers one looks at a time.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderwright.runtime import incident
from orderwright.runtime.anchor import AnchorsBusy
from orderwright.runtime.calendar import nearest
from orderwright.runtime.incident import Sighting
from orderwright.runtime.lag import read_status
from orderwright.runtime.loop import Loop

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from datetime import datetime

    from orderwright.runtime.anchor import Anchors
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.incident import Kind
    from orderwright.runtime.lag import ConsumerLag
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.replay import Finding

LATE: Final = timedelta(minutes=5)
"""What is later than this is trouble."""
_EVERY: Final = 60.0  # seconds
_ANCHOR_EVERY: Final = 600.0
_BROKEN_EVERY: Final = 3600.0
_SHOWN: Final = 1000  # instances, or findings of an anchor
_LOCK: Final = 0x6F777761746368  # any number, the same in every process


class Watch:
    """Looks for trouble; its `run` is a duty of a worker."""

    def __init__(self, engine: Engine, anchors: Anchors) -> None:
        self._engine = engine
        self._anchors = anchors

    async def run(self, stop: asyncio.Event) -> None:
        """Look now and then until `stop` is set or this is cancelled."""
        loops = [Loop(turn, _EVERY, stop) for turn in (self.look, self.seal)]
        async with asyncio.TaskGroup() as group:
            for loop in loops:
                group.create_task(loop.run())
            await stop.wait()
            for loop in loops:
                loop.wake()

    async def look(self) -> float:
        """Record what is late and close what has caught up; return after how many seconds to look again."""
        async with self._engine.pool.acquire() as connection, connection.transaction():
            if await connection.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK):
                now = self._engine.clock.now()
                await _watch_consumers(connection, now)
                await _watch_timers(connection, now)
                await _settle_passed(connection, "timer_failed", _FAILING_TIMERS, now)
                await _settle_passed(connection, "slot_failed", _FAILING_SLOTS, now)
        return _EVERY

    async def seal(self) -> float:
        """Finish what a crash left, hold the database against the latest anchor, take today's; return when to return.

        While it does not hold, none is taken: the next one would vouch for what has been done to the database. Where
        another process is at it, it is left to that.
        """
        try:
            return await self._seal()
        except AnchorsBusy:
            return _EVERY

    async def _seal(self) -> float:
        if not await self._holds(self._anchors.settle()):
            return _BROKEN_EVERY
        if not await self._anchors.is_due():
            return _ANCHOR_EVERY
        latest = self._anchors.latest()
        if latest is not None and not await self._holds(self._anchors.check(latest)):
            return _BROKEN_EVERY
        await self._anchors.take()
        return _ANCHOR_EVERY

    async def _holds(self, findings: AsyncGenerator[Finding]) -> bool:
        """Record what differs, and tell whether nothing does."""
        now = self._engine.clock.now()
        found: list[Sighting] = []
        async with aclosing(findings):
            async for one in findings:
                found.append(
                    _sighting("anchor_differs", one.instance_id, one.code, one.message, now)
                )
                if len(found) == _SHOWN:
                    break
        async with self._engine.pool.acquire() as connection, connection.transaction():
            await incident.record(connection, found)
        return not found


async def _watch_consumers(connection: Connection, now: datetime) -> None:
    status = await read_status(connection, now=now)
    late = [one for consumer in status.consumers for one in _lagging(consumer, now)]
    await _report(connection, "consumer_lagging", late, now)


def _lagging(consumer: ConsumerLag, now: datetime) -> Iterator[Sighting]:
    name = consumer.consumer
    if consumer.seconds > LATE.total_seconds():
        cause = f"{name} has not read {consumer.events} events; the oldest is {consumer.seconds:.0f} s old"
        yield _sighting("consumer_lagging", name, "behind", cause, now)
    if consumer.dead_roots:
        roots = f"{consumer.dead_roots} of {consumer.parked_roots} parked roots"
        cause = f"{name} has given up on {roots}; {consumer.waiting_events} events wait in these"
        yield _sighting("consumer_lagging", name, "dead_letters", cause, now)


async def _watch_timers(connection: Connection, now: datetime) -> None:
    rows = await connection.fetch(_OVERDUE, now - LATE, _SHOWN)
    late = [
        _sighting(
            "instance_stuck",
            row["instance_id"],
            "timer_overdue",
            f"the timer {row['timer_id']} was due at {row['due_at'].isoformat()} and has not fired"
            + (f": {row['last_error']}" if row["last_error"] else ""),
            now,
        )
        for row in rows
    ]
    whole = not rows or rows[0]["timers"] < _SHOWN
    await _report(connection, "instance_stuck", late, now, whole=whole)


async def _settle_passed(connection: Connection, kind: Kind, failing: str, now: datetime) -> None:
    """Close the incidents of what has come about since it failed; who ran into it has opened them."""
    rows = await connection.fetch(failing, _SHOWN)
    if len(rows) < _SHOWN:
        still = [(row["subject"], kind) for row in rows]
        await incident.settle(connection, kind, still=still, at=now)


async def _report(
    connection: Connection, kind: Kind, late: list[Sighting], now: datetime, *, whole: bool = True
) -> None:
    """Record what is late; close the rest, if `late` is the whole of it."""
    if late:
        await incident.record(connection, late)
    if whole:
        still = [(one.subject, one.code) for one in late]
        await incident.settle(connection, kind, still=still, at=now)


def _sighting(kind: Kind, subject: str, code: str, cause: str, now: datetime) -> Sighting:
    return Sighting(kind=kind, subject=subject, code=code, cause=cause, seen_at=now)


# One timer for each instance: the one that has waited longest. The list is of timers, and may be cut where
# the instances are few.
_OVERDUE = f"""
select distinct on (instance_id) instance_id, timer_id, {nearest("due_at")} as due_at, last_error,
       count(*) over () as timers
from (select * from orderwright.timer where due_at < $1 order by due_at limit $2) as late
order by instance_id, late.due_at
"""  # noqa: S608 (nothing of a caller)
_FAILING_TIMERS = """
select instance_id || '/' || timer_id as subject from orderwright.timer where retry_at is not null limit $1
"""
_FAILING_SLOTS = """
select 'schedule/' || schedule as subject from orderwright.slot
where status = 'armed' and retry_at is not null
limit $1
"""
