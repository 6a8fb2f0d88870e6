"""Carries tickets to the database: many in a batch, one alone, or one in the caller's own transaction.

What happens when it goes wrong:

- A lock that others hold for longer than a batch has patience, or a deadlock: nothing was written; each goes
  alone, or first where held instances are passed over (`lane`).
- A lock that is held still: whoever goes alone tries again, as long as it takes and its caller waits (`waiting_room`).
- A lost connection: each goes alone, on another connection, under the lock of its instance. Whether the lost one
  had committed shows in the log: the row is there with the very hash that was handed over, or it is not, and then it
  cannot come later, because the new attempt moves the instance on, or has the lock that the lost one held. Where it
  does neither (it is refused, the lost call held no lock, and the instance stands where that took it on) what became
  of the command is not known.
- A connection that cannot be had for a while is asked for again, a bounded number of times; then the error is the
  caller's. What became of the command is then not known: the idempotency key makes it safe to repeat.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import asyncpg

from orderwright.errors import Conflict
from orderwright.runtime.command import Create
from orderwright.runtime.failure import IN_THE_WAY
from orderwright.runtime.lane import ALONE
from orderwright.runtime.observation import Diverted, Observer
from orderwright.runtime.reply import IdempotencyMismatch, OutcomeUnknown
from orderwright.runtime.ticket import Ahead, Detour, Outcome, Result, Ticket
from orderwright.runtime.waiting_room import Unwanted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from asyncpg import Record
    from asyncpg.pool import PoolConnectionProxy

    from orderwright.runtime.attempt import Attempts
    from orderwright.runtime.command import Command
    from orderwright.runtime.lane import Kind
    from orderwright.runtime.pool import Connection, Pool
    from orderwright.runtime.waiting_room import WaitingRoom

_ATTEMPTS: Final = 10
_JITTER_MICROSECONDS: Final = 3000
_PATIENCE_MS: Final = 100
"""How long a batch waits for a lock."""
_HELD_FOR: Final = 16
"""Batches between two looks at who else wants the connection."""
_PAUSES: Final = (0.0, 0.1, 0.4, 1.0)
"""Seconds before each next attempt after a lost connection."""

_LOST: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InternalClientError,  # the driver in the middle of its own loss: nobody knows what was done
)


class InstanceBusy(Conflict):
    """Others kept changing the instance; nothing was done."""

    code = "instance.busy"


class Carrier:
    """Makes attempts on connections of a pool."""

    def __init__(
        self, pool: Pool, attempts: Attempts, waiting_room: WaitingRoom, observer: Observer
    ) -> None:
        self._pool = pool
        self._attempts = attempts
        self._waiting_room = waiting_room
        self._observer = observer

    def kind_of(self, command: Command) -> Kind:
        """Return with what a command is tried first: without a transaction if it will most likely look at no fact."""
        kind = self.kind_with_facts(command)
        if kind is None:
            return None
        row = self._attempts.kept.row(command.instance_id)
        return None if self._attempts.is_blind(command, row) else kind

    def kind_with_facts(self, command: Command) -> Kind:
        """Return what may share a batch with a command that looks at facts: those that lock the same kinds of things.

        Of a chart that is not known here yet it shows when the instance is read.
        """
        registry = self._attempts.registry
        if isinstance(command, Create):
            known = registry.known(command.chart_id)
            names = known.facts_of(None) if known else frozenset()
            group: tuple[str, ...] = ("create", command.chart_id)
        else:
            names = registry.facts_anywhere(command.event.type)
            group = ("send", *registry.charts_with_facts(command.event.type))
        if not names:
            return None
        return group if self._attempts.means.facts.are_shared(names) else ALONE

    def carriage(self) -> Carriage:
        """Return what carries the batches of a lane, one after the other."""
        return Carriage(self._pool, self._attempts)

    async def carry_alone(self, ticket: Ticket) -> Result:
        """Try one ticket in a transaction of its own until it is done.

        Raises:
            InstanceBusy: it was overtaken too often: by whoever takes its idempotency key, for the instance is locked.
            OutcomeUnknown: it comes to nothing now, but what was sent on a lost connection may yet arrive.
            Unwanted: nobody waits for it any more; nothing was done.
        """
        losses = 0
        while ticket.overtaken < _ATTEMPTS:
            try:
                outcome = await self._waiting_room.tried(
                    partial(self._attempt, ticket), is_wanted=lambda: ticket.is_wanted
                )
            except _LOST as error:
                if losses == len(_PAUSES) or not is_lost(error):
                    raise
                await asyncio.sleep(_PAUSES[losses])
                losses += 1
                continue
            except Unwanted:
                if ticket.handed_over:
                    raise _unknown(ticket) from None
                raise
            if isinstance(outcome, Result):
                if outcome.refused is not None and outcome.version in ticket.bases:
                    raise _unknown(ticket)
                # Else what it has written is at most what a lost attempt did not store.
                if outcome.refused is None and not outcome.replayed:
                    self._attempts.keep([ticket])
                return outcome
            if isinstance(outcome, Exception):
                # Where the key stands for another request, no call with it can be stored.
                is_certain = not ticket.bases or isinstance(outcome, IdempotencyMismatch)
                raise outcome if is_certain else _unknown(ticket)
            await self._pause(ticket, outcome)
        raise _unknown(ticket) if ticket.bases else _busy(ticket)

    async def carry_held(self, connection: Connection, ticket: Ticket) -> Result:
        """Try one ticket in the caller's transaction; again only when another takes its idempotency key.

        Raises:
            InstanceBusy: that happened too often.
        """
        [result] = await self.carry_together(connection, [ticket])
        return result

    async def carry_together(
        self, connection: Connection, tickets: Sequence[Ticket]
    ) -> list[Result]:
        """Try tickets in the caller's transaction, those of different instances together, until all are done.

        Who comes first decides first, also of a balance that others want.

        Raises:
            InstanceBusy: others took the idempotency key of one too often.
        """
        results: dict[Ticket, Result] = {}
        while waiting := [ticket for ticket in tickets if ticket not in results]:
            turn = _up_to_the_second_of_one(waiting)
            outcomes = await self._attempts.take(connection, turn, atomic=True)
            self._attempts.forget(turn)  # nobody knows yet how the transaction will end
            for ticket, outcome in zip(turn, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    raise outcome
                if isinstance(outcome, Result):
                    results[ticket] = outcome
                else:
                    await self._divert(ticket, outcome)
        return [results[ticket] for ticket in tickets]

    async def _divert(self, ticket: Ticket, detour: Detour) -> None:
        if detour is Detour.CROWDED:
            self._observer.tell(Diverted(detour))
            ticket.crowded += 1
            return
        await self._pause(ticket, detour)
        if ticket.overtaken >= _ATTEMPTS:
            raise _busy(ticket)

    async def _attempt(self, ticket: Ticket, patience_ms: int) -> Outcome:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                [outcome] = await self._attempts.take(
                    connection, [ticket], atomic=True, patience_ms=patience_ms
                )
                return outcome
        except Exception as error:
            if _is_undone(error):
                _was_undone([ticket])
            if isinstance(error, asyncpg.DeadlockDetectedError):
                return Detour.OVERTAKEN
            raise

    async def _pause(self, ticket: Ticket, detour: Detour) -> None:
        self._observer.tell(Diverted(detour))
        ticket.overtaken += 1
        await asyncio.sleep(secrets.randbelow(_JITTER_MICROSECONDS) / 1e6)


class Carriage:
    """Carries batches one after the other, on a connection that it keeps from one to the next.

    To take one from the pool and give it back costs as much as a round trip. When the pool has no other left, it is
    given back every few batches, so that those who wait for one have their turn.
    """

    def __init__(self, pool: Pool, attempts: Attempts) -> None:
        self._pool = pool
        self._attempts = attempts
        self._connection: PoolConnectionProxy[Record] | None = None
        self._batches = 0

    async def carry(
        self, tickets: Sequence[Ticket], kind: Kind, rows: Sequence[Record] | None, ahead: Ahead
    ) -> Sequence[Outcome]:
        """Try tickets together; raises what concerns all of them."""
        try:
            if self._connection is None:
                self._connection = await self._pool.acquire()
            outcomes = await self._take(self._connection, tickets, kind, rows, ahead)
        except BaseException as error:
            await self.close()
            if not isinstance(error, Exception):
                raise
            self._attempts.forget(tickets)
            if _is_undone(error):
                _was_undone(tickets)
            if is_lost(error) or isinstance(error, IN_THE_WAY):
                return [Detour.LOCKED] * len(tickets)
            raise
        self._attempts.keep(tickets)
        self._batches += 1
        if not self._batches % _HELD_FOR and self._is_wanted():
            await self.close()
        return outcomes

    def _is_wanted(self) -> bool:
        """Tell whether somebody may be waiting for the connection; it takes a look at each one of the pool."""
        pool = self._pool
        return not pool.get_idle_size() and pool.get_size() == pool.get_max_size()

    async def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await self._pool.release(connection)

    async def _take(
        self,
        connection: Connection,
        tickets: Sequence[Ticket],
        kind: Kind,
        rows: Sequence[Record] | None,
        ahead: Ahead,
    ) -> Sequence[Outcome]:
        if kind is None:
            return await self._attempts.take(
                connection,
                tickets,
                atomic=False,
                patience_ms=_PATIENCE_MS,
                rows=rows,
                ahead=ahead,
            )
        async with _transaction(connection):
            return await self._attempts.take(
                connection, tickets, atomic=True, wait=False, patience_ms=_PATIENCE_MS
            )


def _up_to_the_second_of_one(tickets: Sequence[Ticket]) -> list[Ticket]:
    """Return the first ones, up to where an instance comes again: that is for another turn, and so is the rest."""
    seen: dict[str, Ticket] = {}
    for ticket in tickets:
        if ticket.command.instance_id in seen:
            break
        seen[ticket.command.instance_id] = ticket
    return list(seen.values())


def is_lost(error: Exception) -> bool:
    """Tell whether an error means that the connection is gone, so that nobody knows what it had done."""
    return isinstance(error, _LOST) and not isinstance(
        error, ValueError
    )  # that is a value it cannot send


def _is_undone(error: Exception) -> bool:
    """Tell whether the database has said that it did nothing; it says so too where somebody cancelled the query."""
    return not is_lost(error) or isinstance(error, asyncpg.QueryCanceledError)


@asynccontextmanager
async def _transaction(connection: Connection) -> AsyncIterator[None]:
    """A transaction without endless waits; begun in one round trip."""
    await connection.execute(f"begin; set local lock_timeout = {_PATIENCE_MS}")
    try:
        yield
    except BaseException:
        if not connection.is_closed():
            await connection.execute("rollback")
        raise
    await connection.execute("commit")


def _was_undone(tickets: Sequence[Ticket]) -> None:
    """Note that the database has said no: nothing of an attempt is stored."""
    for ticket in tickets:
        ticket.written = None


def _unknown(ticket: Ticket) -> OutcomeUnknown:
    instance_id = ticket.command.instance_id
    return OutcomeUnknown(
        f"a connection was lost while {instance_id} was written to, and whether it was is not known;"
        " to repeat it under the same idempotency key is safe",
        values={"instance": instance_id},
    )


def _busy(ticket: Ticket) -> InstanceBusy:
    instance_id = ticket.command.instance_id
    return InstanceBusy(
        f"{instance_id} was changed by others {_ATTEMPTS} times in a row",
        values={"instance": instance_id},
    )
