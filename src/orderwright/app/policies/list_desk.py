"""Named lists that policies read: countries, wallets, mail domains. An entry says who added it, and who took it away.

Each change raises the revision of the set in force in its own transaction, so the next event is decided with it. An
entry that has expired is none any more; its row stays. One that is added for longer takes the place of the one that
there is, as a change like any other: that row says who extended it, and when.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, Literal

from orderwright.app.ending import require_ahead
from orderwright.app.page import Page, no_cursor, read, size, whole, written
from orderwright.app.permissions import Identity, require
from orderwright.app.policies.terms import raise_revision
from orderwright.errors import InputInvalid, NotFound
from orderwright.json_text import is_storable
from orderwright.runtime.once import is_replay, note_outcome, outcome_of

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Connection, Pool

Kind = Literal["text", "number"]
MOST: Final = 50_000
"""Entries that one request may add or remove."""
_LONGEST: Final = 500
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ListNotFound(NotFound):
    """There is no list with this name."""

    code = "list.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A list; `size` is how many entries it has now."""

    name: str
    kind: Kind
    description: str
    created_at: datetime
    created_by: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry, as it was added and perhaps removed."""

    id: int
    value: str
    note: str | None
    added_by: str
    added_at: datetime
    expires_at: datetime | None
    removed_by: str | None
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Place:
    id: int

    def cursor(self) -> str:
        return written(str(self.id), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What a request has done to a list: how many entries it has added or removed, the first time it was made."""

    name: str
    count: int


