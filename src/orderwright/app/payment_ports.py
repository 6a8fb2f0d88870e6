"""What payments ask of the lifecycles of the money itself, once it has some.

A payment owns a pay-in: the money that is expected and received for it. A refund owns a pay-out. Both are called in
the transaction of the consumer that carries the payment's event, once for each event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection


class PayIns(Protocol):
    """Takes note of money that comes in."""

    def owned(self, payment_id: str) -> str:
        """Return the id of the pay-in of a payment, whether there is one or not."""

    async def expect(self, connection: Connection, registered: DomainEvent) -> None:
        """Open a pay-in for a payment that was registered."""

    async def verify(self, connection: Connection, confirmed: DomainEvent) -> None:
        """Note that the money of a payment was received, and that it may be verified."""

    async def fail(self, connection: Connection, failed: DomainEvent) -> None:
        """Note that the money of a payment does not come."""

    async def give_back(self, connection: Connection, gone: DomainEvent) -> None:
        """Note that nothing is left of the money of a payment."""

    async def take_back(self, connection: Connection, undone: DomainEvent) -> None:
        """Note that the money of a refund has not gone back after all."""


class PayOuts(Protocol):
    """Sends money back."""

    async def request(self, connection: Connection, refunded: DomainEvent) -> None:
        """Request a pay-out for a refund."""
