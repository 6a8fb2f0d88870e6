"""What a host claims, and for how long: leases, and whose turn it is.

A lease is a promise between hosts, whose own clocks may differ by minutes: so the database's clock gives and judges
it.

A job that was lost with a host runs its next attempt alone on one: who dies then has done it himself, and nobody
dies with him. Such jobs must not hold up the others. One of them is in hand at a time, wherever there are hosts; and
a host that has run one is there for others for as long as that took, before it takes the next.

An invocation whose chart is foreign to this host (`registry`) is for others: its result could not be brought.
"""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

from orderwright.runtime import job_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_row import ClaimedJob
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.registry import Registry


class Claims:
    """Claims jobs of the engine's kinds for this host, and keeps or gives back what it has claimed."""

    def __init__(self, engine: Engine, *, lease: timedelta, poll_seconds: float) -> None:
        self._engine = engine
        self._lease = lease
        self._poll_seconds = poll_seconds
        self._host = f"{socket.gethostname()}/{os.getpid()}"
        self._others_until = 0.0

    async def next(self, most: int) -> list[ClaimedJob]:
        """Claim what is next: one that goes alone if it is the turn of those, else up to `most` others."""
        if time.monotonic() >= self._others_until:
            if alone := await self._take(1, alone=True):
                return alone
            self._rest(self._poll_seconds)
        return await self._take(most, alone=False)

    async def due(self, most: int) -> list[ClaimedJob]:
        """Claim what is due: one that goes alone if there is one, else up to `most` others."""
        return await self._take(1, alone=True) or await self._take(most, alone=False)

    async def begin(self, job: ClaimedJob) -> bool:
        """Note that one which goes alone begins now; False if it is not ours any more."""
        async with self._engine.pool.acquire() as connection:
            return await job_row.begin(connection, job, clock=self._engine.clock)

    def ended(self, job: ClaimedJob, *, seconds: float) -> None:
        """Note that one is not in hand any more, and how long it has kept the host busy."""
        if job.alone:
            self._rest(seconds)

    async def extend(self, jobs: Sequence[ClaimedJob]) -> frozenset[str]:
        """Extend the leases; return the ids of those that are still ours."""
        async with self._engine.pool.acquire() as connection:
            return await job_row.extend(
                connection, jobs, clock=self._engine.clock, lease=self._lease
            )

    async def expired(self) -> list[ClaimedJob]:
        """Return jobs of any host whose lease has run out, and whose attempts can be ended here."""
        registry, clock = self._engine.registry, self._engine.clock
        async with self._engine.pool.acquire() as connection:
            while True:
                foreign = registry.foreign
                found = await job_row.expired(connection, clock=clock, foreign=foreign)
                for job in found:
                    await _is_foreign(registry, connection, job)
                if registry.foreign == foreign:  # none of them was new
                    return found

    async def release(self, jobs: Sequence[ClaimedJob]) -> None:
        """Give back what was interrupted."""
        async with self._engine.pool.acquire() as connection:
            await job_row.release(connection, jobs)

    def _rest(self, seconds: float) -> None:
        self._others_until = time.monotonic() + seconds

    async def _take(self, most: int, *, alone: bool) -> list[ClaimedJob]:
        """Claim; a version that turns out to be foreign is met once, given back, and left out from then on."""
        registry = self._engine.registry
        async with self._engine.pool.acquire() as connection:
            while True:
                claimed = await job_row.claim(
                    connection,
                    self._engine.kinds,
                    most,
                    host=self._host,
                    clock=self._engine.clock,
                    lease=self._lease,
                    foreign=registry.foreign,
                    alone=alone,
                )
                foreign = [job for job in claimed if await _is_foreign(registry, connection, job)]
                if not foreign:
                    return claimed
                await job_row.release(connection, foreign)
                if len(claimed) > len(foreign):
                    return [job for job in claimed if job not in foreign]


async def _is_foreign(registry: Registry, connection: Connection, job: ClaimedJob) -> bool:
    if job.chart_id is None or job.chart_version is None:
        return False
    return await registry.is_foreign(connection, job.chart_id, job.chart_version)
