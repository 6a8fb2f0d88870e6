"""Decisions: what the policies say of how something began, recorded on it before it may go forward.

A consumer of the outbox. No policies are drawn yet, so that every decision is the empty one; orders, pay-ins,
pay-outs, KYC sessions and users wait for it all the same. What an import takes over was decided where it comes from:
the import records that itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from orderwright.app.credit.account import Account, exposures
from orderwright.app.phases import pass_on
from orderwright.domain.orders.credit_terms import turns_on_credit
from orderwright.domain.reading import mapping, text
from orderwright.json_text import load
from orderwright.runtime.command import Actor
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.instance import hold_snapshots
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

POLICIES: Final = Actor("policies", "system")
"""Who acts when policies have decided."""
DECIDED: Final = Event("DECISION_RECORDED")
"""What a sale is told; its cause is the domain event that was decided on."""

_BEGINNINGS: Final = frozenset(
    {"order.created", "payin.received", "payout.requested", "kyc.submitted", "user.registered"}
)
_BATCH: Final = 20
"""Events to a transaction, which holds as many sales."""


class Decisions:
    """Records the decision on whatever begins."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        return Consumer(
            name="decisions",
            events=_BEGINNINGS,
            handle=lambda connection, event: self._decide_all(connection, [event]),
            handle_all=self._decide_all,
            batch=_BATCH,
        )

    async def _decide_all(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        """Record the decisions; sales and balances are locked before, in the order in which everybody locks them."""
        causes = [one for one in events if one.origin != "import"]
        await _lock(connection, [cause.instance_id for cause in causes])
        for cause in causes:
            await pass_on(self._engine, connection, POLICIES, cause, cause.instance_id, DECIDED)


async def _lock(connection: Connection, sale_ids: Sequence[str]) -> None:
    snapshots = await hold_snapshots(connection, sale_ids)
    contexts = [mapping(load(snapshot), "context") for snapshot in snapshots.values()]
    accounts = {
        Account(text(context, "customerId"), text(context, "currency"))
        for context in contexts
        if "grandTotalMinor" in context and turns_on_credit(context)
    }
    if accounts:
        await exposures(connection, accounts, lock=True)
