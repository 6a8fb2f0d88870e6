"""The relay: it hands the outbox to consumers, each at its own pace, in order, never skipping an event.

What a consumer writes and its cursor commit together, so that in the database an event takes effect exactly once.
An event that a consumer cannot handle parks its root for that consumer (`parking`): what follows in that root waits
in order, all other roots and all other consumers go on. Where several events fail together, they go in parts, each
with a transaction and a step of the cursor of its own (`_Parts`). So do those that a connection was lost with, in the
passes after that (`suspicion`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from orderwright.runtime import outbox, parking
from orderwright.runtime.consumer import Broken, Consumer, Handed, hand_over
from orderwright.runtime.observation import QUIET, Handled, Observer, told_on_commit
from orderwright.runtime.suspicion import Suspicion

if TYPE_CHECKING:
    from orderwright.clock import Clock
    from orderwright.runtime.outbox import Cursor, Placed
    from orderwright.runtime.pool import Connection, Pool


class Standing(Enum):
    """How a consumer stands after a pass."""

    DONE = "nothing is left for it but parked roots that are not due"
    MORE = "there may be more to read"
    HELD = "more will follow when other transactions have ended"
    TAKEN = "another relay has it at this moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a pass came to.

    Attributes:
        passed: how many events were acknowledged.
        parked: how many were set aside behind a failing one.
        roots: the roots of those that were handled.
        dealt: how many it wants, of all these.
        failed: one of them has failed.
    """

    standing: Standing
    passed: int = 0
    parked: int = 0
    roots: frozenset[str] = frozenset()
    dealt: int = 0
    failed: bool = False


async def relay(
    pool: Pool,
    consumer: Consumer,
    clock: Clock,
    observer: Observer = QUIET,
    suspicion: Suspicion | None = None,
) -> Pass:
    """Try one parked root again that is due, then hand over the next events; a transaction for each.

    Who makes passes one after the other hands all of them the same `suspicion`: without it an event that ends its
    connection fails every pass.
    """
    suspicion = suspicion or Suspicion()
    async with pool.acquire() as connection:
        done = await _pass(_Hand(connection, consumer, clock, observer, suspicion))
    if done.standing is not Standing.TAKEN:
        suspicion.clear()
    return done


async def _pass(hand: _Hand) -> Pass:
    ahead = await outbox.look_ahead(hand.connection, hand.consumer.name, now=hand.clock.now())
    retried = await hand.retry() if ahead.has_due_root else None
    if ahead.is_behind and not ahead.is_held:
        done = await hand.go_on()
        return _both(retried, done) if retried else done
    return retried or Pass(standing=Standing.HELD if ahead.is_held else Standing.DONE)


class _Turn(Protocol):
    """Hands over what is next, up to so many events; alone if one is all that is to be tried."""

    def __call__(self, most: int, *, alone: bool) -> Awaitable[Pass | Broken]: ...


