"""The page that a scraper gets: what has moved since the start, and what is read now.

The database is asked at most every few seconds, however many ask, and for a limited time. One that does not answer
makes no scrape fail: `orderwright_database_up` is 0 then, and its figures are left out, because old ones would look
as if all were well.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import structlog
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from sqlalchemy.pool import QueuePool

from orderwright.runtime.failure import BROKEN
from orderwright.runtime.figures import Figures, read_figures
from orderwright.runtime.incident import DUTIES

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from orderwright.app.telemetry.metrics import Metrics
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
_FRESH_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 2.0

_logger = structlog.get_logger(__name__)


class Scrape:
    """Writes the page of an application."""

    def __init__(self, metrics: Metrics, pool: Pool, readers: AsyncEngine, clock: Clock) -> None:
        self._metrics = metrics
        self._pool = pool
        self._readers = readers
        self._clock = clock
        self._asking = asyncio.Lock()
        self._fresh_until = 0.0
        self._is_up = False

    async def page(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        async with self._asking:
            if time.monotonic() >= self._fresh_until:
                await self._ask()
        self._count_connections()
        self._metrics.gauge("database_up").set(self._is_up)
        own = generate_latest(self._metrics.registry)
        return own + generate_latest(self._metrics.database) if self._is_up else own

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._pool.acquire() as connection:
                self._show(await read_figures(connection, now=self._clock.now()))
        except (*BROKEN, TimeoutError) as error:
            _logger.warning("figures_unread", error=str(error) or type(error).__name__)
            self._is_up = False
        else:
            self._is_up = True
        self._fresh_until = time.monotonic() + _FRESH_SECONDS

    def _show(self, figures: Figures) -> None:
        """Set every gauge of the database anew: what is gone is shown no more."""
        gauge = self._metrics.gauge
        for name in _BY_NAME:
            self._metrics.clear(name)
        for one in figures.relay.consumers:
            gauge("outbox_lag_events", one.consumer).set(one.events)
            gauge("outbox_lag_seconds", one.consumer).set(one.seconds)
            gauge("parked_roots", one.consumer).set(one.parked_roots)
            gauge("dead_roots", one.consumer).set(one.dead_roots)
            gauge("waiting_events", one.consumer).set(one.waiting_events)
        gauge("horizon_seconds").set(figures.relay.horizon_seconds)
        for job in figures.jobs:
            gauge("jobs", job.kind, job.status).set(job.jobs)
            if job.status == "waiting":
                gauge("job_overdue_seconds", job.kind).set(job.overdue_seconds)
        gauge("timers_overdue").set(figures.timers_overdue)
        gauge("timer_overdue_seconds").set(figures.timer_overdue_seconds)
        for kind in DUTIES:
            gauge("incidents_open", kind).set(figures.incidents.get(kind, 0))

    def _count_connections(self) -> None:
        gauge, pool = self._metrics.gauge, self._pool
        idle = pool.get_idle_size()
        gauge("pool_connections", "lifecycles", "used").set(pool.get_size() - idle)
        gauge("pool_connections", "lifecycles", "idle").set(idle)
        gauge("pool_connections_max", "lifecycles").set(pool.get_max_size())
        models = self._readers.pool
        if isinstance(models, QueuePool):
            gauge("pool_connections", "reading", "used").set(models.checkedout())
            gauge("pool_connections", "reading", "idle").set(models.checkedin())
            gauge("pool_connections_max", "reading").set(models.size())


_BY_NAME: Final = (
    "outbox_lag_events",
    "outbox_lag_seconds",
    "parked_roots",
    "dead_roots",
    "waiting_events",
    "jobs",
    "job_overdue_seconds",
)
"""The gauges of the database that have labels."""
