"""Votes: what people say to what they are asked, whatever it is about.

Permission is checked first, then whether the person may see the approval; whether they may vote, and whether that is
enough, the approval itself decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from orderwright.app.permissions import require
from orderwright.errors import NotFound
from orderwright.runtime.command import Send
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.approval_list import ApprovalList
    from orderwright.app.orders import Asked
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine

Decision = Literal["APPROVE", "DENY"]


class ApprovalNotFound(NotFound):
    """There is no approval of this id that the person may see."""

    code = "approval.not_found"


class ApprovalDesk:
    """Commands on approvals."""

    def __init__(self, engine: Engine, listed: ApprovalList) -> None:
        self._engine = engine
        self._listed = listed

    async def vote(
        self, approval_id: str, decision: Decision, reason: str, amount: str | None, asked: Asked
    ) -> Result:
        """Vote for or against; `amount` is what the voter consents to, in major units, if that is less than all.

        Raises:
            RoleMissing, ApprovalNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "approval.vote")
        await self._require_sight(approval_id, asked)
        return await tell(self._engine, approval_id, ballot(decision, reason, amount), asked)

    async def revoke(self, approval_id: str, reason: str, asked: Asked) -> Result:
        """Take back what was approved.

        Raises:
            RoleMissing, ApprovalNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "approval.revoke")
        await self._require_sight(approval_id, asked)
        event = Event("REVOKE", {"reason": reason.strip()})
        return await tell(self._engine, approval_id, event, asked)

    async def _require_sight(self, approval_id: str, asked: Asked) -> None:
        if await self._listed.find(asked.by, approval_id) is None:
            message = f"no approval of yours has the id {approval_id!r}"
            raise ApprovalNotFound(message, values={"id": approval_id})


def ballot(decision: Decision, reason: str, amount: str | None) -> Event:
    """Return a vote as an approval takes it."""
    less = {"amount": amount} if amount is not None else {}
    return Event(decision, {"reason": reason.strip(), **less})


async def tell(engine: Engine, approval_id: str, event: Event, asked: Asked) -> Result:
    """Send an event to an approval, in the name of who asks."""
    return await engine.carry_out(Send(instance_id=approval_id, event=event, cause=asked.cause))
