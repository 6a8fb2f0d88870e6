"""How long a handler may take, of a job or of an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TookTooLong(TimeoutError):
    """Work was ended because its time was over; a `TimeoutError` that the work itself met is none."""


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """End the work inside when it takes longer.

    Raises:
        TookTooLong: it did.
    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TookTooLong(f"it took longer than {seconds:g} s") from error
