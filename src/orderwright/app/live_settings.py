"""The settings that may be changed while the house runs, each with its bounds; the rest are told at a process's start.

What was changed stands in a table and goes before the environment, in every process, within `FRESH`. Who changed it
hears it at once. A value that is out of bounds, because a release has narrowed them, is left out.

Numbers stand in the column `value`, all else in `words`. Code that knows numbers only reads the one, and leaves out
the rows of settings that it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.app.setting_kind import Choice, CronExpression, Kind, Value, WholeNumber
from orderwright.app.settings import Settings
from orderwright.domain.approval import LeastRole
from orderwright.domain.orders.credit import Rule
from orderwright.errors import InputInvalid

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.clock import Clock
    from orderwright.runtime.pool import Connection, Pool

CRON: Final = "sale_expiry_cron"
CREDIT_RULE: Final = "credit_limit_rule"
CHANGEABLE: Final[Mapping[str, str]] = {
    "sale_pending_expiry_minutes": "Minutes to pay an order in; 0 for no end",
    "sale_expiry_batch_size": "Sales that one repair of expiry takes at a time",
    "quotation_validity_days": "Days for which a quotation holds",
    "delivery_attempt_limit": "Failed deliveries after which a fulfilment fails",
    "return_window_days": "Days from delivery in which a customer may return",
    "approval_low_band_up_to": "Approvals in the low band: amounts up to, in whole major units",
    "approval_low_band_approvers": "Approvals in the low band: how many people it takes",
    "approval_low_band_role": "Approvals in the low band: who one of them has to be",
    "approval_middle_band_up_to": "Approvals in the middle band: amounts up to, in whole major units",
    "approval_middle_band_approvers": "Approvals in the middle band: how many people it takes",
    "approval_middle_band_role": "Approvals in the middle band: who one of them has to be",
    "approval_high_band_approvers": "Approvals in the high band: how many people it takes",
    "approval_high_band_role": "Approvals in the high band: who one of them has to be",
    "approval_validity_days": "Days in which an approval is decided, and for which it then holds",
    "case_sla_minutes": "Minutes to resolve a case in; 0 for no term",
    "case_urgent_sla_minutes": "Minutes to resolve a case of high priority in; 0 for no term",
    CRON: "When the expiry of sales is checked and repaired: minute, hour, day, month, weekday, in UTC",
    CREDIT_RULE: "What a credit limit is where no custom one is set",
}
"""Each with a label."""
FRESH: Final = timedelta(seconds=5)
"""How old what a process knows may be."""

_RULES: Final[Mapping[StrEnum, str]] = {
    Rule.EARNED_CAPPED: "The smaller of what the tier allows and what sales have earned",
    Rule.TIER_CAP: "What the tier allows",
}
_ROLES: Final[Mapping[StrEnum, str]] = {
    LeastRole.MANAGER: "Anybody who may decide",
    LeastRole.ADMIN: "An admin or above",
    LeastRole.SUPERADMIN: "A superadmin",
}
_CHOICES: Final[Mapping[str, Mapping[StrEnum, str]]] = {
    CREDIT_RULE: _RULES,
    "approval_low_band_role": _ROLES,
    "approval_middle_band_role": _ROLES,
    "approval_high_band_role": _ROLES,
}
_FORMER: Final = frozenset({"approval_one_manager_up_to", "approval_two_managers_up_to"})
"""Names of before: their values were copied, and their rows stay for code of a release that still reads them."""

_logger = structlog.get_logger(__name__)


@cache
def kind_of(name: str) -> Kind:
    """Return of which kind a setting is that may be changed."""
    if name == CRON:
        return CronExpression()
    if name in _CHOICES:
        return Choice(labels=_CHOICES[name])
    rule = Settings.model_json_schema(by_alias=False)["properties"][name]
    return WholeNumber(low=int(rule["minimum"]), high=int(rule["maximum"]))


class LiveSettings:
    """The settings as they are now."""

    def __init__(self, pool: Pool, clock: Clock, told: Settings) -> None:
        self._pool = pool
        self._clock = clock
        self._told = told
        self._known = told
        self._read_at: datetime | None = None
        self._changes = 0

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
                    return await self.fresh(own)
            return await self.fresh(connection)
        return self._known

    async def fresh(self, connection: Connection) -> Settings:
        """Return all settings as they stand at this moment, from which on the process knows them."""
        now, changes = self._clock.now(), self._changes
        found = await self._read(connection)
        if changes == self._changes:  # else it may be what was so before the change
            self._known, self._read_at = found, now
        return found

    def forget(self) -> None:
        """Read again the next time: something was changed here."""
        self._changes += 1
        self._read_at = None

    async def held(self, connection: Connection) -> Settings:
        """Return all settings; nobody changes one until the caller's transaction ends."""
        await connection.execute(_HOLD)
        return await self._read(connection)

    async def _read(self, connection: Connection) -> Settings:
        rows = await connection.fetch(_ALL)
        found = {row["name"]: value for row in rows if (value := _ours(row)) is not None}
        return self._told.model_copy(update=found)


def stored(row: Record) -> Value:
    """Return the value of a row."""
    value: Value = row["words"] if row["value"] is None else row["value"]
    return value


def _ours(row: Record) -> Value | None:
    """Return the value of a row; None when it is not of ours, or not any more."""
    name, value = row["name"], stored(row)
    if name in CHANGEABLE:
        try:
            return kind_of(name).read(value)
        except InputInvalid as error:
            _logger.warning("live_setting_ignored", name=name, value=value, error=error.message)
            return None
    if name not in _FORMER:
        _logger.warning("live_setting_ignored", name=name, value=value, error="no such setting")
    return None


_ALL: Final = "select name, value, words from orderwright.live_setting"
_HOLD: Final = "lock table orderwright.live_setting in share mode"
