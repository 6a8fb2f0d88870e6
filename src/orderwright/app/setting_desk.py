"""What people may do with the settings that change while the house runs: see them, change them, see who did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.app.live_settings import CHANGEABLE, LiveSettings, bounds_of
from orderwright.app.permissions import Identity, require
from orderwright.errors import InputInvalid
from orderwright.runtime.once import is_replay

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """One change of a setting; `by` is a person's name."""

    before: int
    after: int
    by: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSetting:
    """A setting with its bounds, what it is without a change, and its latest changes, the newest first."""

    name: str
    label: str
    value: int
    default: int
    low: int
    high: int
    changes: Sequence[SettingChange]


class SettingDesk:
    """Commands on settings; each raises `RoleMissing` for who may not give it."""

    def __init__(self, engine: Engine, live: LiveSettings) -> None:
        self._engine = engine
        self._live = live

    async def settings(self, by: Identity) -> list[LiveSetting]:
        """Return every setting that may be changed.

        Raises:
            RoleMissing.
        """
        require(by, "setting.read")
        async with self._engine.pool.acquire() as connection:
            return [await self._shown(connection, name) for name in CHANGEABLE]

    async def change(self, name: str, value: int, asked: Asked) -> LiveSetting:
        """Give a setting another value, from now on and in every process.

        What has begun keeps what it began with, but for the time to pay: the sweep of expiry brings that about.

        Raises:
            RoleMissing, IdempotencyMismatch.
            InputInvalid: there is no such setting, or the value is out of its bounds.
        """
        require(asked.by, "setting.change")
        if name not in CHANGEABLE:
            raise InputInvalid("name", name, f"one of {', '.join(CHANGEABLE)}")
        bounds = bounds_of(name)
        if not bounds.hold(value):
            expected = f"a number from {bounds.low} to {bounds.high}"
            raise InputInvalid("value", value, expected)
        now, request = self._engine.clock.now(), ("setting.change", name, value)
        async with self._engine.pool.acquire() as connection:
            async with connection.transaction():
                if not await is_replay(connection, asked.key, request, at=now):
                    default = getattr(self._live.told, name)
                    change = (name, value, default, asked.by.id, asked.reason, now)
                    await connection.execute(_LOCK)
                    await connection.execute(_CHANGE, *change)
            self._live.forget()
            return await self._shown(connection, name)

    async def _shown(self, connection: Connection, name: str) -> LiveSetting:
        bounds, current = bounds_of(name), await self._live.current(connection)
        rows = await connection.fetch(_CHANGES + str(_SHOWN), name)
        return LiveSetting(
            name=name,
            label=CHANGEABLE[name],
            value=getattr(current, name),
            default=getattr(self._live.told, name),
            low=bounds.low,
            high=bounds.high,
            changes=[SettingChange(**dict(row)) for row in rows],
        )


# One change at a time: each tells the value that it replaces.
_LOCK: Final = "lock table orderwright.live_setting in share row exclusive mode"
_CHANGE: Final = """
with before as (select value from orderwright.live_setting where name = $1),
     changed as (
       insert into orderwright.live_setting (name, value) values ($1, $2)
       on conflict (name) do update set value = excluded.value)
insert into orderwright.live_setting_change (name, before, after, person_id, reason, changed_at)
values ($1, coalesce((select value from before), $3), $2, $4, $5, $6)
"""
_CHANGES: Final = """
select c.before, c.after, coalesce(p.name, c.person_id) as by, c.reason, c.changed_at as at
from orderwright.live_setting_change c left join orderwright.person p on p.id = c.person_id
where c.name = $1 order by c.id desc limit """
