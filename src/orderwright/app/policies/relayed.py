"""What lifecycles tell, decided on: a consumer of the outbox.

    order.created, payin.received, payout.requested, kyc.submitted, user.registered, wallet.added
                                                            -> the trigger that hosts know it by, and thresholds
    any event about an entity that a policy waits for       -> the event under its own name

The entity hears of it in the same transaction; an order clears no earlier. What an import takes over was decided where
it comes from: the import records that itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import asyncpg

from orderwright.app.policies.occurrence import Occurrence, dated, of_event
from orderwright.app.policies.writing import record_failure
from orderwright.domain.event_trigger import EVENT_TRIGGERS, NAMED
from orderwright.runtime.consumer import Consumer, work_of
from orderwright.runtime.failure import words

if TYPE_CHECKING:
    from orderwright.app.policies.deciding import Deciding
    from orderwright.app.policies.ground import Told
    from orderwright.app.policies.in_force import InForce, Sets
    from orderwright.app.policies.trigger import Triggers
    from orderwright.clock import Clock
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool

NAME: Final = "decisions"
"""The name of the cursor, which never changes: the policies go on where the empty decisions of before stood."""
_BATCH: Final = 20
"""Events to a transaction, which holds as many entities."""


class Relayed:
    """Decides on domain events."""

    def __init__(
        self, pool: Pool, clock: Clock, deciding: Deciding, sets: Sets, triggers: Triggers
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._deciding = deciding
        self._sets = sets
        self._triggers = triggers

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        return Consumer(
            name=NAME,
            events=frozenset(EVENT_TRIGGERS) | frozenset(NAMED),
            handle=self._decide,
            handle_all=self._decide_all,
            batch=_BATCH,
        )

    async def _decide(self, connection: Connection, event: DomainEvent) -> None:
        """Decide on one event; that it fails is recorded, beside what the relay knows of it."""
        try:
            await self._decide_all(connection, [event])
        except asyncpg.DeadlockDetectedError:
            raise  # nobody's failure: the relay comes again
        except Exception as error:
            found = of_event(event)
            if found:
                await record_failure(self._pool, found[-1], words(error), self._clock.now())
            raise

    async def _decide_all(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        """Decide on events in order; all that they need is locked before the first."""
        found = [(event, of_event(event)) for event in events if event.origin != "import"]
        in_force = await self._in_force(connection)
        told = [(event, self._told(ones, in_force)) for event, ones in found]
        wanted = [(event, ones) for event, ones in told if ones]
        if not wanted:
            return
        ground, groups = await self._deciding.ground(connection, [ones for _, ones in wanted])
        for (event, _), ones in zip(wanted, groups, strict=True):
            with work_of(NAME, event):
                decided = await self._deciding.decide(connection, ground, ones)
                await self._triggers.follow(connection, ground, ones, decided, queue=True)

    async def _in_force(self, connection: Connection) -> InForce:
        revision = await connection.fetchval("select revision from orderwright.policy_set")
        return await self._sets.at(connection, revision)

    def _told(self, found: Sequence[Occurrence], in_force: InForce) -> list[Told]:
        """Take in what somebody waits for: hosts' triggers always, for the entity waits for their decision."""
        return [
            self._deciding.take_in(dated(one, self._clock.now()))
            for one in found
            if one.trigger in _ALWAYS or in_force.waits_for(one.trigger)
        ]


_ALWAYS: Final = frozenset(NAMED.values())
