"""One pass over a batch: read all its instances, compute each step, write all of them in one call.

Without facts nothing is locked: steps are computed from what was read, and a step is not written if its
instance has moved on meanwhile. What has looked at none of its facts for a while is tried like that too, and
comes to nothing if it looks at one after all. With facts everything happens in one transaction that locks the
instances first, in the order of their ids, then what the facts lock, so that what they say still holds
when the steps are written. Facts are loaded for those steps alone that look at any.

Several events for one instance are chained in memory: each step starts where the one before it ended. If
one of them comes to nothing in the database, so does what was computed from it. What looks at facts is not
chained, because facts are read from the database, where the step before is not yet; those of different
instances about one balance may follow each other (`crowd`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.errors import OrderwrightError
from orderwright.runtime.admission import Admission
from orderwright.runtime.command import Command, Create, Send
from orderwright.runtime.computation import Computation, Means
from orderwright.runtime.fact import Facts
from orderwright.runtime.glance import Admitted
from orderwright.runtime.habit import Habits
from orderwright.runtime.instance import (
    Instance,
    Reading,
    found,
    read_many_locked,
)
from orderwright.runtime.journal import hash_at, snapshot_at
from orderwright.runtime.kept import Kept
from orderwright.runtime.reply import (
    applied,
    exists,
    is_of,
    mismatch,
    refusal,
)
from orderwright.runtime.ticket import Ahead, Detour, Outcome, Result, Ticket
from orderwright.runtime.transition import Prepared
from orderwright.runtime.write import store, store_and_read
from orderwright.statechart import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.clock import Clock
    from orderwright.runtime.instance import Row
    from orderwright.runtime.job import JobKinds
    from orderwright.runtime.ledger import Ledgers
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.registry import Lifecycle, Registry
    from orderwright.runtime.write import Outcome as Fate
    from orderwright.statechart import Chart, Event


__all__ = ["Attempts", "Result"]


class Attempts:
    """Makes attempts."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        facts: Facts,
        admission: Admission,
        kinds: JobKinds,
        ledgers: Ledgers,
    ) -> None:
        self.registry = registry
        self.clock = clock
        self.admission = admission
        self.means = Means(facts=facts, habits=Habits(), kinds=kinds, ledgers=ledgers)
        self.kept = Kept()

    async def take(  # noqa: PLR0913 (what a pass is made of)
        self,
        connection: Connection,
        tickets: Sequence[Ticket],
        *,
        atomic: bool,
        wait: bool = True,
        patience_ms: int = 0,
        rows: Sequence[Record] | None = None,
        ahead: Ahead | None = None,
    ) -> list[Outcome]:
        """Try each ticket once and return what became of each.

        Args:
            connection: where to.
            tickets: those of one instance one after the other, in the order of their arrival; instances in that of
                their ids, or, if they are all of different ones and locked, in any.
            atomic: whether the connection is in a READ COMMITTED transaction; then instances are locked.
            wait: whether to wait for instances that others have locked, when atomic.
            patience_ms: how long to wait for a lock; 0 for as long as the connection does.
            rows: instances that were read since each of the commands was asked for.
            ahead: what follows, to be read while the steps are written.
        """
        asked = [(one.command.instance_id, one.command.cause.idempotency_key) for one in tickets]
        now = self.clock.now()
        if atomic:
            reading = await read_many_locked(
                connection, asked, now=now, wait=wait, patience_ms=patience_ms
            )
        else:
            reading = await self.kept.read_many(connection, asked, rows or (), now=now)
        # Once more, after the lock: who waited does not act before whom it waited for.
        one_pass = _Pass(self, connection, reading, self.clock.now(), atomic=atomic, wait=wait)
        return await one_pass.run(tickets, patience_ms, ahead)

    def is_blind(self, command: Command, instance: Row | None) -> bool:
        """Tell whether a command will most likely look at no fact where its instance stands."""
        if instance is None or not isinstance(command, Send):
            return False
        return self.means.habits.is_blind(instance, command.event.type)

    def keep(self, tickets: Sequence[Ticket]) -> None:
        """Keep what tickets have written, now that it is committed."""
        for one in tickets:
            if one.written is not None:
                self.kept.keep(one.written.row())

    def forget(self, tickets: Sequence[Ticket]) -> None:
        """Have the instances of tickets read the next time."""
        for one in tickets:
            self.kept.forget(one.command.instance_id)