class ListDesk:
    """Commands on lists, and what people see of them; each raises `RoleMissing` for who may not."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    # --- seeing ---

    async def lists(self, by: Identity) -> list[ListRow]:
        """Return every list, by name."""
        require(by, "list.read")
        rows = await self._pool.fetch(f"{_LISTS} order by l.name", self._clock.now())
        return [ListRow(**dict(row)) for row in rows]

    async def one(self, by: Identity, name: str) -> ListRow | None:
        """Return a list, or None if there is none."""
        require(by, "list.read")
        if not is_storable(name):
            return None
        row = await self._pool.fetchrow(f"{_LISTS} where l.name = $2", self._clock.now(), name)
        return ListRow(**dict(row)) if row else None

    async def entries(
        self, by: Identity, name: str, *, with_removed: bool, first: int, after: str | None
    ) -> Page[EntryRow]:
        """Return a page of entries, the newest first.

        Raises:
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "list.read")
        most, before = size(first), _place(after)
        rows = await self._pool.fetch(_ENTRIES, name, before, with_removed, most + 1)
        found = [(_Place(row["id"]), EntryRow(**dict(row))) for row in rows]
        return Page(rows=found[:most], has_next=len(found) > most, has_previous=after is not None)

    async def count(self, by: Identity, name: str, *, with_removed: bool) -> int:
        """Return how many entries there are."""
        require(by, "list.read")
        found: int = await self._pool.fetchval(_COUNT, name, with_removed)
        return found

    # --- changing ---

    async def create(self, name: str, kind: Kind, description: str, asked: Asked) -> str:
        """Begin a list; return its name.

        Raises:
            InputInvalid: the name is taken, or can be none; IdempotencyMismatch.
        """
        require(asked.by, "list.write")
        if not _NAME.fullmatch(name) or len(name) > _LONGEST:
            raise InputInvalid("name", name[:_LONGEST], "lower case words joined by hyphens")
        async with self._turn(asked, "list.create", name, kind, description) as turn:
            if not turn.replayed:
                row = (name, kind, description, turn.at, asked.by.id)
                if await turn.connection.fetchval(_CREATE, *row) is None:
                    raise InputInvalid("name", name, "a name that no list has")
                await raise_revision(turn.connection)
        return name

    async def add(
        self,
        name: str,
        values: Sequence[str],
        asked: Asked,
        *,
        note: str | None = None,
        expires_at: datetime | None = None,
        connection: Connection | None = None,
    ) -> Changed:
        """Add entries; those that are there stay as they are, unless they would end sooner: these are extended.

        What is counted is what was added or extended. With a connection it is done in the transaction that is open
        there.

        Raises:
            ListNotFound, IdempotencyMismatch.
            InputInvalid: an entry is none of the list's kind, or it has expired already.
        """
        request = (_lines(values), note, expires_at)
        async with self._open(name, asked, "list.add", *request, within=connection) as turn:
            if turn.replayed:
                return await self._again(turn, name, asked)
            if expires_at is not None:
                require_ahead("expiresAt", expires_at, turn.at)
            entries = [_entry(value, turn.kind) for value in _lines(values)]
            revision = await raise_revision(turn.connection)
            by = (asked.by.id, turn.at, revision)
            await turn.connection.execute(_CLEAR, name, entries, *by, expires_at)
            done = await turn.connection.fetch(_ADD, name, entries, *by, note, expires_at)
            await note_outcome(turn.connection, asked.key, len(done))
        return Changed(name=name, count=len(done))

    async def remove(
        self,
        name: str,
        values: Sequence[str],
        asked: Asked,
        *,
        connection: Connection | None = None,
    ) -> Changed:
        """Take entries away; what is not there is gone already. A connection is taken as by `add`.

        Raises:
            ListNotFound, InputInvalid, IdempotencyMismatch.
        """
        request = _lines(values)
        async with self._open(name, asked, "list.remove", request, within=connection) as turn:
            if turn.replayed:
                return await self._again(turn, name, asked)
            entries = [_entry(value, turn.kind) for value in _lines(values)]
            revision = await raise_revision(turn.connection)
            by = (asked.by.id, turn.at, revision)
            done = await turn.connection.fetch(_REMOVE, name, entries, *by)
            await note_outcome(turn.connection, asked.key, len(done))
        return Changed(name=name, count=len(done))

    async def _again(self, turn: _OpenTurn, name: str, asked: Asked) -> Changed:
        return Changed(name=name, count=await outcome_of(turn.connection, asked.key))

    @asynccontextmanager
    async def _open(
        self, name: str, asked: Asked, word: str, *request: object, within: Connection | None
    ) -> AsyncIterator[_OpenTurn]:
        require(asked.by, "list.write")
        told = [one.isoformat() if isinstance(one, datetime) else one for one in request]
        async with self._turn(asked, word, name, *told, within=within) as turn:
            kind = await turn.connection.fetchval(_KIND, name) if is_storable(name) else None
            if kind is None:
                raise ListNotFound(f"no list is called {name!r}", values={"name": name})
            yield _OpenTurn(
                connection=turn.connection, replayed=turn.replayed, at=turn.at, kind=kind
            )

    @asynccontextmanager
    async def _turn(
        self, asked: Asked, *request: object, within: Connection | None = None
    ) -> AsyncIterator[_Turn]:
        at = self._clock.now()
        opened = self._pool.acquire() if within is None else nullcontext(within)
        async with opened as connection, connection.transaction():
            replayed = await is_replay(connection, asked.key, request, at=at)
            yield _Turn(connection=connection, replayed=replayed, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    connection: Connection
    replayed: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenTurn:
    connection: Connection
    replayed: bool
    at: datetime
    kind: Kind


def _lines(values: Sequence[str]) -> list[str]:
    """Return entries without blanks around them, each once; empty lines are none.

    Raises:
        InputInvalid: there are too many, or none at all.
    """
    found = list(dict.fromkeys(line.strip() for line in values if line.strip()))
    if not 0 < len(found) <= MOST:
        raise InputInvalid("values", len(found), f"1 to {MOST} entries")
    return found


def _entry(value: str, kind: Kind) -> str:
    if len(value) > _LONGEST or not is_storable(value):
        raise InputInvalid("values", value[:20], f"entries of 1 to {_LONGEST} characters")
    if kind == "number":
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise InputInvalid("values", value, "a number")
    return value


def _place(after: str | None) -> int | None:
    if after is None:
        return None
    first, _ = read(after)
    try:
        return whole(first, bits=64)
    except ValueError:
        raise no_cursor(after) from None


_LISTS: Final = """
select l.name, l.kind, l.description, l.created_at, l.created_by,
       (select count(*) from orderwright.policy_list_entry as e
        where e.list = l.name and e.removed_at is null and (e.expires_at is null or e.expires_at > $1)) as size
from orderwright.policy_list as l
"""
_ENTRIES: Final = """
select id, value, note, added_by, added_at, expires_at, removed_by, removed_at
from orderwright.policy_list_entry
where list = $1 and ($2::bigint is null or id < $2) and ($3 or removed_at is null) order by id desc limit $4
"""
_COUNT: Final = """
select count(*) from orderwright.policy_list_entry where list = $1 and ($2 or removed_at is null)
"""
_KIND: Final = "select kind from orderwright.policy_list where name = $1"
_CREATE: Final = """
insert into orderwright.policy_list (name, kind, description, created_at, created_by)
values ($1, $2, $3, $4, $5) on conflict (name) do nothing returning name
"""
# What would end sooner makes room for itself anew; what has expired would, for nothing is added that ends in the past.
_CLEAR: Final = """
update orderwright.policy_list_entry set removed_by = $3, removed_at = $4, removed_in = $5
where list = $1 and value = any($2::text[]) and removed_at is null
    and ($6::timestamptz is null and expires_at is not null or expires_at < $6)
"""
_ADD: Final = """
insert into orderwright.policy_list_entry (list, value, added_by, added_at, added_in, note, expires_at)
select $1, value, $3, $4, $5, $6, $7 from unnest($2::text[]) as value
on conflict (list, value) where removed_at is null do nothing returning id
"""
_REMOVE: Final = """
update orderwright.policy_list_entry set removed_by = $3, removed_at = $4, removed_in = $5
where list = $1 and value = any($2::text[]) and removed_at is null returning id
"""
