"""Looking at the rows of jobs, and claiming them as a host does that is never heard of again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.runtime import job_row
from orderwright.runtime.job_runner import LEASE

if TYPE_CHECKING:
    from parcel import Row, Rows

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_row import ClaimedJob


async def job(rows: Rows, key: str) -> Row:
    """Return the row of a job."""
    [found] = await rows("select * from orderwright.job where key = $1", key)
    return found


async def claimed(engine: Engine, *, alone: bool = False) -> ClaimedJob:
    """Take and begin the next job for a host that is lost with it."""
    async with engine.pool.acquire() as connection:
        [one] = await job_row.claim(
            connection, engine.kinds, 1, host="gone", clock=engine.clock, lease=LEASE, alone=alone
        )
        assert await job_row.begin(connection, one, clock=engine.clock)
    return one
