"""Backorders: who waits for stock is served in the order of waiting, as stock becomes free.

The queue of a SKU is the table `backorder`; a fulfilment keeps its place however often it is served in part, and while
it is on hold, also when it was put on hold before it could look for stock. What is written here is written in the
transaction of the step that it follows from, so that queue and ledgers never part.

    stock.freed         -> ALLOCATE, in turn for this SKU alone, to the oldest that wait for it, at most so many at a
                           time; where more wait and something is left, the SKU's stock is told to go on (SERVE_ON)
    stock.called_off    -> the same: what was kept for who waits no more is for those who came meanwhile
    fulfilment.resumed  -> ALLOCATE, not in turn, to who waited when it was stopped
    fulfilment.ended    -> its places are given up

Whose order is not cleared any more is passed over, though nobody has told its fulfilment to HOLD yet; when it is
cleared again, it is resumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.app.goods.stock_fact import lock_stock, supplies
from orderwright.app.goods.stock_records import Shelf
from orderwright.app.phases import pass_on
from orderwright.domain.orders.allocation import waited_for
from orderwright.domain.orders.fulfilment import CLEARED
from orderwright.domain.reading import integer, mapping, text
from orderwright.runtime.command import Actor
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.instance import hold
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from orderwright.domain.orders.inventory import Want
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

BACKORDERS: Final = Actor("backorders", "system")
"""Who acts when stock is given to those who wait for it."""

_ROUND: Final = 200
"""How many are served in one transaction."""
_WAITING: Final = ("ALLOCATING_STOCK", "BACKORDERED")


async def allocate(
    engine: Engine,
    connection: Connection,
    actor: Actor,
    cause: DomainEvent,
    fulfilment_id: str,
    *,
    in_turn: Collection[str] = (),
) -> Result:
    """Let a fulfilment look for stock, and keep the queues in line with what it waits for then.

    `in_turn` names the SKUs of which it is the oldest that waits.
    """
    event = Event("ALLOCATE", {"inTurn": sorted(in_turn)})
    result = await pass_on(engine, connection, actor, cause, fulfilment_id, event)
    if result.refused is None and result.snapshot is not None:
        waited = waited_for(result.snapshot.context)
        await connection.execute(_LEAVE, fulfilment_id, _skus(waited))
        await keep_places(connection, cause, fulfilment_id, waited)
    return result


async def keep_places(
    connection: Connection, cause: DomainEvent, fulfilment_id: str, wants: Sequence[Want]
) -> None:
    """Let a fulfilment stand in the queues of what it wants since the cause; where it stands already it stays."""
    if wants:
        await connection.execute(_QUEUE, fulfilment_id, _skus(wants), cause.occurred_at)


def _skus(wants: Sequence[Want]) -> list[str]:
    return sorted({want.sku for want in wants})


class Backorders:
    """Serves those who wait."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds, one event in each transaction: each locks what it serves."""
        reactions = {
            "stock.freed": self._serve,
            "stock.called_off": self._serve,
            "fulfilment.resumed": self._look_again,
            "fulfilment.ended": self._leave,
        }

        async def react(connection: Connection, event: DomainEvent) -> None:
            await reactions[event.name](connection, event)

        return Consumer(name="backorders", events=frozenset(reactions), handle=react, batch=1)

    async def _look_again(self, connection: Connection, event: DomainEvent) -> None:
        instance = await self._engine.read(event.instance_id, connection=connection)
        if instance is None or instance.state not in _WAITING:
            return
        sale = await self._engine.read(event.root_id, connection=connection)
        if sale is not None and sale.state == CLEARED:
            await allocate(self._engine, connection, BACKORDERS, event, event.instance_id)

    async def _leave(self, connection: Connection, event: DomainEvent) -> None:
        await connection.execute(_LEAVE, event.instance_id, [])

    async def _serve(self, connection: Connection, event: DomainEvent) -> None:
        sku = text(event.data, "sku")
        there = await _free(connection, sku)
        waiting = await self._next(connection, sku, most=min(sum(there.values()), _ROUND))
        if not waiting:
            return
        shelf = Shelf(sku, next(iter(there))).instance_id
        await self._hold(connection, [*waiting, shelf], waiting)
        if await self._next(connection, sku, most=len(waiting)) == waiting:  # nobody came back
            await self._serve_all(connection, event, sku, waiting)
        if await _free(connection, sku) and await self._next(connection, sku, most=1):
            go_on = Event("SERVE_ON")
            await pass_on(self._engine, connection, BACKORDERS, event, shelf, go_on)

    async def _serve_all(
        self, connection: Connection, event: DomainEvent, sku: str, waiting: Sequence[str]
    ) -> None:
        """Let those who wait take, one after the other, as long as something is left."""
        for fulfilment_id in waiting:
            if not await _free(connection, sku):
                return
            await allocate(
                self._engine, connection, BACKORDERS, event, fulfilment_id, in_turn={sku}
            )

    async def _next(self, connection: Connection, sku: str, *, most: int) -> list[str]:
        if most <= 0:
            return []
        rows = await connection.fetch(_OLDEST, sku, most)
        return [row["fulfilment_id"] for row in rows]

    async def _hold(
        self, connection: Connection, instances: Sequence[str], fulfilments: Sequence[str]
    ) -> None:
        await hold(connection, instances)
        rows = await connection.fetch(_SKUS, list(fulfilments))
        await lock_stock(connection, [row["sku"] for row in rows])


async def _free(connection: Connection, sku: str) -> dict[str, int]:
    """Return how many pieces of a SKU may be promised by location, where there are any."""
    supply = (await supplies(connection, [sku], lock=False))[sku]
    free = mapping(supply, "free")
    return {location: integer(free, location) for location in free}


_LEAVE: Final = """
delete from orderwright.backorder where fulfilment_id = $1 and sku <> all($2::text[])
"""
_QUEUE: Final = """
insert into orderwright.backorder (sku, since, fulfilment_id)
select sku, $3, $1 from unnest($2::text[]) as sku on conflict do nothing
"""
# The sale is looked at by a query of its own for each, so that the queue is still read in its order.
_OLDEST: Final = """
select b.fulfilment_id from orderwright.backorder as b
join orderwright.instance as i on i.instance_id = b.fulfilment_id
where b.sku = $1 and i.state = 'BACKORDERED'
  and (select state from orderwright.instance where instance_id = i.root_id) = 'CLEARED_FOR_FULFILMENT'
order by b.since, b.fulfilment_id limit $2
"""
# Of all their lines: ALLOCATE looks at what is reserved already as well.
_SKUS: Final = """
select distinct sku from orderwright.fulfilment_line where fulfilment_id = any($1::text[])
"""
