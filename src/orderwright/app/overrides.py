"""Overrides for people: ask for one, decide, take back.

Permission is checked first; then the sale decides whether it may be asked, and the approval whether this person may
vote. A refusal by a lifecycle is part of the result; everything else that is wrong is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.app.approval_desk import Decision, ballot, tell
from orderwright.app.override_list import Kind
from orderwright.app.permissions import require
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.app.orders import Asked, Orders
    from orderwright.app.override_list import OverrideList
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine

_REQUESTS: Final[Mapping[Kind, str]] = {
    "ADMIN": "ADMIN_OVERRIDE_REQUESTED",
    "CREDIT": "CREDIT_OVERRIDE_REQUIRED",
}


class Overrides:
    """Commands on override requests."""

    def __init__(self, engine: Engine, orders: Orders, listed: OverrideList) -> None:
        self._engine = engine
        self._orders = orders
        self._listed = listed

    async def request(self, order_id: str, kind: Kind, reason: str, asked: Asked) -> Result:
        """Ask to waive payment, or to exceed the credit limit; the approval follows with the relay.

        Raises:
            RoleMissing, OrderNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "override.request")
        event = Event(_REQUESTS[kind], {"reason": reason.strip()})
        return await self._orders.send_sale_event(order_id, event, asked)

    async def vote(
        self, override_id: str, decision: Decision, reason: str, amount: str | None, asked: Asked
    ) -> Result:
        """Vote for or against a request; `amount` is what the voter consents to, in major units, if that is less.

        Raises:
            RoleMissing, OverrideNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "override.vote")
        return await self._send(override_id, ballot(decision, reason, amount), asked)

    async def revoke(self, override_id: str, reason: str, asked: Asked) -> Result:
        """Take back what was approved.

        Raises:
            RoleMissing, OverrideNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "override.revoke")
        return await self._send(override_id, Event("REVOKE", {"reason": reason.strip()}), asked)

    async def withdraw(self, override_id: str, reason: str, asked: Asked) -> Result:
        """Take back one's own request.

        Raises:
            RoleMissing, OverrideNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "override.request")
        return await self._send(override_id, Event("WITHDRAW", {"reason": reason.strip()}), asked)

    async def _send(self, override_id: str, event: Event, asked: Asked) -> Result:
        await self._listed.require(override_id)
        return await tell(self._engine, override_id, event, asked)