class _Pass:
    """The state of one pass."""

    def __init__(
        self,
        attempts: Attempts,
        connection: Connection,
        reading: Reading,
        now: datetime,
        *,
        atomic: bool,
        wait: bool,
    ) -> None:
        self._attempts = attempts
        self._connection = connection
        self._reading = reading
        self._atomic = atomic
        self._wait = wait
        self._keys: set[str] = set()
        self._computation = Computation(attempts.means, connection, now, atomic=atomic)
        self._asked: tuple[Event | None, Chart | None, str] = (None, None, "")
        self._answer: Refused | None = None

    async def run(
        self, tickets: Sequence[Ticket], patience_ms: int, ahead: Ahead | None
    ) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        admitted = await self._admit_all(tickets, outcomes)
        steps = await self._computation.run(admitted, outcomes)
        if steps:
            self._hand_over(tickets, steps, outcomes)
            fates = await self._store([step for _, step in steps], patience_ms, ahead)
            self._settle(tickets, steps, fates, outcomes)
        if self._reading.guessed:
            self._doubt(tickets, outcomes)
        return [outcomes[place] for place in range(len(tickets))]

    # --- what may go on ---

    def _by_patience(self, tickets: Sequence[Ticket]) -> Sequence[int]:
        """Let who has waited longest for a balance be asked first: else the lowest ids of a crowd would always win."""
        places = range(len(tickets))
        if not self._atomic or not any(one.crowded for one in tickets):
            return places
        return sorted(places, key=lambda place: -tickets[place].crowded)

    async def _admit_all(
        self, tickets: Sequence[Ticket], outcomes: dict[int, Outcome]
    ) -> list[Admitted]:
        """Admit tickets; an error of ours is that of one, an error of the database is everybody's."""
        admitted: list[Admitted] = []
        left: set[str] = set()
        for place in self._by_patience(tickets):
            instance_id = tickets[place].command.instance_id
            if instance_id in left:
                outcomes[place] = Detour.BEHIND
                continue
            try:
                found = await self._admit(place, tickets[place])
            except OrderwrightError as error:
                outcomes[place] = error
                continue
            if isinstance(found, Admitted):
                admitted.append(found)
                continue
            outcomes[place] = found
            if isinstance(found, Detour):
                left.add(instance_id)
        return admitted

    async def _admit(self, place: int, ticket: Ticket) -> Admitted | Result | Detour:
        command = ticket.command
        instance = self._reading.instances.get(command.instance_id)
        if instance is not None and (ticket.handed_over or ticket.foreseen):
            stored = await self._stored(ticket, instance)
            if stored:
                return stored
        key = command.cause.idempotency_key
        if key is not None:
            earlier = await self._earlier(key, command, instance)
            if earlier:
                return earlier
        if isinstance(command, Create):
            if instance is not None:
                return refusal(command, instance, exists(command))
            lifecycle = await self._attempts.registry.latest(self._connection, command.chart_id)
            return self._admitted(place, ticket, lifecycle, None, lifecycle.facts_of(None))
        if instance is None and not self._wait:
            return Detour.LOCKED
        return await self._admit_send(place, ticket, command, found(instance, command.instance_id))

    async def _admit_send(
        self, place: int, ticket: Ticket, command: Send, before: Instance
    ) -> Admitted | Detour:
        registry, version = self._attempts.registry, (before.chart_id, before.chart_version)
        lifecycle = registry.known(*version) or await registry.get(self._connection, *version)
        refused = None if ticket.trusted else self._refusal(lifecycle.chart, command)
        if refused:
            return Admitted(place, ticket, lifecycle, before, frozenset(), refused)
        names = lifecycle.facts_of(command.event)
        return self._admitted(place, ticket, lifecycle, before, names)

    def _refusal(self, chart: Chart, command: Send) -> Refused | None:
        """Ask the door; an event that many commands carry is looked at once."""
        event, kind = command.event, command.cause.actor.kind
        last, of, by = self._asked
        if event is not last or chart is not of or kind != by:
            self._asked = (event, chart, kind)
            self._answer = self._attempts.admission.refusal(chart, command)
        return self._answer

    def _admitted(
        self,
        place: int,
        ticket: Ticket,
        lifecycle: Lifecycle,
        before: Instance | None,
        names: frozenset[str],
    ) -> Admitted | Detour:
        if names and not self._atomic and not self._attempts.is_blind(ticket.command, before):
            return Detour.NEEDS_TRANSACTION
        key = ticket.command.cause.idempotency_key
        if key is not None:
            self._keys.add(key)
        return Admitted(place, ticket, lifecycle, before, names)

    async def _stored(self, ticket: Ticket, instance: Instance) -> Result | None:
        """Return what an attempt did whose answer was lost; its row is known by its hash."""
        for step in ticket.handed_over:
            if await self._is_stored(step):
                ticket.written = step
                return await self._result_at(instance, step.after.version, replayed=False)
        if ticket.foreseen is not None:
            outcome, behind = ticket.foreseen
            ticket.foreseen = None
            if await self._is_stored(behind):
                return outcome
        return None

    async def _is_stored(self, step: Prepared) -> bool:
        after = step.after
        stored = await hash_at(self._connection, after.instance_id, after.version)
        return stored == after.log_hash

    async def _earlier(
        self, key: str, command: Command, instance: Instance | None
    ) -> Result | Detour | None:
        """Return what the idempotency key remembers of this very command."""
        if key in self._keys:
            return Detour.OVERTAKEN  # by a ticket before it, whose result it will find
        remembered = self._reading.remembered.get(key)
        if remembered is None:
            return None
        if not is_of(remembered, command):
            raise mismatch(remembered)
        if instance is None:
            return Detour.OVERTAKEN  # by whoever made it between the two queries, or has it locked
        return await self._result_at(instance, remembered.version, replayed=True)

    async def _result_at(self, instance: Instance, version: int, *, replayed: bool) -> Result:
        snapshot = instance.snapshot
        if instance.version != version:
            snapshot = await snapshot_at(self._connection, instance.instance_id, version)
        return Result(
            instance_id=instance.instance_id,
            root_id=instance.root_id,
            version=version,
            snapshot=snapshot,
            replayed=replayed,
        )

    # --- what is written ---

    def _hand_over(
        self,
        tickets: Sequence[Ticket],
        steps: Sequence[tuple[int, Prepared]],
        outcomes: dict[int, Outcome],
    ) -> None:
        """Note on each ticket by what it is to be known whether it was stored, should the answer be lost."""
        bases: dict[str, int] = {}
        for place, step in steps:
            before = step.transition.before
            base = bases.setdefault(step.after.instance_id, before.version if before else 0)
            is_held = self._atomic and before is not None
            tickets[place].hand_over(step, None if is_held else base)
        if not outcomes:
            return
        behind: dict[str, Prepared] = {}
        following = dict(steps)
        for place in reversed(range(len(tickets))):
            instance_id = tickets[place].command.instance_id
            outcome = outcomes.get(place)
            if place in following:
                behind[instance_id] = following[place]
            elif isinstance(outcome, Result) and instance_id in behind:
                tickets[place].foreseen = outcome, behind[instance_id]

    async def _store(
        self, prepared: Sequence[Prepared], patience_ms: int, ahead: Ahead | None
    ) -> Sequence[Fate]:
        following = ahead.ids(self._attempts.kept) if ahead is not None else []
        if ahead is None or not following:
            return await store(self._connection, prepared, patience_ms=patience_ms)
        fates, ahead.rows = await store_and_read(
            self._connection, prepared, following, patience_ms=patience_ms
        )
        return fates

    def _settle(
        self,
        tickets: Sequence[Ticket],
        steps: Sequence[tuple[int, Prepared]],
        fates: Sequence[Fate],
        outcomes: dict[int, Outcome],
    ) -> None:
        for (place, step), fate in zip(steps, fates, strict=True):
            if fate == "applied":
                outcomes[place] = applied(step)
                continue
            self._computation.lose(step)
            tickets[place].written = None
            if isinstance(fate, Refused):
                outcomes[place] = refusal(tickets[place].command, step.transition.before, fate)
            else:
                outcomes[place] = Detour.OVERTAKEN
            self._forget_after(place, tickets, outcomes)

    def _forget_after(
        self, place: int, tickets: Sequence[Ticket], outcomes: dict[int, Outcome]
    ) -> None:
        """Let what was computed from a step that came to nothing be computed again."""
        instance_id = tickets[place].command.instance_id
        for later in range(place + 1, len(tickets)):
            if tickets[later].command.instance_id != instance_id:
                return
            outcomes[later] = Detour.OVERTAKEN

    def _doubt(self, tickets: Sequence[Ticket], outcomes: dict[int, Outcome]) -> None:
        """Have decided anew what came of a kept row, unless a step of it was written, which proves it.

        It was not overtaken either: the row was old, or the key is taken, which had not been looked up.
        """
        proven = {one.command.instance_id for one in tickets if one.written is not None}
        doubted = self._reading.guessed - proven
        if not doubted:
            return
        for place, one in enumerate(tickets):
            if one.command.instance_id in doubted:
                self._attempts.kept.forget(one.command.instance_id)
                one.foreseen = None
                outcome = outcomes[place]
                if outcome is Detour.OVERTAKEN or not isinstance(outcome, Detour):
                    outcomes[place] = Detour.UNSURE
