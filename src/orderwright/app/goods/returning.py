"""Returns and their money.

A consumer of the outbox. The return is an instance of its own, with the order as its root; what goes back goes back
to the payments that were captured, linked to lines.

    return.requested  -> the return
    return.received   -> RECEIVE
    return.rejected   -> REJECT
    return.refunded   -> REFUND to payments (newest first), LINES_CREDITED to the sale for the rest, REFUND to the
                         return; by the payments, for the sale hears of them later

Locks: payments in the order of their ids, then the sale, then the order's row, then the return.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app import records
from orderwright.app.phases import PhaseBroken, pass_on, send_on
from orderwright.app.refundable import refundable_minor
from orderwright.domain.orders.payment_reading import standing_of
from orderwright.domain.orders.return_money import (
    Refund,
    kept_minor,
    left_due_minor,
    settle,
)
from orderwright.domain.reading import Json, integer, rows, text
from orderwright.money import Money
from orderwright.runtime.command import Actor, Create
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.instance import found, hold
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

RETURNS: Final = Actor("returns", "system")
"""Who acts when goods come back."""


class Returning:
    """Reacts to what fulfilments say of returns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds, one event in each transaction: each locks payments."""
        reactions = {
            "return.requested": self._begin,
            "return.received": self._receive,
            "return.rejected": self._reject,
            "return.refunded": self._refund,
        }

        async def react(connection: Connection, event: DomainEvent) -> None:
            await reactions[event.name](connection, event)

        return Consumer(name="returns", events=frozenset(reactions), handle=react, batch=1)

    # --- the return ---

    async def _begin(self, connection: Connection, event: DomainEvent) -> None:
        return_id = text(event.data, "returnId")
        number = await records.next_number(connection, "return_number")
        currency = await connection.fetchval(_CURRENCY, event.root_id)
        context = {
            "returnId": return_id,
            "number": number,
            "orderId": event.root_id,
            "fulfilmentId": event.instance_id,
            "currency": currency,
            "reason": event.data["reason"],
            "lines": event.data["lines"],
        }
        result = await self._engine.carry_out(
            Create(
                chart_id="return",
                instance_id=return_id,
                root_id=event.root_id,
                context=context,
                cause=event.cause(RETURNS),
            ),
            connection=connection,
        )
        if result.refused is None:
            await connection.execute(
                _ADD, return_id, number, event.root_id, event.instance_id, event.occurred_at
            )
        elif result.refused.code != "instance_exists":
            raise PhaseBroken(f"return of {event.instance_id}: {result.refused.message}")

    async def _receive(self, connection: Connection, event: DomainEvent) -> None:
        await self._tell(connection, event, Event("RECEIVE", {"lines": event.data["lines"]}))

    async def _reject(self, connection: Connection, event: DomainEvent) -> None:
        await self._tell(connection, event, Event("REJECT", {"reason": event.data["reason"]}))

    async def _tell(self, connection: Connection, cause: DomainEvent, event: Event) -> None:
        return_id = text(cause.data, "returnId")
        await pass_on(self._engine, connection, RETURNS, cause, return_id, event)

    # --- its money ---

    async def _refund(self, connection: Connection, event: DomainEvent) -> None:
        payments = await self._payments(connection, event.root_id)
        await hold(connection, [event.root_id])
        sale = found(
            await self._engine.read(event.root_id, connection=connection), event.root_id
        ).snapshot.context
        if await self._is_settled(connection, event):
            return
        worth = await self._worth(connection, event)
        settled = settle(
            worth,
            captured_minor=kept_minor(sale, payments),
            due_minor=left_due_minor(sale, payments),
            payments=[(one, standing_of(payment).remaining) for one, payment in payments.items()],
        )
        currency = text(sale, "currency")
        for refund in settled.refunds:
            await self._give_back(connection, event, refund, currency)
        if settled.credited:
            amount = Money(sum(settled.credited.values()), currency).amount
            data = {"returnId": event.data["returnId"], "amount": amount}
            credited = Event(
                "LINES_CREDITED", {**data, "lines": _lines(settled.credited, currency)}
            )
            await pass_on(self._engine, connection, RETURNS, event, event.root_id, credited)
        done = {"amountMinor": sum(worth.values()), "openMinor": settled.open_minor}
        await self._tell(connection, event, Event("REFUND", done))

    async def _is_settled(self, connection: Connection, event: DomainEvent) -> bool:
        """Tell whether the return was made good before; its sale's lock lets only one come here at a time."""
        return_id = text(event.data, "returnId")
        instance = found(await self._engine.read(return_id, connection=connection), return_id)
        return instance.state != "RECEIVED"

    async def _worth(self, connection: Connection, event: DomainEvent) -> dict[int, int]:
        """Return what the goods are worth by line, without what was refunded of the line by hand."""
        left = (await refundable_minor(connection, [event.root_id], lock=True))[event.root_id]
        return {
            integer(row, "lineNo"): min(
                integer(row, "amountMinor"), max(left.get(str(row["lineNo"]), 0), 0)
            )
            for row in rows(event.data, "lines")
        }

    async def _payments(
        self, connection: Connection, order_id: str
    ) -> dict[str, Mapping[str, Json]]:
        """Lock the payments of an order; return the contexts of the captured ones, the newest first."""
        ids = [row["id"] for row in await connection.fetch(_PAYMENTS, order_id)]
        await hold(connection, ids)
        contexts = {
            one: found(await self._engine.read(one, connection=connection), one).snapshot.context
            for one in ids
        }
        return {one: context for one, context in contexts.items() if context["isCaptured"] is True}

    async def _give_back(
        self, connection: Connection, cause: DomainEvent, refund: Refund, currency: str
    ) -> None:
        data = {
            "refundId": f"{cause.data['returnId']}/{refund.payment_id}",
            "amount": Money(refund.amount_minor, currency).amount,
            "reason": "goods were returned",
            "lines": _lines(refund.lines, currency),
        }
        result = await send_on(
            self._engine, connection, RETURNS, cause, refund.payment_id, Event("REFUND", data)
        )
        if result.refused is not None:
            raise PhaseBroken(f"refund by {refund.payment_id}: {result.refused.message}")


def _lines(amounts: Mapping[int, int], currency: str) -> list[dict[str, object]]:
    return [
        {"lineNo": number, "amount": Money(minor, currency).amount}
        for number, minor in amounts.items()
    ]


_CURRENCY: Final = "select currency from orderwright.sale_order where id = $1"
_ADD: Final = """
insert into orderwright.goods_return (id, number, order_id, fulfilment_id, created_at)
values ($1, $2, $3, $4, $5) on conflict (id) do nothing
"""
_PAYMENTS: Final = """
select id from orderwright.payment where order_id = $1 order by created_at desc, id
"""
