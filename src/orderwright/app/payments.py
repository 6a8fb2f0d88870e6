"""What people may ask of payments; every door comes through here.

Permission is checked first, then the caller's sight of the order, then the lifecycle decides. A payment is told to
the sale by a consumer, so that it stands whatever the sale says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.app import payment_records as records
from orderwright.app.orders import Asked, id_for
from orderwright.app.permissions import require
from orderwright.app.records import Channel, OrderNotFound
from orderwright.errors import InputInvalid, RefusedError
from orderwright.money import Money
from orderwright.runtime.command import LONGEST_ID, Create, Send
from orderwright.runtime.identity import derived_id
from orderwright.runtime.ledger import LARGEST
from orderwright.runtime.observation import told_on_commit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.payment_reports import PaymentReports
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

METHODS = ("CARD", "BANK", "CASH", "TRANSFER", "WALLET", "INVOICE", "PO")
"""How money may come, as the sale names it."""


class PaymentCurrencyWrong(RefusedError):
    """The payment is in another currency than its order."""

    code = "payment.currency"


class PaymentChannelWrong(RefusedError):
    """A consumer's payment was registered for a reseller's order, or the other way round."""

    code = "payment.channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """Money that is on its way; the amount is a decimal string in major units.

    Attributes:
        provider, reference: who will report it, and under which name; both or none for webhooks to find it.
    """

    order_id: str
    amount: str
    currency: str
    method: str
    provider: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """A part of a refund that is for a line of the order."""

    line_no: int
    amount: str


class Payments:
    """Commands on payments."""

    def __init__(self, engine: Engine, reports: PaymentReports) -> None:
        self._engine = engine
        self._reports = reports

    async def register_consumer(self, new: NewPayment, asked: Asked) -> Result:
        """Register a payment for a consumer's order; see `_register`."""
        return await self._register(new, "CONSUMER", asked)

    async def register_reseller(self, new: NewPayment, asked: Asked) -> Result:
        """Register a payment for a reseller's order; see `_register`."""
        return await self._register(new, "RESELLER", asked)

    async def confirm(self, payment_id: str, asked: Asked) -> Result:
        """Say that the money has arrived.

        Raises:
            RoleMissing, PaymentNotFound, IdempotencyMismatch.
        """
        return await self._send(payment_id, Event("CONFIRM"), asked)

    async def fail(self, payment_id: str, reason: str, asked: Asked) -> Result:
        """Say that the payment did not come about.

        Raises:
            RoleMissing, PaymentNotFound, IdempotencyMismatch.
        """
        return await self._send(payment_id, Event("FAIL", {"reason": reason}), asked)

    async def refund(
        self,
        payment_id: str,
        amount: str,
        reason: str,
        asked: Asked,
        *,
        lines: Sequence[RefundLine] = (),
    ) -> Result:
        """Give money back, for lines of the order or for the sale; the lines add up to the amount.

        Raises:
            RoleMissing, PaymentNotFound, IdempotencyMismatch.
        """
        data: dict[str, object] = {
            "refundId": id_for("refund", asked.key),
            "amount": amount,
            "reason": reason,
        }
        if lines:
            data["lines"] = [{"lineNo": line.line_no, "amount": line.amount} for line in lines]
        return await self._send(payment_id, Event("REFUND", data), asked)

    async def charge_back(self, payment_id: str, amount: str, reason: str, asked: Asked) -> Result:
        """Record that the customer's bank has taken money back.

        Raises:
            RoleMissing, PaymentNotFound, IdempotencyMismatch.
        """
        data = {
            "chargebackId": id_for("chargeback", asked.key),
            "amount": amount,
            "reason": reason,
        }
        return await self._send(payment_id, Event("CHARGE_BACK", data), asked)

    # ---

    async def _register(self, new: NewPayment, channel: Channel, asked: Asked) -> Result:
        """Start a payment; what its provider has reported already takes effect at once.

        Raises:
            RoleMissing, OrderNotFound, InputInvalid, PaymentCurrencyWrong, PaymentChannelWrong,
            IdempotencyMismatch.
        """
        require(asked.by, "payment.register")
        _require_form(new)
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            order = await records.order_head(connection, new.order_id)
            if order is None or not asked.by.sees(order.customer_id):
                raise OrderNotFound(
                    f"nothing here has the id {new.order_id!r}", values={"id": new.order_id}
                )
            _require_agreement(new, channel, order)
            return await self._start(
                connection, _payment(new, channel, asked, self._engine), asked
            )

    async def _start(
        self, connection: Connection, payment: records.Payment, asked: Asked
    ) -> Result:
        if payment.provider and payment.reference:
            await records.hold_reference(connection, payment.provider, payment.reference)
        result = await self._engine.carry_out(
            Create(
                chart_id="payment",
                instance_id=payment.id,
                root_id=payment.order_id or payment.id,
                context=records.context_of(payment),
                cause=asked.cause,
            ),
            connection=connection,
        )
        if result.refused is None and not result.replayed:
            await records.add_payment(connection, payment)
            await self._reports.catch_up(connection, payment, by_staff=asked.by.is_staff)
        return result

    async def _send(self, payment_id: str, event: Event, asked: Asked) -> Result:
        require(asked.by, f"payment.{event.type}")
        async with self._engine.pool.acquire() as connection:
            customer = await records.customer_of_payment(connection, payment_id)
        if customer is None or not asked.by.sees(customer):
            raise records.PaymentNotFound(
                f"nothing here has the id {payment_id!r}", values={"id": payment_id}
            )
        return await self._engine.carry_out(
            Send(instance_id=payment_id, event=event, cause=asked.cause)
        )


def payment_id_of(provider: str, reference: str) -> str:
    """Return the id of the one payment that a reference of a provider stands for."""
    return derived_id(f"payment/{provider}/{reference}")


def _payment(new: NewPayment, channel: Channel, asked: Asked, engine: Engine) -> records.Payment:
    known = new.provider and new.reference
    return records.Payment(
        id=payment_id_of(str(new.provider), str(new.reference))
        if known
        else id_for("payment", asked.key),
        order_id=new.order_id,
        channel=channel,
        method=new.method,
        amount_minor=Money.parse(new.amount, new.currency).minor,
        currency=new.currency,
        provider=new.provider,
        reference=new.reference,
        created_at=engine.clock.now(),
    )


def _require_form(new: NewPayment) -> None:
    amount = Money.parse(new.amount, new.currency)
    if not 0 < amount.minor < LARGEST:
        raise InputInvalid("amount", new.amount, "an amount above zero that a balance can count")
    if new.method not in METHODS:
        raise InputInvalid("method", new.method, f"one of {', '.join(METHODS)}")
    for field in ("provider", "reference"):
        named = getattr(new, field)
        if named is not None and not 0 < len(named) <= LONGEST_ID:  # an index holds them
            raise InputInvalid(field, named[:20], f"1 to {LONGEST_ID} characters, or nothing")
    if new.provider and not new.reference:
        raise InputInvalid("reference", None, f"what {new.provider} calls the payment")


def _require_agreement(new: NewPayment, channel: Channel, order: records.OrderHead) -> None:
    if new.currency != order.currency:
        raise PaymentCurrencyWrong(
            f"the payment is in {new.currency}, the order in {order.currency};"
            " register it in the currency of the order",
            values={"field": "currency", "value": new.currency, "expected": order.currency},
        )
    if channel != order.channel:
        raise PaymentChannelWrong(
            f"this is a {order.channel.lower()}'s order; its payments are registered as such",
            values={"channel": channel, "expected": order.channel},
        )
