"""What the writer of the soak does: numbered stories of orders, each request under a key that follows from its number.

Telling a story again repeats its requests; whatever was applied before must then be remembered, not done twice.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from orderwright.app import records
from orderwright.app.placing import place_order
from orderwright.domain.orders.terms import Line, Terms
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.ledger import GUARD
from orderwright.statechart import Event
from soak.errand import SHARING

if TYPE_CHECKING:
    from orderwright import Orderwright
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

BY = Actor("soak")
HELD = 7
"""One in so many stories begins in a transaction that has been open for a while."""
OTHERS = 3
"""So many others are placed meanwhile."""
_UNPAID = (GUARD, "unhandled", "done")
"""How a fare is refused at first, and when the story is told again."""
_IDS = uuid.UUID("0f6f4f0e-5d0e-5c55-8a9e-0b6f3c1d7e21")
_LINE = Line(sku="ANVIL", name="Anvil", quantity=2, unit_price_minor=5000)


@dataclass(frozen=True)
class Plot:
    """What happens to an order, and where it must have come to when everything has settled."""

    events: tuple[Event, ...]
    ends_in: str
    expires_in: timedelta = timedelta(days=1)


def _captured(amount: str, payment: str) -> Event:
    return Event("PAYMENT_CAPTURED", {"amount": amount, "paymentId": payment})


_METHOD = Event("SET_PAYMENT_METHOD", {"method": "CARD"})
_FREEZE, _RELEASE = Event("FREEZE", {"reason": "soak"}), Event("RELEASE")
_CLEARED = "CLEARED_FOR_FULFILMENT"

PLOTS = (
    Plot((_METHOD, _captured("100.00", "p1")), _CLEARED),
    Plot((_captured("40.00", "p1"), _captured("60.00", "p2")), _CLEARED),
    Plot((_FREEZE, _RELEASE, _METHOD, _captured("100.00", "p1")), _CLEARED),
    Plot((_captured("100.00", "p1"), _FREEZE, _RELEASE), _CLEARED),
    Plot((), "EXPIRED", timedelta(seconds=2)),
)


def plot_of(number: int) -> Plot:
    """Return what happens in a story."""
    return PLOTS[number % len(PLOTS)]


def order_of(number: int) -> str:
    """Return the id of a story's order."""
    return str(uuid.uuid5(_IDS, str(number)))


def errand_of(number: int) -> str:
    """Return the id of a story's errand."""
    return f"errand-{number}"


def purse_of(number: int) -> str:
    """Return the purse that the fare of a story's errand comes from."""
    return f"purse-{number // SHARING}"


async def place(
    app: Orderwright,
    connection: Connection,
    number: int,
    expires_in: timedelta,
    customer_id: str = "ada",
) -> None:
    """Place a story's order and put its job down, in the caller's transaction."""
    now = app.clock.now()
    order = records.SaleOrder(
        id=order_of(number),
        number=await records.next_number(connection, "order_number"),
        channel="CONSUMER",
        customer_id=customer_id,
        terms=Terms(currency="EUR", lines=(_LINE,)),
        placed_at=now,
    )
    result = await place_order(
        app.engine,
        order,
        Cause(actor=BY, idempotency_key=f"story-{number}-0"),
        request={"story": number},
        expires_at=now + expires_in,
        connection=connection,
    )
    assert result.refused is None, (number, result.refused)
    key = f"story-{number}"
    await app.jobs.enqueue("note", {}, key=key, root_id=order.id, connection=connection)


class Teller:
    """Tells stories; several at once."""

    def __init__(self, app: Orderwright, errands: Engine) -> None:
        self._app = app
        self._errands = errands
        self._placed = 0
        self._progress = asyncio.Condition()

    async def tell(self, number: int) -> None:
        """Place a story's order and send its events and its errand's, one request after the other."""
        plot, order_id = plot_of(number), order_of(number)
        await self._place(number, plot)
        for place, event in enumerate(plot.events, start=1):
            key = f"story-{number}-{place}"
            result = await self._app.engine.send(order_id, event, actor=BY, idempotency_key=key)
            assert result.refused is None, (number, event.type, result.refused)
        await self._pay(number)
        called = await self._errands.send(
            errand_of(number), Event("CALL"), actor=BY, idempotency_key=f"story-{number}-call"
        )
        assert called.refused is None, (number, called.refused)

    async def _pay(self, number: int) -> None:
        """Take the errand's fare from its purse, if one is left; else the errand goes on without."""
        paid = await self._errands.send(
            errand_of(number),
            Event("PAY", {"purse": purse_of(number)}),
            actor=BY,
            idempotency_key=f"story-{number}-pay",
        )
        assert paid.refused is None or paid.refused.code in _UNPAID, (number, paid.refused)

    async def _place(self, number: int, plot: Plot) -> None:
        """Place the order, put its job down and start its errand, in one transaction of our own.

        Of some the transaction is an old one when it writes: it got its id, and then others wrote and committed.
        """
        app = self._app
        async with app.pool.acquire() as connection, connection.transaction():
            if number % HELD == 0:
                await connection.execute("select pg_current_xact_id()")
                await self._others()
            await place(app, connection, number, plot.expires_in)
            await self._errands.create(
                "errand",
                errand_of(number),
                actor=BY,
                idempotency_key=f"story-{number}-errand",
                connection=connection,
            )
        async with self._progress:
            self._placed += 1
            self._progress.notify_all()

    async def _others(self) -> None:
        """Wait until others have placed their orders; not for long, for there may be none left."""
        enough = self._placed + OTHERS
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5), self._progress:
                await self._progress.wait_for(lambda: self._placed >= enough)
