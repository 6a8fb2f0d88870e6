"""What follows from domain events of compliance: a consumer of the outbox.

    payout.requested                            -> an approval, with the quorum that the amount takes
    approval.approved                           -> PAYOUT_APPROVED to the pay-out
    approval.denied, .revoked, .expired         -> PAYOUT_DENIED to the pay-out, and a case where people have said no
                                                   and it goes on; nothing where a consent that was given is over
    payout.approved, .cancelled, .rejected      -> SUBJECT_ENDED to an approval that is pending
    payout.cancelled, .rejected                 -> REFUND_UNDONE to the payment whose refund it was to send
    payin.verified                              -> CONFIRM to its payment, unless that was first
    payin.held, .hold_lifted                    -> HOLD_PLACED, HOLD_LIFTED to the order that the money is for
    payin.rejected                              -> HOLD_PLACED to the order, until the money has gone back
    payin.rejected, .refunded, .failed, .expired
                                                -> HOLD_LIFTED to the order for what held the pay-in

Ids follow from what is asked, so repeating a reaction is a no-op.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.approvals import NewApproval, begin_approval, was_consented
from orderwright.app.compliance.payins import ENDED, LAPSED, rejection_hold
from orderwright.app.compliance.payouts import KIND, quorum_of
from orderwright.app.compliance.unstopped import tell_unstopped
from orderwright.app.phases import pass_on
from orderwright.domain.approval import approval_id
from orderwright.domain.hold import HELD
from orderwright.domain.reading import integer, mapping, text
from orderwright.runtime.command import Actor
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.instance import found
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.instance import Instance
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

COMPLIANCE: Final = Actor("compliance", "system")
"""Who acts when something of compliance moves something else."""
_SUBJECT: Final = "payout"
_MOOT: Final[Mapping[str, str]] = {
    "payout.approved": "the pay-out was approved without it",
    "payout.cancelled": "the pay-out was cancelled",
    "payout.rejected": "the pay-out was rejected",
}


class Compliance:
    """Reacts to domain events of compliance."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._reactions: Mapping[str, Callable[[Connection, DomainEvent], Awaitable[None]]] = {
            "payout.requested": self._begin_approval,
            "approval.approved": self._answer,
            "approval.denied": self._answer,
            "approval.revoked": self._answer,
            "approval.expired": self._answer,
            "payout.approved": self._end_approval,
            "payout.cancelled": self._end_pay_out,
            "payout.rejected": self._end_pay_out,
            "payin.verified": self._confirm_payment,
            "payin.held": self._hold_order,
            "payin.hold_lifted": self._let_order_go,
            **dict.fromkeys(ENDED, self._end_holds),
        }

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        # One event a transaction: what reaches a sale locks it, then its customer's credit, and no other sale.
        events = frozenset(self._reactions)
        return Consumer(name="compliance", events=events, handle=self._react, batch=1)

    async def _react(self, connection: Connection, event: DomainEvent) -> None:
        if event.origin != "import":
            await self._reactions[event.name](connection, event)

    # --- consent ---

    async def _begin_approval(self, connection: Connection, event: DomainEvent) -> None:
        data, payout_id = event.data, event.instance_id
        amount, currency = integer(data, "amountMinor"), text(data, "currency")
        settings = await self._settings.current(connection)
        asking = NewApproval(
            id=approval_id(payout_id, KIND, 1),
            subject_type=_SUBJECT,
            subject_id=payout_id,
            root_id=payout_id,
            kind=KIND,
            reason=text(data, "reason") or "a pay-out",
            requested_by=text(data, "requestedBy"),
            quorum=quorum_of(settings, currency, amount),
            validity_days=settings.approval_validity_days,
            amount_minor=amount,
            currency=currency,
            is_whole=True,
        )
        await begin_approval(self._engine, connection, asking, event)

    async def _answer(self, connection: Connection, event: DomainEvent) -> None:
        data = event.data
        if data["subjectType"] != _SUBJECT or data["kind"] != KIND:
            return
        payout_id, approval = text(data, "subjectId"), {"approvalId": data["approvalId"]}
        if event.name == "approval.approved":
            await self._pass_on(connection, event, payout_id, Event("PAYOUT_APPROVED", approval))
            return
        asked = found(await self._read(connection, event.instance_id), event.instance_id)
        if event.name == "approval.expired" and was_consented(asked):
            return  # given in time; the pay-out waits for something else, or has gone on
        why = data.get("reason") or "nobody has decided in time"
        denied = Event("PAYOUT_DENIED", {**approval, "reason": why})
        await self._pass_on(connection, event, payout_id, denied)
        if event.name == "approval.denied" or was_consented(asked):
            payout = found(await self._read(connection, payout_id), payout_id)
            settings = await self._settings.current(connection)
            await tell_unstopped(self._engine, connection, settings, payout, event, COMPLIANCE)

    async def _end_approval(self, connection: Connection, event: DomainEvent) -> None:
        asked = approval_id(event.instance_id, KIND, 1)
        if await self._read(connection, asked) is not None:
            ended = Event("SUBJECT_ENDED", {"reason": _MOOT[event.name]})
            await self._pass_on(connection, event, asked, ended)

    async def _end_pay_out(self, connection: Connection, event: DomainEvent) -> None:
        await self._end_approval(connection, event)
        read = await self._read(connection, event.instance_id)
        payout = found(read, event.instance_id).snapshot.context
        if payout["refundId"] is not None:
            why = payout["closedReason"] or _MOOT[event.name]
            undone = Event("REFUND_UNDONE", {"refundId": payout["refundId"], "reason": why})
            await self._pass_on(connection, event, text(payout, "paymentId"), undone)

    # --- pay-ins and what they are for ---

    async def _confirm_payment(self, connection: Connection, event: DomainEvent) -> None:
        payment = event.data["paymentId"]
        if payment and event.data["isConfirmed"] is not True:
            await self._pass_on(connection, event, str(payment), Event("CONFIRM"))

    async def _hold_order(self, connection: Connection, event: DomainEvent) -> None:
        if _is_of_order(event):
            held = {key: event.data[key] for key in HELD if key in event.data}
            await self._pass_on(connection, event, event.root_id, Event("HOLD_PLACED", held))

    async def _let_order_go(self, connection: Connection, event: DomainEvent) -> None:
        if _is_of_order(event):
            await self._lift(connection, event, text(event.data, "holdId"), event.data["outcome"])

    async def _end_holds(self, connection: Connection, event: DomainEvent) -> None:
        if not _is_of_order(event):
            return
        why = ENDED[event.name]
        if event.name == "payin.rejected" and integer(event.data, "receivedMinor"):
            held = {"holdId": rejection_hold(event.instance_id), "kind": "escalation"}
            placed = Event("HOLD_PLACED", {**held, "reason": why})
            await self._pass_on(connection, event, event.root_id, placed)
        payin = await self._read(connection, event.instance_id)
        if payin is None or (payin.status == "active" and payin.state not in LAPSED):
            return  # money has come late
        for hold in mapping(payin.snapshot.context, "holds"):
            await self._lift(connection, event, hold, why)

    async def _lift(
        self, connection: Connection, event: DomainEvent, hold: str, outcome: object
    ) -> None:
        lifted = Event("HOLD_LIFTED", {"holdId": hold, "outcome": outcome})
        await self._pass_on(connection, event, event.root_id, lifted)

    async def _read(self, connection: Connection, instance_id: str) -> Instance | None:
        return await self._engine.read(instance_id, connection=connection)

    async def _pass_on(
        self, connection: Connection, cause: DomainEvent, instance_id: str, event: Event
    ) -> None:
        await pass_on(self._engine, connection, COMPLIANCE, cause, instance_id, event)


def _is_of_order(event: DomainEvent) -> bool:
    return event.root_id != event.instance_id
