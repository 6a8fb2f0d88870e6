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
from orderwright.app.olist.order import OlistOrder
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
    async with _staged(app, dataset) as staging:
        running = _Running(_journey(app), watch, await staging.count())
        try:
            await running.take(staging.batches(_BATCH))
        except (
            ExceptionGroup
        ) as failed:  # the first tells what is wrong; the others were cancelled
            raise failed.exceptions[0] from failed
        running.report.bad_rows = await staging.bad_rows()
    return running.report


def _journey(app: Orderwright) -> Journey:
    now = app.clock.now()
    return Journey(
        app=app,
        present=Present(now=now, return_window=timedelta(days=app.settings.return_window_days)),
        settling=Settling(app, until=now),
        lanes=asyncio.Semaphore(max(1, min(_LANES, app.pool.get_max_size() - 2))),
    )


class _Running:
    """The batches that are under way; they are entered in the report in their order."""

    def __init__(self, journey: Journey, watch: Watcher, orders: int) -> None:
        self.report = Report()
        self._journey = journey
        self._watch = watch
        self._orders = orders
        self._batches: deque[tuple[Batch, asyncio.Task[None]]] = deque()

    async def take(self, batches: AsyncIterator[list[OlistOrder]]) -> None:
        """Run every batch, a few at a time."""
        async with asyncio.TaskGroup() as group:
            async for orders in batches:
                batch = Batch(self._journey, orders)
                await batch.prepare()
                self._batches.append((batch, group.create_task(batch.run())))
                if len(self._batches) == _IN_FLIGHT:
                    await self._finish()
            while self._batches:
                await self._finish()

    async def _finish(self) -> None:
        batch, task = self._batches.popleft()
        await task
        batch.enter(self.report)
        self._watch(Progress(self.report.orders, self._orders))


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
