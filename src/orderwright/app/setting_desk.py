"""What people may do with the settings that change while the house runs: see them, change them, see who did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from orderwright.app.live_settings import CHANGEABLE, LiveSettings, kind_of, stored
from orderwright.app.permissions import Identity, require
from orderwright.app.setting_kind import Kind, Value
from orderwright.errors import InputInvalid
from orderwright.runtime.observation import told_on_commit
from orderwright.runtime.once import is_replay

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.orders import Asked
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

Sequel: TypeAlias = "Callable[[Connection, int], Awaitable[None]]"
"""Brings about what follows from a change, given its id, in its transaction and after it is written."""
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """One change of a setting; `by` is a person's name."""

    before: Value
    after: Value
    by: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSetting:
    """A setting with its kind, what it is without a change, and its latest changes, the newest first."""

    name: str
    label: str
    kind: Kind
    value: Value
    default: Value
    changes: Sequence[SettingChange]


class SettingDesk:
    """Commands on settings; each raises `RoleMissing` for who may not give it."""

    def __init__(self, engine: Engine, live: LiveSettings, sequels: Mapping[str, Sequel]) -> None:
        self._engine = engine
        self._live = live
        self._sequels = sequels

    async def settings(self, by: Identity) -> list[LiveSetting]:
        """Return every setting that may be changed.

        Raises:
            RoleMissing.
        """
        require(by, "setting.read")
        async with self._engine.pool.acquire() as connection:
            return [await self._shown(connection, name) for name in CHANGEABLE]

    async def change(self, name: str, value: Value, asked: Asked) -> LiveSetting:
        """Give a setting another value, from now on and in every process.

        What has begun keeps what it began with, but for the time to pay: the sweep of expiry brings that about. The
        sweep itself goes by new times at once, and a new rule for limits has all sales on credit look at it again.

        Raises:
            RoleMissing, IdempotencyMismatch.
            InputInvalid: there is no such setting, or the value is out of its bounds.
        """
        require(asked.by, "setting.change")
        if name not in CHANGEABLE:
            raise InputInvalid("name", name, f"one of {', '.join(CHANGEABLE)}")
        accepted = kind_of(name).read(value)
        now, request = self._engine.clock.now(), ("setting.change", name, accepted)
        async with self._engine.pool.acquire() as connection:
            try:
                async with told_on_commit(connection):
                    if not await is_replay(connection, asked.key, request, at=now):
                        await self._change(connection, name, accepted, asked)
            finally:
                self._live.forget()
            return await self._shown(connection, name)

    async def _change(self, connection: Connection, name: str, after: Value, asked: Asked) -> None:
        await connection.execute(_LOCK)
        row = await connection.fetchrow(_BEFORE, name)
        before = stored(row) if row else getattr(self._live.told, name)
        await connection.execute(_PUT, name, *_columns(after))
        values = (*_columns(before), *_columns(after), asked.by.id, asked.reason)
        change_id = await connection.fetchval(_NOTE, name, *values, self._engine.clock.now())
        if sequel := self._sequels.get(name):
            await sequel(connection, change_id)

    async def _shown(self, connection: Connection, name: str) -> LiveSetting:
        current = await self._live.current(connection)
        rows = await connection.fetch(_CHANGES + str(_SHOWN), name)
        return LiveSetting(
            name=name,
            label=CHANGEABLE[name],
            kind=kind_of(name),
            value=getattr(current, name),
            default=getattr(self._live.told, name),
            changes=[_change_of(row) for row in rows],
        )


def _columns(value: Value) -> tuple[int | None, str | None]:
    """Return what stands in the column for numbers, and in that for words."""
    return (value, None) if isinstance(value, int) else (None, str(value))


def _change_of(row: Record) -> SettingChange:
    before, before_words, after, after_words, by, reason, at = row
    return SettingChange(
        before=before_words if before is None else before,
        after=after_words if after is None else after,
        by=by,
        reason=reason,
        at=at,
    )


# One change at a time: each tells the value that it replaces.
_LOCK: Final = "lock table orderwright.live_setting in share row exclusive mode"
_BEFORE: Final = "select value, words from orderwright.live_setting where name = $1"
_PUT: Final = """
insert into orderwright.live_setting (name, value, words) values ($1, $2, $3)
on conflict (name) do update set value = excluded.value, words = excluded.words
"""
_NOTE: Final = """
insert into orderwright.live_setting_change
    (name, before, before_words, after, after_words, person_id, reason, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) returning id
"""
_CHANGES: Final = """
select c.before, c.before_words, c.after, c.after_words, coalesce(p.name, c.person_id), c.reason, c.changed_at
from orderwright.live_setting_change c left join orderwright.person p on p.id = c.person_id
where c.name = $1 order by c.id desc limit """
