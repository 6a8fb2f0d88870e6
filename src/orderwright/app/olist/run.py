"""Replay staged orders through the engine, batch by batch.

A batch goes through its stages together: sales are placed and paid, the worker creates fulfilments, they are
packed, shipped and delivered, the worker closes what is over, cancellations come last. Orders of a batch run side
by side; events of one order follow each other. What an earlier run has done is read from the log and not sent again,
so an import may be killed anywhere and repeated at any time; two at once are safe as well.

A worker that runs elsewhere may do some of the relaying and firing; a stage ends when nothing is left, whoever did it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app import records
from orderwright.app.olist import plan as planning
from orderwright.app.olist.dataset import Dataset
from orderwright.app.olist.fields import CURRENCY
from orderwright.app.olist.plan import Mismatch, OlistOrder, Plan, Present, Stage, Step
from orderwright.app.olist.report import Report
from orderwright.app.olist.staging import Staging
from orderwright.app.olist.standing import PREFIX, Standing, is_settled, obstacle, read_standing
from orderwright.app.placing import place_order
from orderwright.errors import RuntimeFault
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.worker import OutboxHeld

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.runtime.attempt import Result

IMPORT: Final = Actor("import:olist", "system")
"""Who acts in an import."""

_BATCH: Final = 100  # orders
_LANES: Final = 8  # orders of a batch at a time
_PATIENCE: Final = 60.0  # seconds in which nothing moves
_SOON: Final = 0.02  # seconds


class ImportStalled(RuntimeFault):
    """What should follow from imported events does not happen; what is done stays, a later run goes on."""

    code = "import.stalled"
    retryable = True


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of all orders are done."""

    done: int
    orders: int


Watcher = Callable[[Progress], None]


async def import_olist(
    app: Orderwright, dataset: Dataset, watch: Watcher = lambda _: None
) -> Report:
    """Replay a data set and report what became of it. May be repeated and resumed.

    Raises:
        ImportStalled: phase changes or timers fail; the message says which.
    """
    report = Report()
    async with _staged(app, dataset) as staging:
        total = await staging.count()
        async for orders in staging.batches(_BATCH):
            await _Batch(app, report, orders).run()
            watch(Progress(report.orders, total))
        report.bad_rows = await staging.bad_rows()
    return report


@asynccontextmanager
async def _staged(app: Orderwright, dataset: Dataset) -> AsyncIterator[Staging]:
    async with app.pool.acquire() as connection:
        staging = Staging(connection)
        try:
            await staging.load(dataset)
            yield staging
        finally:
            if not connection.is_closed():
                await staging.drop()


class _Batch:
    """Some orders on their way."""

    def __init__(self, app: Orderwright, report: Report, orders: Sequence[OlistOrder]) -> None:
        self._app = app
        self._report = report
        window = timedelta(days=app.settings.return_window_days)
        present = Present(now=app.clock.now(), return_window=window)
        self._plans = [planning.plan(order, present) for order in orders]
        self._ids = [plan.sale_id for plan in self._plans]
        self._lanes = asyncio.Semaphore(max(1, min(_LANES, app.pool.get_max_size() - 2)))
        self._surprises: dict[str, Mismatch] = {}
        self._standing: Standing

    async def run(self) -> None:
        """Take the orders through their stages and enter them in the report."""
        await self._look()
        await self._add_master_data()
        await self._side_by_side(self._open, [plan for plan in self._plans if plan.terms])
        await self._settle()
        await self._side_by_side(self._fulfil, self._with_steps("fulfilment"))
        await self._settle()
        closing = self._with_steps("closing")
        if closing:
            await self._side_by_side(self._close, closing)
            await self._settle()
        self._enter()

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
            await records.add_customers(connection, [customers[key] for key in sorted(customers)])
            await records.add_products(connection, [products[key] for key in sorted(products)])

    async def _open(self, plan: Plan) -> None:
        if plan.sale_id not in self._standing.states:
            await self._place(plan)
        await self._send_all(plan, "sale", [plan.sale_id])

    async def _fulfil(self, plan: Plan) -> None:
        await self._send_all(plan, "fulfilment", self._standing.fulfilments.get(plan.sale_id, ()))

    async def _close(self, plan: Plan) -> None:
        await self._send_all(plan, "closing", [plan.sale_id])

    async def _place(self, plan: Plan) -> None:
        """Create the order and its sale in one transaction."""
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
            self._report.events += 1

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
                if result.refused is not None:
                    self._surprises[plan.sale_id] = Mismatch(
                        kind="refused",
                        message=f"{step.event.type} was refused: {result.refused.message}",
                        values={"event": step.event.type, "code": result.refused.code},
                    )
                    return

    async def _send(self, plan: Plan, target: str, step: Step, cause: str) -> Result:
        result = await self._app.engine.send(
            target,
            step.event,
            actor=IMPORT,
            idempotency_key=cause,
            correlation_id=f"{PREFIX}/{plan.order.order_id}",
            causation_id=cause,
            occurred_at=step.at,
            origin="import",
        )
        if result.refused is None and not result.replayed:
            self._report.events += 1
        return result

    # --- between stages ---

    async def _look(self) -> None:
        self._standing = await read_standing(self._app.pool, self._ids)

    async def _settle(self) -> None:
        """Relay and fire until nothing is left for these orders, whoever does it.

        Timers count as due by the engine's clock: a return window that ended in the past is over.

        Raises:
            ImportStalled: nothing moves.
        """
        until, loop = self._app.clock.now(), asyncio.get_running_loop()
        moved_at = loop.time()
        while not await self._is_settled(until):
            if await self._drain(until):
                moved_at = loop.time()
            elif loop.time() - moved_at > _PATIENCE:
                raise await self._stalled()
            else:
                await asyncio.sleep(_SOON)  # another worker has them in hand
        await self._look()

    async def _drain(self, until: datetime) -> int:
        try:
            return await self._app.worker.drain(until)
        except OutboxHeld:
            return 0  # a transaction of somebody else; it will end, or the import gives up

    async def _is_settled(self, until: datetime) -> bool:
        async with self._app.pool.acquire() as connection:
            return await is_settled(connection, self._ids, until)

    async def _stalled(self) -> ImportStalled:
        async with self._app.pool.acquire() as connection:
            what = await obstacle(connection) or "another worker holds them"
        return ImportStalled(f"phase changes or timers make no progress ({what})")

    async def _side_by_side(
        self, work: Callable[[Plan], Awaitable[None]], plans: Iterable[Plan]
    ) -> None:
        async def one(plan: Plan) -> None:
            async with self._lanes:
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

    # --- the end ---

    def _enter(self) -> None:
        for plan in self._plans:
            state = self._standing.states.get(plan.sale_id)
            self._report.add(plan, state, self._surprising(plan, state))

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
