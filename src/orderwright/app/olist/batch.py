"""Some orders on their way through the engine.

A batch goes through its stages together: sales are placed and paid, phase changes create fulfilments, these are
packed, shipped and delivered, timers complete what is over, cancellations come last. Orders of a batch run side by
side; events of one order follow each other. What an earlier run has done is read from the log and not sent again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from orderwright.app import records
from orderwright.app.goods.stock_desk import move_stock
from orderwright.app.goods.stock_records import Location, Shelf, add_locations
from orderwright.app.olist import plan as planning
from orderwright.app.olist.fields import CURRENCY
from orderwright.app.olist.order import OlistOrder
from orderwright.app.olist.plan import Mismatch, Plan, Present, Stage, Step
from orderwright.app.olist.standing import PREFIX, Standing, read_standing
from orderwright.app.placing import place_order
from orderwright.app.policies.telling import DECIDED
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.olist.report import Report
    from orderwright.app.olist.settling import Settling
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.pool import Connection

IMPORT: Final = Actor("import:olist", "system")
"""Who acts in an import."""
LOCATION: Final = Location(id="olist", name="Olist", rank=1000)
"""Where the goods of an import lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What all batches of an import share; `lanes` bounds how many orders are worked on at a time."""

    app: Orderwright
    present: Present
    settling: Settling
    lanes: asyncio.Semaphore


class Batch:
    """Some orders on their way; `events` counts what was sent."""

    def __init__(self, journey: Journey, orders: Sequence[OlistOrder]) -> None:
        self._journey = journey
        self._app = journey.app
        self._plans = [planning.plan(order, journey.present) for order in orders]
        self._ids = [plan.sale_id for plan in self._plans]
        self._surprises: dict[str, Mismatch] = {}
        self._standing: Standing
        self.events = 0

    async def prepare(self) -> None:
        """Look how far the orders have come, and add customers and products, batch after batch."""
        await self._look()
        await self._add_master_data()

    async def run(self) -> None:
        """Take the orders through their stages."""
        await self._side_by_side(self._open, [plan for plan in self._plans if plan.terms])
        await self._settle()
        await self._side_by_side(self._fulfil, self._with_steps("fulfilment"))
        await self._settle()
        closing = self._with_steps("closing")
        if closing:
            await self._side_by_side(self._close, closing)
            await self._settle()

    def enter(self, report: Report) -> None:
        """Enter the orders in the report."""
        report.events += self.events
        for plan in self._plans:
            state = self._standing.states.get(plan.sale_id)
            report.add(plan, state, self._surprising(plan, state))

    # --- stages ---

    async def _add_master_data(self) -> None:
        plans = [plan for plan in self._plans if plan.sale_id not in self._standing.states]
        customers = {plan.order.customer.id: _customer(plan) for plan in plans if plan.terms}
        products = {
            line.sku: records.Product(
                sku=line.sku,
                name=line.name,
                currency=CURRENCY,
                unit_price_minor=line.unit_price_minor,
            )
            for plan in reversed(plans)  # of several prices the oldest
            if plan.terms
            for line in plan.terms.lines
        }
        async with self._app.pool.acquire() as connection, connection.transaction():
            await add_locations(connection, [LOCATION])
            await records.add_customers(connection, [customers[key] for key in sorted(customers)])
            await records.add_products(connection, [products[key] for key in sorted(products)])

    async def _open(self, plan: Plan) -> None:
        if plan.sale_id not in self._standing.states:
            await self._stock(plan)
            await self._place(plan)
        await self._send_all(plan, "sale", [plan.sale_id])

    async def _fulfil(self, plan: Plan) -> None:
        await self._send_all(plan, "fulfilment", self._standing.fulfilments.get(plan.sale_id, ()))

    async def _close(self, plan: Plan) -> None:
        await self._send_all(plan, "closing", [plan.sale_id])

    async def _stock(self, plan: Plan) -> None:
        """Receive what the order will take, so that the ledgers end right; SKU by SKU, as others receive it too."""
        assert plan.terms is not None
        pieces = Counter[str]()
        for line in plan.terms.lines:
            pieces[line.sku] += line.quantity
        for sku in sorted(pieces):
            step = _cause(plan, f"receive/{sku}")
            cause = Cause(
                actor=IMPORT,
                idempotency_key=step,
                correlation_id=f"{PREFIX}/{plan.order.order_id}",
                causation_id=step,
                occurred_at=plan.order.purchased_at,
                origin="import",
            )
            data = {"quantity": pieces[sku], "reference": PREFIX}
            received = Event("RECEIVE_STOCK", data)
            async with self._app.pool.acquire() as connection, connection.transaction():
                shelf = Shelf(sku, LOCATION.id)
                await move_stock(self._app.engine, connection, shelf, received, cause)

    async def _place(self, plan: Plan) -> None:
        """Create the order and its sale in one transaction, decided: what was sold long ago waits for no policy."""
        terms, placed_at = plan.terms, plan.order.purchased_at
        assert terms is not None
        step = _cause(plan, "place")
        cause = Cause(
            actor=IMPORT,
            idempotency_key=step,
            correlation_id=f"{PREFIX}/{plan.order.order_id}",
            causation_id=step,
            occurred_at=placed_at,
            origin="import",
        )
        async with self._app.pool.acquire() as connection, connection.transaction():
            order = records.SaleOrder(
                id=plan.sale_id,
                number=await records.next_number(connection, "order_number"),
                channel="CONSUMER",
                customer_id=plan.order.customer.id,
                terms=terms,
                placed_at=placed_at,
            )
            result = await place_order(
                self._app.engine,
                order,
                cause,
                request={"olist": plan.order.order_id},
                expires_at=None,
                connection=connection,
            )
            if result.refused is None and not result.replayed:
                self.events += 1
                await self._decide(plan, cause, connection)

    async def _decide(self, plan: Plan, placed: Cause, connection: Connection) -> None:
        cause = replace(placed, idempotency_key=None, causation_id=_cause(plan, "decide"))
        send = Send(instance_id=plan.sale_id, event=DECIDED, cause=cause)
        result = await self._app.engine.carry_out(send, connection=connection)
        self._note(plan, DECIDED, result)

    async def _send_all(self, plan: Plan, stage: Stage, targets: Sequence[str]) -> None:
        """Send the steps of a stage that have not been sent; a refusal ends the order's stage."""
        for place, target in enumerate(targets, 1):
            for step in plan.of(stage):
                cause = _cause(
                    plan, f"{step.name}@{place}" if stage == "fulfilment" else step.name
                )
                if cause in self._standing.causes:
                    continue
                result = await self._send(plan, target, step, cause)
                self._note(plan, step.event, result)
                if result.refused is not None:
                    return

    async def _send(self, plan: Plan, target: str, step: Step, cause: str) -> Result:
        return await self._app.engine.carry_out(
            Send(
                instance_id=target,
                event=step.event,
                cause=Cause(
                    actor=IMPORT,
                    idempotency_key=cause,
                    correlation_id=f"{PREFIX}/{plan.order.order_id}",
                    causation_id=cause,
                    occurred_at=step.at,
                    origin="import",
                ),
            )
        )

    def _note(self, plan: Plan, event: Event, result: Result) -> None:
        """Count what was sent, or keep why it was not taken."""
        if result.refused is not None:
            self._surprises[plan.sale_id] = Mismatch(
                kind="refused",
                message=f"{event.type} was refused: {result.refused.message}",
                values={"event": event.type, "code": result.refused.code},
            )
        elif not result.replayed:
            self.events += 1

    # --- between stages ---

    async def _look(self) -> None:
        self._standing = await read_standing(self._app.pool, self._ids)

    async def _settle(self) -> None:
        await self._journey.settling.settle(self._ids)
        await self._look()

    async def _side_by_side(
        self, work: Callable[[Plan], Awaitable[None]], plans: Iterable[Plan]
    ) -> None:
        async def one(plan: Plan) -> None:
            async with self._journey.lanes:
                await work(plan)

        wanted = [plan for plan in plans if plan.sale_id not in self._standing.taken_over]
        try:
            async with asyncio.TaskGroup() as group:
                for plan in wanted:
                    group.create_task(one(plan))
        except (
            ExceptionGroup
        ) as failed:  # the first one tells what is wrong; the others were cancelled
            raise failed.exceptions[0] from failed

    def _with_steps(self, stage: Stage) -> list[Plan]:
        return [plan for plan in self._plans if plan.terms and plan.of(stage)]

    def _surprising(self, plan: Plan, state: str | None) -> list[Mismatch]:
        if plan.sale_id in self._standing.taken_over:
            return [Mismatch(kind="taken_over", message="it was gone on with since its import")]
        if (state or planning.NOT_CREATED) == plan.expected:
            return []
        refused = self._surprises.get(plan.sale_id)
        unexpected = Mismatch(
            kind="unexpected_state", message=f"{plan.expected} was to be expected"
        )
        return [unexpected, refused] if refused else [unexpected]


def _cause(plan: Plan, step: str) -> str:
    return f"{PREFIX}/{plan.order.order_id}/{step}"


def _customer(plan: Plan) -> records.Customer:
    who = plan.order.customer
    place = f"{who.city.title()} ({who.state})" if who.city else who.state
    return records.Customer(
        id=who.id,
        number=f"OL-{who.unique_id}",
        name=f"Customer {who.unique_id[:8]}, {place}",
        currency=CURRENCY,
    )
