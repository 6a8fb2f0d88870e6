"""What becomes of a payment, carried to the sale that it pays for.

A consumer of the outbox, as `orderwright.app.phases`. The payment's own event has committed before: where the sale
refuses what follows from it, the payment is told, which tells everybody by `payment.refused`. Money is never lost,
and never waits.

    payment.confirmed            -> PAYMENT_CAPTURED
    payment.refunded             -> PAYMENT_REFUNDED
    payment.refund_undone        -> PAYMENT_REFUND_UNDONE
    payment.charged_back         -> PAYMENT_CHARGED_BACK
    payment.chargeback_reversed  -> PAYMENT_CHARGEBACK_REVERSED
    payment.failed               -> PAYMENT_FAILED; where the sale has moved on, it is of no matter
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.app.credit.locking import hold_sales
from orderwright.app.phases import PhaseBroken, send_on
from orderwright.money import Money
from orderwright.runtime.alarm import FAULTS
from orderwright.runtime.command import Actor
from orderwright.runtime.consumer import Consumer, work_of
from orderwright.runtime.instance import hold
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.payment_ports import PayIns, PayOuts
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Refused

PAYMENTS: Final = Actor("payments", "system")
"""Who acts when a payment moves a sale."""

_REFUND_DUE: Final = frozenset({"CANCELLED", "REJECTED"})
"""Ends of a sale after which its money is to go back: a refund is what everybody waits for, and one that is not sent
opens a case of its own.
"""
_REFUNDS: Final = frozenset({"payment.refunded", "payment.refund_undone"})

_GOES_BACK: Final = frozenset(
    {"payment.refunded", "payment.refund_undone", "payment.charged_back"}
)
"""What may leave more owed than before: money that goes back, and lines that are due again."""

_logger = structlog.get_logger(__name__)


class PaymentPhases:
    """Reacts to domain events of payments."""

    def __init__(
        self, engine: Engine, *, pay_ins: PayIns | None = None, pay_outs: PayOuts | None = None
    ) -> None:
        self._engine = engine
        self._pay_ins = pay_ins
        self._pay_outs = pay_outs

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        events = frozenset({"payment.registered", *_TO_SALE})
        return Consumer(
            name="payments",
            events=events,
            handle=lambda connection, event: self._react_all(connection, [event]),
            handle_all=self._react_all,
        )

    async def _react_all(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        """Lock the payments, then their sales and pay-ins, then the customers' credit, each in one order."""
        payments = {event.instance_id for event in events}
        sales = {event.root_id for event in events}
        owned = {self._pay_ins.owned(payment) for payment in payments} if self._pay_ins else set()
        refunded = {event.root_id for event in events if event.name in _GOES_BACK}
        await hold(connection, payments)
        await hold(connection, sales | owned)
        await hold_sales(connection, sales, refunded=refunded)
        for event in events:
            with work_of("payments", event):
                await self._react(connection, event)

    async def _react(self, connection: Connection, event: DomainEvent) -> None:
        """Tell the sale; of money that comes the pay-in hears first, for it may hold the order."""
        is_live = event.origin != "import"  # what is taken over has come and gone elsewhere
        if is_live and event.name == "payment.confirmed" and self._pay_ins is not None:
            await self._pay_ins.verify(connection, event)
        if event.name in _TO_SALE:
            await self._tell_sale(connection, event)
        if is_live:
            await self._tell_pay_in(connection, event)
            if event.name == "payment.refunded" and self._pay_outs is not None:
                await self._pay_outs.request(connection, event)

    async def _tell_pay_in(self, connection: Connection, event: DomainEvent) -> None:
        if self._pay_ins is None:
            return
        match event.name:
            case "payment.registered":
                await self._pay_ins.expect(connection, event)
            case "payment.failed":
                await self._pay_ins.fail(connection, event)
            case "payment.refunded" | "payment.charged_back" if not event.data["remainingMinor"]:
                await self._pay_ins.give_back(connection, event)
            case "payment.refund_undone":
                await self._pay_ins.take_back(connection, event)
            case _:
                pass

    async def _tell_sale(self, connection: Connection, event: DomainEvent) -> None:
        carried = _TO_SALE[event.name](event)
        result = await self._send(connection, event, event.root_id, carried)
        if result.refused is None:
            return
        if result.refused.code in FAULTS:
            raise PhaseBroken(f"{carried.type} to {event.root_id}: {result.refused.message}")
        _logger.info(
            "payment_event_refused",
            instance_id=event.root_id,
            event_type=carried.type,
            cause=event.event_id,
            code=result.refused.code,
        )
        if not await self._is_expected(connection, event):
            told = Event("SALE_REFUSED", _refusal(carried, event, result.refused))
            await self._send(connection, event, event.instance_id, told)

    async def _is_expected(self, connection: Connection, event: DomainEvent) -> bool:
        """Tell whether nobody has to look into it that the sale did not take this."""
        if event.name == "payment.failed":
            return True
        sale = await self._engine.read(event.root_id, connection=connection)
        return event.name in _REFUNDS and sale is not None and sale.state in _REFUND_DUE

    async def _send(
        self, connection: Connection, cause: DomainEvent, instance_id: str, event: Event
    ) -> Result:
        return await send_on(self._engine, connection, PAYMENTS, cause, instance_id, event)


def _captured(event: DomainEvent) -> Event:
    data = {"amount": _money(event, "amountMinor"), "paymentId": event.instance_id}
    return Event("PAYMENT_CAPTURED", {**data, "method": event.data["method"]})


def _refunded(event: DomainEvent) -> Event:
    data = {"refundId": event.data["refundId"], "ofLines": _money(event, "ofLinesMinor")}
    return Event("PAYMENT_REFUNDED", {**_remaining(event), **data})


def _refund_undone(event: DomainEvent) -> Event:
    return Event("PAYMENT_REFUND_UNDONE", _refunded(event).data)


def _charged_back(event: DomainEvent) -> Event:
    return Event("PAYMENT_CHARGED_BACK", _remaining(event))


def _reversed(event: DomainEvent) -> Event:
    return Event("PAYMENT_CHARGEBACK_REVERSED", _remaining(event))


def _failed(event: DomainEvent) -> Event:
    return Event("PAYMENT_FAILED", {"reason": event.data["reason"]})


_TO_SALE: Final[Mapping[str, Callable[[DomainEvent], Event]]] = {
    "payment.confirmed": _captured,
    "payment.refunded": _refunded,
    "payment.refund_undone": _refund_undone,
    "payment.charged_back": _charged_back,
    "payment.chargeback_reversed": _reversed,
    "payment.failed": _failed,
}


def _remaining(event: DomainEvent) -> dict[str, object]:
    return {
        "paymentId": event.instance_id,
        "amount": _money(event, "amountMinor"),
        "remaining": _money(event, "remainingMinor"),
    }


def _money(event: DomainEvent, key: str) -> str:
    return Money(_minor(event, key), str(event.data["currency"])).amount


def _minor(event: DomainEvent, key: str) -> int:
    value = event.data[key]
    if not isinstance(value, int):
        raise PhaseBroken(f"{event.event_id}: {key} is {value!r}, not a whole number")
    return value


def _refusal(carried: Event, event: DomainEvent, refused: Refused) -> dict[str, object]:
    reasons = [reason.message for reason in refused.reasons]
    return {
        "event": carried.type,
        "code": refused.code,
        "message": "; ".join(reasons) or refused.message,
        "amountMinor": _minor(event, "amountMinor"),
    }
