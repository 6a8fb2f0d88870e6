"""Money that is told to a sale which has ended.

Such a sale takes nothing any more, and the money is there all the same: it becomes a payment that is registered and
confirmed. The sale refuses that as well, so that a case opens, and it can be refunded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orderwright.app import payment_records as records
from orderwright.domain.reading import mapping
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.runtime.command import Cause, Create, Send
from orderwright.runtime.identity import derived_id
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection


async def keep_late_money(
    engine: Engine, connection: Connection, order_id: str, captured: Event, cause: Cause
) -> None:
    """Keep money that a sale has refused because it has ended; told again under the same name, it is kept once.

    What the sale had counted before it ended, or what is a payment already, is no new money.

    Raises:
        InputInvalid: it has no name, or the amount is not above zero or not one of the order's currency.
    """
    order = await records.order_head(connection, order_id)
    if order is None:
        return
    payment = _payment(engine, order_id, order, captured)
    if await _is_known(engine, connection, order_id, payment.reference):
        return
    own = replace(cause, idempotency_key=None)  # the key is that of the refused event
    begun = await engine.carry_out(
        Create(
            chart_id="payment",
            instance_id=payment.id,
            root_id=order_id,
            context=records.context_of(payment),
            cause=own,
        ),
        connection=connection,
    )
    if begun.refused is None:
        await records.add_payment(connection, payment)
        confirm = Send(instance_id=payment.id, event=Event("CONFIRM"), cause=own)
        await engine.carry_out(confirm, connection=connection)


async def _is_known(
    engine: Engine, connection: Connection, order_id: str, name: str | None
) -> bool:
    """Whether the sale holds money under a name, or a payment of the order has it for its id."""
    if name is None:
        return False
    sale = await engine.read(order_id, connection=connection)
    if sale is not None and name in mapping(sale.snapshot.context, "payments"):
        return True
    named = await engine.read(name, connection=connection)  # which may be anything, the order too
    return named is not None and named.chart_id == "payment" and named.root_id == order_id


def _payment(
    engine: Engine, order_id: str, order: records.OrderHead, captured: Event
) -> records.Payment:
    name, method = captured.data.get("paymentId"), captured.data.get("method") or ""
    if not isinstance(name, str) or not name:
        raise InputInvalid("paymentId", name, "what the payment is called")
    amount = Money.parse(str(captured.data.get("amount")), order.currency)
    if amount.minor <= 0:
        raise InputInvalid("amount", amount.amount, "an amount above zero")
    return records.Payment(
        id=late_payment_id(order_id, name),
        order_id=order_id,
        channel=order.channel,
        method=str(method),
        amount_minor=amount.minor,
        currency=order.currency,
        provider=None,
        reference=name,
        created_at=engine.clock.now(),
    )


def late_payment_id(order_id: str, name: str) -> str:
    """Return the id of the payment that money becomes which was told to an ended sale under a name."""
    return derived_id(f"late/{order_id}/{name}")  # as no provider and reference come to
