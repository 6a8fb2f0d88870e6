"""What completed sales and changed or released credit lead to.

Two consumers of the outbox, apart because of what they lock (see `account`):

    sale.completed, sale.paid_later -> SALE_COMPLETED to the customer's profile, with what was captured
    sale.paid_back                  -> SALE_PAID_BACK to it, with what went back
    credit.released                 -> RECHECK to the customer's sales that waited and fit in now
    credit.changed                  -> RECHECK to those, and to the sales that hold credit beyond the limit
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderwright.app.credit.account import Account, lock_profiles
from orderwright.app.credit.profile import ensure_profile
from orderwright.app.credit.recheck import recheck
from orderwright.domain.reading import integer, text
from orderwright.errors import RuntimeFault
from orderwright.runtime.command import Actor, Send
from orderwright.runtime.consumer import Consumer
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

CREDIT: Final = Actor("credit", "system")
"""Who acts when a customer's credit has changed."""

_COUNTED: Final = {
    "sale.completed": ("SALE_COMPLETED", "capturedMinor"),
    "sale.paid_later": ("SALE_COMPLETED", "amountMinor"),
    "sale.paid_back": ("SALE_PAID_BACK", "amountMinor"),
}
"""What the profile is told of each event, and the key of its amount."""
_BATCH: Final = 20
"""Events to a transaction, which holds the sales of as many customers."""


class SaleNotCounted(RuntimeFault):
    """A credit profile refused to count a completed sale; the relay parks the order and tries again."""

    code = "credit.sale_not_counted"


class CreditReactions:
    """Reacts to what happens to sales and profiles."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings

    def consumers(self) -> tuple[Consumer, Consumer]:
        """Return the consumers that the relay feeds."""
        return (
            Consumer(
                name="credit_sales",
                events=frozenset(_COUNTED),
                handle=lambda connection, event: self._count(connection, [event]),
                handle_all=self._count,
                batch=_BATCH,
            ),
            Consumer(
                name="credit_rechecks",
                events=frozenset({"credit.changed", "credit.released"}),
                handle=lambda connection, event: self._look_again(connection, [event]),
                handle_all=self._look_again,
                batch=_BATCH,
            ),
        )

    async def _count(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        counted = [event for event in events if _amount(event)]
        await lock_profiles(connection, {_account(event) for event in counted})
        for event in counted:
            await self._count_one(connection, event)

    async def _count_one(self, connection: Connection, event: DomainEvent) -> None:
        account, cause = _account(event), event.cause(CREDIT)
        await ensure_profile(self._engine, connection, account, cause)
        name, _ = _COUNTED[event.name]
        data = {"orderId": text(event.data, "orderId"), "amountMinor": _amount(event)}
        result = await self._engine.carry_out(
            Send(
                instance_id=account.profile_id,
                event=Event(name, data),
                cause=replace(cause, idempotency_key=f"credit/{event.event_id}"),
            ),
            connection=connection,
        )
        if result.refused is not None:
            raise SaleNotCounted(f"{data['orderId']}: {result.refused.message}")

    async def _look_again(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        causes = {_account(event): event.cause(CREDIT) for event in events}
        changed = {_account(event) for event in events if event.name == "credit.changed"}
        rule = (await self._settings.current(connection)).credit_limit_rule
        await recheck(self._engine, connection, causes, with_held=changed, rule=rule)


def _amount(event: DomainEvent) -> int:
    _, key = _COUNTED[event.name]
    return integer(event.data, key)


def _account(event: DomainEvent) -> Account:
    return Account(text(event.data, "customerId"), text(event.data, "currency"))
