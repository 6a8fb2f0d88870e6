"""Replay a data set through the engine, some batches at a time.

While the phase changes of one batch are worked off, the next is being sent. An import may be killed anywhere and
repeated at any time; two at once, or one beside a running server, are safe as well.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app.olist.batch import Batch, Journey
from orderwright.app.olist.plan import Present
from orderwright.app.olist.report import Report
from orderwright.app.olist.settling import Settling
from orderwright.app.olist.staging import Staging

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.olist.dataset import Dataset

_BATCH: Final = 60  # orders
_IN_FLIGHT: Final = 3  # batches
_LANES: Final = 8  # orders that are worked on at a time


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
        try:
            async for batch in _replayed(_journey(app), staging):
                batch.enter(report)
                watch(Progress(report.orders, total))
        except (
            ExceptionGroup
        ) as failed:  # the first tells what is wrong; the others were cancelled
            raise failed.exceptions[0] from failed
        report.bad_rows = await staging.bad_rows()
    return report


def _journey(app: Orderwright) -> Journey:
    now = app.clock.now()
    return Journey(
        app=app,
        present=Present(now=now, return_window=timedelta(days=app.settings.return_window_days)),
        settling=Settling(app, until=now),
        lanes=asyncio.Semaphore(max(1, min(_LANES, app.pool.get_max_size() - 2))),
    )


async def _replayed(journey: Journey, staging: Staging) -> AsyncIterator[Batch]:
    """Return batches when they are done, in their order."""
    running: deque[tuple[Batch, asyncio.Task[None]]] = deque()

    async def oldest() -> Batch:
        batch, task = running.popleft()
        await task
        return batch

    async with asyncio.TaskGroup() as group:
        async for orders in staging.batches(_BATCH):
            batch = Batch(journey, orders)
            await batch.prepare()
            running.append((batch, group.create_task(batch.run())))
            if len(running) == _IN_FLIGHT:
                yield await oldest()
        while running:
            yield await oldest()


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
