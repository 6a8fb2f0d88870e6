"""The relay: it hands the outbox to consumers, each at its own pace, in order, never skipping an event.

What a consumer writes and its cursor commit together, so that in the database an event takes effect exactly once.
A consumer that fails is stopped at the event that it cannot handle and tried again later; the others go on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import asyncpg
import structlog

from orderwright.runtime import outbox
from orderwright.runtime.failure import pause_after, words

if TYPE_CHECKING:
    from orderwright.clock import Clock
    from orderwright.runtime.outbox import Batch, Claim, DomainEvent
    from orderwright.runtime.pool import Connection, Pool

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Somebody who acts on domain events.

    Attributes:
        name: under which its cursor is kept; it never changes.
        events: the names that it wants; None for all.
        handle: is called in a savepoint of the relay's transaction. It writes on the connection that it
            is given, and raises if it cannot. Calls to the engine take `connection=` that connection.
    """

    name: str
    events: frozenset[str] | None
    handle: Callable[[Connection, DomainEvent], Awaitable[None]]

    def wants(self, event: DomainEvent) -> bool:
        """Tell whether the event is to be handed over."""
        return self.events is None or event.name in self.events


class Standing(Enum):
    """How a consumer stands after a pass."""

    DONE = "nothing is left for it"
    MORE = "there may be more to read"
    HELD = "more will follow when other transactions have ended"
    TAKEN = "another relay has it at this moment"
    FAILING = "it failed and waits for its next attempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a pass came to: how many events the cursor passed, and the roots of those that were wanted."""

    standing: Standing
    passed: int = 0
    roots: frozenset[str] = frozenset()


async def relay(pool: Pool, consumer: Consumer, clock: Clock) -> Pass:
    """Hand the next events to a consumer, up to 100, in one transaction."""
    async with pool.acquire() as connection:
        if not await outbox.is_behind(connection, consumer.name):
            return Pass(standing=Standing.DONE)
        async with connection.transaction():
            claim = await outbox.claim(connection, consumer.name)
            if claim is None:
                return Pass(standing=Standing.TAKEN)
            if claim.next_attempt_at is not None and claim.next_attempt_at > clock.now():
                return Pass(standing=Standing.FAILING)
            batch = await outbox.next_batch(connection, claim.cursor)
            return await _hand_over(connection, consumer, claim, batch, clock)


async def _hand_over(
    connection: Connection, consumer: Consumer, claim: Claim, batch: Batch, clock: Clock
) -> Pass:
    passed: list[DomainEvent] = []
    cursor, error = claim.cursor, None
    for place, event in batch.events:
        error = await _handle(connection, consumer, event)
        if error is not None:
            break
        cursor = place
        passed.append(event)
    if passed:
        await outbox.advance(connection, consumer.name, cursor, at=clock.now())
    standing = Standing.HELD if batch.unsettled else Standing.MORE
    if error is not None and not isinstance(error, asyncpg.DeadlockDetectedError):
        attempts = 0 if passed else claim.attempts
        await _record(connection, consumer, error, attempts, clock)
        standing = Standing.FAILING
    roots = frozenset(event.root_id for event in passed if consumer.wants(event))
    return Pass(standing=standing, passed=len(passed), roots=roots)


async def _handle(
    connection: Connection, consumer: Consumer, event: DomainEvent
) -> Exception | None:
    """Return what went wrong. A deadlock is nobody's failure: the pass ends and its locks with it."""
    if not consumer.wants(event):
        return None
    try:
        async with connection.transaction():
            await consumer.handle(connection, event)
    except Exception as error:
        if connection.is_closed():
            raise
        _logger.exception("consumer_failed", consumer=consumer.name, event_id=event.event_id)
        return error
    return None


async def _record(
    connection: Connection, consumer: Consumer, error: Exception, attempts: int, clock: Clock
) -> None:
    now = clock.now()
    await outbox.record_failure(
        connection,
        consumer.name,
        words(error),
        next_attempt_at=now + pause_after(attempts),
        at=now,
    )
