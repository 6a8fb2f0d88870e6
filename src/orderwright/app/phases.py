"""Phase changes: what one lifecycle's event means for the next.

A consumer of the outbox. Each reaction writes on the relay's connection, so that it commits with the cursor; new
things get ids that follow from their cause. Repeating one is therefore a no-op, twice over.

    quotation.mutually_approved  -> the sale order, its terms frozen
    sale.expired                 -> SALE_EXPIRED to the quotation

What sale and fulfilment mean for each other stands in `orderwright.app.goods.fulfilling`; it is the same consumer, so
that of one order everything is worked off in its order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import structlog

from orderwright.app import records
from orderwright.domain.orders.terms import Line, Terms
from orderwright.errors import RuntimeFault
from orderwright.runtime.command import Actor, Create, Send
from orderwright.runtime.consumer import Consumer, work_of
from orderwright.runtime.identity import derived_id
from orderwright.runtime.joining import Owned
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.settings import Settings
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

Reaction: TypeAlias = Callable[["Connection", "DomainEvent"], Awaitable[None]]
"""Does what follows from a domain event, on the connection of the relay."""
PHASES: Final = Actor("phases", "system")
"""Who acts when one lifecycle moves another."""

_BATCH: Final = 20
"""Events to a transaction, which holds the goods of as many orders."""
_LATE: Final = frozenset({"unhandled", "blocked", "done"})

_logger = structlog.get_logger(__name__)


class PhaseBroken(RuntimeFault):
    """A phase change met something that cannot be; the relay parks the order and tries again."""

    code = "phase.broken"


class Goods(Protocol):
    """What sale and fulfilment mean for each other."""

    reactions: Mapping[str, Reaction]

    async def hold(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        """Lock what the reactions to events will move."""


class Phases:
    """Reacts to domain events of the order lifecycles."""

    def __init__(self, engine: Engine, settings: LiveSettings, goods: Goods) -> None:
        self._engine = engine
        self._settings = settings
        self._goods = goods
        self._reactions: Mapping[str, Reaction] = {
            "quotation.mutually_approved": self._create_order,
            "sale.expired": self._return_quotation,
            **goods.reactions,
        }

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        return Consumer(
            name="phases",
            events=frozenset(self._reactions),
            handle=lambda connection, event: self._react_all(connection, [event]),
            handle_all=self._react_all,
            batch=_BATCH,
        )

    async def _react_all(self, connection: Connection, events: Sequence[DomainEvent]) -> None:
        await self._goods.hold(connection, events)
        for event in events:
            with work_of("phases", event):
                await self._reactions[event.name](connection, event)

    # --- quotation -> sale ---

    async def _create_order(self, connection: Connection, event: DomainEvent) -> None:
        quotation = await self._engine.read(event.instance_id, connection=connection)
        if quotation is None:
            raise PhaseBroken(f"quotation {event.instance_id} is gone")
        context, version = quotation.snapshot.context, _number(event.data["version"])
        order = records.SaleOrder(
            id=order_id_of(event.instance_id, version),
            number=await records.next_number(connection, "order_number"),
            channel="RESELLER" if context["channel"] == "RESELLER" else "CONSUMER",
            customer_id=str(context["customerId"]),
            terms=_terms(context),
            placed_at=event.occurred_at,
            quotation_id=event.instance_id,
            quotation_version=version,
        )
        settings = await self._settings.current(connection)
        expires = expiry_of(settings, event.occurred_at)
        result = await self._engine.carry_out(
            Create(
                chart_id="sale",
                instance_id=order.id,
                root_id=order.id,
                context=sale_context(order, expires),
                cause=event.cause(PHASES),
            ),
            connection=Owned(connection),
        )
        if result.refused is None:
            await records.add_order(connection, order)
        elif result.refused.code != "instance_exists":
            raise PhaseBroken(f"order {order.number}: {result.refused.message}")

    async def _return_quotation(self, connection: Connection, event: DomainEvent) -> None:
        quotation = await records.quotation_of(connection, event.root_id)
        if quotation is not None:
            quotation_id, version = quotation
            expired = Event("SALE_EXPIRED", {"version": version})
            await self._send(connection, event, quotation_id, expired)

    async def _send(
        self, connection: Connection, cause: DomainEvent, instance_id: str, event: Event
    ) -> Result:
        return await pass_on(self._engine, connection, PHASES, cause, instance_id, event)


async def pass_on(  # noqa: PLR0913 (who, where, what follows from what)
    engine: Engine,
    connection: Connection,
    actor: Actor,
    cause: DomainEvent,
    instance_id: str,
    event: Event,
    *,
    key: str | None = None,
) -> Result:
    """Send an event that follows from another; one that comes too late is noted and dropped.

    With an idempotency key it takes effect once, however often the other one is told.

    Raises:
        PhaseBroken: the event was refused for a reason that somebody has to look into.
    """
    send = follow_up(cause, actor, instance_id, event, key=key)
    result = await engine.carry_out(send, connection=Owned(connection))
    heed(cause, send, result)
    return result


async def send_on(
    engine: Engine,
    connection: Connection,
    actor: Actor,
    cause: DomainEvent,
    instance_id: str,
    event: Event,
) -> Result:
    """Send an event that follows from another; a refusal is the caller's."""
    send = follow_up(cause, actor, instance_id, event)
    return await engine.carry_out(send, connection=Owned(connection))


def follow_up(
    cause: DomainEvent, actor: Actor, instance_id: str, event: Event, *, key: str | None = None
) -> Send:
    """Return the command that follows from an event, of which it has the chain, the time and the origin."""
    return Send(
        instance_id=instance_id,
        event=event,
        cause=replace(cause.cause(actor), idempotency_key=key),
    )


def heed(cause: DomainEvent, send: Send, result: Result) -> None:
    """Look at what became of a command that follows from an event; one that came too late is noted and dropped.

    Raises:
        PhaseBroken: it was refused for a reason that somebody has to look into.
    """
    if result.refused is None:
        return
    if result.refused.code not in _LATE:
        raise PhaseBroken(f"{send.event.type} to {send.instance_id}: {result.refused.message}")
    _logger.debug(
        "phase_event_late",
        instance_id=send.instance_id,
        event_type=send.event.type,
        cause=cause.event_id,
        code=result.refused.code,
    )


def order_id_of(quotation_id: str, version: int) -> str:
    """Return the id of the order that a version of a quotation becomes."""
    return derived_id(f"order/{quotation_id}/{version}")


def expiry_of(settings: Settings, placed_at: datetime) -> datetime | None:
    """Return when an unpaid sale expires; None for never."""
    minutes = settings.sale_pending_expiry_minutes
    return placed_at + timedelta(minutes=minutes) if minutes else None


def sale_context(order: records.SaleOrder, expires_at: datetime | None) -> dict[str, object]:
    """Return the context that a sale lifecycle starts with."""
    return {
        "orderId": order.id,
        "number": order.number,
        "channel": order.channel,
        "customerId": order.customer_id,
        "currency": order.terms.currency,
        "grandTotalMinor": order.terms.total_minor,
        "expiresAt": expires_at.isoformat() if expires_at else None,
    }


def _terms(context: Mapping[str, object]) -> Terms:
    lines, shipping = context["lines"], context["shippingMinor"]
    if not isinstance(lines, list):
        raise PhaseBroken("the quotation's context has no lines")
    return Terms(
        currency=str(context["currency"]),
        lines=tuple(Line.from_json(line) for line in lines),
        shipping_minor=_number(shipping),
    )


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PhaseBroken(f"{value!r} is not a whole number")
    return value
