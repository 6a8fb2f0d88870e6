"""Decisions: what the policies say of an order, recorded on its sale before it may clear.

A consumer of the outbox. No policies are drawn yet, so that the decision on every order is the empty one; a sale
waits for it all the same. What an import takes over was decided where it comes from: the import records that itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from orderwright.app.credit.locking import hold_sales
from orderwright.app.phases import pass_on
from orderwright.runtime.command import Actor
from orderwright.runtime.consumer import Consumer
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

POLICIES: Final = Actor("policies", "system")
"""Who acts when policies have decided."""
DECIDED: Final = Event("DECISION_RECORDED")
"""What a sale is told; its cause is the domain event that was decided on."""

_BATCH: Final = 20
"""Events to a transaction, which holds as many sales."""


class Decisions:
    """Records the decision on each new order."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        return Consumer(
            name="decisions",
            events=frozenset({"order.created"}),
            handle=lambda connection, event: self._decide_all(connection, [event]),
            handle_all=self._decide_all,
            batch=_BATCH,
        )

    async def _decide_all(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        """Record the decisions; sales and balances are locked before, in the order in which everybody locks them."""
        causes = [one for one in events if one.origin != "import"]
        await hold_sales(connection, [cause.instance_id for cause in causes])
        for cause in causes:
            await pass_on(self._engine, connection, POLICIES, cause, cause.instance_id, DECIDED)
