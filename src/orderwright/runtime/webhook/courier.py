"""The courier: it claims deliveries that are due, posts them side by side, and records what came of each."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.runtime.loop import Loop
from orderwright.runtime.observation import QUIET, Delivered, Observer
from orderwright.runtime.webhook import delivery as deliveries
from orderwright.runtime.webhook.signature import signed_headers

if TYPE_CHECKING:
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool
    from orderwright.runtime.webhook.delivery import Delivery
    from orderwright.runtime.webhook.post import Postman

_SOON: Final = 0.1  # seconds between looks while something is under way

_logger = structlog.get_logger(__name__)


class Courier:
    """Delivers webhooks; any number of couriers may run at once, in one process or many."""

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        postman: Postman,
        *,
        grace_seconds: float = 10.0,
        poll_seconds: float = 1.0,
        observer: Observer = QUIET,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._postman = postman
        self._grace_seconds = grace_seconds
        self._poll_seconds = poll_seconds
        self._observer = observer
        self._under_way: dict[asyncio.Task[None], str] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until this is cancelled, or until `stop` is set; then give what is under way the time of grace.

        What is not recorded by then is repeated when its lease is over.
        """
        loop = Loop(self._turn, self._poll_seconds, stop)
        turning = asyncio.create_task(loop.run())
        try:
            await stop.wait()
            loop.wake()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._grace_seconds):
                    await turning
                    if self._under_way:
                        await asyncio.wait(self._under_way)
        finally:
            await self._abandon(turning)

    async def deliver_due(self) -> int:
        """Make one attempt at everything that is due, wait for all, and return how many that were."""
        total = 0
        while claimed := await self._claim():
            total += len(claimed)
            await asyncio.gather(*(self._deliver(one) for one in claimed))
        return total

    async def close(self) -> None:
        """Give back what the postman holds; call it when nothing runs any more."""
        await self._postman.close()

    async def _turn(self) -> float:
        claimed = await self._claim()
        for one in claimed:
            task = asyncio.create_task(self._deliver(one))
            self._under_way[task] = one.subscription_id
            task.add_done_callback(self._finish)
        return _SOON if self._under_way else self._poll_seconds

    def _finish(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if not task.cancelled() and (error := task.exception()):
            _logger.error("delivery_unrecorded", exc_info=error)

    async def _claim(self) -> list[Delivery]:
        busy = Counter(self._under_way.values())
        async with self._pool.acquire() as connection:
            return await deliveries.claim(connection, busy=busy.keys(), clock=self._clock)

    async def _deliver(self, one: Delivery) -> None:
        now = self._clock.now()
        headers = signed_headers(one.secret, one.message_id, one.body, at=now)
        answer = await self._postman.post(one.url, one.body, headers, now=now)
        if not answer.is_success:
            names = {"subscription_id": one.subscription_id, "message_id": one.message_id}
            _logger.warning("delivery_failed", **names, attempt=one.attempts, error=answer.error)
        async with self._pool.acquire() as connection:
            status = await deliveries.record(connection, one, answer, at=self._clock.now())
        self._observer.tell(
            Delivered(
                one.subscription_id,
                one.message_id,
                status,
                one.body,
                one.attempts,
                answer.status,
                answer.error,
                answer.milliseconds / 1000,
            )
        )

    async def _abandon(self, turning: asyncio.Task[None]) -> None:
        left = [turning, *self._under_way]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
