"""What sale and fulfilment mean for each other.

Reactions to domain events, each on the relay's connection, and repeatable: new fulfilments get ids that follow from
their cause.

    sale.cleared                   -> one fulfilment for each location where goods are reserved, one for what is not
                                      there (ALLOCATE), one for services; RESUME where they exist already
    sale.uncleared, sale.frozen    -> HOLD
    sale.released                  -> RESUME, if the sale is cleared: it may have been frozen while it was not
    sale.cancelled, sale.rejected  -> CANCEL
    fulfilment.split               -> another fulfilment, with what is reserved for it
    fulfilment.delivery_failed     -> HOLD, if the sale is not cleared any more
    fulfilment.shipped             -> the package, by its tracking number; FULFILMENT_SHIPPED to the sale
    fulfilment.ended               -> FULFILMENT_COMPLETED to the sale
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from orderwright.app import records
from orderwright.app.goods import backorders, fulfilment_records
from orderwright.app.goods.handing_over import begin_reservations, hand_over
from orderwright.app.goods.locking import hold_orders
from orderwright.app.phases import PHASES, PhaseBroken, Reaction, pass_on
from orderwright.domain.orders.fulfilment import CLEARED
from orderwright.domain.orders.goods_line import GoodsLine, missing_of
from orderwright.domain.orders.inventory import taken_of
from orderwright.domain.orders.parting import Part, parts_of
from orderwright.domain.reading import rows
from orderwright.runtime.command import Create
from orderwright.runtime.identity import derived_id
from orderwright.runtime.joining import Owned
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

_WHY: Final = {
    "sale.uncleared": "the order is no longer cleared",
    "sale.frozen": "the order is frozen",
    "sale.cancelled": "the order was cancelled",
    "sale.rejected": "the order was rejected",
}
_ENDED: Final = frozenset({"CANCELLED", "REJECTED", "EXPIRED"})
_TELLS_SALE: Final = frozenset({"fulfilment.shipped", "fulfilment.ended"})
_MOVES_STOCK: Final = frozenset(
    {
        "sale.cleared",
        "sale.uncleared",
        "sale.frozen",
        "sale.cancelled",
        "sale.rejected",
        "fulfilment.split",
        "fulfilment.delivery_failed",
    }
)


class Fulfilling:
    """Reacts to what happens to sales and fulfilments."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings
        self.reactions: Mapping[str, Reaction] = {
            "sale.cleared": self._fulfil,
            "sale.uncleared": self._hold,
            "sale.frozen": self._hold,
            "sale.released": self._resume,
            "sale.cancelled": self._cancel,
            "sale.rejected": self._cancel,
            "fulfilment.split": self._go_on_elsewhere,
            "fulfilment.delivery_failed": self._bring_in_line,
            "fulfilment.shipped": self._note_shipped,
            "fulfilment.ended": self._note_ended,
        }

    async def hold(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        """Lock everything that the reactions to events will move."""
        orders = {event.root_id for event in events if event.name in self.reactions}
        told = {event.root_id for event in events if event.name in _TELLS_SALE}
        moved = {event.root_id for event in events if event.name in _MOVES_STOCK}
        cleared = [event for event in events if event.name == "sale.cleared"]
        if cleared:
            await begin_reservations(self._engine, connection, cleared)
        if orders:
            await hold_orders(connection, orders, told=told, with_stock=moved)

    # --- sale -> fulfilment ---

    async def _fulfil(self, connection: Connection, event: DomainEvent) -> None:
        if await records.fulfilments_of(connection, event.root_id):
            await self._resume(connection, event)
            return
        taken = await hand_over(self._engine, connection, event)
        lines = await fulfilment_records.order_lines(connection, event.root_id)
        for place, part in enumerate(parts_of(lines, taken), 1):
            await self._begin(
                connection, event, derived_id(f"fulfilment/{event.root_id}/{place}"), part
            )

    async def _hold(self, connection: Connection, event: DomainEvent) -> None:
        await self._to_all(connection, event, Event("HOLD", {"reason": _WHY[event.name]}))

    async def _resume(self, connection: Connection, event: DomainEvent) -> None:
        if await self._sale_state(connection, event) == CLEARED:
            await self._to_all(connection, event, Event("RESUME"))

    async def _cancel(self, connection: Connection, event: DomainEvent) -> None:
        await self._to_all(connection, event, Event("CANCEL", {"reason": _WHY[event.name]}))

    async def _to_all(self, connection: Connection, cause: DomainEvent, event: Event) -> None:
        for fulfilment_id in await records.fulfilments_of(connection, cause.root_id):
            await self._send(connection, cause, fulfilment_id, event)

    # --- fulfilment -> fulfilment ---

    async def _go_on_elsewhere(self, connection: Connection, event: DomainEvent) -> None:
        lines = tuple(GoodsLine.from_json(row) for row in rows(event.data, "lines"))
        taken = taken_of(event.data)
        await fulfilment_records.keep_lines(self._engine, connection, event.instance_id)
        fulfilment_id = derived_id(f"fulfilment/{event.event_id}")
        await self._begin(connection, event, fulfilment_id, Part(lines=lines, taken=taken))

    async def _begin(
        self, connection: Connection, cause: DomainEvent, fulfilment_id: str, part: Part
    ) -> None:
        """Create a fulfilment, let it look for stock, and bring it in line with the sale as it stands now."""
        number = await records.next_number(connection, "fulfilment_number")
        result = await self._engine.carry_out(
            Create(
                chart_id="fulfilment",
                instance_id=fulfilment_id,
                root_id=cause.root_id,
                context=await self._context(connection, cause, fulfilment_id, number, part),
                cause=cause.cause(PHASES),
            ),
            connection=Owned(connection),
        )
        if result.refused is not None:
            if result.refused.code == "instance_exists":
                return
            raise PhaseBroken(f"fulfilment of {cause.root_id}: {result.refused.message}")
        await records.add_fulfilment(
            connection, fulfilment_id, number, cause.root_id, part.lines, at=cause.occurred_at
        )
        may_go_on = await self._align(connection, cause, fulfilment_id)
        missing = missing_of(part.lines, part.taken)
        if missing and may_go_on:
            await backorders.allocate(self._engine, connection, PHASES, cause, fulfilment_id)
        elif missing:
            await backorders.keep_places(connection, cause, fulfilment_id, missing)

    async def _context(
        self,
        connection: Connection,
        cause: DomainEvent,
        fulfilment_id: str,
        number: str,
        part: Part,
    ) -> dict[str, object]:
        settings = await self._settings.current(connection)
        return {
            "fulfilmentId": fulfilment_id,
            "orderId": cause.root_id,
            "number": number,
            "lines": [line.to_json() for line in part.lines],
            "taken": [one.to_json() for one in part.taken],
            "deliveryAttemptLimit": settings.delivery_attempt_limit,
            "returnWindowDays": settings.return_window_days,
        }

    async def _bring_in_line(self, connection: Connection, event: DomainEvent) -> None:
        await self._align(connection, event, event.instance_id)

    async def _align(self, connection: Connection, cause: DomainEvent, fulfilment_id: str) -> bool:
        """Stop or end a fulfilment whose sale is not cleared; tell whether it may go on."""
        state = await self._sale_state(connection, cause)
        if state == CLEARED:
            return True
        reason = {"reason": f"the order is {state}"}
        event = Event("CANCEL" if state in _ENDED else "HOLD", reason)
        await self._send(connection, cause, fulfilment_id, event)
        return False

    async def _sale_state(self, connection: Connection, event: DomainEvent) -> str:
        """Return where the order's sale stands now, which may be further than when the event was told."""
        sale = await self._engine.read(event.root_id, connection=connection)
        if sale is None:
            raise PhaseBroken(f"sale {event.root_id} is gone")
        return sale.state

    # --- fulfilment -> sale ---

    async def _note_shipped(self, connection: Connection, event: DomainEvent) -> None:
        await fulfilment_records.add_package(connection, event)
        shipped = Event("FULFILMENT_SHIPPED", {"fulfilmentId": event.instance_id})
        await self._send(connection, event, event.root_id, shipped)

    async def _note_ended(self, connection: Connection, event: DomainEvent) -> None:
        """Tell the sale, unless pieces are on their way to a fulfilment of their own: that will end later."""
        if await fulfilment_records.is_parting(connection, event.root_id):
            return
        data = {"fulfilmentId": event.instance_id, "outcome": str(event.data["outcome"])}
        await self._send(connection, event, event.root_id, Event("FULFILMENT_COMPLETED", data))

    # ---

    async def _send(
        self, connection: Connection, cause: DomainEvent, instance_id: str, event: Event
    ) -> None:
        await pass_on(self._engine, connection, PHASES, cause, instance_id, event)