class _Parts:
    """How many events go together next after a batch broke, until each of them has been dealt with.

    Those among which one has failed are halved until it goes alone; behind it, one goes and then ever twice as many.
    So a failing event costs a few transactions, and the others go together. Where time was over or a lock was not to
    be had, each goes alone: half of them would wait as long, and hold what they have locked meanwhile.

    Attributes:
        left: how many are to be dealt with.
        most: how many of them go next.
    """

    def __init__(self, broken: Broken) -> None:
        self.left = self._limit = broken.events
        self.most = 1
        self.break_up(broken)

    def break_up(self, broken: Broken) -> None:
        """Go on with a part of those that have failed together."""
        if broken.is_of_waiting:
            self._limit = 1
        self._suspects = broken.suspects
        self._halve()

    def go_on(self, done: Pass) -> None:
        """Go on behind those that were dealt with; if none were, that is all for now."""
        self.left -= done.dealt or self.left
        self._suspects -= done.dealt
        if self._suspects > 0:
            self._halve()
        else:
            self.most = 1 if done.failed else min(2 * self.most, self._limit)

    def _halve(self) -> None:
        self.most = min(max(self._suspects // 2, 1), self._limit)


@dataclass(frozen=True, slots=True)
class _Hand:
    """Hands events to one consumer; what was done is told when it is committed."""

    connection: Connection
    consumer: Consumer
    clock: Clock
    observer: Observer
    suspicion: Suspicion

    async def go_on(self) -> Pass:
        """Hand over the next events."""
        return await self._together_or_apart(self._go_on)

    async def retry(self) -> Pass:
        """Hand over what waits in one parked root."""
        return await self._together_or_apart(self._retry)

    async def _together_or_apart(self, turn: _Turn) -> Pass:
        """Take a turn; if it broke, take turns with parts of it, for as long as they come to something."""
        done = await self._in_transaction(turn, self.consumer.batch)
        if isinstance(done, Pass):
            return done
        parts, all_done = _Parts(done), Pass(standing=Standing.MORE)
        while parts.left > 0:
            part = await self._in_transaction(turn, parts.most, alone=parts.most == 1)
            if isinstance(part, Broken):
                parts.break_up(part)
            else:
                parts.go_on(part)
                all_done = _both(all_done, part)
        return all_done

    async def _in_transaction(
        self, turn: _Turn, most: int, *, alone: bool = False
    ) -> Pass | Broken:
        async with told_on_commit(self.connection):
            return await turn(most, alone=alone)

    async def _go_on(self, most: int, *, alone: bool) -> Pass | Broken:
        connection, consumer = self.connection, self.consumer
        cursor = await outbox.claim(connection, consumer.name)
        if cursor is None:
            return Pass(standing=Standing.TAKEN)
        # No more than is handed over: read again for each of its parts, a batch would be read in its square.
        batch = await outbox.next_batch(connection, consumer.name, cursor, most, consumer.events)
        handed = await self._hand_over(batch.events, alone=alone)
        if isinstance(handed, Broken):
            return handed
        is_whole = len(handed.done) + len(handed.waiting) == len(batch.events)
        reached = batch.reached if is_whole else _last(handed)
        if reached is not None:
            at = self.clock.now()
            await outbox.advance(connection, consumer.name, reached, at=at)
            if handed.waiting:
                await parking.park(connection, consumer, handed.failures, at=at)
                await parking.add_waiting(connection, consumer.name, handed.waiting)
        standing = Standing.HELD if batch.unsettled and is_whole else Standing.MORE
        unwanted = batch.passed - len(batch.events) if is_whole else 0
        return _passed(consumer, standing, handed, unwanted=unwanted)

    async def _retry(self, most: int, *, alone: bool) -> Pass | Broken:
        connection, consumer = self.connection, self.consumer
        if await outbox.claim(connection, consumer.name) is None:
            return Pass(standing=Standing.TAKEN)
        root = await parking.claim_due(connection, consumer.name, now=self.clock.now())
        if root is None:
            return Pass(standing=Standing.MORE)
        waiting = await parking.next_waiting(connection, root, most)
        handed = await self._hand_over(waiting, alone=alone)
        if isinstance(handed, Broken):
            return handed
        at = self.clock.now()
        await parking.acknowledge(connection, consumer.name, handed.done, at=at)
        for failure in handed.failures:
            await parking.postpone(connection, consumer, root, failure, at=at)
        if not handed.failures:
            await parking.release(connection, root)
        handed = replace(handed, waiting=())
        return _passed(consumer, Standing.MORE, handed)

    async def _hand_over(self, events: Sequence[Placed], *, alone: bool) -> Handed | Broken:
        began, consumer = self.clock.now(), self.consumer
        handed = await hand_over(self.connection, consumer, events, self.suspicion, alone=alone)
        if isinstance(handed, Broken):
            return handed
        done = [one.event for one in handed.done if consumer.wants(one.event)]
        failures = [(failure.event, failure.error) for failure in handed.failures]
        if done or failures:
            self.observer.tell(Handled(consumer.name, done, failures, began))
        return handed


def _last(handed: Handed) -> Cursor | None:
    """Return the place up to which a batch was worked through; both lists are in order."""
    ends = [events[-1].place for events in (handed.done, handed.waiting) if events]
    return max(ends, key=lambda place: (place.ord, place.id), default=None)


def _passed(consumer: Consumer, standing: Standing, handed: Handed, *, unwanted: int = 0) -> Pass:
    return Pass(
        standing=standing,
        passed=len(handed.done) + unwanted,
        parked=len(handed.waiting),
        roots=_roots(consumer, handed.done),
        dealt=len(handed.done) + len(handed.waiting),
        failed=bool(handed.failures),
    )


def _roots(consumer: Consumer, done: Sequence[Placed]) -> frozenset[str]:
    return frozenset(one.event.root_id for one in done if consumer.wants(one.event))


def _both(before: Pass, done: Pass) -> Pass:
    return Pass(
        standing=done.standing,
        passed=before.passed + done.passed,
        parked=before.parked + done.parked,
        roots=before.roots | done.roots,
    )
