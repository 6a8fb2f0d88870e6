"""Who acts on domain events, and how events are handed over: all at once, or in parts when that fails.

A batch goes over in one savepoint, which is what makes the relay fast. When anything in it fails, the savepoint is
rolled back, and its events go in parts, each with a transaction of its own, until the one that fails stands alone
(`relay`). Never do several go one by one in one transaction where a batch locks all that it needs in one order:
single events in a row would not keep to that. A root whose event failed is left alone: nothing of it may overtake
that event.

What the database puts off to the commit it checks in the savepoint, where an error can still be told to be of an
event. At the commit it would undo the cursor, park nothing, and come again with every pass.

Where the connection is lost, nothing can be told of it, nor written: the pass fails. Which events were in hand is
remembered (`suspicion`), so that the next passes find out whether one of them is the cause.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg
import structlog

from orderwright.runtime.failure import IN_THE_WAY
from orderwright.runtime.interruption import fault_of, is_end
from orderwright.runtime.observation import told_on_commit
from orderwright.runtime.pool import check_deferred, is_gone
from orderwright.runtime.time_limit import TookTooLong, each_in_time, in_time
from orderwright.runtime.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.runtime.outbox import DomainEvent, Placed
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.suspicion import Suspicion

ATTEMPTS: Final = 24
"""How often a failing event is tried by itself, over about half a day."""
LONGEST: Final = 60.0
"""Seconds that a handler may take. While it works, its transaction holds back what all other consumers may read."""

_OF_WAITING: Final = (TookTooLong, *IN_THE_WAY)
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Somebody who acts on domain events.

    Attributes:
        name: under which its cursor is kept; it never changes.
        events: the names that it wants; None for all.
        handle: is called in a savepoint of the relay's transaction. It writes on the connection that it
            is given, and raises if it cannot. Calls to the engine take `connection=` that connection.
            What it does anywhere else may be repeated. A deferred constraint that does not hold when all
            events of the transaction were handled is an error of it.
        handle_all: handles several events in order, if that is cheaper; `handle` is asked when it fails.
        batch: how many events one transaction hands over, of those that are wanted: more of them is faster, and
            holds what `handle` locks for longer.
        attempts: how often a failing event is tried before it waits for somebody to look into it.
        longest_seconds: how long a call may take; one that takes longer has failed. After so long a batch ends
            behind the event that it is at, so that slow events are not done again because they are many.
    """

    name: str
    events: frozenset[str] | None
    handle: Callable[[Connection, DomainEvent], Awaitable[None]]
    handle_all: Callable[[Connection, Sequence[DomainEvent]], Awaitable[None]] | None = None
    batch: int = 100
    attempts: int = ATTEMPTS
    longest_seconds: float = LONGEST

    def wants(self, event: DomainEvent) -> bool:
        """Tell whether the event is to be handed over."""
        return self.events is None or event.name in self.events


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that a consumer could not handle, and why."""

    event: DomainEvent
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What became of a batch.

    Attributes:
        done: handled, or not wanted.
        waiting: has to wait behind a failing event of its root; the failing ones are among them.
        failures: the event that failed, if one did.

    A deadlock is nobody's failure: the batch ends before the event that met it, in neither list.
    """

    done: Sequence[Placed]
    waiting: Sequence[Placed]
    failures: Sequence[Failure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Several events that failed together; none of them took effect.

    Attributes:
        events: how many they are.
        suspects: among so many of them, from the first on, is the one that failed.
        is_of_waiting: time was over, or a lock was not to be had.
    """

    events: int
    suspects: int
    is_of_waiting: bool


async def hand_over(
    connection: Connection,
    consumer: Consumer,
    events: Sequence[Placed],
    suspicion: Suspicion,
    *,
    alone: bool = False,
) -> Handed | Broken:
    """Hand events to a consumer, in order; those whose root is parked wait.

    Args:
        connection: in a transaction.
        consumer: who gets them.
        events: in order.
        suspicion: which of them a connection was lost with before.
        alone: only the first, which others may have failed with.
    """
    if alone:
        events = events[:1]
    due = [one for one in events if _is_due(consumer, one)]
    if not due:
        return _handed(consumer, events)
    if not alone and (suspect := suspicion.last_of(due)):
        return Broken(events=len(events), suspects=events.index(suspect) + 1, is_of_waiting=False)
    if alone and (error := suspicion.take_error_of(due[0])):
        with work_of(consumer.name, due[0].event):
            _logger.error("consumer_failed", event_id=due[0].event.event_id, error=str(error))
        return _handed(consumer, events, Failure(due[0].event, error))
    with suspicion.watch(connection, alone=alone) as begun:
        if not alone:
            handed = await _hand_over_together(connection, consumer, events, due, begun)
            if isinstance(handed, Handed) or len(due) > 1:
                return handed
        return await _handle_one(connection, consumer, events, due[0], begun)


async def _hand_over_together(
    connection: Connection,
    consumer: Consumer,
    events: Sequence[Placed],
    due: Sequence[Placed],
    begun: list[Placed],
) -> Handed | Broken:
    error = await _handle_all(connection, consumer, due, begun)
    if error is None:
        rest = due[len(begun) :]
        return _handed(consumer, events[: events.index(rest[0])] if rest else events)
    return Broken(
        events=len(events),
        suspects=events.index(begun[-1]) + 1 if begun else len(events),
        is_of_waiting=isinstance(error, _OF_WAITING),
    )


def _is_due(consumer: Consumer, one: Placed) -> bool:
    return consumer.wants(one.event) and not one.is_behind_parked


def _handed(
    consumer: Consumer, events: Sequence[Placed], failure: Failure | None = None
) -> Handed:
    def waits(one: Placed) -> bool:
        has_failed = failure is not None and one.event is failure.event
        return has_failed or (one.is_behind_parked and consumer.wants(one.event))

    return Handed(
        done=[one for one in events if not waits(one)],
        waiting=[one for one in events if waits(one)],
        failures=(failure,) if failure else (),
    )


async def _handle_all(
    connection: Connection, consumer: Consumer, due: Sequence[Placed], begun: list[Placed]
) -> BaseException | None:
    """Handle events from the first on, and list those that were begun; return what went wrong, for all of them."""
    try:
        async with told_on_commit(connection):
            if consumer.handle_all is None:
                await _handle_each(connection, consumer, due, begun)
                return None
            events = [_begin(one, begun) for one in due]
            async with in_time(consumer.longest_seconds):
                await consumer.handle_all(connection, events)
                await check_deferred(connection)
    except BaseException as error:
        if is_gone(connection) or is_end(error):
            raise
        _logger.debug("batch_failed", consumer=consumer.name, error=str(error))
        return error
    return None


async def _handle_each(
    connection: Connection, consumer: Consumer, due: Sequence[Placed], begun: list[Placed]
) -> None:
    """Handle one after the other, each in the time for one, until it is over for all."""
    async with each_in_time(consumer.longest_seconds) as begin:
        over = begin() + consumer.longest_seconds
        for one in due:
            with work_of(consumer.name, one.event):
                await consumer.handle(connection, _begin(one, begun))
            if begin() >= over:
                break
        await check_deferred(connection)


def _begin(one: Placed, begun: list[Placed]) -> DomainEvent:
    begun.append(one)
    return one.sound()


async def _handle_one(
    connection: Connection,
    consumer: Consumer,
    events: Sequence[Placed],
    due: Placed,
    begun: list[Placed],
) -> Handed:
    """Hand over events of which one is to be handled."""
    error = await _handle(connection, consumer, due, begun)
    if error is None:
        return _handed(consumer, events)
    if isinstance(error, asyncpg.DeadlockDetectedError):
        return _handed(consumer, events[: events.index(due)])
    return _handed(consumer, events, Failure(due.event, error))


async def _handle(
    connection: Connection, consumer: Consumer, one: Placed, begun: list[Placed]
) -> Exception | None:
    """Return what went wrong."""
    with work_of(consumer.name, one.event):
        try:
            async with told_on_commit(connection), in_time(consumer.longest_seconds):
                await consumer.handle(connection, _begin(one, begun))
                await check_deferred(connection)
        except BaseException as error:
            if is_gone(connection) or is_end(error):
                raise
            _logger.exception("consumer_failed", event_id=one.event.event_id)
            return fault_of(error, f"the consumer {consumer.name!r}")
    return None


def work_of(consumer: str, event: DomainEvent) -> Work:
    """Return what lines are logged with that are about an event; who handles several at once sets it for each."""
    return _Handling(consumer, event)


class _Handling(Work):
    """An event that a consumer handles."""

    __slots__ = ("_consumer", "_event")

    def __init__(self, consumer: str, event: DomainEvent) -> None:
        self._consumer = consumer
        self._event = event

    def names(self) -> Mapping[str, object]:
        event = self._event
        return {
            "consumer": self._consumer,
            "event": event.name,
            "correlation_id": event.correlation_id,
            "causation_id": event.event_id,
            "root_id": event.root_id,
            "instance_id": event.instance_id,
        }
