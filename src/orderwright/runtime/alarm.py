"""The alarm: it takes notice of trouble at once and writes it down afterwards, on a connection of its own.

A refusal writes nothing, and the transaction that it came up in may be rolled back by its owner. So what must be
recorded is collected in memory and written by a task beside, many sightings as one; whoever raises the alarm
never waits for it. While the database is away sightings are kept and counted; a process that is killed loses those
that it has not written yet, and the trouble is seen again when it is tried again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.errors import shown
from orderwright.json_text import is_storable, keep
from orderwright.runtime.failure import BROKEN, sentence
from orderwright.runtime.incident import Sighting, record
from orderwright.runtime.ledger import GUARD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.clock import Clock
    from orderwright.runtime.incident import Kind
    from orderwright.runtime.pool import Pool

FAULTS: Final = frozenset(
    {"guard_error", "guard_unknown", "action_error", "loop", "snapshot_mismatch"}
)
"""Refusals that are nobody's wish: something is not in order, and the event is refused to be safe."""
NO_ANSWER: Final = FAULTS | {GUARD}
"""Refusals that are no answer of the chart, which may take the same event later: what was not in order is mended, and
balances move."""

_LARGEST: Final = 10_000  # distinct sightings in memory
_RETRY_SECONDS: Final = 1.0

_logger = structlog.get_logger(__name__)


class Alarm:
    """Collects sightings and writes them as incidents."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._waiting: dict[tuple[str, str, str], Sighting] = {}
        self._writing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def raise_for(
        self, kind: Kind, subject: str, code: str, cause: str, details: Mapping[str, object]
    ) -> None:
        """Take notice of trouble; returns at once and never fails."""
        sighting = Sighting(
            kind=kind,
            subject=subject,
            code=code,
            cause=sentence(cause),
            details=_storable(details),
            seen_at=self._clock.now(),
        )
        self._collect(sighting)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_all())

    async def close(self) -> None:
        """Write what is waiting; what cannot be written now is logged and given up."""
        self._closing.set()
        if self._writing is not None:
            await self._writing
        if self._waiting and not await self._write():
            _logger.error("incidents_lost", subjects=[key[1] for key in self._waiting])

    def _collect(self, sighting: Sighting) -> None:
        earlier = self._waiting.get(sighting.key)
        if earlier is None and len(self._waiting) >= _LARGEST:
            _logger.error("incident_lost", kind=sighting.kind, subject=sighting.subject)
            return
        count = sighting.count + (earlier.count if earlier else 0)
        self._waiting[sighting.key] = replace(sighting, count=count)

    async def _write_all(self) -> None:
        while self._waiting and not self._closing.is_set():
            if await self._write():
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _RETRY_SECONDS)

    async def _write(self) -> bool:
        """Write what is waiting; False when it could not be, and waits again."""
        self._waiting, taken = {}, self._waiting
        try:
            async with self._pool.acquire() as connection:
                await record(connection, taken.values())
        except BROKEN as error:
            newer, self._waiting = self._waiting, taken
            for sighting in newer.values():
                self._collect(sighting)
            _logger.warning("incidents_unwritten", error=str(error))
            return False
        return True


def _storable(details: Mapping[str, object]) -> Mapping[str, object]:
    """Return the details if the database can keep them, else their values as text."""
    try:
        if is_storable(keep(dict(details))):
            return details
    except (TypeError, ValueError):
        pass
    return {sentence(str(key)): sentence(shown(value)) for key, value in details.items()}
