"""The settings that may be changed while the house runs, each with its bounds; the rest are told at a process's start.

What was changed stands in a table and goes before the environment, in every process, within `FRESH`. Who changed it
hears it at once. A value that is out of bounds, because a release has narrowed them, is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.app.settings import Settings

if TYPE_CHECKING:
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Connection, Pool

CHANGEABLE: Final[Mapping[str, str]] = {
    "sale_pending_expiry_minutes": "Minutes to pay an order in; 0 for no end",
    "sale_expiry_batch_size": "Sales that one repair of expiry takes at a time",
    "quotation_validity_days": "Days for which a quotation holds",
    "delivery_attempt_limit": "Failed deliveries after which a fulfilment fails",
    "return_window_days": "Days from delivery in which a customer may return",
    "approval_one_manager_up_to": "Amount, in whole major units, up to which one manager decides",
    "approval_two_managers_up_to": "Amount, in whole major units, up to which two managers decide",
    "approval_validity_days": "Days in which an approval is decided, and for which it then holds",
    "case_sla_minutes": "Minutes to resolve a case in; 0 for no term",
    "case_urgent_sla_minutes": "Minutes to resolve a case of high priority in; 0 for no term",
}
"""Each with a label; all are whole numbers."""
FRESH: Final = timedelta(seconds=5)
"""How old what a process knows may be."""

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The least and the largest value."""

    low: int
    high: int

    def hold(self, value: int) -> bool:
        """Tell whether a value lies within."""
        return self.low <= value <= self.high


@cache
def bounds_of(name: str) -> Bounds:
    """Return the bounds of a setting that may be changed."""
    rule = Settings.model_json_schema(by_alias=False)["properties"][name]
    return Bounds(low=int(rule["minimum"]), high=int(rule["maximum"]))


class LiveSettings:
    """The settings as they are now."""

    def __init__(self, pool: Pool, clock: Clock, told: Settings) -> None:
        self._pool = pool
        self._clock = clock
        self._told = told
        self._known = told
        self._read_at: datetime | None = None

    @property
    def told(self) -> Settings:
        """What the process was told at its start."""
        return self._told

    async def current(self, connection: Connection | None = None) -> Settings:
        """Return all settings, those that were changed as they are now.

        Args:
            connection: to read on, if the caller has one; else one of the pool, for which it then waits.
        """
        now = self._clock.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < FRESH:
            if connection is None:
                async with self._pool.acquire() as own:
                    self._known = await self._read(own)
            else:
                self._known = await self._read(connection)
            self._read_at = now
        return self._known

    def forget(self) -> None:
        """Read again the next time: something was changed here."""
        self._read_at = None

    async def _read(self, connection: Connection) -> Settings:
        rows = await connection.fetch("select name, value from orderwright.live_setting")
        found = {row["name"]: row["value"] for row in rows if _is_ours(row["name"], row["value"])}
        return self._told.model_copy(update=found)


def _is_ours(name: str, value: int) -> bool:
    fits = name in CHANGEABLE and bounds_of(name).hold(value)
    if not fits:
        _logger.warning("live_setting_ignored", name=name, value=value)
    return fits
