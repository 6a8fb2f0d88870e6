"""Let what follows from imported events happen: phase changes and timers, by us or a worker elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from orderwright.app.olist.standing import is_settled, obstacle
from orderwright.errors import RuntimeFault
from orderwright.runtime.firing import fire_next
from orderwright.runtime.worker import OutboxHeld

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright

_BEFORE_ALL_TIMERS: Final = datetime(1, 1, 1, tzinfo=UTC)
_LANES: Final = 4  # timers at a time
_PATIENCE: Final = 60.0  # seconds in which nothing moves
_SOON: Final = 0.02  # seconds


class ImportStalled(RuntimeFault):
    """What should follow from imported events does not happen; what is done stays, a later run goes on."""

    code = "import.stalled"
    retryable = True


class Settling:
    """Settles batches; whoever is first works for all that wait.

    Timers count as due by the clock at the beginning of the import: a return window that ended in the past is over.
    """

    def __init__(self, app: Orderwright, *, until: datetime) -> None:
        self._app = app
        self._until = until
        self._working = asyncio.Lock()
        self._moved_at = 0.0

    async def settle(self, sale_ids: Sequence[str]) -> None:
        """Return when nothing is left to be relayed or fired for sales and their fulfilments, whoever did it.

        Raises:
            ImportStalled: nothing moves.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not await self._is_settled(sale_ids):
            async with self._working:
                moved = await self._relay() + await self._fire()
                if moved:
                    self._moved_at = loop.time()
            if loop.time() - max(began, self._moved_at) > _PATIENCE:
                raise await self._stalled()
            if not moved:
                await asyncio.sleep(_SOON)  # another worker has them in hand

    async def _relay(self) -> int:
        try:
            return await self._app.worker.drain(_BEFORE_ALL_TIMERS)
        except OutboxHeld:
            return 0  # a transaction of somebody else; it will end, or the import gives up

    async def _fire(self) -> int:
        """Fire what is due, side by side: each order has its own timers, and none waits for another's."""
        return sum(await asyncio.gather(*(self._fire_all() for _ in range(_LANES))))

    async def _fire_all(self) -> int:
        fired = 0
        while await fire_next(self._app.engine, until=self._until):
            fired += 1
        return fired

    async def _is_settled(self, sale_ids: Sequence[str]) -> bool:
        async with self._app.pool.acquire() as connection:
            return await is_settled(connection, sale_ids, self._until)

    async def _stalled(self) -> ImportStalled:
        async with self._app.pool.acquire() as connection:
            what = await obstacle(connection) or "another worker holds them"
        return ImportStalled(f"phase changes or timers make no progress ({what})")
